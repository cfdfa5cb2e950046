//! A conversation, spoken: its lines one after another on one timeline.

use std::time::Duration;

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::request::{Format, Line};
use super::shelf::{self, Item};
use super::speech::{say, score, usage, words};
use super::{Desk, Profile};
use crate::fault::Ordered;
use crate::speech::{NATIVE_RATE, Spoken};

/// What a conversation is to be.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) lines: Vec<Line>,
    pub(super) kind: &'static str,
    pub(super) gap: f64,
    pub(super) combine: bool,
    pub(super) words: bool,
    pub(super) format: Format,
}

impl Order {
    pub(super) fn characters(&self) -> usize {
        self.lines.iter().map(|line| line.text.chars().count()).sum()
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Performance {
    order: Order,
    segments: Vec<Segment>,
    combined: Item,
    seconds: f64,
}

#[derive(Clone, Debug)]
struct Segment {
    start: f64,
    seconds: f64,
    words: Value,
    item: Item,
}

/// Speaks all lines.
pub(super) async fn perform(desk: &Desk, ordered: &Ordered, order: Order) -> Performance {
    let mut whole = Spoken { sample_rate: NATIVE_RATE, ..Spoken::default() };
    let mut segments = Vec::new();
    let last = order.lines.len().saturating_sub(1);
    let shelf = &desk.service.shelf;
    for (index, line) in order.lines.iter().enumerate() {
        let said = say(desk, line).await;
        let packed = ordered.audio(said.packed(order.format.packing(), order.format.rate).into());
        let words = if order.words { words(&line.text, &said) } else { json!([]) };
        let item = shelf.place(packed, order.format);
        segments.push(Segment { start: whole.seconds(), seconds: said.seconds(), words, item });
        whole.append(&said, 0);
        if index < last {
            let gap = line.pause_after.unwrap_or(order.gap);
            whole.append(&Spoken::silence(Duration::from_secs_f64(gap), NATIVE_RATE), 0);
        }
    }
    let packed = ordered.audio(whole.packed(order.format.packing(), order.format.rate).into());
    let combined = shelf.place(packed, order.format);
    Performance { order, segments, combined, seconds: whole.seconds() }
}

impl Performance {
    /// As a profile tells it.
    pub(super) fn told(&self, desk: &Desk, headers: &HeaderMap, id: u64) -> Value {
        let rows = || self.order.lines.iter().zip(&self.segments);
        let id = format!("conv_{id:08}");
        match desk.service.profile {
            Profile::StrictSeed => {
                let segments = rows().enumerate().map(|(index, (line, segment))| {
                    json!({
                        "index": index, "character_id": line.character.id, "text": line.text,
                        "duration": segment.seconds, "audio_url": shelf::url(desk, headers, &segment.item).0,
                    })
                });
                json!({ "conversation_id": id, "segments": segments.collect::<Vec<_>>() })
            }
            Profile::LegacyHint => {
                let segments = rows().map(|(line, segment)| {
                    json!({
                        "character_id": line.character.id, "text": line.text, "emotion": line.emotion,
                        "duration": segment.seconds, "audio_url": shelf::url(desk, headers, &segment.item).0,
                    })
                });
                let transcript =
                    self.order.lines.iter().map(|line| format!("{}: {}", line.character.name, line.text));
                json!({
                    "conversation_id": id, "audio_segments": segments.collect::<Vec<_>>(),
                    "total_duration": self.seconds, "character_parts": {},
                    "combined_audio_url": shelf::url(desk, headers, &self.combined).0,
                    "transcript": transcript.collect::<Vec<_>>(),
                })
            }
            Profile::Full => self.in_full(desk, headers, &id),
        }
    }

    fn in_full(&self, desk: &Desk, headers: &HeaderMap, id: &str) -> Value {
        let rows = self.order.lines.iter().zip(&self.segments).enumerate();
        let segments: Vec<Value> = rows
            .map(|(index, (line, segment))| {
                json!({
                    "index": index, "character_id": line.character.id, "character_name": line.character.name,
                    "text": line.text, "emotion": line.emotion, "emotion_score": score(&line.emotion),
                    "start": segment.start, "duration": segment.seconds,
                    "audio_url": shelf::url(desk, headers, &segment.item).0, "words": segment.words,
                })
            })
            .collect();
        let (url, ends_at) = shelf::url(desk, headers, &self.combined);
        let mut cast: Vec<&str> = self.order.lines.iter().map(|line| line.character.id).collect();
        cast.sort_unstable();
        cast.dedup();
        let cast: Vec<Value> = cast
            .iter()
            .filter_map(|id| super::cast::Character::find(id))
            .map(|character| character.told(Profile::Full))
            .collect();
        json!({
            "conversation_id": id, "status": "completed", "conversation_type": self.order.kind,
            "total_duration": self.seconds, "audio_format": self.order.format.name,
            "combined_audio_url": self.order.combine.then_some(url), "audio_url_expires_at": ends_at,
            "segments": segments, "characters": cast,
            "usage": usage(self.order.characters(), false), "request_id": format!("req_{id}"),
        })
    }
}
