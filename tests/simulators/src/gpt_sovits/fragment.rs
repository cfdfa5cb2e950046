//! A text spoken piece by piece, with a silence between the pieces.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::body;
use crate::fault::Ordered;
use crate::service::Stage;
use crate::speech::{Manner, Packing, Spoken, wav_header};

/// Where `cut5` cuts: at any punctuation.
const CUTS: [char; 14] = ['.', ',', '!', '?', ';', ':', '。', '，', '！', '？', '；', '：', '、', '…'];

/// What is to be said, and how.
pub(super) struct Take {
    pub(super) text: String,
    pub(super) speaker: String,
    pub(super) speed: f64,
    pub(super) rate: u32,
    pub(super) interval: Duration,
    /// The text is not cut.
    pub(super) whole: bool,
}

impl Take {
    /// The fragments at the model's rate. A text of punctuation alone is a second of silence at
    /// 16 kHz, whatever the model.
    pub(super) async fn record(self, stage: &Stage) -> Vec<Spoken> {
        #[expect(clippy::cast_possible_truncation, reason = "the voice holds the rate to 0.1 to 10")]
        let manner = Manner::of(&self.speaker).at_rate(self.speed as f32);
        let mut fragments = Vec::new();
        for piece in pieces(&self.text, self.whole) {
            let spoken = stage.speak(piece, manner.clone()).await.unwrap_or_default();
            if !spoken.samples.is_empty() {
                let mut fragment = spoken.at(self.rate);
                fragment.append(&Spoken::silence(self.interval, self.rate), 0);
                fragments.push(fragment);
            }
        }
        if fragments.is_empty() {
            fragments.push(Spoken::silence(Duration::from_secs(1), 16_000));
        }
        fragments
    }
}

fn pieces(text: &str, whole: bool) -> Vec<String> {
    if whole {
        return vec![text.to_owned()];
    }
    text.split_inclusive(CUTS).map(str::to_owned).collect()
}

/// The packing of `media_type`, and nothing for one the server does not have.
pub(super) fn packing(media_type: &str) -> Option<Packing> {
    Some(match media_type {
        "wav" => Packing::Wav,
        "raw" => Packing::Pcm,
        "ogg" => Packing::OggVorbis,
        "aac" => Packing::Aac { kbps: 192 },
        _ => return None,
    })
}

/// The whole file at once.
pub(super) fn file(fragments: &[Spoken], media_type: &str, packing: Packing, ordered: &Ordered) -> Response {
    let mut take = Spoken {
        sample_rate: fragments.first().map_or(32_000, |first| first.sample_rate),
        ..Spoken::default()
    };
    for fragment in fragments {
        take.append(fragment, 0);
    }
    let audio = ordered.audio(take.packed(packing, take.sample_rate).into());
    ([(CONTENT_TYPE, format!("audio/{media_type}"))], audio).into_response()
}

/// Fragment by fragment: WAV as a header without sizes and then samples, the others as files one
/// after another.
pub(super) fn stream(
    stage: &Stage,
    fragments: &[Spoken],
    media_type: &str,
    packing: Packing,
    ordered: &Ordered,
) -> Response {
    let mut parts: Vec<Bytes> = Vec::new();
    let packing = if packing == Packing::Wav {
        parts.extend(fragments.first().map(|first| wav_header(first.sample_rate, 0).into()));
        Packing::Pcm
    } else {
        packing
    };
    let audio =
        fragments.iter().map(|fragment| ordered.audio(fragment.packed(packing, fragment.sample_rate).into()));
    parts.extend(audio.filter(|audio| !audio.is_empty()));
    if ordered.empty_audio {
        parts.clear();
    }
    let body: Body = body::pieces(parts, stage.gap());
    ([(CONTENT_TYPE, format!("audio/{media_type}"))], body).into_response()
}
