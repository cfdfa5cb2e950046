//! Delivery `stream`: audio is sent on while it is made.
//!
//! The call runs on a task of its own. A listener that stops reading stops polling, and a call
//! that only moves when it is polled would then keep its plugin instance for ever, with nobody to
//! notice its deadline. The task keeps the deadline whoever listens; the channel between is bounded,
//! so a slow listener slows the provider and memory stays flat; and the handle aborts the task when
//! the listener goes.
//!
//! With a store the call belongs to all who listen, and the task only follows it: from the first
//! event on for whoever comes late, and from the whole take for whoever falls behind. Nobody's
//! slowness holds it back then, and the take is in memory until it is kept. Its audition comes when
//! it is whole; one that fails ends the streams with its error, as any late failure does.

mod driver;
mod opening;
mod path;
mod source;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use understudy_speech::{AudioFormat, Character, Word, WordTimes};

use crate::book::Sent;
use crate::cache::AudioDigest;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::plan::plan;
use crate::provenance::{Attempt, Provenance, Skipped, Story, Substitution};
use crate::purchase::TakeSource;
use crate::rehearsal::price;
use crate::request::SpeechRequest;
use crate::text::SpanMap;
use crate::walk::{Client, Errand, Walk, Won, race};
use driver::Signal;

/// Pieces encoded ahead of the listener.
const PIECES_AHEAD: usize = 4;

/// A take on its way.
#[derive(Debug)]
pub struct SpeechStream {
    format: AudioFormat,
    provider: String,
    voice: Option<String>,
    dropped: Vec<String>,
    cache: TakeSource,
    age: Option<Duration>,
    /// Told with the last event.
    story: Story,
    /// Leads word marks back to the caller's own spelling.
    spans: SpanMap,
    early: VecDeque<SpeechEvent>,
    signals: mpsc::Receiver<Result<Signal, SpeechError>>,
    over: bool,
    client: Option<Client>,
    audio_bytes: u64,
    _task: AbortOnDropHandle<()>,
}

/// One event of a stream.
#[derive(Clone, Debug)]
pub enum SpeechEvent {
    /// The next piece of audio, never empty.
    Audio(Bytes),
    /// Word marks, in order; they may come before the audio they describe.
    Words(Vec<Word>),
    /// The take is whole. Always the last event of a stream that did not fail.
    Finished(Box<Finished>),
}

/// What is known of a take when it is whole.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How long it plays; none when only the listener's decoder could tell.
    pub duration: Option<Duration>,
    /// The SHA-256 of the audio; none when it was encoded on the way, or bypassed the store.
    pub digest: Option<AudioDigest>,
    /// Where the word times came from; none when there are none.
    pub word_times: Option<WordTimes>,
    /// The character that spoke.
    pub character: Option<Character>,
    /// How well the emotion came through by the service's own measure: 0 to 1.
    pub emotion_score: Option<f32>,
    /// Who spoke, and how it came about.
    pub provenance: Provenance,
}

impl SpeechStream {
    /// What the audio is.
    #[must_use]
    pub const fn format(&self) -> AudioFormat {
        self.format
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.format.encoding.media_type()
    }

    /// The provider that speaks.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The provider's own id of the voice asked for; none when the provider chooses.
    #[must_use]
    pub fn voice(&self) -> Option<&str> {
        self.voice.as_deref()
    }

    /// Fields the provider cannot honour, as in [`Provenance::dropped`].
    #[must_use]
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// Where the take comes from, as in [`Provenance::cache`].
    #[must_use]
    pub const fn cache(&self) -> TakeSource {
        self.cache
    }

    /// How long it has been in the cache, as in [`Provenance::age`].
    #[must_use]
    pub const fn age(&self) -> Option<Duration> {
        self.age
    }

    /// What was asked for, when somebody else speaks; as in [`Provenance::substituted`].
    #[must_use]
    pub const fn substituted(&self) -> Option<&Substitution> {
        self.story.substituted.as_ref()
    }

