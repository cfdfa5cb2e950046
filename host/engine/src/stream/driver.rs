//! The task behind one stream: it hears the take and sends it on to the listener.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;
use understudy_speech::{AudioFormat, Encoding, Failure, ProviderError, TakeEvent, WordTimes};

use super::path::Path;
use super::source::{Fault, Heard, Source};
use super::{Finished, SpeechEvent};
use crate::audition::pcm_duration;
use crate::cache::TakeNotes;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::plan::Candidate;
use crate::purchase::Had;
use crate::recording::{Pieces, TakeRules};
use crate::request::Output;
use crate::speak::provenance;
use crate::take::{Admitted, notes};
use crate::timing::estimated;
use crate::walk::Errand;
use crate::words::WordMarks;

/// What goes from the task to the stream.
#[derive(Debug)]
pub(crate) enum Signal {
    /// What the audio will be; once, before any audio.
    Format(AudioFormat),
    Event(SpeechEvent),
}

pub(super) struct Driver {
    pub(super) engine: Engine,
    pub(super) candidate: Arc<Candidate>,
    pub(super) errand: Arc<Errand>,
    pub(super) shape: Shape,
    /// Ends the wait for the first audio.
    pub(super) first: Clock,
    /// Ends the wait for what this host still has to do before the first audio.
    pub(super) request: Clock,
    /// Ends the whole.
    pub(super) clock: Clock,
    pub(super) sender: Sender<Result<Signal, SpeechError>>,
    /// Audio was sent on.
    pub(super) heard: AtomicBool,
    /// It waits for its listener, or for this host: whatever becomes of that, the provider is not to blame.
    pub(super) aside: AtomicBool,
}

/// The form audio is sent on in.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Make(Output),
    /// It has its form already, which is the provider's own or not.
    Made {
        passed_through: bool,
    },
}

impl Shape {
    fn output(self) -> Output {
        match self {
            Self::Make(output) => output,
            Self::Made { .. } => Output::default(),
        }
    }
}

/// Why the task stops early.
enum Stop {
    /// The listener has gone; nobody is to blame and nobody needs to be told.
    Left,
    /// The time ran out, and not in waiting for the provider.
    Late(SpeechError),
    Failed(SpeechError),
}

impl From<SpeechError> for Stop {
    fn from(error: SpeechError) -> Self {
        Self::Failed(error)
    }
}

/// What is known when the provider is done.
struct Ended {
    had: Had,
    duration: Option<Duration>,
    passed_through: bool,
    any_words: bool,
}

impl Driver {
    /// Plays `source`, with the call that is this stream's own.
    pub(super) async fn run(self, source: Source, call: Option<Admitted>) {
        // A call that is dropped unsettled was cancelled.
        let (ended, call) = match self.play(source).await {
            Ok(ended) => (Ok(ended), call),
            Err(Stop::Left) => return,
            Err(Stop::Late(error)) => {
                drop(call);
                (Err(error), None)
            }
            Err(Stop::Failed(error)) => (Err(error), call),
        };
        if let Some(call) = call {
            call.settle(ended.as_ref().err());
        }
        let last = ended.map(|ended| self.finished(ended));
        // A listener that left in the meantime does not hear it, which is as it should be.
        self.sender.send(last).await.ok();
    }

    /// Performs within its deadlines.
    async fn play(&self, source: Source) -> Result<Ended, Stop> {
        let mut performing = pin!(self.perform(source));
        let mut clock = self.first;
        loop {
            match clock.hold(self.name(), &mut performing).await {
                Ok(ended) => return ended,
                Err(exceeded) => match self.longer(clock) {
                    Some(longer) => clock = longer,
                    None if self.aside.load(Ordering::Relaxed) => return Err(Stop::Late(exceeded)),
                    None => return Err(exceeded.into()),
                },
            }
        }
    }

    /// What bounds it from now on, when the time of `clock` is over and that was not all.
    fn longer(&self, clock: Clock) -> Option<Clock> {
        let heard = self.heard.load(Ordering::Relaxed).then_some(self.clock);
        let aside = self.aside.load(Ordering::Relaxed).then_some(self.request);
        heard.or(aside).filter(|longer| longer.deadline() > clock.deadline())
    }

    /// Waits for what is not the provider's to do.
    async fn aside<T>(&self, work: impl Future<Output = T>) -> T {
        self.aside.store(true, Ordering::Relaxed);
        let done = work.await;
        self.aside.store(false, Ordering::Relaxed);
        done
    }

    fn name(&self) -> &str {
        self.candidate.name()
    }

