//! Letters one by one.
//!
//! A lone `a` is the article to the synthesizer, and its own name for the letter (`_a`) is read as
//! an underscore when it comes in from outside. Dotted letters it spells, so that is how they are
//! written here; the letter alone is written as it sounds.

/// `text`, which is ASCII letters, to be spelled.
pub(crate) fn letters(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "" => Vec::new(),
        "a" => vec!["ay".to_owned()],
        _ if lower.len() == 1 => vec![lower],
        _ => vec![lower.chars().map(String::from).collect::<Vec<_>>().join(".")],
    }
}
