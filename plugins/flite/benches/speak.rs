//! What a request costs natively, start to end: a fresh speaker each time, as in the sandbox.
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use understudy_flite::{Controls, SAMPLE_RATE, Speaker, text, voices};

const WORD: &str = "word";
const SENTENCE: &str = "The birch canoe slid on the smooth planks.";

/// Text in, samples and marks out, at the default gain of 6 dB.
fn speak(source: &str, voice: &str) -> usize {
    let preset = voices::find(voice).expect("a voice");
    let controls = Controls { gain_db: 6.0, ..Controls::default() };
    let sentences = text::prepare(source).expect("speakable");
    let mut speaker = Speaker::new(preset, controls, true).expect("voice data");
    sentences.iter().map(|sentence| speaker.speak(sentence).pcm.len()).sum()
}

fn benches(criterion: &mut Criterion) {
    let preset = voices::find("kal").expect("a voice");
    criterion.bench_function("start", |bencher| {
        bencher.iter(|| Speaker::new(preset, Controls::default(), true).expect("voice data"));
    });
    criterion.bench_function("prepare", |bencher| bencher.iter(|| text::prepare(black_box(SENTENCE))));
    let mut group = criterion.benchmark_group("speak");
    for (name, source, voice) in
        [("word", WORD, "kal"), ("sentence", SENTENCE, "kal"), ("sentence with tract", SENTENCE, "ada")]
    {
        // Elements are milliseconds of audio: a million elements a second is 1,000 × real time.
        group.throughput(Throughput::Elements(speak(source, voice) as u64 * 1000 / u64::from(SAMPLE_RATE)));
        group.bench_function(name, |bencher| bencher.iter(|| speak(black_box(source), voice)));
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
