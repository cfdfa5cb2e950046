//! The task behind one stream: it listens to the provider and sends on to the listener.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;
use understudy_speech::{AudioFormat, Encoding, Failure, ProviderError, Summary, TakeEvent};

use super::path::Path;
use super::{Finished, SpeechEvent};
use crate::attempt::{Performance, Step};
use crate::audition::pcm_duration;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::gate::Pass;
use crate::recording::TakeRules;
use crate::request::Output;
use crate::speak::provenance;
use crate::take::settle;
use crate::walk::Turn;
use crate::words::WordMarks;

/// What goes from the task to the stream.
#[derive(Debug)]
pub(crate) enum Signal {
    /// What the audio will be; once, before any audio.
    Format(AudioFormat),
    Event(SpeechEvent),
}

pub(crate) struct Driver {
    engine: Engine,
    turn: Turn,
    output: Output,
    /// Ends the wait for the first audio.
    first: Clock,
    /// Ends the whole.
    clock: Clock,
    sender: Sender<Result<Signal, SpeechError>>,
    /// Audio was sent on.
    heard: AtomicBool,
}

/// Why the task stops early.
enum Stop {
    /// The listener has gone; nobody is to blame and nobody needs to be told.
    Left,
    Failed(SpeechError),
}

impl From<SpeechError> for Stop {
    fn from(error: SpeechError) -> Self {
        Self::Failed(error)
    }
}

/// What is known when the provider is done.
struct Ended {
    summary: Summary,
    time: Duration,
    duration: Option<Duration>,
    passed_through: bool,
    any_words: bool,
}

impl Driver {
    pub(crate) const fn new(
        engine: Engine,
        turn: Turn,
        output: Output,
        (first, clock): (Clock, Clock),
        sender: Sender<Result<Signal, SpeechError>>,
    ) -> Self {
        Self { engine, turn, output, first, clock, sender, heard: AtomicBool::new(false) }
    }

    pub(crate) async fn run(self, pass: Pass) {
        match self.play().await {
            Ok(ended) => {
                settle(pass, None);
                self.finish(ended).await;
            }
            // The pass is dropped: a call that nobody waits for any more.
            Err(Stop::Left) => {}
            Err(Stop::Failed(error)) => {
                settle(pass, Some(&error));
                // A listener that left in the meantime does not hear it, which is as it should be.
                self.sender.send(Err(error)).await.ok();
            }
        }
    }

    /// Performs within both deadlines.
    async fn play(&self) -> Result<Ended, Stop> {
        let name = self.name();
        let mut performing = pin!(self.perform());
        match self.first.hold(name, &mut performing).await {
            Ok(ended) => ended,
            Err(_) if self.heard.load(Ordering::Relaxed) => self.clock.hold(name, performing).await?,
            Err(exceeded) => Err(exceeded.into()),
        }
    }

    fn name(&self) -> &str {
        self.turn.candidate.name()
    }

    async fn perform(&self) -> Result<Ended, Stop> {
        let (member, settings) = (&self.turn.candidate.seat.member, &self.engine.settings);
        let call = self.clock.call(Arc::clone(&self.turn.errand.id));
        let request = Arc::clone(&self.turn.candidate.request);
        let mut performance =
            Performance::begin(Arc::clone(&member.provider), call, request, settings.take_buffer);
        let mut rules = TakeRules::new(&member.name, settings.max_audio_bytes);
        let mut marks = WordMarks::new(self.turn.candidate.request.utterance.source());
        let (mut path, mut any_words) = (None, false);
        let summary = loop {
            let event = match performance.next().await {
                Some(Step::Event(event)) => event,
                Some(Step::Ended(outcome)) => match *outcome {
                    Ok(summary) => break summary,
                    Err(failure) => return Err(self.blame(failure)),
                },
                None => return Err(self.blame(ProviderError::NoAudio.into())),
            };
            if let Err(failure) = rules.admit(&event) {
                return Err(self.blame(failure));
            }
            match event {
                TakeEvent::Begin(format) => path = Some(self.open(format).await?),
                TakeEvent::Audio(piece) => self.pass_on(&mut path, piece).await?,
                TakeEvent::Words(words) => {
                    let words: Vec<_> = marks.admit(words).collect();
                    if !words.is_empty() {
                        any_words = true;
                        self.send(Signal::Event(SpeechEvent::Words(words))).await?;
                    }
                }
                TakeEvent::Line(_) => {}
            }
        };
        let time = self.first.started.elapsed();
        let format = rules.format().filter(|format| format.encoding == Encoding::PcmS16le);
        let length = rules.audio_bytes();
        let passed_through = path.as_ref().is_some_and(Path::is_pass_through);
        self.close(path, length).await?;
        let duration = format.map(|format| pcm_duration(format, length));
        Ok(Ended { summary, time, duration, passed_through, any_words })
    }

    async fn open(&self, format: AudioFormat) -> Result<Path, Stop> {
        let path = Path::choose(format, &self.output)?;
        if let Some(format) = path.format() {
            self.send(Signal::Format(format)).await?;
        }
        Ok(path)
    }

    async fn pass_on(&self, path: &mut Option<Path>, piece: Bytes) -> Result<(), Stop> {
        let Some(path) = path else { return Ok(()) };
        let audio = path.push(self.name(), &self.engine.encoders, piece).await?;
        self.send_audio(audio).await
    }

    async fn close(&self, path: Option<Path>, length: usize) -> Result<(), Stop> {
        let Some(path) = path.filter(|_| length > 0) else {
            return Err(self.blame(ProviderError::NoAudio.into()));
        };
        let name = self.name();
        let (audio, format) = path.finish(name, &self.engine.encoders, &self.output, length).await?;
        if let Some(format) = format {
            self.send(Signal::Format(format)).await?;
        }
        self.send_audio(audio).await
    }

    async fn finish(self, ended: Ended) {
        let Ended { summary, time, duration, passed_through, any_words } = ended;
        let id = Arc::clone(&self.turn.errand.id);
        let provenance = provenance(&self.turn.candidate, id, &summary, time, passed_through);
        let finished = Finished {
            duration,
            word_times: summary.word_times.filter(|_| any_words),
            character: summary.character,
            emotion_score: summary.emotion_score,
            provenance,
        };
        self.sender.send(Ok(Signal::Event(SpeechEvent::Finished(Box::new(finished))))).await.ok();
    }

    fn blame(&self, failure: Failure) -> Stop {
        Stop::Failed(self.clock.blame(self.name(), failure))
    }

    async fn send_audio(&self, audio: Bytes) -> Result<(), Stop> {
        if audio.is_empty() {
            return Ok(());
        }
        self.heard.store(true, Ordering::Relaxed);
        self.send(Signal::Event(SpeechEvent::Audio(audio))).await
    }

    async fn send(&self, signal: Signal) -> Result<(), Stop> {
        self.sender.send(Ok(signal)).await.map_err(|_| Stop::Left)
    }
}