    async fn perform(&self, mut source: Source) -> Result<Ended, Stop> {
        let mut rules = TakeRules::new(self.name(), self.engine.settings.max_audio_bytes);
        let mut marks = WordMarks::new(self.candidate.request.utterance.source());
        let (mut path, mut any_words) = (None, false);
        let mut kept = self.candidate.wants_words.then(Pieces::default);
        let ending = loop {
            let event = match source.next().await {
                Ok(Heard::Event(event)) => event,
                Ok(ending) => break ending,
                Err(Fault::Own(failure)) => return Err(self.blame(failure)),
                Err(Fault::Told(error)) => return Err(error.into()),
            };
            if let Err(failure) = rules.admit(&event) {
                return Err(self.blame(failure));
            }
            match event {
                TakeEvent::Begin(format) => path = Some(self.open(format).await?),
                TakeEvent::Audio(piece) => {
                    if let Some(kept) = kept.as_mut().filter(|_| !any_words) {
                        kept.push(piece.clone());
                    }
                    self.pass_on(&mut path, piece).await?;
                }
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
        let passed_through = match self.shape {
            Shape::Make(_) => path.as_ref().is_some_and(Path::is_pass_through),
            Shape::Made { passed_through } => passed_through,
        };
        self.close(path, rules.audio_bytes()).await?;
        let (mut had, duration) = self.conclude(ending, &rules, time);
        if let Some(kept) = kept.filter(|_| !any_words) {
            any_words = self.time(&mut had, rules.format(), kept.join()).await?;
        }
        Ok(Ended { had, duration, passed_through, any_words })
    }

    /// Sends estimated word times behind audio that came without any; true when there were some.
    async fn time(&self, had: &mut Had, format: Option<AudioFormat>, audio: Bytes) -> Result<bool, Stop> {
        let Some(format) = format else { return Ok(false) };
        let words = self.aside(estimated(&self.engine, &self.candidate, format, audio)).await;
        if words.is_empty() {
            return Ok(false);
        }
        Arc::make_mut(&mut had.notes).word_times = Some(WordTimes::Estimated);
        self.send(Signal::Event(SpeechEvent::Words(words))).await?;
        Ok(true)
    }

    /// What became of it all. The length of a call of this stream's own is only known of samples.
    fn conclude(&self, ending: Heard, rules: &TakeRules, time: Duration) -> (Had, Option<Duration>) {
        let samples = rules.format().filter(|format| format.encoding == Encoding::PcmS16le);
        let duration = samples.map(|format| pcm_duration(format, rules.audio_bytes()));
        let format = rules.format().unwrap_or(AudioFormat::mono(Encoding::PcmS16le, 24_000));
        let known = TakeNotes::new(format, duration.unwrap_or_default());
        let notes = match ending {
            Heard::Whole(had) => {
                let duration = Some(had.notes.duration);
                return (had, duration);
            }
            Heard::Spoken(summary) => notes(&self.candidate, &self.errand.id, summary, known),
            Heard::Event(_) => known,
        };
        (Had::bypassed(TakeNotes { synthesis_time: time, ..notes }, Bytes::new()), duration)
    }

    async fn open(&self, format: AudioFormat) -> Result<Path, Stop> {
        let path = Path::choose(format, &self.shape.output())?;
        if let Some(format) = path.format() {
            self.send(Signal::Format(format)).await?;
        }
        Ok(path)
    }

    async fn pass_on(&self, path: &mut Option<Path>, piece: Bytes) -> Result<(), Stop> {
        let Some(path) = path else { return Ok(()) };
        let audio = self.aside(path.push(self.name(), &self.engine.encoders, piece)).await?;
        self.send_audio(audio).await
    }

    async fn close(&self, path: Option<Path>, length: usize) -> Result<(), Stop> {
        let Some(path) = path.filter(|_| length > 0) else {
            return Err(self.blame(ProviderError::NoAudio.into()));
        };
        let output = self.shape.output();
        let (audio, format) = self.aside(path.finish(self.name(), &self.engine, &output, length)).await?;
        if let Some(format) = format {
            self.send(Signal::Format(format)).await?;
        }
        self.send_audio(audio).await
    }

    fn finished(&self, ended: Ended) -> Signal {
        let Ended { had, duration, passed_through, any_words } = ended;
        let id = Arc::clone(&self.errand.id);
        let finished = Finished {
            duration,
            digest: had.digest.filter(|_| passed_through),
            word_times: had.notes.word_times.filter(|_| any_words),
            character: had.notes.character.clone(),
            emotion_score: had.notes.emotion_score,
            provenance: provenance(&self.candidate, id, &had, passed_through),
        };
        Signal::Event(SpeechEvent::Finished(Box::new(finished)))
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
        self.aside(self.sender.send(Ok(signal))).await.map_err(|_| Stop::Left)
    }
}
