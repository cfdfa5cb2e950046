//! The body of a request for speech, judged.

use super::Profile;
use super::cast::Character;
use super::field::Fields;
use super::trouble::Trouble;
use crate::speech::{Manner, Packing};

/// The longest text, in characters.
const TEXT_CHARACTERS_MAX: usize = 5_000;
const SAMPLE_RATES: [u32; 6] = [8_000, 16_000, 22_050, 24_000, 44_100, 48_000];
/// What the service will not say.
const BLOCKED: &str = "simulated blocked words";
const SEED: [&str; 5] = ["character_id", "text", "emotion", "voice_settings", "output_format"];
const SHEET: [&str; 11] = [
    "character_id",
    "text",
    "emotion",
    "voice_settings",
    "output_format",
    "emotion_intensity",
    "sample_rate",
    "language_code",
    "timestamps",
    "seed",
    "delivery",
];

/// What the audio is packed as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) name: &'static str,
    pub(super) rate: u32,
}

impl Format {
    pub(super) fn read(fields: &Fields, profile: Profile) -> Result<Self, Trouble> {
        let given = fields.text("output_format")?.unwrap_or("mp3");
        let known: &[&'static str] = match profile {
            Profile::Full => &["mp3", "wav", "ogg", "pcm"],
            Profile::StrictSeed => &["mp3"],
            Profile::LegacyHint => &["mp3", "wav"],
        };
        let name = known.iter().find(|known| **known == given).ok_or_else(|| {
            Trouble::field(
                "output_format",
                "unsupported_format",
                format!("{given} is not one of {}", known.join(", ")),
            )
        })?;
        let rate = match fields.number("sample_rate", 8_000.0..=48_000.0)? {
            None => 24_000,
            Some(rate) => *SAMPLE_RATES
                .iter()
                .find(|known| f64::from(**known) == rate)
                .ok_or_else(|| fields.invalid("sample_rate", "is not one of the service's rates"))?,
        };
        Ok(Self { name, rate: if *name == "ogg" { 48_000 } else { rate } })
    }

    pub(super) fn packing(self) -> Packing {
        match self.name {
            "wav" => Packing::Wav,
            "ogg" => Packing::OggOpus { kbps: 48 },
            "pcm" => Packing::Pcm,
            _ => Packing::Mp3 { kbps: if self.rate > 24_000 { 96 } else { 48 } },
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self.name {
            "wav" => "audio/wav",
            "ogg" => "audio/ogg",
            "pcm" => "application/octet-stream",
            _ => "audio/mpeg",
        }
    }
}

/// One text by one character.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) character: &'static Character,
    pub(super) text: String,
    pub(super) emotion: String,
    pub(super) manner: Manner,
    /// Seconds of silence after it, in a conversation.
    pub(super) pause_after: Option<f64>,
}

impl Line {
    /// A line said plainly.
    pub(super) fn plain(character: &'static Character, text: String, emotion: &str) -> Self {
        let manner = character.manner(emotion, 0.5);
        Self { character, text, emotion: emotion.to_owned(), manner, pause_after: None }
    }

    /// One with `character_id`, `text`, `emotion` and `voice_settings`.
    pub(super) fn read(fields: &Fields, profile: Profile, premium: bool) -> Result<Self, Trouble> {
        let id = fields.needed_text("character_id")?;
        if !(1..=100).contains(&id.chars().count()) {
            return Err(fields.invalid("character_id", "must have 1 to 100 characters"));
        }
        let text = fields.needed_text("text")?.trim().to_owned();
        if text.is_empty() {
            return Err(Trouble::field("text", "empty_text", "text is empty"));
        }
        let characters = text.chars().count();
        if characters > TEXT_CHARACTERS_MAX {
            return Err(Trouble::too_large("text_too_long", "text", TEXT_CHARACTERS_MAX, characters));
        }
        let character = Character::playing(id, premium)?;
        let emotion = fields.text("emotion")?.unwrap_or("neutral").to_owned();
        character.can_play(&emotion)?;
        let intensity = fields.number("emotion_intensity", 0.0..=1.0)?.unwrap_or(0.5);
        let settings = settings(&fields.object("voice_settings")?, profile)?;
        refuse_blocked(&text)?;
        let own = character.manner(&emotion, intensity);
        let manner = Manner {
            rate: own.rate * settings.speed,
            semitones: own.semitones + settings.pitch,
            gain_db: own.gain_db + settings.gain_db,
            ..own
        };
        Ok(Self { character, text, emotion, manner, pause_after: None })
    }
}

/// Refuses what the service will not say.
pub(super) fn refuse_blocked(text: &str) -> Result<(), Trouble> {
    if text.contains(BLOCKED) {
        return Err(Trouble::forbidden("content_blocked", "This text is not spoken here"));
    }
    Ok(())
}

struct Settings {
    speed: f32,
    pitch: f32,
    gain_db: f32,
}

#[expect(clippy::cast_possible_truncation, reason = "small numbers within their ranges")]
fn settings(fields: &Fields, profile: Profile) -> Result<Settings, Trouble> {
    let least = if profile == Profile::LegacyHint { 0.1 } else { 0.0 };
    let speed = match fields.number("speaking_rate", 0.25..=4.0) {
        Ok(Some(rate)) if profile == Profile::LegacyHint => Some(rate),
        _ => fields.number("speed", 0.25..=4.0)?,
    };
    let pitch = fields.number("pitch", -20.0..=20.0)?;
    let volume = fields.number("volume", least..=2.0)?;
    fields.number("stability", 0.0..=1.0)?;
    let gain_db = volume.map_or(0.0, |volume| 20.0 * volume.max(1e-4).log10());
    Ok(Settings {
        speed: speed.unwrap_or(1.0) as f32,
        pitch: pitch.unwrap_or(0.0) as f32,
        gain_db: gain_db as f32,
    })
}

/// A request that was found good.
#[derive(Clone, Debug)]
pub(super) struct SpeechRequest {
    pub(super) line: Line,
    pub(super) format: Format,
    pub(super) words: bool,
    pub(super) inline: bool,
}

impl SpeechRequest {
    pub(super) fn read(fields: &Fields, profile: Profile, premium: bool) -> Result<Self, Trouble> {
        match profile {
            Profile::Full => fields.only(&SHEET)?,
            Profile::StrictSeed => {
                fields.only(&SEED)?;
                fields.all(&SEED)?;
            }
            Profile::LegacyHint => {}
        }
        let line = Line::read(fields, profile, premium)?;
        let format = Format::read(fields, profile)?;
        if profile == Profile::LegacyHint {
            return Ok(Self { line, format, words: false, inline: false });
        }
        if let Some(language) = fields.text("language_code")? {
            line.character.can_speak(language)?;
        }
        let words = fields.one_of("timestamps", &["none", "word"])? == "word";
        let inline = fields.one_of("delivery", &["url", "inline"])? == "inline";
        fields.number("seed", 0.0..=f64::from(u32::MAX))?;
        Ok(Self { line, format, words, inline })
    }
}
