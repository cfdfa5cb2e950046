//! A take as server-sent events, in OpenAI's shapes.
//!
//! `speech.audio.delta` carries the next piece of the encoded file in base64, `speech.audio.done`
//! ends it, and a take that fails on the way ends with `error`, whose key `error` makes OpenAI's
//! SDKs raise. The last event says under `understudy`, which OpenAI's clients pass over, how the take
//! came about. One event is one write: base64 goes straight into the event's buffer.

use std::sync::Arc;

use base64_simd::STANDARD;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, future};
use serde_json::json;
use understudy_engine::{Finished, SpeechError, SpeechEvent, SpeechStream};

use super::super::error::{ApiError, Dialect};
use super::super::provenance::ProvenanceInfo;

/// Tokens of audio a minute, as far as OpenAI's prices by token and by minute agree.
const AUDIO_TOKENS_A_MINUTE: f64 = 1250.0;
/// Characters of English text a token, on average.
const CHARACTERS_A_TOKEN: usize = 4;
/// Characters of English text spoken in a second, for audio whose duration is not known.
const CHARACTERS_A_SECOND: f64 = 15.0;

const DELTA_BEGIN: &str = r#"data: {"type":"speech.audio.delta","audio":""#;
const DELTA_END: &str = "\"}\n\n";

/// What the last event says of the request, whichever it is.
pub(super) struct Asked {
    pub(super) id: Arc<str>,
    pub(super) dropped: Vec<String>,
    pub(super) ignored: Vec<String>,
}

pub(super) fn events(
    stream: SpeechStream,
    characters: usize,
    asked: Asked,
) -> impl Stream<Item = Result<Bytes, SpeechError>> + Send + 'static {
    let (id, mut asked) = (Arc::clone(&asked.id), Some(asked));
    stream.filter_map(move |event| {
        future::ready(match event {
            Ok(SpeechEvent::Audio(audio)) => Some(Ok(delta(&audio))),
            Ok(SpeechEvent::Words(_)) => None,
            Ok(SpeechEvent::Finished(finished)) => {
                asked.take().map(|asked| Ok(done(*finished, characters, asked)))
            }
            Err(error) => Some(Ok(failed(&error, &id))),
        })
    })
}

fn delta(audio: &[u8]) -> Bytes {
    let length = STANDARD.encoded_length(audio.len());
    let mut event = String::with_capacity(DELTA_BEGIN.len() + length + DELTA_END.len());
    event.push_str(DELTA_BEGIN);
    STANDARD.encode_append(audio, &mut event);
    event.push_str(DELTA_END);
    event.into()
}

fn done(finished: Finished, characters: usize, asked: Asked) -> Bytes {
    #[allow(clippy::cast_precision_loss, reason = "an estimate")]
    let seconds =
        finished.duration.map_or(characters as f64 / CHARACTERS_A_SECOND, |duration| duration.as_secs_f64());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, never negative")]
    let output_tokens = (seconds * AUDIO_TOKENS_A_MINUTE / 60.0).ceil() as u64;
    let input_tokens = characters.div_ceil(CHARACTERS_A_TOKEN) as u64;
    event(&json!({
        "type": "speech.audio.done",
        "usage": {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        },
        "understudy": {
            "duration": finished.duration.map(|duration| duration.as_secs_f64()),
            "provenance": ProvenanceInfo::new(finished.provenance, asked.dropped, asked.ignored),
        },
    }))
}

fn failed(error: &SpeechError, id: &str) -> Bytes {
    tracing::warn!(code = error.code(), %error, "stream broke off");
    let object = ApiError::of(error, Dialect::OpenAi).object(Dialect::OpenAi, id);
    event(&json!({ "type": "error", "error": object }))
}

fn event(value: &serde_json::Value) -> Bytes {
    format!("data: {value}\n\n").into()
}
