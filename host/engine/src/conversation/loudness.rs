//! How loud each voice is, from one scene to the next.
//!
//! The gain of a voice comes from all it was heard to say. Within one scene that may be a single word,
//! and its whisper would be brought to the loudness of a shout; so what a voice said in earlier scenes
//! counts as well, and the same voice has the same gain in each part of a series. It is kept with the
//! history's counters, a few kilobytes a voice.
//!
//! What is kept is of one voice, as one character, at one trim: another trim is another loudness. Only
//! lines that were spoken anew are counted, so that a scene that is performed again from the cache is the
//! same to the byte; and past a minute of speech no more are, because by then the measure stands, and a
//! gain that moves from episode to episode would be heard.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use understudy_audio::LoudnessMeter;

use crate::rows::Rows;

/// Voices remembered at most.
const VOICES_MAX: usize = 5_000;
/// Speech of one voice past which its measure stands.
const ENOUGH: Duration = Duration::from_secs(60);

/// What one voice says in a scene.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// All of it.
    pub(crate) all: LoudnessMeter,
    /// What was not heard in an earlier scene already.
    pub(crate) fresh: LoudnessMeter,
}

/// The meters, by the names of voices.
#[derive(Debug, Default)]
pub(crate) struct LoudnessBook(Mutex<Rows<LoudnessMeter, VOICES_MAX>>);

impl LoudnessBook {
    /// Adds what was written down in earlier times.
    pub(crate) fn restore(&self, written: Vec<(String, LoudnessMeter)>) {
        let mut rows = self.rows();
        for (voice, meter) in written {
            match rows.get(&voice).cloned() {
                Some(mut known) => {
                    known.merge(&meter);
                    rows.set(&voice, known);
                }
                None => rows.restore(&voice, meter),
            }
        }
    }

    /// Takes down what was heard in a scene of so many channels; how loud its voices are by all that
    /// was heard of them.
    pub(crate) fn hear(
        &self,
        scene: BTreeMap<String, Heard>,
        channels: u8,
    ) -> BTreeMap<String, LoudnessMeter> {
        let mut rows = self.rows();
        let heard = scene.into_iter().map(|(voice, Heard { all, fresh })| {
            let name = format!("{channels} {voice}");
            let known = rows.get(&name).cloned();
            if let Some(known) = known.as_ref().filter(|known| known.heard() >= ENOUGH) {
                return (voice, known.clone());
            }
            let mut meter = known.unwrap_or_default();
            meter.merge(&fresh);
            // What the cache outlived was heard by nobody that is remembered.
            let meter = if meter.integrated().is_none() { all } else { meter };
            rows.set(&name, meter.clone());
            (voice, meter)
        });
        heard.collect()
    }

    /// The table, for whoever writes it down.
    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows<LoudnessMeter, VOICES_MAX>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use understudy_audio::Pcm;

    use super::*;

    /// Seconds of a tone of this amplitude.
    fn tone(amplitude: f32, seconds: usize) -> LoudnessMeter {
        let wave = |index: usize| amplitude * (index as f32 * 0.3).sin();
        let samples = (0..seconds * 8_000).map(wave).collect();
        let mut meter = LoudnessMeter::new();
        meter.push(&Pcm { sample_rate: 8_000, channels: 1, samples }).unwrap();
        meter
    }

    /// The loudness of a voice that says this, for the first time or from the cache.
    fn hear(book: &LoudnessBook, said: LoudnessMeter, is_fresh: bool) -> f32 {
        let fresh = if is_fresh { said.clone() } else { LoudnessMeter::new() };
        let scene = [("nova".to_owned(), Heard { all: said, fresh })].into();
        book.hear(scene, 1)["nova"].integrated().unwrap()
    }

    #[test]
    fn a_whisper_is_as_soft_as_the_voice_was_loud_before() {
        let alone = hear(&LoudnessBook::default(), tone(0.05, 1), true);
        let book = LoudnessBook::default();
        let first = hear(&book, tone(0.5, 20), true);
        let whispered = hear(&book, tone(0.05, 1), true);
        assert!((first - whispered).abs() < 0.5 && alone < whispered - 15.0, "{first} {whispered} {alone}");
    }

    #[test]
    fn the_same_scene_from_the_cache_is_as_loud() {
        let book = LoudnessBook::default();
        hear(&book, tone(0.5, 3), true);
        let first = hear(&book, tone(0.2, 3), true);
        assert_eq!(first.to_bits(), hear(&book, tone(0.2, 3), false).to_bits());
        let alone = hear(&LoudnessBook::default(), tone(0.2, 3), false);
        assert!(alone < first, "a scene that nobody remembers is measured by itself: {alone} {first}");
    }

    #[test]
    fn past_a_minute_the_measure_stands() {
        let book = LoudnessBook::default();
        let stands = hear(&book, tone(0.5, 61), true);
        assert_eq!(stands.to_bits(), hear(&book, tone(0.9, 600), true).to_bits());
    }
}
