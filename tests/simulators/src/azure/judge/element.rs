//! Elements inside `voice`: which there are, what they need, and what an HD voice cannot take.

use roxmltree::Node;

use super::attribute::{
    is_duration, is_number_in, is_one_of, is_pitch, is_rate, is_ratio, is_volume, present, required,
};
use super::{Name, name};
use crate::azure::voice::AzureVoice;

const ROLES: &[&str] = &[
    "Girl",
    "Boy",
    "YoungAdultFemale",
    "YoungAdultMale",
    "OlderAdultFemale",
    "OlderAdultMale",
    "SeniorFemale",
    "SeniorMale",
    "Narrator",
];
const SILENCES: &[&str] = &[
    "Leading",
    "Leading-exact",
    "Tailing",
    "Tailing-exact",
    "Sentenceboundary",
    "Sentenceboundary-exact",
    "Comma-exact",
    "Semicolon-exact",
    "Enumerationcomma-exact",
];
const STRENGTHS: &[&str] = &["none", "x-weak", "weak", "medium", "strong", "x-strong"];
const EMPHASES: &[&str] = &["reduced", "none", "moderate", "strong"];

/// Whether the service takes this element in that voice.
pub(super) fn check(node: Node<'_, '_>, voice: &AzureVoice) -> Option<()> {
    if voice.is_hd() && !hd_takes(node) {
        return None;
    }
    match name(node) {
        Name::Speech(element) => speech(element, node),
        Name::Mstts(element) => mstts(element, node),
        Name::Text | Name::Foreign => None,
    }
}

/// HD voices read the text their own way: only what names or respells it is left.
fn hd_takes(node: Node<'_, '_>) -> bool {
    matches!(name(node), Name::Speech("lang" | "say-as" | "sub" | "p" | "s" | "lexicon"))
}

fn speech(element: &str, node: Node<'_, '_>) -> Option<()> {
    match element {
        "p" | "s" => Some(()),
        "prosody" => {
            present(node, "rate", is_rate)?;
            present(node, "pitch", is_pitch)?;
            present(node, "volume", is_volume)?;
            (node.attributes().len() > 0).then_some(())
        }
        "break" => {
            present(node, "time", is_duration)?;
            present(node, "strength", is_one_of(STRENGTHS))
        }
        "emphasis" => present(node, "level", is_one_of(EMPHASES)),
        "bookmark" => required(node, "mark", |value| !value.is_empty()),
        "say-as" => required(node, "interpret-as", |value| !value.is_empty()),
        "sub" => required(node, "alias", |_| true),
        "phoneme" => required(node, "ph", |value| !value.is_empty()),
        "lexicon" => required(node, "uri", |value| !value.is_empty()),
        "audio" => required(node, "src", |value| value.starts_with("https://")),
        "lang" => node
            .attribute(("http://www.w3.org/XML/1998/namespace", "lang"))
            .filter(|language| !language.is_empty())
            .map(|_| ()),
        _ => None,
    }
}

fn mstts(element: &str, node: Node<'_, '_>) -> Option<()> {
    match element {
        "express-as" => {
            // A style the voice does not have is ignored, so any spelling passes.
            required(node, "style", |value| !value.is_empty())
                .or_else(|| required(node, "role", |_| true))?;
            present(node, "styledegree", is_number_in(0.01, 2.0))?;
            present(node, "role", is_one_of(ROLES))
        }
        "silence" => {
            required(node, "type", is_one_of(SILENCES))?;
            required(node, "value", is_duration)
        }
        "viseme" => required(node, "type", is_one_of(&["redlips_front", "FacialExpression"])),
        "audioduration" => required(node, "value", is_duration),
        "ttsembedding" | "dialog" => Some(()),
        "turn" => required(node, "speaker", |value| !value.is_empty()),
        "prompt" => present(node, "weight", is_ratio),
        _ => None,
    }
}
