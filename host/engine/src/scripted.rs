//! A provider that plays a script: the seam's other implementation, for tests.
//!
//! A script is a list of [`Step`]s, and what it does is on record afterwards: the requests it was
//! asked, how many calls are still running, how many events it could not hand over. A test waits
//! for such a fact with [`Scripted::until`] and never for a time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;
use understudy_speech::{
    AudioFormat, Call, Capabilities, Character, Encoding, Failure, FormatSupport, Gender, LineMark, Manifest,
    Provider, ProviderError, Range, Request, Script, Summary, TakeEvent, TakeSink, Voice, Word, WordTimes,
};

/// What a scripted provider does next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Says what the audio is.
    Begin(AudioFormat),
    /// Sends audio.
    Audio(Bytes),
    /// Sends word marks.
    Words(Vec<Word>),
    /// Says when a line is heard.
    Line(LineMark),
    /// Takes its time.
    Wait(Duration),
    /// Never goes on.
    Hang,
    /// Fails.
    Fail(Failure),
    /// Panics.
    Panic,
}

/// A provider that plays the same script at every call, unless others were queued before it.
#[derive(Debug)]
pub struct Scripted {
    /// What it says it is; open to change before it is shared.
    pub manifest: Manifest,
    /// Its voices.
    pub voices: Vec<Voice>,
    /// Its characters; none when it cannot list them.
    pub characters: Option<Vec<Character>>,
    /// What it does with a whole conversation; none when it performs none.
    pub whole: Option<Vec<Step>>,
    /// What it does.
    pub steps: Vec<Step>,
    /// What its check says.
    pub check: Result<(), Failure>,
    /// What it does before it lists its voices: waits, hangs or fails.
    pub listing: Vec<Step>,
    queued: Mutex<VecDeque<Vec<Step>>>,
    requests: Mutex<Vec<(Instant, Arc<Request>)>>,
    scripts: Mutex<Vec<Arc<Script>>>,
    listings: AtomicUsize,
    checks: AtomicUsize,
    running: AtomicUsize,
    running_max: AtomicUsize,
    unheard: AtomicUsize,
    changed: Notify,
}

impl Scripted {
    /// A provider of this id that can do everything and plays `steps`.
    #[must_use]
    pub fn new(id: &str, steps: Vec<Step>) -> Self {
        Self {
            manifest: manifest(id),
            voices: Vec::new(),
            characters: None,
            whole: None,
            steps,
            check: Ok(()),
            listing: Vec::new(),
            queued: Mutex::default(),
            requests: Mutex::default(),
            scripts: Mutex::default(),
            listings: AtomicUsize::new(0),
            checks: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            running_max: AtomicUsize::new(0),
            unheard: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }

    /// One that speaks a second of quiet tone as 24 kHz PCM, with `words`, in `pieces` pieces.
    #[must_use]
    pub fn speaking(id: &str, pieces: usize, words: Vec<Word>) -> Self {
        let pcm = Bytes::from(tone(24_000));
        let piece = (pcm.len() / pieces.max(1)).max(1);
        let mut steps = vec![Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000))];
        if !words.is_empty() {
            steps.push(Step::Words(words));
        }
        steps.extend(pcm.chunks(piece).map(|chunk| Step::Audio(pcm.slice_ref(chunk))));
        Self::new(id, steps)
    }

    /// Adds a voice.
    #[must_use]
    pub fn with_voice(mut self, id: &str, language: &str, gender: Gender) -> Self {
        self.voices.push(Voice {
            id: id.to_owned(),
            name: id.to_owned(),
            languages: language.parse().into_iter().collect(),
            gender: Some(gender),
            age: None,
            styles: Vec::new(),
            emotions: Vec::new(),
            neural: false,
            premium: false,
            sample_rate: Some(24_000),
            description: None,
            labels: Vec::new(),
        });
        self
    }

    /// Plays `steps` once, at the next call that nothing else is queued for.
    pub fn queue(&self, steps: Vec<Step>) {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner).push_back(steps);
    }

    /// The requests it was asked to speak, oldest first.
    pub fn requests(&self) -> Vec<Arc<Request>> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().map(|(_, request)| Arc::clone(request)).collect()
    }

    /// The conversations it was asked to perform, oldest first.
    pub fn scripts(&self) -> Vec<Arc<Script>> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When each of them began.
    pub fn calls(&self) -> Vec<Instant> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().map(|(began, _)| *began).collect()
    }

    /// How often it was checked.
    pub fn checks(&self) -> usize {
        self.checks.load(Ordering::SeqCst)
    }

    /// The most calls that were ever running at once.
    pub fn running_max(&self) -> usize {
        self.running_max.load(Ordering::SeqCst)
    }

    /// How often its voices were listed.
    pub fn listings(&self) -> usize {
        self.listings.load(Ordering::SeqCst)
    }

    /// Calls that have begun and neither ended nor been dropped.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Events that found nobody listening.
    pub fn unheard(&self) -> usize {
        self.unheard.load(Ordering::SeqCst)
    }

    /// Waits until `fact` holds.
    pub async fn until(&self, fact: impl Fn(&Self) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if fact(self) {
                return;
            }
            changed.await;
        }
    }

    async fn play(
        &self,
        steps: &[Step],
        (voice, words): (Option<&String>, bool),
        take: &TakeSink,
    ) -> Result<Summary, Failure> {
        let mut summary = summary(AudioFormat::mono(Encoding::PcmS16le, 24_000));
        summary.voice = voice.cloned();
        for step in steps {
            let event = match step {
                Step::Wait(time) => {
                    tokio::time::sleep(*time).await;
                    continue;
                }
                Step::Hang => std::future::pending().await,
                Step::Fail(failure) => return Err(failure.clone()),
                #[allow(clippy::panic, reason = "the script says so")]
                Step::Panic => panic!("a scripted panic"),
                Step::Begin(format) => {
                    summary.format = *format;
                    TakeEvent::Begin(*format)
                }
                Step::Audio(audio) => TakeEvent::Audio(audio.clone()),
                Step::Line(mark) => TakeEvent::Line(*mark),
                Step::Words(marks) => {
                    if !words {
                        continue;
                    }
                    summary.word_times = Some(WordTimes::Native);
                    TakeEvent::Words(marks.clone())
                }
            };
            if !take.send(event).await {
                self.unheard.fetch_add(1, Ordering::SeqCst);
                break;
            }
        }
        Ok(summary)
    }
}

