//! What a feeling sounds like, where nobody wrote it down.
//!
//! The directions are those that actors' voices show (Banse and Scherer, "Acoustic profiles in vocal
//! emotion expression", 1996): anger, fear and joy are higher, faster and louder than calm speech,
//! sadness and tenderness lower, slower and softer. The amounts keep to the near side: a rate that is
//! a tenth off and a pitch one or two semitones off is a mood, more of it is another person. A whisper
//! cannot be made of rate and pitch; it is made soft, and said to be no more than that.

use crate::settings::Manner;

/// A feeling by default.
#[derive(Debug)]
pub(super) struct Feeling {
    name: &'static str,
    /// What services call it, the nearest first.
    pub(super) styles: &'static [&'static str],
    rate: f32,
    pitch: f32,
    volume: f32,
    instructions: &'static str,
}

const fn feeling(
    name: &'static str,
    styles: &'static [&'static str],
    (rate, pitch, volume): (f32, f32, f32),
    instructions: &'static str,
) -> Feeling {
    Feeling { name, styles, rate, pitch, volume, instructions }
}

const FEELINGS: [Feeling; 13] = [
    feeling("happy", &["happy", "cheerful", "friendly"], (1.06, 1.5, 1.0), "Speak happily, with a smile."),
    feeling("sad", &["sad", "depressed"], (0.88, -1.5, -2.0), "Speak sadly, slowly and quietly."),
    feeling("angry", &["angry", "unfriendly"], (1.08, 1.0, 3.0), "Speak angrily, with force."),
    feeling("fearful", &["fearful", "terrified"], (1.1, 2.0, -1.0), "Speak fearfully, out of breath."),
    feeling("surprised", &["surprised", "excited"], (1.05, 2.5, 1.0), "Speak with great surprise."),
    feeling("disgusted", &["disgusted", "disgruntled"], (0.95, -1.0, 0.0), "Speak with disgust."),
    feeling("excited", &["excited", "cheerful"], (1.12, 2.0, 2.0), "Speak excitedly."),
    feeling("calm", &["calm", "gentle"], (0.93, -0.5, -1.0), "Speak calmly and evenly."),
    feeling("serious", &["serious"], (0.95, -1.0, 0.0), "Speak seriously."),
    feeling("sarcastic", &["sarcastic"], (0.95, 0.5, 0.0), "Speak sarcastically."),
    feeling("tender", &["affectionate", "gentle", "empathetic"], (0.92, -0.5, -2.0), "Speak tenderly."),
    feeling("whisper", &["whispering", "whisper"], (0.92, 0.0, -6.0), "Whisper."),
    feeling("shouting", &["shouting", "angry"], (1.08, 2.0, 5.0), "Shout."),
];

impl Feeling {
    /// The feeling of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        FEELINGS.iter().find(|feeling| feeling.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn manner(&self) -> Manner {
        Manner {
            style: None,
            rate: Some(self.rate),
            pitch: Some(self.pitch),
            volume: Some(self.volume),
            instructions: Some(self.instructions.to_owned()),
        }
    }
}
