//! Where a stream's events come from: a call of its own, a call that others listen to as well, or
//! the cache. The driver hears the same from all three.

use understudy_speech::{AudioFormat, Failure, ProviderError, Summary, TakeEvent, Word};

use crate::attempt::{Performance, Step};
use crate::cache::HitAudio;
use crate::error::SpeechError;
use crate::flight::Ticket;
use crate::purchase::{Bought, Had, TakeSource};

/// Audio is read from the cache in pieces of this size.
const PIECE_BYTES: u64 = 64 * 1024;

pub(super) enum Source {
    Call(Box<Performance>),
    Shared(Box<Follower>),
    Kept(Box<Player>),
}

pub(super) enum Heard {
    Event(TakeEvent),
    /// The call of this stream's own has ended.
    Spoken(Summary),
    /// The take is whole.
    Whole(Had),
}

pub(super) enum Fault {
    /// Of a call of this stream's own.
    Own(Failure),
    Told(SpeechError),
}

impl Source {
    /// What comes next. Nothing is asked after the end.
    pub(super) async fn next(&mut self) -> Result<Heard, Fault> {
        match self {
            Self::Call(performance) => match performance.next().await {
                Some(Step::Event(event)) => Ok(Heard::Event(event)),
                Some(Step::Ended(outcome)) => outcome.map(Heard::Spoken).map_err(Fault::Own),
                None => Err(Fault::Own(ProviderError::NoAudio.into())),
            },
            Self::Shared(follower) => follower.next().await.map_err(Fault::Told),
            Self::Kept(player) => player.next().await.map_err(Fault::Told),
        }
    }
}

/// Follows a call that is shared.
pub(super) struct Follower {
    ticket: Ticket<Bought>,
    /// What the take is called that this request's own call gave.
    own: TakeSource,
    /// The format was heard.
    begun: bool,
    audio_bytes: u64,
    words: usize,
    /// Plays the rest, when it is no longer announced.
    rest: Option<Player>,
}

impl Follower {
    pub(super) const fn new(ticket: Ticket<Bought>, own: TakeSource) -> Self {
        Self { ticket, own, begun: false, audio_bytes: 0, words: 0, rest: None }
    }

    async fn next(&mut self) -> Result<Heard, SpeechError> {
        if let Some(rest) = &mut self.rest {
            return rest.next().await;
        }
        if let Ok(Some(event)) = self.ticket.next().await {
            match &event {
                TakeEvent::Begin(_) => self.begun = true,
                TakeEvent::Audio(audio) => self.audio_bytes += audio.len() as u64,
                TakeEvent::Words(words) => self.words += words.len(),
                TakeEvent::Line(_) => {}
            }
            return Ok(Heard::Event(event));
        }
        // Nothing more is announced, or this listener fell behind: what it has not heard is in the
        // whole take, and all of it when the take turned up in the cache after all.
        let mut had = self.ticket.had().await.map_err(std::sync::Arc::unwrap_or_clone)?;
        if had.source == TakeSource::Bought {
            had.source = self.own;
        }
        let rest = Player {
            audio: had.audio.clone(),
            format: (!self.begun).then_some(had.notes.format),
            words: had.notes.words.get(self.words..).unwrap_or_default().to_vec(),
            at: self.audio_bytes,
            had,
        };
        self.rest.insert(rest).next().await
    }
}

/// Plays a take that is whole.
pub(super) struct Player {
    had: Had,
    audio: HitAudio,
    /// Told first.
    format: Option<AudioFormat>,
    /// Told then.
    words: Vec<Word>,
    at: u64,
}

impl Player {
    /// Plays `audio` of `format`: the take `had`, or a form of it.
    pub(super) fn new(had: Had, audio: HitAudio, format: AudioFormat) -> Self {
        let words = had.notes.words.clone();
        Self { had, audio, format: Some(format), words, at: 0 }
    }

    async fn next(&mut self) -> Result<Heard, SpeechError> {
        if let Some(format) = self.format.take() {
            return Ok(Heard::Event(TakeEvent::Begin(format)));
        }
        if !self.words.is_empty() {
            return Ok(Heard::Event(TakeEvent::Words(std::mem::take(&mut self.words))));
        }
        let length = PIECE_BYTES.min(self.audio.length().saturating_sub(self.at));
        if length == 0 {
            return Ok(Heard::Whole(self.had.clone()));
        }
        let unread = |error| SpeechError::Internal(format!("cached audio could not be read: {error}"));
        let piece = self.audio.read(self.at, length).await.map_err(unread)?;
        self.at += length;
        Ok(Heard::Event(TakeEvent::Audio(piece)))
    }
}
