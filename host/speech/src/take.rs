//! A take on its way: events from a provider to the engine.
//!
//! A provider pushes, the engine pulls, and between them lies a bounded channel: a provider that
//! is faster than its listener waits, and one whose listener has left is told so by a `false`
//! rather than by an error, because a client that hangs up is nobody's fault.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{AudioFormat, Character, LineMark, Word, WordTimes};

/// One event of a take.
#[derive(Clone, Debug, PartialEq)]
pub enum TakeEvent {
    /// What the audio is; once, before any audio.
    Begin(AudioFormat),
    /// The next piece of audio.
    Audio(Bytes),
    /// Word marks, in order.
    Words(Vec<Word>),
    /// A finished line of a conversation.
    Line(LineMark),
}

/// What a finished take was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The format really delivered.
    pub format: AudioFormat,
    /// The voice that really spoke, when the service chose it.
    pub voice: Option<String>,
    /// Where word times came from; none when there are none.
    pub word_times: Option<WordTimes>,
    /// Characters billed, when known.
    pub characters_billed: Option<u32>,
    /// The service's own id for the call.
    pub request_id: Option<String>,
    /// The character that spoke.
    pub character: Option<Character>,
    /// How well the emotion came through: 0 to 1.
    pub emotion_score: Option<f32>,
}

/// The provider's end.
#[derive(Clone, Debug)]
pub struct TakeSink(mpsc::Sender<TakeEvent>);

/// The listener's end. Dropping it tells the provider that nobody listens any more.
#[derive(Debug)]
pub struct TakeStream(mpsc::Receiver<TakeEvent>);

/// A channel for one take that holds at most `capacity` events.
#[must_use]
pub fn take_channel(capacity: usize) -> (TakeSink, TakeStream) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    (TakeSink(sender), TakeStream(receiver))
}

impl TakeSink {
    /// Hands over one event, waiting for room. False: nobody listens any more.
    pub async fn send(&self, event: TakeEvent) -> bool {
        self.0.send(event).await.is_ok()
    }

    /// True when nobody listens any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.0.is_closed()
    }

    /// Returns when nobody listens any more: for whoever stands between a provider and its listener.
    pub async fn abandoned(&self) {
        self.0.closed().await;
    }
}

impl TakeStream {
    /// The next event; none when the provider has finished or failed.
    pub async fn next(&mut self) -> Option<TakeEvent> {
        self.0.recv().await
    }
}
