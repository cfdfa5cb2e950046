//! Texts that an operator does not have spoken.
//!
//! Patterns are the `regex` crate's: matching takes time linear in the text whatever the pattern, so
//! that neither an operator's slip nor a caller's text can hang a server. They see the text as it
//! would be sent, after invisible characters are gone, so that a zero-width space hides nothing; and
//! they see what an SSML document has to be read out as well, so that a tag hides nothing either.

use regex::{RegexSet, RegexSetBuilder};

/// The compiled patterns may take this much memory together; `\w{1000}` takes megabytes.
const COMPILED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Named patterns.
#[derive(Clone, Debug, Default)]
pub struct BlockedPatterns {
    labels: Vec<String>,
    patterns: RegexSet,
}

/// A pattern that does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("blocked pattern {label} {reason}")]
pub struct PatternError {
    /// The pattern's name.
    pub label: String,
    /// What is wrong with it; reads on from its name.
    pub reason: String,
}

/// By what was written, which is what is compiled.
impl PartialEq for BlockedPatterns {
    fn eq(&self, other: &Self) -> bool {
        self.labels == other.labels && self.patterns.patterns() == other.patterns.patterns()
    }
}

impl Eq for BlockedPatterns {}

impl BlockedPatterns {
    /// Compiles patterns, each with the label by which it is told. Case does not matter unless a
    /// pattern says `(?-i)`.
    ///
    /// # Errors
    /// Names the first pattern that is no regular expression, or the last when they are too large
    /// together.
    pub fn new<'p>(patterns: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Self, PatternError> {
        let (labels, sources): (Vec<_>, Vec<_>) =
            patterns.into_iter().map(|(label, source)| (label.to_owned(), source)).unzip();
        let build = |sources: &[&str]| {
            RegexSetBuilder::new(sources).case_insensitive(true).size_limit(COMPILED_BYTES_MAX).build()
        };
        match build(&sources) {
            Ok(patterns) => Ok(Self { labels, patterns }),
            Err(error) => {
                let culprit = labels.iter().zip(&sources).find_map(|(label, source)| {
                    let error = build(&[source]).err()?;
                    Some((label, error))
                });
                let (label, error) =
                    culprit.or_else(|| labels.last().map(|label| (label, error))).unwrap_or((&NOBODY, EMPTY));
                Err(PatternError { label: label.clone(), reason: reason(&error) })
            }
        }
    }

    /// True when nothing is blocked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The label of the first pattern that `text` matches.
    #[must_use]
    pub fn blocks(&self, text: &str) -> Option<&str> {
        let matched = self.patterns.matches(text).into_iter().next()?;
        self.labels.get(matched).map(String::as_str)
    }
}

/// No patterns cannot fail to compile.
static NOBODY: String = String::new();
const EMPTY: regex::Error = regex::Error::CompiledTooBig(0);

fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            format!("takes more than {COMPILED_BYTES_MAX} bytes when compiled")
        }
        // The crate draws the place over several lines; the last one says it in words.
        error => {
            let told = error.to_string();
            let last = told.lines().last().unwrap_or_default();
            format!("is no regular expression: {}", last.trim_start_matches("error: "))
        }
    }
}
