//! Encode, decode and walk ten seconds of speech in every encoding; join a minute of it.
//!
//! `cargo bench -p understudy-audio`. Throughput is in samples, so "Melem/s" over the sample rate is
//! how many times faster than real time.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use understudy_audio::{
    CEILING_DBTP, ENCODABLE, JoinOptions, LoudnessMeter, Part, Pcm, Target, decode, encode, inspect, join,
    join_file, limit, measure, resample,
};
use understudy_speech::Encoding;

const TEXT: &str = "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. \
                    It's easy to tell the depth of a well. These days a chicken leg is a rare dish.";

/// Ten seconds of the offline voice, 16 kHz mono.
fn speech() -> Pcm {
    let mut engine = flite_rs::Engine::new();
    engine.select_voice("kal16");
    let audio = engine.synthesize(TEXT);
    let samples = audio.samples.iter().map(|sample| f32::from(*sample) / 16_384.0);
    Pcm { sample_rate: 16_000, channels: 1, samples: samples.cycle().take(160_000).collect() }
}

fn codecs(criterion: &mut Criterion) {
    let speech = speech();
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(speech.frames() as u64)).sample_size(20);
    for encoding in ENCODABLE {
        let target = Target::new(*encoding);
        let Ok(encoded) = encode(&speech, &target) else { continue };
        let raw = Some(encoded.format);
        group.bench_function(BenchmarkId::new("encode", encoding), |bencher| {
            bencher.iter(|| encode(black_box(&speech), &target));
        });
        group.bench_function(BenchmarkId::new("decode", encoding), |bencher| {
            bencher.iter(|| decode(black_box(&encoded.bytes), raw));
        });
        group.bench_function(BenchmarkId::new("inspect", encoding), |bencher| {
            bencher.iter(|| inspect(black_box(&encoded.bytes), raw));
        });
    }
    group.bench_function("resample/24000", |bencher| bencher.iter(|| resample(black_box(&speech), 24_000)));
    group.bench_function("measure", |bencher| bencher.iter(|| measure(black_box(&speech))));
    group.finish();
}

/// Six takes of ten seconds, four voices.
fn scenes(criterion: &mut Criterion) {
    let speech = speech();
    let loud = Pcm { samples: speech.samples.iter().map(|sample| sample * 2.0).collect(), ..speech };
    let part = |voice| Part { pcm: &speech, voice, words: &[], pause: None };
    let parts = ["nova", "rook", "nova", "wren", "fox", "rook"].map(part);
    let options = JoinOptions::default();
    let mut group = criterion.benchmark_group("join");
    group.throughput(Throughput::Elements(6 * speech.frames() as u64)).sample_size(10);
    group.bench_function("pcm", |bencher| bencher.iter(|| join(black_box(&parts), &options)));
    let target = Target { sample_rate: Some(24_000), ..Target::new(Encoding::Mp3) };
    group.bench_function("mp3/24000", |bencher| {
        bencher.iter(|| join_file(black_box(&parts), &options, &target));
    });
    group.throughput(Throughput::Elements(speech.frames() as u64));
    group.bench_function("limit/soft", |bencher| bencher.iter(|| limit(black_box(&speech), CEILING_DBTP)));
    group.bench_function("limit/loud", |bencher| bencher.iter(|| limit(black_box(&loud), CEILING_DBTP)));
    group.bench_function("loudness", |bencher| {
        bencher.iter(|| LoudnessMeter::new().push(black_box(&speech)));
    });
    group.finish();
}

criterion_group!(benches, codecs, scenes);
criterion_main!(benches);
