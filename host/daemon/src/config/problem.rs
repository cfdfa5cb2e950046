//! What is wrong with a configuration file, where, and what would be right.
//!
//! All problems of a file are reported at once: a person who repairs one line at a time restarts
//! the program once for each, and gives up at the fourth. Each has its place in the file, the line
//! itself, and where possible advice.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A configuration that cannot be used. Shown, it is every problem with its place and its advice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {reason}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file is read and is wrong.
    #[error("configuration has {}: {}", counted(.problems.len()), .file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// What is wrong, in the file's order; never empty.
        problems: Vec<Problem>,
    },
}

impl ConfigError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config_unreadable",
            Self::Invalid { .. } => "config_invalid",
        }
    }

    /// The problems, in the file's order; empty when the file could not be read at all.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Unreadable { .. } => &[],
            Self::Invalid { problems, .. } => problems,
        }
    }

    /// A file that had keys, and has none any more.
    pub(crate) fn emptied(file: &Path) -> Self {
        let problem = Problem {
            message: "file has no keys any more".to_owned(),
            hint: Some("put them back; to go without them, restart the server".to_owned()),
            place: Place::of("", &(0..0)),
        };
        Self::Invalid { file: file.to_owned(), problems: vec![problem] }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        match self {
            Self::Unreadable { file, .. } | Self::Invalid { file, .. } => file,
        }
    }
}

fn counted(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
    /// Where it is.
    pub place: Place,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters of the line are meant, at least 1.
    pub width: usize,
    /// The whole line.
    pub source: String,
}

impl Place {
    /// The place of a span of bytes; a span of several lines is cut at the end of its first.
    pub(super) fn of(text: &str, span: &Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = text.get(line_start..).unwrap_or_default();
        let source = rest.lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let meant = text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            width: meant.chars().count().clamp(1, source.chars().count().saturating_sub(column).max(1)),
            source: source.to_owned(),
        }
    }
}

impl fmt::Display for Place {
    /// The line with the meant part underlined, as compilers draw it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gutter = self.line.to_string().len();
        // A tab before the mark stays a tab, so that the mark stands below what it means.
        let indent: String = self
            .source
            .chars()
            .take(self.column.saturating_sub(1))
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "{:gutter$} |", "")?;
        writeln!(f, "{} | {}", self.line, self.source)?;
        write!(f, "{:gutter$} | {indent}{}", "", "^".repeat(self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, meant: &str, line: usize, column: usize) {
        let start = text.find(meant).unwrap();
        let place = Place::of(text, &(start..start + meant.len()));
        assert_eq!((place.line, place.column), (line, column), "{meant}");
        assert!(place.source.contains(meant.lines().next().unwrap()));
    }

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        check("a = 1\nbc = 2\n", "a", 1, 1);
        check("a = 1\nbc = 2\n", "bc", 2, 1);
        check("a = 1\nbc = 2\n", "2", 2, 6);
        check("é = 1\r\nü = 2", "2", 2, 5);
        check("list = [\n  1,\n  2,\n]", "[\n  1", 1, 8);
    }

    #[test]
    fn a_span_past_the_end_is_the_end() {
        let place = Place::of("a = ", &(4..4));
        assert_eq!((place.line, place.column, place.width), (1, 5, 1));
    }
}
