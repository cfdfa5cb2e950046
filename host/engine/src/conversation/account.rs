//! What a conversation came to: the file, when everything is heard, and who stood in for whom.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use understudy_audio::cue::{self, Cue, CueOptions};
use understudy_speech::{AudioFormat, Word, WordTimes};

use super::ensemble::Player;
use crate::provenance::{Casting, Provenance, Skipped};
use crate::settings::Plays;

/// A conversation that was performed.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The request's id.
    pub id: Arc<str>,
    /// The file.
    pub audio: Bytes,
    /// What it is.
    pub format: AudioFormat,
    /// How long it plays.
    pub duration: Duration,
    /// The lines, in order.
    pub lines: Vec<SpokenLine>,
    /// Who spoke, in the order of their first lines.
    pub speakers: Vec<Speaker>,
    /// The service that performed it as a whole; none when it was spoken line by line.
    pub whole: Option<String>,
    /// Who failed on the way, in order.
    pub recasts: Vec<Recasting>,
    /// Characters of the text.
    pub characters: usize,
    /// Where word times came from, when every line that has any has them from there; none when some are
    /// from elsewhere than others.
    pub word_times: Option<WordTimes>,
}

/// A line, and when it is heard.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenLine {
    /// Whose line it is: a place among [`Conversation::speakers`].
    pub speaker: usize,
    /// What was said.
    pub text: String,
    /// The feeling asked for.
    pub emotion: Option<String>,
    /// How well it came through by the service's own measure, 0 to 1.
    pub emotion_score: Option<f32>,
    /// When it begins, in milliseconds of the file.
    pub start_ms: u32,
    /// When it ends.
    pub end_ms: u32,
    /// When each word is heard, in milliseconds of the file, with spans into `text`.
    pub words: Vec<Word>,
    /// Where these times came from; none when there are none.
    pub word_times: Option<WordTimes>,
    /// The provider that spoke it.
    pub provider: String,
    /// The provider's own id of the voice, or of its character.
    pub voice: Option<String>,
    /// Where it came from; none when a service performed the whole.
    pub provenance: Option<Provenance>,
}

/// Who spoke for whom, from the first line to the last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speaker {
    /// The character, as a request names it.
    pub character: String,
    /// What a person reads.
    pub name: String,
    /// The provider that was cast.
    pub provider: String,
    /// The provider's own id of the voice, or of its character.
    pub voice: String,
    /// True for the provider's own character of this name.
    pub is_own: bool,
    /// How the voice was found.
    #[serde(flatten)]
    pub casting: Casting,
    /// Why whoever should have played it did not: an error's code. None when nobody stood in.
    pub substituted: Option<&'static str>,
    /// Who was passed over, and why.
    pub skipped: Vec<Skipped>,
    /// What brings all its lines to the common loudness, in decibels.
    pub gain_db: f32,
}

/// A provider that failed in mid-scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recasting {
    /// Which one.
    pub provider: String,
    /// The failure's code.
    pub code: &'static str,
    /// The failure, in words.
    pub reason: String,
    /// The line it failed at, from 0; none when it performed the whole.
    pub line: Option<usize>,
    /// The characters that were given to others from their first line on, by name; the one of the
    /// line when only that was.
    pub recast: Vec<String>,
    /// Lines that had been spoken and were spoken anew.
    pub lines_again: usize,
}

impl Speaker {
    pub(super) fn of(player: &Player) -> Self {
        let Player { persona, played, why, skipped } = player;
        Self {
            character: persona.id.clone(),
            name: persona.name.clone(),
            provider: played.part.provider.clone(),
            voice: played.part.voice.clone(),
            is_own: played.plays == Plays::Character,
            casting: played.casting.clone(),
            substituted: *why,
            skipped: skipped.clone(),
            gain_db: 0.0,
        }
    }
}

impl Conversation {
    /// Cues with the speakers' names, for [`cue::srt`] and [`cue::vtt`].
    #[must_use]
    pub fn cues(&self, options: &CueOptions) -> Vec<Cue> {
        let lines = self.lines.iter().map(|line| cue::Line {
            speaker: self.speakers.get(line.speaker).map(|speaker| speaker.name.as_str()),
            text: &line.text,
            words: &line.words,
            start_ms: line.start_ms,
            end_ms: line.end_ms,
        });
        let length = u32::try_from(self.duration.as_millis()).unwrap_or(u32::MAX);
        cue::script_cues(&lines.collect::<Vec<_>>(), length, options)
    }

    /// True when anybody but whoever should have played a character plays it, or a line.
    #[must_use]
    pub fn is_substituted(&self) -> bool {
        self.speakers.iter().any(|speaker| speaker.substituted.is_some())
            || self.lines.iter().any(|line| {
                line.provenance.as_ref().is_some_and(|provenance| provenance.substituted.is_some())
            })
    }
}
