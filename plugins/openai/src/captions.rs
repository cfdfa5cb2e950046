//! Kokoro's word times: `/dev/captioned_speech`, newline-delimited JSON with the audio inside.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use understudy_plugin::text::Aligner;
use understudy_plugin::{Error, Relay, Take, http};

/// One line of the answer.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    audio: String,
    /// None or empty for languages other than English.
    timestamps: Option<Vec<Stamp>>,
}

/// A word as it was read; punctuation is one too.
#[derive(Debug, Deserialize)]
struct Stamp {
    word: String,
    /// Seconds from the start of the answer, all of its lines counted.
    start_time: f64,
    end_time: f64,
}

/// Hands on one answer: its audio, and the words it makes certain. The answer begins `offset_ms`
/// into the take. Says whether there were any words.
pub(crate) fn relay(
    response: http::Response,
    aligner: &mut Aligner<'_>,
    offset_ms: u64,
    take: &mut Take,
) -> Result<bool, Error> {
    let mut marked = false;
    let mut lines = response.lines();
    let mut relay = Relay::new();
    while let Some(line) = lines.next_line()? {
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line)
            .map_err(|error| Error::protocol(format!("captions are not the expected json: {error}")))?;
        let audio = STANDARD
            .decode(line.audio)
            .map_err(|error| Error::protocol(format!("audio of captions is not base64: {error}")))?;
        relay.push(&audio, take)?;
        for stamp in line.timestamps.into_iter().flatten() {
            let offset = offset_ms as f64 / 1_000.0;
            aligner.hear_seconds(&stamp.word, offset + stamp.start_time..offset + stamp.end_time);
        }
        let words = aligner.words();
        marked |= !words.is_empty();
        take.words(&words)?;
    }
    relay.finish(take)?;
    Ok(marked)
}
