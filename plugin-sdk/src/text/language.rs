//! The tags languages go by.

use oxilangtag::LanguageTag;

/// The longest name of a language; the few tags that begin otherwise are read as one long name.
const LANGUAGE_LETTERS_MAX: usize = 3;

/// True for a well-formed BCP-47 tag (RFC 5646 §2.1), such as `en`, `pt-BR` or `zh-Hans-CN`: language,
/// script, region, variants, extensions. Whether somebody registered its parts is not asked. Services
/// send words in their place, so a language of more than three letters is none, which nobody has
/// registered either; nor are the few tags that were grandfathered in.
///
/// ```
/// use understudy_plugin::text::is_language_tag;
///
/// assert!(is_language_tag("sr-Latn-RS"));
/// assert!(!is_language_tag("American English"));
/// ```
#[must_use]
pub fn is_language_tag(tag: &str) -> bool {
    LanguageTag::parse(tag).is_ok_and(|tag| tag.primary_language().len() <= LANGUAGE_LETTERS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_its_parts_in_their_order() {
        for tag in [
            "en",
            "EN-us",
            "fil",
            "pt-BR",
            "es-419",
            "zh-Hans-CN",
            "zh-cmn-Hans-CN",
            "de-CH-1996",
            "sl-rozaj-biske",
            "en-US-u-ca-buddhist",
            "de-x-berlin",
            "en-US-x-a",
        ] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for tag in [
            "",
            "e",
            "english",
            "American English",
            "en_US",
            "en-",
            "en--US",
            "en-U",
            "en-US-GB",
            "en-US-Latn",
            "en-u",
            "en-x",
            "x-private",
            "i-klingon",
            "en-GB-oed",
            "12",
            "en-123456789",
            "ü-DE",
        ] {
            assert!(!is_language_tag(tag), "{tag}");
        }
    }
}
