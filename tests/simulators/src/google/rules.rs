//! What is refused although it follows the definitions: limits, ranges, and each family's own.

use roxmltree::{Document, Node};

use super::request::{AudioConfig, Input, Synthesize};
use super::status::Status;
use super::voice::{Family, GoogleVoice, select};
use crate::speech::Packing;
use crate::ssml::{Beat, Delivery, Percent, beats};

/// The most one request may hold, tags included.
const INPUT_BYTES_MAX: usize = 5_000;
/// What a Studio voice takes; the service names no number.
const STUDIO_BYTES_MAX: usize = 2_000;
/// The longest sentence; the service names no number.
const SENTENCE_BYTES_MAX: usize = 900;

const TOO_LONG: &str = "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This limit is \
     different from quotas. To fix, reduce the byte length of the characters in this request, or consider using the \
     Long Audio API: https://cloud.google.com/text-to-speech/docs/create-audio-text-long-audio-synthesis.";
const NO_PITCH: &str = "This voice does not support pitch parameters at this time.";
const NO_RATE_OR_PITCH: &str = "This voice does not support speaking rate or pitch parameters at this time.";
const NO_SSML: &str =
    "This voice currently does not support SSML input. Please try again with text only input.";
const NOT_BY_CHIRP: &str = "This voice currently only supports the following audio encodings: LINEAR16, MP3, OGG_OPUS, MULAW, \
     ALAW.";

/// What a Chirp voice is packed in.
const CHIRP_ENCODINGS: [&str; 6] = ["LINEAR16", "PCM", "ALAW", "MULAW", "MP3", "OGG_OPUS"];

const PROFILES: &[&str] = &[
    "wearable-class-device",
    "handset-class-device",
    "headphone-class-device",
    "small-bluetooth-speaker-class-device",
    "medium-bluetooth-speaker-class-device",
    "large-home-entertainment-class-device",
    "large-automotive-class-device",
    "telephony-class-application",
];

/// A request the service would speak.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Accepted {
    pub(super) voice: GoogleVoice,
    pub(super) beats: Vec<Beat>,
    pub(super) packing: Packing,
    pub(super) sample_rate: u32,
}

/// Judges a request in the order the service does: size, voice, ranges, family, markup, sentences.
pub(super) fn judge(request: &Synthesize) -> Result<Accepted, Status> {
    let Synthesize { input, voice: selection, audio_config: audio, .. } = request;
    let special = selection.model_name.is_some()
        || selection.custom_voice.is_some()
        || selection.voice_clone.is_some()
        || selection.multi_speaker_voice_config.is_some()
        || input.multi_speaker_markup.is_some()
        || input.prompt.is_some();
    let source =
        input.text.as_deref().or(input.ssml.as_deref()).or(input.markup.as_deref()).unwrap_or_default();
    if special || source.is_empty() {
        return Err(Status::invalid_argument());
    }
    if source.len() > INPUT_BYTES_MAX {
        return Err(Status::invalid(TOO_LONG));
    }
    let voice = select(&selection.language_code, &selection.name, selection.ssml_gender.as_deref())?;
    check_ranges(audio)?;
    check_family(voice.family(), input, audio)?;
    let beats = script(voice.family(), input, delivery(audio))?;
    check_sentences(&beats)?;
    let (packing, sample_rate) = packing(audio)?;
    Ok(Accepted { voice, beats, packing, sample_rate })
}

fn check_ranges(audio: &AudioConfig) -> Result<(), Status> {
    let within =
        |value: Option<f64>, low: f64, high: f64| value.is_none_or(|value| (low..=high).contains(&value));
    let rate = audio.speaking_rate.filter(|rate| *rate != 0.0);
    let good = within(rate, 0.25, 2.0)
        && within(audio.pitch, -20.0, 20.0)
        && within(audio.volume_gain_db, -96.0, 16.0)
        && audio.effects_profile_id.iter().all(|profile| PROFILES.contains(&profile.as_str()));
    if good { Ok(()) } else { Err(Status::invalid_argument()) }
}

/// Some families refuse a field for being there, whatever it says.
fn check_family(family: Family, input: &Input, audio: &AudioConfig) -> Result<(), Status> {
    let encoding = audio.audio_encoding.as_str();
    let shaped = audio.pitch.is_some() || audio.speaking_rate.is_some();
    let refusal = match family {
        Family::Chirp3Hd if audio.pitch.is_some() => NO_PITCH,
        Family::Studio if audio.pitch.is_some_and(|pitch| pitch != 0.0) => NO_PITCH,
        Family::Journey | Family::ChirpHd if shaped => NO_RATE_OR_PITCH,
        Family::Journey | Family::ChirpHd | Family::Chirp3Hd if input.ssml.is_some() => NO_SSML,
        Family::ChirpHd | Family::Chirp3Hd if !CHIRP_ENCODINGS.contains(&encoding) => NOT_BY_CHIRP,
        Family::Journey if encoding != "LINEAR16" => "This voice currently only supports LINEAR16 output.",
        Family::Studio if size(input) > STUDIO_BYTES_MAX => "Input size limit exceeded for Studio Voice.",
        family if family != Family::Chirp3Hd && input.markup.is_some() => {
            "Request contains an invalid argument."
        }
        _ => return Ok(()),
    };
    Err(Status::invalid(refusal))
}

