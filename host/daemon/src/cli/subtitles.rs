//! Subtitles of a take, from its word marks.

use understudy_audio::cue;
use understudy_engine::Speech;
use understudy_speech::Utterance;

use crate::cue_sheet::cues;

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
    pub(super) fn render(self, utterance: &Utterance, speech: &Speech) -> String {
        let cues = cues(utterance, speech);
        match self {
            Self::SubRip => cue::srt(&cues),
            Self::WebVtt => cue::vtt(&cues),
        }
    }
}
