//! Where a take is heard and where it pauses.

use crate::Pcm;

/// Seconds a window, about: it is of whole samples, and how long those are counts.
const WINDOW: f32 = 0.005;
/// Windows this far below speech are silent; consonants are not.
const BELOW_SPEECH_DB: f32 = 34.0;
/// Quieter than this is silence in any take.
const SILENCE_DBFS: f32 = -60.0;
/// The share of windows that are softer than what counts as the level of speech.
const SPEECH_PERCENTILE: f32 = 0.9;
/// A silence is a pause from here on; shorter ones are the closures of consonants.
const PAUSE_MIN: f32 = 0.10;
/// A sound shorter than this between two silences is a click.
const SOUND_MIN: f32 = 0.015;

/// A silence between two sounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pause {
    /// Seconds of sound before it.
    pub(super) voiced: f32,
    /// Seconds from the start of the audio.
    pub(super) start: f32,
    /// Seconds.
    pub(super) length: f32,
}

/// The sound of a take with its silences taken out.
#[derive(Debug)]
pub(super) struct Voiced {
    /// Silence before the first sound, in seconds.
    lead: f32,
    length: f32,
    pauses: Vec<Pause>,
    /// Seconds of pause before each pause and behind the last; one more than there are pauses.
    silences: Vec<f32>,
}

impl Voiced {
    pub(super) fn of(pcm: &Pcm) -> Self {
        let window = Window::at(pcm.sample_rate);
        let runs = merged(runs(&levels(pcm, window)), window);
        let mut voiced = Self { lead: 0.0, length: 0.0, pauses: Vec::new(), silences: Vec::new() };
        let whole = pcm.duration().as_secs_f32();
        let (mut at, mut behind) = (0.0, None);
        for Run { sounds, windows } in runs {
            // The last window may be longer than what is left.
            let length = window.seconds(windows).min(whole - at);
            if sounds {
                voiced.pauses.extend(behind.take());
                voiced.length += length;
            } else if voiced.length > 0.0 {
                behind = Some(Pause { voiced: voiced.length, start: at, length });
            } else {
                voiced.lead = length;
            }
            at += length;
        }
        voiced.silences = silences(&voiced.pauses);
        voiced
    }

    /// Seconds of sound.
    pub(super) const fn length(&self) -> f32 {
        self.length
    }

    /// The pauses between the first and the last sound, in order.
    pub(super) fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    /// When sound that begins `voiced` seconds into the sound is heard: behind a pause at that place.
    pub(super) fn heard_from(&self, voiced: f32) -> f32 {
        let before = self.pauses.partition_point(|pause| pause.voiced <= voiced + TOUCHING);
        self.lead + voiced + self.silence_before(before)
    }

    /// When sound that ends there is over: before a pause at that place.
    pub(super) fn heard_until(&self, voiced: f32) -> f32 {
        let before = self.pauses.partition_point(|pause| pause.voiced < voiced - TOUCHING);
        self.lead + voiced + self.silence_before(before)
    }

    fn silence_before(&self, pause: usize) -> f32 {
        self.silences.get(pause).copied().unwrap_or_default()
    }
}

fn silences(pauses: &[Pause]) -> Vec<f32> {
    let mut sum = 0.0;
    let sums = pauses.iter().map(|pause| {
        sum += pause.length;
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}

/// Seconds by which two places may differ and be the same.
const TOUCHING: f32 = 0.001;

#[derive(Clone, Copy, Debug)]
struct Run {
    sounds: bool,
    windows: usize,
}

/// What a level is measured of.
#[derive(Clone, Copy, Debug)]
struct Window {
    frames: usize,
    sample_rate: u32,
}

impl Window {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a window is a few hundred samples"
    )]
    fn at(sample_rate: u32) -> Self {
        Self { frames: ((sample_rate as f32 * WINDOW) as usize).max(1), sample_rate: sample_rate.max(1) }
    }

    /// How long so many take. Counted in frames, because 220 of them at 44,100 a second are no 5 ms.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "frames of audio in memory, as seconds"
    )]
    fn seconds(self, windows: usize) -> f32 {
        ((windows * self.frames) as f64 / f64::from(self.sample_rate)) as f32
    }
}

/// Decibels of every window.
#[expect(clippy::cast_precision_loss, reason = "a window is a few hundred samples")]
fn levels(pcm: &Pcm, window: Window) -> Vec<f32> {
    let samples = window.frames * usize::from(pcm.channels.max(1));
    let level = |window: &[f32]| {
        let power: f32 = window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32;
        10.0 * power.max(1e-12).log10()
    };
    pcm.samples.chunks(samples).map(level).collect()
}

fn runs(levels: &[f32]) -> Vec<Run> {
    let threshold = (speech_level(levels) - BELOW_SPEECH_DB).max(SILENCE_DBFS);
    let sounds = levels.iter().map(|level| *level > threshold);
    let mut runs: Vec<Run> = Vec::new();
    for sounds in sounds {
        match runs.last_mut() {
            Some(run) if run.sounds == sounds => run.windows += 1,
            _ => runs.push(Run { sounds, windows: 1 }),
        }
    }
    runs
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index"
)]
fn speech_level(levels: &[f32]) -> f32 {
    // However much silence stands around it, the level of speech is the same.
    let mut sorted: Vec<f32> = levels.iter().copied().filter(|level| *level > SILENCE_DBFS).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = (sorted.len() as f32 * SPEECH_PERCENTILE) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(SILENCE_DBFS)
}

/// Clicks are silence, and short silences inside of speech are speech.
fn merged(runs: Vec<Run>, window: Window) -> Vec<Run> {
    let length = |run: &Run| window.seconds(run.windows);
    let without_clicks = joined(runs, |run, _| run.sounds && length(run) >= SOUND_MIN);
    joined(without_clicks, |run, edge| run.sounds || (!edge && length(run) < PAUSE_MIN))
}

/// Judges every run anew (`edge`: the first or the last), and joins neighbours that became alike.
fn joined(runs: Vec<Run>, sounds: impl Fn(&Run, bool) -> bool) -> Vec<Run> {
    let last = runs.len().saturating_sub(1);
    let mut joined: Vec<Run> = Vec::with_capacity(runs.len());
    for (index, run) in runs.into_iter().enumerate() {
        let run = Run { sounds: sounds(&run, index == 0 || index == last), ..run };
        match joined.last_mut() {
            Some(before) if before.sounds == run.sounds => before.windows += run.windows,
            _ => joined.push(run),
        }
    }
    joined
}