fn size(input: &Input) -> usize {
    input.text.as_deref().or(input.ssml.as_deref()).map_or(0, str::len)
}

/// What is to be said.
fn script(family: Family, input: &Input, delivery: Delivery) -> Result<Vec<Beat>, Status> {
    let Some(ssml) = &input.ssml else {
        let text =
            input.text.clone().or_else(|| input.markup.as_deref().map(without_pauses)).unwrap_or_default();
        return Ok(vec![Beat::Text(text, delivery)]);
    };
    let invalid = || Status::invalid("Invalid SSML. Newer voices like Neural2 require valid SSML.");
    let document = Document::parse(ssml).map_err(|_| invalid())?;
    if document.root_element().tag_name().name() != "speak" {
        return Err(invalid());
    }
    if let Some(name) = foreign_to_studio(&document).filter(|_| family == Family::Studio) {
        return Err(Status::invalid(format!(
            "`<{name}>` tags are not currently supported by Studio voices."
        )));
    }
    let mut beats = beats(&document, Percent::Factor);
    for beat in &mut beats {
        if let Beat::Text(_, own) = beat {
            own.rate *= delivery.rate;
            own.pitch += delivery.pitch;
            own.gain += delivery.gain;
        }
    }
    Ok(beats)
}

/// The first element a Studio voice does not take; of prosody it is the pitch.
fn foreign_to_studio<'document>(document: &'document Document<'_>) -> Option<&'document str> {
    let is_foreign = |node: &Node<'_, '_>| match node.tag_name().name() {
        "mark" | "emphasis" | "lang" => true,
        "prosody" => node.has_attribute("pitch"),
        _ => false,
    };
    document.descendants().find(is_foreign).map(|node| node.tag_name().name())
}

/// A Chirp voice's pause tags are not spoken.
fn without_pauses(markup: &str) -> String {
    markup.replace("[pause short]", ",").replace("[pause long]", ".").replace("[pause]", ",")
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be small")]
fn delivery(audio: &AudioConfig) -> Delivery {
    Delivery {
        rate: audio.speaking_rate.filter(|rate| *rate != 0.0).unwrap_or(1.0) as f32,
        pitch: audio.pitch.unwrap_or(0.0) as f32,
        gain: audio.volume_gain_db.unwrap_or(0.0) as f32,
    }
}

/// Text without a full stop for too long is refused, with how it begins.
fn check_sentences(beats: &[Beat]) -> Result<(), Status> {
    let text: String = beats
        .iter()
        .filter_map(|beat| if let Beat::Text(text, _) = beat { Some(text.as_str()) } else { None })
        .collect();
    let ends = ['.', '!', '?', '。', '！', '？', '\n'];
    match text.split_inclusive(ends).find(|sentence| sentence.len() > SENTENCE_BYTES_MAX) {
        None => Ok(()),
        Some(sentence) => {
            let start: String = sentence.trim().chars().take(30).collect();
            Err(Status::invalid(format!(
                "This request contains sentences that are too long. Consider splitting up long sentences with \
                 sentence ending punctuation e.g. periods. Sentence starting with: \"{start}\" is too long."
            )))
        }
    }
}

/// How the audio is packed; the natural rate of every voice is 24 kHz.
fn packing(audio: &AudioConfig) -> Result<(Packing, u32), Status> {
    let rate = audio.sample_rate_hertz.filter(|rate| *rate != 0).unwrap_or(24_000);
    let rate = u32::try_from(rate).map_err(|_| Status::invalid_argument())?;
    let (packing, fits) = match audio.audio_encoding.as_str() {
        "LINEAR16" => (Packing::Wav, true),
        "PCM" => (Packing::Pcm, true),
        "MULAW" => (Packing::WavMulaw, true),
        "ALAW" => (Packing::WavAlaw, true),
        "MP3" => (Packing::Mp3 { kbps: 32 }, is_mp3_rate(rate)),
        "MP3_64_KBPS" => (Packing::Mp3 { kbps: 64 }, is_mp3_rate(rate)),
        "OGG_OPUS" => {
            (Packing::OggOpus { kbps: 32 }, [8_000, 12_000, 16_000, 24_000, 48_000].contains(&rate))
        }
        "M4A" => return Err(Status::new(501, "UNIMPLEMENTED", "The simulator has no encoder for M4A.")),
        _ => return Err(Status::invalid_argument()),
    };
    if fits && (8_000..=48_000).contains(&rate) {
        Ok((packing, rate))
    } else {
        Err(Status::invalid_argument())
    }
}

fn is_mp3_rate(rate: u32) -> bool {
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000].contains(&rate)
}

#[cfg(test)]
mod tests;
