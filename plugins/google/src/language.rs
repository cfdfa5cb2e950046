//! Language tags, as the service spells them.
//!
//! It knows Chinese as Mandarin (`cmn`) and Cantonese (`yue`) and Norwegian as Bokmål (`nb`), and takes no
//! script in a tag.

use understudy_plugin::language::Spoken;

/// The service's tag for a BCP-47 tag: language and region, in its own names.
pub(crate) fn code(tag: &str) -> String {
    let spoken = Spoken::of(tag);
    let language = if spoken.language == "zh" { "cmn".to_owned() } else { spoken.language };
    Spoken { language, ..spoken }.to_string()
}

/// True when both of the service's tags are of one language, whatever the region.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let primary = |code: &str| code.split('-').next().unwrap_or_default().to_lowercase();
    primary(one) == primary(other)
}

/// The tag by which others know the language of one of the service's, when that is another.
pub(crate) fn alias(code: &str) -> Option<String> {
    let (language, region) = code.split_once('-')?;
    let known = match language {
        "cmn" | "yue" => "zh",
        "nb" => "no",
        _ => return None,
    };
    Some(format!("{known}-{region}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: &str, expected: &str) {
        assert_eq!(code(tag), expected, "{tag}");
    }

    #[test]
    fn a_tag_becomes_the_services_own() {
        check("en", "en");
        check("en_us", "en-US");
        check("es-419", "es-419");
        check("de-DE-1996", "de-DE");
        check("zh", "cmn");
        check("zh-Hans-CN", "cmn-CN");
        check("zh-Hant-HK", "yue-HK");
        check("no-NO", "nb-NO");
        check("sr-Latn", "sr");
        check("", "");
    }

    #[test]
    fn a_region_makes_no_other_language() {
        assert!(is_same("en-US", "en-GB"));
        assert!(is_same("en", "en-GB"));
        assert!(!is_same("es-ES", "et-EE"));
    }

    #[test]
    fn languages_with_another_name_have_an_alias() {
        assert_eq!(alias("cmn-TW").as_deref(), Some("zh-TW"));
        assert_eq!(alias("yue-HK").as_deref(), Some("zh-HK"));
        assert_eq!(alias("en-US"), None);
    }
}
