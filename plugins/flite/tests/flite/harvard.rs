//! Twenty Harvard sentences (lists 1 and 2, IEEE 1969) in every voice.

use understudy_flite::{Flite, voices};
use understudy_plugin::Request;
use understudy_plugin::testing::Harness;

const SENTENCES: [&str; 20] = [
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "It's easy to tell the depth of a well.",
    "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
    "The box was thrown beside the parked truck.",
    "The hogs were fed chopped corn and garbage.",
    "Four hours of steady work faced us.",
    "A large size in stockings is hard to sell.",
    "The boy was there when the sun rose.",
    "A rod is used to catch pink salmon.",
    "The source of the huge river is the clear spring.",
    "Kick the ball straight and follow through.",
    "Help the woman get back to her feet.",
    "A pot of tea helps to pass the evening.",
    "Smoky fires lack flame and heat.",
    "The soft cushion broke the man's fall.",
    "The salt breeze came across from the sea.",
    "The girl at the booth sold fifty bonds.",
];

#[test]
fn every_word_is_marked_once_in_order_inside_the_audio() {
    for preset in &voices::ALL {
        for sentence in SENTENCES {
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
    let text = format!("{} ", SENTENCES.join(" ")).repeat(5);
    let recording = Harness::<Flite>::new().synthesize(Request::text(&text).words()).expect("it speaks");
    recording.assert_contract();
    assert_eq!(recording.words.len(), text.split_whitespace().count());
    assert!(recording.chunks.len() >= 96);
}
