//! Morse code as sound (ITU-R M.1677-1): a dash is three dots long, the gap between the letters of a
//! word is three dots, between words seven.

use std::f32::consts::TAU;

/// How loud the tone is, of full scale.
const LOUDNESS: f32 = 0.4;
/// The tone swells and fades for so long, in seconds; a harder start clicks.
const RAMP_SECONDS: f32 = 0.005;
/// Dots in a minute at one word a minute: the word "PARIS" and the gap after it.
const DOTS_A_WORD: f32 = 50.0;

/// A telegraph key and the hand on it.
pub struct Key {
    pub sample_rate: u32,
    pub words_a_minute: f32,
    pub tone_hz: f32,
}

impl Key {
    /// The sound of a word. Characters without a sign, such as an apostrophe, are left out.
    pub fn word(&self, word: &str) -> Vec<i16> {
        let mut samples = Vec::new();
        for sign in word.chars().filter_map(code) {
            if !samples.is_empty() {
                samples.extend(self.silence(3.0));
            }
            for (index, element) in sign.chars().enumerate() {
                if index > 0 {
                    samples.extend(self.silence(1.0));
                }
                samples.extend(self.tone(if element == '-' { 3.0 } else { 1.0 }));
            }
        }
        samples
    }

    /// The silence after a word.
    pub fn gap_after_word(&self) -> Vec<i16> {
        self.silence(7.0)
    }

    fn silence(&self, dots: f32) -> Vec<i16> {
        vec![0; self.samples_of(dots)]
    }

    fn tone(&self, dots: f32) -> Vec<i16> {
        let length = self.samples_of(dots);
        let ramp = RAMP_SECONDS * self.sample_rate as f32;
        let sample = |index: usize| {
            let from_edge = index.min(length - index) as f32;
            let envelope = (from_edge / ramp).min(1.0);
            let phase = TAU * self.tone_hz * index as f32 / self.sample_rate as f32;
            (phase.sin() * envelope * LOUDNESS * f32::from(i16::MAX)) as i16
        };
        (0..length).map(sample).collect()
    }

    fn samples_of(&self, dots: f32) -> usize {
        let dot_seconds = 60.0 / (DOTS_A_WORD * self.words_a_minute);
        (dots * dot_seconds * self.sample_rate as f32) as usize
    }
}

/// The sign of a letter or a digit, in dots and dashes.
pub fn code(letter: char) -> Option<&'static str> {
    Some(match letter.to_ascii_uppercase() {
        'A' => ".-",
        'B' => "-...",
        'C' => "-.-.",
        'D' => "-..",
        'E' => ".",
        'F' => "..-.",
        'G' => "--.",
        'H' => "....",
        'I' => "..",
        'J' => ".---",
        'K' => "-.-",
        'L' => ".-..",
        'M' => "--",
        'N' => "-.",
        'O' => "---",
        'P' => ".--.",
        'Q' => "--.-",
        'R' => ".-.",
        'S' => "...",
        'T' => "-",
        'U' => "..-",
        'V' => "...-",
        'W' => ".--",
        'X' => "-..-",
        'Y' => "-.--",
        'Z' => "--..",
        '0' => "-----",
        '1' => ".----",
        '2' => "..---",
        '3' => "...--",
        '4' => "....-",
        '5' => ".....",
        '6' => "-....",
        '7' => "--...",
        '8' => "---..",
        '9' => "----.",
        _ => return None,
    })
}
