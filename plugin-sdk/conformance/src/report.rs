//! What was found, one rule a line.

use std::fmt;

use serde::Serialize;

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "verdict", content = "because")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It could not be tried, and why.
    Skipped(String),
    /// It is broken, and how.
    Failed(String),
}

/// One rule and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's name, stable: `describe-is-pure`.
    pub rule: &'static str,
    /// What it asks, in a sentence.
    pub asks: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Everything that was found, in the order it was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// The findings.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// True when no rule is broken.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|finding| !matches!(finding.verdict, Verdict::Failed(_)))
    }

    pub(crate) fn tell(&mut self, rule: &'static str, asks: &'static str, held: Result<(), String>) {
        let verdict = held.map_or_else(Verdict::Failed, |()| Verdict::Passed);
        self.findings.push(Finding { rule, asks, verdict });
    }

    pub(crate) fn skip(&mut self, rule: &'static str, asks: &'static str, because: impl Into<String>) {
        self.findings.push(Finding { rule, asks, verdict: Verdict::Skipped(because.into()) });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.findings.iter().map(|finding| finding.rule.len()).max().unwrap_or_default();
        for Finding { rule, asks, verdict } in &self.findings {
            match verdict {
                Verdict::Passed => writeln!(f, "passed   {rule:width$}  {asks}")?,
                Verdict::Skipped(because) => writeln!(f, "skipped  {rule:width$}  {because}")?,
                Verdict::Failed(because) => {
                    writeln!(f, "FAILED   {rule:width$}  {asks}\n         {:width$}  {because}", "")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_rule_is_not_broken_and_a_failed_one_is() {
        let mut report = Report::default();
        report.tell("speaks", "a text becomes audio", Ok(()));
        report.skip("words", "marks point into the text", "the plugin has none");
        assert!(report.passed());
        report.tell("voices", "ids are unique", Err("amy is there twice".to_owned()));
        assert!(!report.passed());
        assert_eq!(
            report.to_string(),
            "passed   speaks  a text becomes audio\nskipped  words   the plugin has none\n\
             FAILED   voices  ids are unique\n                 amy is there twice\n"
        );
    }
}
