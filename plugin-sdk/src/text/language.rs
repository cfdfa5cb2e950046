//! The tags languages go by.

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
    let mut parts = tag.split('-').peekable();
    let language = parts.next().unwrap_or_default();
    if !is_letters(language, 2, 3) {
        return false;
    }
    while parts.next_if(|part| is_letters(part, 3, 3)).is_some() {}
    parts.next_if(|part| is_letters(part, 4, 4));
    parts.next_if(|part| is_letters(part, 2, 2) || is_digits(part));
    while parts.next_if(|part| is_variant(part)).is_some() {}
    // Each extension is a single letter or digit and what belongs to it; behind `x` all is private.
    while let Some(singleton) = parts.next() {
        let least = if singleton.eq_ignore_ascii_case("x") { 1 } else { 2 };
        if !is_spelled(singleton, 1, 1) || parts.next_if(|part| is_spelled(part, least, 8)).is_none() {
            return false;
        }
        while parts.next_if(|part| is_spelled(part, least, 8)).is_some() {}
    }
    true
}

fn is_spelled(part: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_letters(part: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The region's number by UN M.49.
fn is_digits(part: &str) -> bool {
    part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_variant(part: &str) -> bool {
    is_spelled(part, 5, 8) || is_spelled(part, 4, 4) && part.starts_with(|first: char| first.is_ascii_digit())
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
            "12",
            "en-123456789",
            "ü-DE",
        ] {
            assert!(!is_language_tag(tag), "{tag}");
        }
    }
}
