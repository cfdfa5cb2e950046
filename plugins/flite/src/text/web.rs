//! Addresses: URLs, e-mail addresses, bare domains, file names, hashtags and mentions.
//!
//! Read as a person would read one out: the scheme is not said, dots and slashes are, the query
//! and the fragment are left out because nobody can write them down from hearing. One mark covers
//! the whole address.

use flite_rs::numbers;

use super::spelling::letters;

/// The most words an address is read with. A path longer than that is a machine's.
const WORDS_MAX: usize = 40;

/// The longest address in bytes; anything longer is cut like any other token.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// What an address starts with, and that is not said.
const SCHEMES: [&str; 5] = ["https://", "http://", "ftp://", "mailto:", "wss://"];

/// Last labels that make dotted letters a domain. Two-letter words of English are not among them.
const DOMAINS: [&str; 42] = [
    "com", "org", "net", "io", "ai", "dev", "edu", "gov", "mil", "int", "info", "biz", "app", "tv", "co",
    "uk", "de", "eu", "fr", "es", "ca", "au", "jp", "cn", "br", "ru", "ch", "nl", "se", "pl", "nz", "mx",
    "kr", "xyz", "tech", "blog", "shop", "site", "online", "cloud", "news", "wiki",
];

/// The length of the address that `rest` begins with. In the middle of a word (`is_start` false)
/// only a scheme begins one, which also keeps a long run of punctuation cheap.
pub(crate) fn address(rest: &str, is_start: bool) -> Option<usize> {
    if !is_start && scheme(rest).is_none() {
        return None;
    }
    let rest = rest.get(..rest.len().min(ADDRESS_BYTES_MAX)).unwrap_or(rest);
    let end = rest.find(|char: char| "<>\"{}|^`[]".contains(char) || !char.is_ascii()).unwrap_or(rest.len());
    let whole = rest.get(..end)?.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ')', '-', '*', '_']);
    let has_scheme = scheme(whole).is_some_and(|scheme| whole.len() > scheme) || starts_with_www(whole);
    (has_scheme || is_email(whole) || is_domain(whole)).then_some(whole.len())
}

fn scheme(text: &str) -> Option<usize> {
    let begins =
        |scheme: &&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    SCHEMES.iter().find(|scheme| begins(scheme)).map(|scheme| scheme.len())
}

fn starts_with_www(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) && text.len() > 4
}

fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let fits = |char: char| char.is_ascii_alphanumeric() || "._%+-".contains(char);
    !local.is_empty() && local.chars().all(fits) && is_host(host)
}

/// Labels joined by dots, the last one of letters.
fn is_host(text: &str) -> bool {
    let fits = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.contains('.')
        && text.split('.').all(fits)
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A host of a known top-level domain, perhaps with a path.
fn is_domain(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or_default();
    let last = host.rsplit('.').next().unwrap_or_default();
    is_host(host) && DOMAINS.contains(&last)
}

/// How an address, file name, hashtag or mention is read; nothing when it is none of these.
pub(crate) fn read(core: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    if let Some(tag) =
        core.strip_prefix('#').filter(|tag| tag.starts_with(|char: char| char.is_ascii_alphabetic()))
    {
        words.push("hashtag".to_owned());
        camel(tag, &mut words);
    } else if let Some(name) = core.strip_prefix('@').filter(|name| !name.is_empty()) {
        words.push("at".to_owned());
        camel(name, &mut words);
    } else if address(core, true) == Some(core.len()) {
        let rest = core.get(scheme(core).unwrap_or(0)..).unwrap_or_default();
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        spell_out(rest.trim_end_matches('/'), &mut words);
    } else if is_file_name(core) {
        spell_out(core, &mut words);
    } else {
        return None;
    }
    words.truncate(WORDS_MAX);
    (!words.is_empty()).then_some(words)
}

/// `main.rs`, `node.js`, `v1.2.3`: a dot between parts that is no abbreviation's.
fn is_file_name(core: &str) -> bool {
    let parts: Vec<_> = core.split('.').collect();
    let fits = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let has_letters = core.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_version =
        parts.len() > 2 && parts.iter().all(is_number) && parts.last().is_some_and(|last| last.len() < 4);
    let is_initials =
        parts.iter().any(|part| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_uppercase()))
            || parts.iter().all(|part| part.len() == 1 && !is_number(part));
    parts.len() >= 2
        && parts.iter().all(fits)
        && !is_initials
        && (is_version || has_letters && !parts.iter().take(2).all(is_number) && !is_clock(&parts))
}