/// Counts a call for as long as it lives.
struct Running<'script>(&'script Scripted);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

#[async_trait]
impl Provider for Scripted {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn check(&self, _call: Call) -> Result<(), Failure> {
        self.checks.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        self.check.clone()
    }

    async fn voices(&self, _call: Call) -> Result<Vec<Voice>, Failure> {
        self.listings.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        for step in &self.listing {
            match step {
                Step::Wait(time) => tokio::time::sleep(*time).await,
                Step::Hang => std::future::pending().await,
                Step::Fail(failure) => return Err(failure.clone()),
                _ => {}
            }
        }
        Ok(self.voices.clone())
    }

    async fn characters(&self, _call: Call) -> Result<Vec<Character>, Failure> {
        self.characters.clone().ok_or_else(|| ProviderError::Unavailable("no list".to_owned()).into())
    }

    async fn synthesize(
        &self,
        _call: Call,
        request: Arc<Request>,
        take: TakeSink,
    ) -> Result<Summary, Failure> {
        let began = (Instant::now(), Arc::clone(&request));
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(began);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.running_max.fetch_max(running, Ordering::SeqCst);
        let _running = Running(self);
        self.changed.notify_waiters();
        let queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let asked = (request.voice.as_ref(), request.words);
        self.play(queued.as_deref().unwrap_or(&self.steps), asked, &take).await
    }

    async fn converse(&self, _call: Call, script: Arc<Script>, take: TakeSink) -> Result<Summary, Failure> {
        let Some(steps) = &self.whole else {
            return Err(ProviderError::Unsupported("conversations".to_owned()).into());
        };
        let words = script.words;
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner).push(script);
        self.running.fetch_add(1, Ordering::SeqCst);
        let _running = Running(self);
        self.changed.notify_waiters();
        self.play(steps, (None, words), &take).await
    }
}

/// `frames` samples of a quiet 440 Hz tone at 24 kHz, as 16-bit PCM.
#[must_use]
pub fn tone(frames: u32) -> Vec<u8> {
    let sample = |frame: u32| {
        let phase = f64::from(frame) * 440.0 / 24_000.0;
        #[allow(clippy::cast_possible_truncation, reason = "at most 8000 either way")]
        let value = ((phase * std::f64::consts::TAU).sin() * 8000.0) as i16;
        value.to_le_bytes()
    };
    (0..frames).flat_map(sample).collect()
}

/// A summary that knows nothing but the format.
#[must_use]
pub const fn summary(format: AudioFormat) -> Summary {
    Summary {
        format,
        voice: None,
        word_times: None,
        characters_billed: None,
        request_id: None,
        character: None,
        emotion_score: None,
    }
}

fn manifest(id: &str) -> Manifest {
    let range = |minimum, maximum| Some(Range { minimum, maximum });
    Manifest {
        id: id.to_owned(),
        name: id.to_owned(),
        version: "1.2.3".to_owned(),
        description: "Plays a script.".to_owned(),
        homepage: None,
        license: "Apache-2.0".to_owned(),
        hosts: Vec::new(),
        secrets: Vec::new(),
        settings_schema: serde_json::json!({ "type": "object" }),
        capabilities: Capabilities {
            languages: Vec::new(),
            formats: vec![FormatSupport { encoding: Encoding::PcmS16le, sample_rates: vec![24_000] }],
            ssml: true,
            styles: true,
            emotions: true,
            characters: true,
            words: Some(WordTimes::Native),
            streaming: true,
            rate: range(0.5, 2.0),
            pitch: range(-10.0, 10.0),
            volume: range(-20.0, 6.0),
            text_limit: None,
        },
        cache_epoch: 0,
        price_per_million_characters: None,
    }
}
