//! Takes to join: real speech with silence around it.

use std::time::Duration;

use understudy_audio::{Part, Pcm, resample};
use understudy_speech::Word;

use crate::speech::speech;

/// A take that owns what a [`Part`] borrows.
#[derive(Clone, Debug)]
pub(crate) struct Take {
    pub(crate) pcm: Pcm,
    pub(crate) voice: &'static str,
    pub(crate) words: Vec<Word>,
    pub(crate) pause_ms: Option<u64>,
}

impl Take {
    /// Speech of `milliseconds` that begins at once, `gain` times as loud as the offline voice, with
    /// digital silence before and behind it, and three words evenly over the speech.
    pub(crate) fn new(voice: &'static str, gain: f32, silence_ms: (u32, u32), milliseconds: u32) -> Self {
        let loud: Vec<f32> = speech()
            .samples
            .into_iter()
            .skip(4800)
            .take(milliseconds as usize * 16)
            .map(|s| s * gain)
            .collect();
        let quiet = |milliseconds: u32| vec![0.0; milliseconds as usize * 16];
        let samples = [quiet(silence_ms.0), loud, quiet(silence_ms.1)].concat();
        let word = |index: u32| Word {
            start_byte: index * 4,
            end_byte: index * 4 + 3,
            start_ms: silence_ms.0 + index * milliseconds / 3,
            end_ms: silence_ms.0 + (index + 1) * milliseconds / 3,
        };
        let pcm = Pcm { sample_rate: 16_000, channels: 1, samples };
        Self { pcm, voice, words: (0..3).map(word).collect(), pause_ms: None }
    }

    pub(crate) fn at(mut self, sample_rate: u32, channels: u8) -> Self {
        self.pcm = resample(&self.pcm, sample_rate).unwrap().with_channels(channels).into_owned();
        self
    }

    pub(crate) fn pause(mut self, milliseconds: u64) -> Self {
        self.pause_ms = Some(milliseconds);
        self
    }
}

pub(crate) fn parts(takes: &[Take]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for take in takes {
        let pause = take.pause_ms.map(Duration::from_millis);
        parts.push(Part { pcm: &take.pcm, voice: take.voice, words: &take.words, pause });
    }
    parts
}
