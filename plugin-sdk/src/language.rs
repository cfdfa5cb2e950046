//! Which language a tag means when it is spoken.
//!
//! A tag is mostly about writing, a voice is about speech, and services disagree on the names: Mandarin
//! is `zh-CN` here and `cmn-CN` there, `zh-Hant-HK` is read in Cantonese, which others call `yue-HK`, and
//! a voice for `he` is right for `iw`. The table is the one the host finds stand-ins by.
//!
//! ```
//! use understudy_plugin::language::Spoken;
//!
//! assert_eq!(Spoken::of("zh-Hans-CN"), Spoken::of("cmn-CN"));
//! assert_ne!(Spoken::of("zh-CN").language, Spoken::of("zh-HK").language);
//! assert_eq!(Spoken::of("no_NO").to_string(), "nb-NO");
//! ```

use std::fmt;

/// Languages that have another name as well, and the one they are compared by.
const RENAMED: [(&str, &str); 6] =
    [("cmn", "zh"), ("in", "id"), ("iw", "he"), ("jw", "jv"), ("no", "nb"), ("tl", "fil")];

/// A spoken language and its region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spoken {
    /// The language, in lower case: `zh` is Mandarin, `yue` Cantonese.
    pub language: String,
    /// The region in capitals, when the tag names one.
    pub region: Option<String>,
}

impl Spoken {
    /// What a BCP-47 tag means; underscores are read as hyphens, and a script is no part of speech.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        let mut parts = tag.split(['-', '_']);
        let written = parts.next().unwrap_or_default().to_ascii_lowercase();
        // Behind a single letter stand extensions.
        let region = parts.take_while(|part| part.len() > 1).find(|part| is_region(part));
        let region = region.map(str::to_ascii_uppercase);
        let language = match (written.as_str(), region.as_deref()) {
            ("zh", Some("HK" | "MO")) => "yue".to_owned(),
            _ => RENAMED
                .iter()
                .find(|(known, _)| *known == written)
                .map_or(written, |(_, name)| (*name).to_owned()),
        };
        Self { language, region }
    }
}

fn is_region(part: &str) -> bool {
    part.len() == 2 || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.language)?;
        self.region.iter().try_for_each(|region| write!(f, "-{region}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: &str, expected: &str) {
        assert_eq!(Spoken::of(tag).to_string(), expected, "{tag}");
    }

    #[test]
    fn a_tag_becomes_language_and_region() {
        check("en", "en");
        check("EN_us", "en-US");
        check("es-419", "es-419");
        check("de-DE-1996", "de-DE");
        check("sr-Latn", "sr");
        check("en-u-ca-gregory", "en");
        check("", "");
    }

    #[test]
    fn a_language_has_one_name() {
        check("cmn-CN", "zh-CN");
        check("zh-Hant-TW", "zh-TW");
        check("zh-Hant-HK", "yue-HK");
        check("yue", "yue");
        check("no", "nb");
        check("tl-PH", "fil-PH");
        check("iw", "he");
    }
}
