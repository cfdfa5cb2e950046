//! Twenty Harvard sentences (lists 1 and 2, IEEE 1969) in every voice.

use understudy_flite::{Flite, voices};
use understudy_plugin::Request;
use understudy_plugin::testing::Harness;

const SENTENCES: &str = include_str!("../../../../tests/fixtures/harvard.txt");

#[test]
fn every_word_is_marked_once_in_order_inside_the_audio() {
    for preset in &voices::ALL {
        for sentence in SENTENCES.lines() {
            let request = Request::text(sentence).voice(preset.id).words();
            let recording = Harness::<Flite>::new().synthesize(request).expect("it speaks");
            recording.assert_contract();
            let expected: Vec<_> = sentence.trim_end_matches('.').split(' ').collect();
            assert_eq!(recording.spoken(), expected);
            let audio_ms = recording.audio_ms().unwrap_or_default();
            let mut last = 0;
            for word in &recording.words {
                assert!(word.start_ms >= last && word.end_ms > word.start_ms + 10, "{sentence}: {word:?}");
                last = word.end_ms;
            }
            assert!(
                u64::from(last) <= audio_ms && audio_ms - u64::from(last) < 500,
                "{sentence}: {last} of {audio_ms}"
            );
        }
    }
}

#[test]
fn a_long_text_is_marked_to_its_end() {
    let text = format!("{} ", SENTENCES.replace('\n', " ").trim_end()).repeat(5);
    let recording = Harness::<Flite>::new().synthesize(Request::text(&text).words()).expect("it speaks");
    recording.assert_contract();
    assert_eq!(recording.words.len(), text.split_whitespace().count());
    assert!(recording.chunks.len() >= 96);
}
