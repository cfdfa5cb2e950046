//! A speech provider that keys Morse code.
//!
//! It beeps and says so. Otherwise it is a whole plugin: settings, voices, speech that streams word
//! by word with marks, and an error with a type for everything it cannot do. Keep the shape and
//! replace the beeping.

mod morse;
#[cfg(test)]
mod tests;

use morse::Key;
use serde::Deserialize;
use serde_json::json;
use understudy_plugin::{
    AudioFormat, Capabilities, Encoding, Error, Manifest, Plugin, Request, Summary, Take, Utterance, Voice,
    Word, WordTimes, settings, text,
};

const SAMPLE_RATE: u32 = 16_000;

/// The voices: id, name and speed in words a minute. The first is the default.
const VOICES: [(&str, &str, f32); 2] = [("straight-key", "Straight Key", 15.0), ("bug", "Bug", 25.0)];

struct Telegraph;

/// What the operator may set. The host has checked it by the manifest's schema.
#[derive(Deserialize)]
struct Settings {
    tone_hz: f32,
}

impl Plugin for Telegraph {
    fn describe() -> Manifest {
        let capabilities = Capabilities::new(Encoding::PcmS16le, [SAMPLE_RATE])
            .language("en")
            .streaming()
            .words(WordTimes::Native)
            .rate(0.5, 2.0)
            .pitch(-12.0, 12.0);
        Manifest::new(env!("CARGO_PKG_NAME"), "Morse Telegraph", env!("CARGO_PKG_VERSION"))
            .description("Keys text as Morse code: it beeps each word and speaks none.")
            .license("Apache-2.0")
            .capabilities(capabilities)
            .settings_schema(json!({
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "tone_hz": {
                        "type": "number",
                        "minimum": 200,
                        "maximum": 2000,
                        "default": 600,
                        "description": "The tone's frequency in hertz"
                    }
                }
            }))
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        let voice = |(id, name, speed)| {
            Voice::new(id, name)
                .language("en")
                .description(format!("{speed} words a minute"))
                .sample_rate(SAMPLE_RATE)
        };
        Ok(VOICES.into_iter().map(voice).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let Utterance::Text(text) = &request.utterance else { return Err(Error::unsupported("ssml")) };
        let key = key_for(&request)?;
        let words = text::words(text);
        check_speakable(text, &words)?;

        take.begin(AudioFormat::mono(Encoding::PcmS16le, SAMPLE_RATE))?;
        for word in words {
            let start_ms = take.audio_ms().unwrap_or_default();
            take.samples(&key.word(word.text))?;
            let end_ms = take.audio_ms().unwrap_or_default();
            if request.words {
                take.words(&[Word::new(word.range(), start_ms..end_ms)])?;
            }
            take.samples(&key.gap_after_word())?;
        }
        let summary = take.summary()?;
        Ok(if request.words { summary.word_times(WordTimes::Native) } else { summary })
    }
}

/// The key as the request and the settings want it. What the request leaves out stays as it is.
fn key_for(request: &Request) -> Result<Key, Error> {
    let settings: Settings = settings::get()?;
    let wanted = request.voice.as_deref();
    let (_, _, words_a_minute) = VOICES
        .into_iter()
        .find(|(id, ..)| wanted.is_none_or(|wanted| wanted == *id))
        .ok_or_else(|| Error::voice_not_found(wanted.unwrap_or_default()))?;
    Ok(Key {
        sample_rate: SAMPLE_RATE,
        words_a_minute: words_a_minute * request.rate.unwrap_or(1.0),
        tone_hz: settings.tone_hz * (request.pitch.unwrap_or(0.0) / 12.0).exp2(),
    })
}

/// Refuses what Morse code has no sign for, before the first beep. The host then asks the next
/// provider, where silence would have been passed on as speech.
fn check_speakable(text: &str, words: &[text::Piece<'_>]) -> Result<(), Error> {
    let mut letters =
        words.iter().flat_map(|word| word.text.chars()).filter(|letter| letter.is_alphanumeric());
    if let Some(letter) = letters.find(|letter| morse::code(*letter).is_none()) {
        return Err(Error::unsupported(format!("the letter in morse code: {letter}")));
    }
    if text::is_speakable(text) { Ok(()) } else { Err(Error::unsupported("text without a letter")) }
}

understudy_plugin::export!(Telegraph);
