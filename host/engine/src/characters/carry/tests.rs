//! What becomes of an emotion, voice by voice.

use understudy_speech::{Gender, Provider};

use super::*;
use crate::scripted::Scripted;
use crate::settings::VoicePart;

/// A provider that can do everything, and its voice with these styles and emotions.
fn provider(styles: &[&str], emotions: &[&str]) -> Scripted {
    let mut provider = Scripted::new("a", Vec::new()).with_voice("amy", "en-US", Gender::Female);
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    if let Some(voice) = provider.voices.first_mut() {
        (voice.styles, voice.emotions) = (owned(styles), owned(emotions));
    }
    provider
}

fn feeling(emotion: &str) -> Request {
    Request { emotion: Some(emotion.to_owned()), ..Request::text("x") }
}

/// `emotion style rate pitch volume | notes | lost`, absent ones as a dash.
fn told(manners: &BTreeMap<String, Manner>, provider: &Scripted, mut request: Request) -> String {
    let voice = provider.voices.first();
    let Carried { notes, lost } = carry(manners, provider.manifest(), None, voice, &mut request);
    let number = |value: Option<f32>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let controls = [request.rate, request.pitch, request.volume].map(number).join(" ");
    let lost = if lost { "lost" } else { "kept" };
    format!("{} {} {controls} | {} | {lost}", text(request.emotion), text(request.style), notes.join("; "))
}

fn check(provider: &Scripted, emotion: &str, expected: &str) {
    assert_eq!(told(&BTreeMap::new(), provider, feeling(emotion)), expected);
}

#[test]
fn a_voice_that_knows_the_emotion_plays_it() {
    check(&provider(&["cheerful"], &["happy"]), "happy", "happy - - - - |  | kept");
    check(&provider(&[], &["Happy"]), "happy", "happy - - - - |  | kept");
}

#[test]
fn a_voice_with_a_style_like_it_plays_that() {
    let by = "- cheerful - - - | emotion happy was carried by style cheerful | kept";
    check(&provider(&["chat", "cheerful"], &["sad"]), "happy", by);
}

#[test]
fn any_other_voice_gets_rate_pitch_and_volume_and_the_emotion_counts_as_lost() {
    let by = "emotion sad was carried by rate ×0.88, pitch -1.5 semitones, volume -2.0 dB";
    check(&provider(&["chat"], &[]), "sad", &format!("- - 0.88 -1.50 -2.00 | {by} | lost"));
    let mut deaf = provider(&[], &[]);
    let can = &mut deaf.manifest.capabilities;
    (can.rate, can.pitch, can.volume) = (None, None, None);
    check(&deaf, "sad", "- - - - - |  | lost");
    check(&provider(&[], &[]), "purring", "- - - - - |  | lost");
}

#[test]
fn neutral_is_honoured_by_saying_nothing() {
    check(&provider(&[], &[]), "neutral", "- - - - - |  | kept");
}

#[test]
fn intensity_scales_the_prosody() {
    let request = Request { intensity: Some(0.0), ..feeling("sad") };
    let expected = "- - - - - |  | lost";
    assert_eq!(
        told(&BTreeMap::new(), &provider(&[], &[]), request),
        expected,
        "what does not move is not told"
    );
    let request = Request { intensity: Some(2.0), ..feeling("sad") };
    let by = "emotion sad was carried by rate ×0.77, pitch -3.0 semitones, volume -4.0 dB";
    let expected = format!("- - 0.77 -3.00 -4.00 | {by} | lost");
    assert_eq!(told(&BTreeMap::new(), &provider(&[], &[]), request), expected);
}

#[test]
fn prosody_stays_within_what_the_provider_can() {
    let request = Request { pitch: Some(9.5), rate: Some(3.0), ..feeling("happy") };
    let by = "emotion happy was carried by pitch +1.5 semitones, volume +1.0 dB";
    let expected = format!("- - 3.00 10.00 1.00 | {by} | lost");
    assert_eq!(told(&BTreeMap::new(), &provider(&[], &[]), request), expected, "3 × is the caller's own");
}

#[test]
fn what_the_operator_wrote_down_goes_before_what_is_likely() {
    let written = Manner { style: Some("newscast".to_owned()), pitch: Some(4.0), ..Manner::default() };
    let manners: BTreeMap<String, Manner> = [("happy".to_owned(), written)].into();
    let by = "emotion happy was carried by style newscast, pitch +4.0 semitones";
    let expected = format!("- newscast - 4.00 - | {by} | kept");
    let voice = provider(&["cheerful", "newscast"], &[]);
    assert_eq!(told(&manners, &voice, feeling("happy")), expected);
    assert_eq!(told(&manners, &provider(&[], &["happy"]), feeling("happy")), "happy - - - - |  | kept");
}

#[test]
fn a_model_that_is_told_in_words_is_told() {
    let mut provider = provider(&[], &[]);
    provider.manifest.settings_schema = serde_json::json!({ "properties": { "instructions": {} } });
    let mut request = feeling("happy");
    let carried = carry(&BTreeMap::new(), provider.manifest(), None, None, &mut request);
    assert_eq!(carried.notes, ["emotion happy was carried by instructions"]);
    assert_eq!(request.options.unwrap()["instructions"], "Speak happily, with a smile.");
    let mut own = feeling("happy");
    own.options = serde_json::json!({ "instructions": "Whine." }).as_object().cloned();
    let carried = carry(&BTreeMap::new(), provider.manifest(), None, None, &mut own);
    assert!(carried.lost && own.options.unwrap()["instructions"] == "Whine.", "the caller's own words stay");
}

#[test]
fn a_character_of_the_providers_own_is_asked_unless_it_is_known_to_feel_otherwise() {
    let check = |emotions: &[&str], expected: Option<&str>| {
        let provider = provider(&[], &[]);
        let played = Played {
            plays: Plays::Character,
            part: VoicePart::of("a", "char_1"),
            emotions: emotions.iter().map(|word| (*word).to_owned()).collect(),
            casting: crate::provenance::Casting::by(crate::provenance::How::Asked),
        };
        let mut request = feeling("sad");
        carry(&BTreeMap::new(), provider.manifest(), Some(&played), None, &mut request);
        assert_eq!(request.emotion.as_deref(), expected, "{emotions:?}");
    };
    check(&[], Some("sad"));
    check(&["neutral", "sad"], Some("sad"));
    check(&["neutral"], None);
}
