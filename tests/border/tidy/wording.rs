//! How errors read, and what must not be left behind.

use super::{none, rust_sources};

#[test]
fn errors_are_lower_case_and_have_no_final_period() {
    let mut offences = Vec::new();
    for source in rust_sources().iter().filter(|source| !source.path.starts_with("tests/")) {
        for (number, line) in source.text.lines().enumerate() {
            let Some(message) = error_message(line) else { continue };
            // An acronym may open a sentence: its second letter is a capital too.
            let mut letters = message.chars();
            let first = letters.next().is_some_and(char::is_uppercase);
            let second = letters.next().is_some_and(char::is_uppercase);
            if (first && !second) || (message.ends_with('.') && !message.ends_with("..")) {
                offences.push(format!("{}:{}: {message}", source.path, number + 1));
            }
        }
    }
    none("errors read like `provider declined the voice: en-US-Nope`", &offences);
}

#[test]
fn nothing_is_left_for_later() {
    // Spelled apart so that this file does not offend against itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("dbg", "!("),
        concat!("todo", "!("),
        concat!("XX", "X:"),
    ];
    let mut offences = Vec::new();
    for source in rust_sources() {
        for (number, line) in source.text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                offences.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    none("nothing is left for later", &offences);
}

/// The literal of a one-line `#[error("…")]`.
fn error_message(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("#[error(\"")?;
    rest.rfind('"').and_then(|end| rest.get(..end))
}
