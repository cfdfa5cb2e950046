//! The cues of a take, for every door that hands out subtitles.

use understudy_audio::cue::{self, Cue, CueOptions, spoken_text};
use understudy_engine::Speech;
use understudy_speech::Utterance;

/// Cues of `speech`, which speaks `utterance`. Nobody reads the markup of a document.
pub(crate) fn cues(utterance: &Utterance, speech: &Speech) -> Vec<Cue> {
    let audio_ms = u32::try_from(speech.duration.as_millis()).unwrap_or(u32::MAX);
    cue::cues(&spoken_text(utterance), &speech.words, audio_ms, &CueOptions::default())
}