    /// The calls made until the first audio, as in [`Provenance::attempts`].
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.story.attempts
    }

    /// The providers passed over until then, as in [`Provenance::skipped`].
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.story.skipped
    }

    /// The next event; none after the last. Safe to cancel.
    pub async fn next(&mut self) -> Option<Result<SpeechEvent, SpeechError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Leads the marks of the text as it was sent back to the text as it was written.
    fn spell(&self, event: &mut SpeechEvent) {
        if let SpeechEvent::Words(words) = event {
            self.spans.restore(words);
        }
    }

    /// The error that ends the stream, with the calls that led to it; the last of them broke off.
    fn with_calls(&mut self, error: SpeechError) -> SpeechError {
        let mut attempts = std::mem::take(&mut self.story.attempts);
        let Some(last) = attempts.last_mut() else { return error };
        last.outcome = error.code();
        SpeechError::Tried { attempts, error: Box::new(error) }
    }

    fn count(&mut self, event: &SpeechEvent) {
        if let SpeechEvent::Audio(audio) = event {
            self.audio_bytes += audio.len() as u64;
        }
    }

    /// Writes the end of the stream into the request's record.
    fn note_end(&self, item: &Result<SpeechEvent, SpeechError>) {
        let Some(client) = &self.client else { return };
        match item {
            Ok(SpeechEvent::Finished(finished)) => client.note(|book| {
                book.spoken(&Sent {
                    provenance: &finished.provenance,
                    encoding: self.format.encoding.name(),
                    duration: finished.duration,
                    bytes: self.audio_bytes,
                    digest: finished.digest,
                });
            }),
            Ok(_) => {}
            Err(error) => client.note(|book| book.failed(error)),
        }
    }

    /// Waits for the first audio and keeps what came before it.
    async fn open(&mut self) -> Result<(), SpeechError> {
        loop {
            match self.signals.recv().await {
                Some(Ok(Signal::Format(format))) => self.format = format,
                Some(Ok(Signal::Event(event))) => {
                    let is_audio = matches!(event, SpeechEvent::Audio(_));
                    self.early.push_back(event);
                    if is_audio {
                        return Ok(());
                    }
                }
                Some(Err(error)) => return Err(error),
                None => return Err(stopped()),
            }
        }
    }
}

impl Stream for SpeechStream {
    type Item = Result<SpeechEvent, SpeechError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(mut event) = self.early.pop_front() {
            self.spell(&mut event);
            self.count(&event);
            return Poll::Ready(Some(Ok(event)));
        }
        if self.over {
            return Poll::Ready(None);
        }
        loop {
            let item = match ready!(self.signals.poll_recv(context)) {
                Some(Ok(Signal::Event(event))) => Ok(event),
                Some(Ok(Signal::Format(_))) => continue,
                Some(Err(error)) => Err(self.with_calls(error)),
                None => Err(stopped()),
            };
            self.over = matches!(item, Err(_) | Ok(SpeechEvent::Finished(_)));
            let mut item = item;
            if let Ok(event) = &mut item {
                self.spell(event);
                self.count(event);
            }
            if let Ok(SpeechEvent::Finished(finished)) = &mut item {
                finished.provenance.tell(std::mem::take(&mut self.story));
            }
            self.note_end(&item);
            return Poll::Ready(Some(item));
        }
    }
}

pub(crate) async fn stream(engine: &Engine, wanted: SpeechRequest) -> Result<SpeechStream, SpeechError> {
    let errand = Errand::new(engine, &wanted);
    let client = errand.client();
    match perform(engine, wanted, &errand).await {
        Ok(stream) => Ok(SpeechStream { client: Some(client), ..stream }),
        Err(error) => {
            client.note(|book| book.failed(&error));
            Err(error)
        }
    }
}

async fn perform(
    engine: &Engine,
    wanted: SpeechRequest,
    errand: &Arc<Errand>,
) -> Result<SpeechStream, SpeechError> {
    let output = wanted.output;
    let persona = engine.persona_of(&wanted).await?;
    let plan = plan(&engine.cast, &engine.settings, wanted, persona)?;
    errand.note(|book| book.planned(&plan));
    let clock = Clock::start(plan.terms.deadline);
    let whole = Clock::start(plan.terms.deadline.max(engine.settings.stream_deadline));
    let walk = Walk::new(engine, &plan, clock, Arc::clone(errand));
    let opening = race(walk, |turn| opening::open(engine, &plan, turn, output, whole));
    let Won { candidate, value: mut stream, story } = opening.await?;
    errand.note(|book| book.priced(price(engine, &candidate)));
    engine.count_character(&plan);
    stream.story = story.from(stream.cache);
    stream.spans = plan.spans;
    Ok(stream)
}

/// The task ended without a last word: it panicked.
fn stopped() -> SpeechError {
    SpeechError::Internal("the stream stopped before its end".to_owned())
}
