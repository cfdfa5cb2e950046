//! Real signals: what must pass does, what must not does not, and why is told.

mod lengths;
mod signals;

use std::sync::OnceLock;

use understudy_audio::{Pcm, Target, encode};
use understudy_speech::Request;

use super::*;

/// Ten sentences of IEEE's list (the "Harvard sentences"), each balanced by its sounds.
fn sentences() -> Vec<&'static str> {
    include_str!("../../../../tests/fixtures/harvard.txt").lines().take(10).collect()
}

/// A minute's half.
fn paragraph() -> String {
    sentences().join(" ")
}

/// What the tests of sounds say: twelve seconds.
fn lines() -> String {
    sentences()[..5].join(" ")
}

/// The offline voice at about the level services deliver.
fn speech_at(text: &str, rate: f32) -> Pcm {
    let mut engine = flite_rs::Engine::new();
    engine.select_voice("kal16");
    let stretch = engine.params().duration_stretch;
    engine.set_duration_stretch(stretch / rate);
    let samples = engine.synthesize(text).samples;
    let samples = samples.iter().map(|sample| f32::from(*sample) / 16_384.0).collect();
    Pcm { sample_rate: 16_000, channels: 1, samples }
}

/// The lines, synthesized once for all tests.
fn speech() -> Pcm {
    static SPEECH: OnceLock<Pcm> = OnceLock::new();
    SPEECH.get_or_init(|| speech_at(&lines(), 1.0)).clone()
}

fn request(text: &str) -> Request {
    Request { language: "en-US".parse().ok(), ..Request::text(text) }
}

fn brief(text: &str) -> Brief {
    Brief::of(&request(text), None, AuditionSettings::default())
}

/// The verdict on `pcm` sent as `encoding`.
fn verdict(pcm: &Pcm, encoding: Encoding, brief: &Brief) -> Verdict {
    let encoded = encode(pcm, &Target::new(encoding)).unwrap();
    judge("p", encoded.format, &encoded.bytes, brief).unwrap()
}

fn codes(verdict: &Verdict) -> Vec<&'static str> {
    verdict.findings.iter().map(Finding::code).collect()
}
