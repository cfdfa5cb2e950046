//! Audio and the times of characters, line by line.
//!
//! A character's time is documented as seconds and not as seconds of what: the whole answer, or its
//! line. Answers of both kinds are told apart by themselves, for the times of a line that begin
//! again before those of the last have ended can only be the line's own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use understudy_plugin::text::Aligner;
use understudy_plugin::{Error, Relay, Take, http};

/// How far back times may go before they are taken to begin again, in seconds.
const SETBACK_MAX: f64 = 0.5;
/// Times that go back to here begin again however little that is, in seconds.
const BEGINNING_MAX: f64 = 0.05;

/// One line of the answer.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    audio_base64: Option<String>,
    /// Follows the text as it was sent; not every line has one.
    #[serde(default)]
    alignment: Option<Alignment>,
}

#[derive(Debug, Deserialize)]
struct Alignment {
    characters: Vec<String>,
    character_start_times_seconds: Vec<f64>,
    character_end_times_seconds: Vec<f64>,
}

/// Hands on one answer: its audio, and the words it makes certain. The answer begins `offset_ms`
/// into the take. Says whether there were any words.
pub(crate) fn relay(
    response: http::Response,
    mut relay: Relay,
    aligner: &mut Aligner<'_>,
    offset_ms: u64,
    take: &mut Take,
) -> Result<bool, Error> {
    let mut lines = response.lines();
    let mut clock = Clock { base: offset_ms as f64 / 1_000.0, last: 0.0 };
    let mut marked = false;
    while let Some(line) = lines.next_line()? {
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line)
            .map_err(|error| Error::protocol(format!("timestamps are not the expected json: {error}")))?;
        let audio = STANDARD
            .decode(line.audio_base64.unwrap_or_default())
            .map_err(|error| Error::protocol(format!("audio of timestamps is not base64: {error}")))?;
        if !audio.is_empty() {
            relay.push(&audio, take)?;
        }
        if let Some(alignment) = line.alignment {
            clock.tell(&alignment, aligner)?;
        }
        let words = aligner.words();
        marked |= !words.is_empty();
        take.words(&words)?;
    }
    relay.finish(take)?;
    Ok(marked)
}

/// Makes times of the take out of times of a line.
struct Clock {
    /// Where the times begin, in seconds of the take.
    base: f64,
    /// The latest end so far, in seconds from there.
    last: f64,
}

impl Clock {
    fn tell(&mut self, alignment: &Alignment, aligner: &mut Aligner<'_>) -> Result<(), Error> {
        let Alignment {
            characters,
            character_start_times_seconds: starts,
            character_end_times_seconds: ends,
        } = alignment;
        if characters.len() != starts.len() || characters.len() != ends.len() {
            return Err(Error::protocol("alignment has lists of different lengths"));
        }
        let begins_again =
            |start: &f64| *start + SETBACK_MAX < self.last || (*start <= BEGINNING_MAX && *start < self.last);
        if starts.first().is_some_and(begins_again) {
            self.base += self.last;
            self.last = 0.0;
        }
        for ((character, start), end) in characters.iter().zip(starts).zip(ends) {
            aligner.hear_seconds(character, self.base + start..self.base + end);
            self.last = self.last.max(*end);
        }
        Ok(())
    }
}
