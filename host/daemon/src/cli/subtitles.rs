//! Subtitles of a take, from its word marks.

use understudy_audio::cue::{self, CueOptions};
use understudy_engine::Speech;

/// The formats there are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subtitles {
    /// `.srt`
    SubRip,
    /// `.vtt`
    WebVtt,
}

impl Subtitles {
    /// The file's text.
    pub(super) fn render(self, text: &str, speech: &Speech) -> String {
        let audio_ms = u32::try_from(speech.duration.as_millis()).unwrap_or(u32::MAX);
        let cues = cue::cues(text, &speech.words, audio_ms, &CueOptions::default());
        match self {
            Self::SubRip => cue::srt(&cues),
            Self::WebVtt => cue::vtt(&cues),
        }
    }
}
