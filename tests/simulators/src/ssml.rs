//! What an SSML document says, in order: text, pauses and marks.
//!
//! Three services take SSML and each allows its own part of it, so what is *permitted* is judged by
//! the service beside its own error texts. What is common is here: reading well-formed XML with a
//! real parser, and turning an accepted document into beats that can be spoken. Elements whose
//! meaning the offline voice cannot perform (`emphasis`, `phoneme`, `say-as`) speak their text.

mod measure;

use roxmltree::{Document, Node};

pub(crate) use measure::Percent;

/// How a stretch of text is to be delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delivery {
    /// Speed, as a multiple of the voice's own.
    pub(crate) rate: f32,
    /// Pitch, in semitones from the voice's own.
    pub(crate) pitch: f32,
    /// Loudness, in decibels from the voice's own.
    pub(crate) gain: f32,
}

impl Delivery {
    /// The voice's own.
    pub(crate) const PLAIN: Self = Self { rate: 1.0, pitch: 0.0, gain: 0.0 };
}

/// One step of a script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Beat {
    /// Something to say.
    Text(String, Delivery),
    /// Silence, in milliseconds.
    Pause(u32),
    /// A place to report.
    Mark(String),
}

/// The longest pause a `break` can make; longer ones are clipped.
const BREAK_MS_MAX: u32 = 20_000;

/// Elements nested deeper than this are not spoken: real documents use four levels, and the walk is
/// recursive.
const NESTING_MAX: usize = 64;

/// The beats of a document that has already been judged.
pub(crate) fn beats(document: &Document<'_>, percent: Percent) -> Vec<Beat> {
    let mut beats = Vec::new();
    perform(document.root_element(), 0, Delivery::PLAIN, percent, &mut beats);
    beats
}

fn perform(node: Node<'_, '_>, depth: usize, delivery: Delivery, percent: Percent, beats: &mut Vec<Beat>) {
    if depth > NESTING_MAX {
        return;
    }
    if let Some(text) = node.text().filter(|_| node.is_text()) {
        beats.push(Beat::Text(text.to_owned(), delivery));
        return;
    }
    let mut inner = delivery;
    match node.tag_name().name() {
        "break" => beats.push(Beat::Pause(break_ms(node))),
        "mark" => beats.extend(node.attribute("name").map(|name| Beat::Mark(name.to_owned()))),
        "bookmark" => beats.extend(node.attribute("mark").map(|name| Beat::Mark(name.to_owned()))),
        "sub" => {
            beats.extend(node.attribute("alias").map(|alias| Beat::Text(alias.to_owned(), delivery)));
            return;
        }
        "desc" | "metadata" | "meta" | "lexicon" => return,
        "prosody" => inner = measure::prosody(node, delivery, percent),
        _ => {}
    }
    let separate = matches!(node.tag_name().name(), "p" | "s" | "voice");
    for child in node.children() {
        perform(child, depth + 1, inner, percent, beats);
    }
    if separate {
        beats.push(Beat::Text("\n".to_owned(), delivery));
    }
}

/// How long a `break` is silent.
fn break_ms(node: Node<'_, '_>) -> u32 {
    let strength = match node.attribute("strength") {
        Some("none") => 0,
        Some("x-weak") => 250,
        Some("weak") => 500,
        Some("strong") => 1000,
        Some("x-strong") => 1250,
        _ => 750,
    };
    node.attribute("time").and_then(measure::milliseconds).unwrap_or(strength).min(BREAK_MS_MAX)
}

/// Whether `value` is a time such as `500ms` or `1.5s`.
pub(crate) fn is_time(value: &str) -> bool {
    measure::milliseconds(value).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[Beat]) {
        let document = format!("<speak xmlns='http://www.w3.org/2001/10/synthesis'>{body}</speak>");
        assert_eq!(beats(&Document::parse(&document).unwrap(), Percent::Change), expected, "{body}");
    }

    fn text(text: &str) -> Beat {
        Beat::Text(text.to_owned(), Delivery::PLAIN)
    }

    #[test]
    fn text_pauses_and_marks_keep_their_order() {
        check(
            "Hello <mark name='w1'/>world<break time='500ms'/>again",
            &[text("Hello "), Beat::Mark("w1".to_owned()), text("world"), Beat::Pause(500), text("again")],
        );
        check("<bookmark mark='m'/>a", &[Beat::Mark("m".to_owned()), text("a")]);
    }

    #[test]
    fn a_break_is_its_time_or_its_strength_and_never_longer_than_twenty_seconds() {
        check("<break/>", &[Beat::Pause(750)]);
        check("<break strength='x-strong'/>", &[Beat::Pause(1250)]);
        check("<break time='1.5s'/>", &[Beat::Pause(1500)]);
        check("<break time='99s'/>", &[Beat::Pause(20_000)]);
    }

    #[test]
    fn an_alias_is_spoken_in_place_of_the_text() {
        check("<sub alias='World Wide Web'>WWW</sub>", &[text("World Wide Web")]);
    }

    #[test]
    fn entities_are_resolved_and_comments_are_silent() {
        check("a &lt; b &amp; c<!-- no -->", &[text("a < b & c")]);
    }

    #[test]
    fn a_document_nested_without_end_is_not_followed() {
        let deep = format!("{}a{}", "<s>".repeat(5_000), "</s>".repeat(5_000));
        let document = format!("<speak>{deep}</speak>");
        let beats = beats(&Document::parse(&document).unwrap(), Percent::Change);
        assert!(!beats.contains(&text("a")));
    }

    #[test]
    fn prosody_applies_to_what_it_holds_and_multiplies() {
        let fast = Delivery { rate: 1.5, pitch: -2.0, gain: 0.0 };
        check(
            "<prosody rate='+50%' pitch='-2st'>a</prosody>b",
            &[Beat::Text("a".to_owned(), fast), text("b")],
        );
    }
}
