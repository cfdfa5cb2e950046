//! What a route says of auditions decides whose take is believed.

use std::sync::Arc;

use understudy_engine::audition::Depth;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{EngineSettings, Route};
use understudy_speech::{AudioFormat, Encoding};

use crate::{TEXT, engine_with, good, request};

/// A provider that sends these samples at 24 kHz, whole and well formed.
fn sending(audio: Vec<u8>) -> Arc<Scripted> {
    let begin = Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000));
    Arc::new(Scripted::new("a", vec![begin, Step::Audio(audio.into())]))
}

/// Who speaks under these rules when the first provider sends this.
async fn check(audio: Vec<u8>, rules: Route, expected: &str) {
    let route = Route { primary: vec!["a".to_owned(), "b".to_owned()], ..rules };
    let settings = EngineSettings {
        routes: [("main".to_owned(), route)].into(),
        default_route: Some("main".to_owned()),
        ..EngineSettings::default()
    };
    let engine = engine_with(&[&sending(audio), &good("b")], settings);
    let speech = engine.speak(request(TEXT)).await.unwrap();
    assert_eq!(speech.provenance.provider, expected);
}

#[tokio::test(start_paused = true)]
async fn silence_is_believed_only_where_nobody_listens() {
    let silence = || vec![0; 48_000];
    check(silence(), Route::default(), "b").await;
    check(silence(), Route { audition: Depth::Off, ..Route::default() }, "a").await;
    check(silence(), Route { min_quality: 0.0, ..Route::default() }, "a").await;
}

/// A square wave at full scale: clipped from end to end, which the walk of raw samples sees as well.
fn clipped() -> Vec<u8> {
    (0..24_000_u32)
        .flat_map(|frame| if frame / 60 % 2 == 0 { i16::MAX } else { i16::MIN }.to_le_bytes())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn how_good_is_good_enough_is_the_route_s() {
    check(tone(24_000), Route { min_quality: 1.0, ..Route::default() }, "a").await;
    check(clipped(), Route { min_quality: 1.0, ..Route::default() }, "b").await;
    check(clipped(), Route { min_quality: 0.0, ..Route::default() }, "a").await;
}
