//! What of a file is never shown: keys of services, where mistakes put them.
//!
//! A problem shows its line whole, and a configuration with a mistake is what gets pasted into questions.
//! So what may be a key is made unreadable before any line is shown, whichever mistake shows it: what
//! stands among a provider's secrets and is no place of one, whatever a key holds that a provider
//! does not have, and settings that are called like secrets. In a file that is no TOML nobody knows what
//! a value is; no value of a provider's is shown then.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{NAME, keys};

/// What keys are called.
const SECRET_WORDS: [&str; 6] = ["key", "apikey", "token", "secret", "password", "credentials"];

/// The text of a file as it may be shown, as long as before.
pub(super) fn shown(text: &str, table: &DeTable<'_>) -> String {
    let providers = table.get("providers").and_then(|providers| providers.get_ref().as_table());
    let known = keys_of_a_provider();
    let mut spans = Vec::new();
    for (_, provider) in providers.into_iter().flatten() {
        let Some(section) = provider.get_ref().as_table() else {
            spans.extend(values(provider));
            continue;
        };
        for (key, value) in section {
            match key.get_ref().as_ref() {
                // A place is no key, and has to be seen to be mended.
                "secrets" => spans.extend(values(value).filter(|span| !is_place(text, span))),
                "settings" => spans.extend(called_secret(value)),
                key if known.iter().any(|known| known == key) => {}
                _ => spans.extend(values(value)),
            }
        }
    }
    without(text, &spans)
}

/// The same for a text that is no TOML: line by line, as far as a line says whose it is.
pub(super) fn shown_broken(text: &str) -> String {
    let (mut spans, mut is_inside, mut start) = (Vec::new(), false, 0);
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        // Not an item of a list that begins with a list.
        let heading = code.strip_prefix('[').map(str::trim_start);
        if let Some(name) = heading.filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
        {
            is_inside = name.starts_with("providers");
        }
        let is_providers = is_inside || code.starts_with("providers");
        if let Some((key, value)) = line.split_once('=').filter(|_| is_providers) {
            let blank = value.len() - value.trim_start().len();
            spans.push(start + key.len() + 1 + blank..start + line.len());
        }
        start += line.len();
    }
    without(text, &spans)
}

/// The text with everything in these spans but line ends made unreadable, and as long as before.
pub(super) fn without(text: &str, spans: &[Range<usize>]) -> String {
    let mut hidden = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let is_hidden = spans.iter().any(|span| span.contains(&at));
        if is_hidden && !matches!(character, '\n' | '\r') {
            hidden.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else {
            hidden.push(character);
        }
    }
    hidden
}

/// Where the values stand that this one is made of; its tables and lists are no values themselves.
pub(super) fn values(value: &Spanned<DeValue<'_>>) -> impl Iterator<Item = Range<usize>> {
    let (mut left, mut spans) = (vec![value], Vec::new());
    while let Some(value) = left.pop() {
        match value.get_ref() {
            DeValue::Table(table) => left.extend(table.iter().map(|(_, value)| value)),
            DeValue::Array(items) => left.extend(items.iter()),
            _ => spans.push(value.span()),
        }
    }
    spans.into_iter()
}

/// It says where a secret is.
fn is_place(text: &str, span: &Range<usize>) -> bool {
    let written = text.get(span.clone()).unwrap_or_default().trim_start_matches(['"', '\'']);
    written.starts_with("env:") || written.starts_with("file:")
}

/// Where the values of those settings stand whose names say that they are keys. Which are is said by a plugin's
/// manifest, and that may not be at hand.
fn called_secret<'t>(settings: &'t Spanned<DeValue<'t>>) -> impl Iterator<Item = Range<usize>> + 't {
    let is_secret = |name: &str| name.split(['_', '-']).any(|word| SECRET_WORDS.contains(&word));
    let settings = settings.get_ref().as_table().into_iter().flatten();
    let called = settings.filter(move |(name, _)| is_secret(&name.get_ref().to_lowercase()));
    called.flat_map(|(_, value)| values(value))
}

fn keys_of_a_provider() -> Vec<String> {
    let inside = format!("providers.{NAME}.");
    let first = |path: &str| path.split(['.', '[']).next().map(str::to_owned);
    keys().iter().filter_map(|key| first(key.path.strip_prefix(&inside)?)).collect()
}
