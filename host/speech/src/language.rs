//! BCP-47 language tags.

use std::fmt;
use std::str::FromStr;

use oxilangtag::LanguageTag;
use serde::{Deserialize, Serialize};

/// A well-formed BCP-47 tag in canonical case, for example `en`, `pt-BR`, `zh-Hans-CN`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(LanguageTag<String>);

/// The text is no BCP-47 tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("language is not a BCP-47 tag: {0}")]
pub struct LanguageError(String);

impl Language {
    /// The whole tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The primary subtag: `pt` of `pt-BR`.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.primary_language()
    }

    /// The region subtag: `BR` of `pt-BR`.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.0.region()
    }
}

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Underscores are how POSIX locales and many clients spell the same tag.
        LanguageTag::parse_and_normalize(&text.trim().replace('_', "-"))
            .map(Self)
            .map_err(|_| LanguageError(text.to_owned()))
    }
}

impl TryFrom<String> for Language {
    type Error = LanguageError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0.into_inner()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Option<&str>) {
        assert_eq!(input.parse::<Language>().ok().map(String::from).as_deref(), expected, "{input}");
    }

    #[test]
    fn tags_are_normalised_and_nonsense_is_refused() {
        check("en", Some("en"));
        check("EN-us", Some("en-US"));
        check("pt_br", Some("pt-BR"));
        check("zh-hans-cn", Some("zh-Hans-CN"));
        check("", None);
        check("english please", None);
        check("e", None);
    }
}