/// `9.30pm` is a time.
fn is_clock(parts: &[&str]) -> bool {
    matches!(parts, [hour, rest] if hour.len() <= 2 && rest.starts_with(|char: char| char.is_ascii_digit()) && hour.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Words, digits and the names of the marks between them.
fn spell_out(text: &str, words: &mut Vec<String>) {
    let mut part = String::new();
    for char in text.chars().take(ADDRESS_BYTES_MAX) {
        let name = match char {
            '.' => "dot",
            '/' => "slash",
            '-' => "dash",
            '_' => "underscore",
            '@' => "at",
            '+' => "plus",
            ':' => "colon",
            '~' => "tilde",
            '%' | '=' | '&' | ',' | ';' | '(' | ')' | '\'' | '!' | '*' | '$' => "",
            _ => {
                part.push(char);
                continue;
            }
        };
        piece(&std::mem::take(&mut part), words);
        if !name.is_empty() {
            words.push(name.to_owned());
        }
        if words.len() >= WORDS_MAX {
            return;
        }
    }
    piece(&part, words);
}

/// A label or path segment. What a domain ends in is a word or its letters by custom.
fn piece(text: &str, words: &mut Vec<String>) {
    match text {
        "" => {}
        "www" => words.extend(letters(text)),
        "com" | "org" | "net" | "edu" | "gov" | "biz" | "co" | "app" | "dev" | "me" => {
            words.push(text.to_owned());
        }
        _ if text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_lowercase())
            && DOMAINS.contains(&text) =>
        {
            words.extend(letters(text));
        }
        _ => camel(text, words),
    }
}

/// `OpenSource2026` as its words and numbers.
fn camel(text: &str, words: &mut Vec<String>) {
    let mut word = String::new();
    let mut last = ' ';
    for char in text.chars() {
        let turns = last.is_ascii_lowercase() && char.is_ascii_uppercase()
            || last.is_ascii_digit() != char.is_ascii_digit();
        if !char.is_ascii_alphanumeric() || turns && !word.is_empty() {
            finish(&mut word, words);
        }
        if char.is_ascii_alphanumeric() {
            word.push(char);
        } else if char == '_' {
            words.push("underscore".to_owned());
        }
        last = char;
    }
    finish(&mut word, words);
}

/// Puts `word` to the others: digits as a year would be read, long ones one by one.
fn finish(word: &mut String, words: &mut Vec<String>) {
    let word = std::mem::take(word);
    if word.is_empty() {
        return;
    }
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        for start in (0..word.len()).step_by(super::token::TOKEN_BYTES_MAX) {
            let end = (start + super::token::TOKEN_BYTES_MAX).min(word.len());
            words.extend(word.get(start..end).map(str::to_owned));
        }
    } else if word.len() <= 4 && !word.starts_with('0') {
        words.extend(numbers::year(&word));
    } else {
        words.extend(numbers::digits(&word));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(core: &str, expected: Option<&str>) {
        assert_eq!(read(core).map(|words| words.join(" ")).as_deref(), expected, "{core}");
    }

    #[test]
    fn addresses_are_read_as_a_person_would() {
        check("https://www.example.com/", Some("w.w.w dot example dot com"));
        check("www.bbc.co.uk/news?id=5#top", Some("w.w.w dot bbc dot co dot u.k slash news"));
        check("http://localhost:8080/v1", Some("localhost colon eighty eighty slash v one"));
        check("me.too+x@my-site.org", Some("me dot too plus x at my dash site dot org"));
        check("example.io", Some("example dot i.o"));
        check("#OpenSource2026", Some("hashtag Open Source twenty twenty six"));
        check("@some_one", Some("at some underscore one"));
        check("main.rs", Some("main dot rs"));
        check("v1.2.3", Some("v one dot two dot three"));
        check("1.2.3", Some("one dot two dot three"));
    }

    #[test]
    fn what_is_no_address_is_left_to_the_others() {
        for core in ["U.S.A", "e.g", "3.5", "9.30pm", "hello", "#1", "$5.20", "3.5km", "C#"] {
            check(core, None);
        }
    }

    #[test]
    fn an_address_without_end_is_read_in_part() {
        let address = format!("https://a.com/{}", "-x".repeat(900));
        assert!(read(&address).is_some_and(|words| words.len() <= WORDS_MAX));
    }
}
