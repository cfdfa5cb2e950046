//! The contract, broken in every way a hurried author might.

use serde_json::json;
use understudy_sandbox::Limits;
use understudy_speech::{Failure, Provider};

use crate::support::{assert_serves, call, failure, plugin, plugin_with, speak};

async fn check(text: &str, expected: &str) {
    let plugin = plugin().await;
    let failure = failure(&plugin, text).await;
    let broken = Failure::BrokenContract { plugin: "misfit".to_owned(), reason: expected.to_owned() };
    assert_eq!(failure, broken, "{text}");
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn a_take_begins_once_and_before_its_audio() {
    check("no-begin", "take.audio was called before take.begin").await;
    check("begin-twice", "take.begin was called twice").await;
    check("silent", "the call succeeded without take.begin").await;
    check("begin-only", "the call succeeded without audio").await;
    check("bad-format", "sample rate is out of range: 7").await;
    check("three-channels", "channels are neither 1 nor 2: 3").await;
}

#[tokio::test]
async fn audio_is_whole_and_what_it_was_said_to_be() {
    check("big-chunk", "audio chunk is larger than 1 MiB: 1048578 bytes").await;
    check("odd-bytes", "raw audio ends within a frame: 3 bytes").await;
    check("other-format", "the summary's format is not what take.begin said").await;
    check("line", "line mark is outside of the script: 0").await;
}

#[tokio::test]
async fn word_marks_lie_in_the_text_and_run_forwards() {
    let plugin = plugin().await;
    speak(&plugin, "span 0..4@0-9,5..9@9-20").await.0.unwrap();
    check("span 0..999@0-1", "word span does not lie in the text on characters at bytes 0..999").await;
    check("span 4..2@0-1", "word span does not lie in the text on characters at bytes 4..2").await;
    check("span 15..17@0-1 ö", "word span does not lie in the text on characters at bytes 15..17").await;
    check("span 0..4@9-3", "word ends before it starts at bytes 0..4").await;
    check("span 5..9@0-1,0..4@1-2", "word spans run backwards at bytes 0..4").await;
    check("span 0..4@5-9,5..9@4-9", "word times run backwards at bytes 5..9").await;
}

#[tokio::test]
async fn a_take_belongs_to_calls_that_speak() {
    let plugin = plugin_with(Limits::default(), &json!({ "mode": "take-in-check" })).await;
    let failure = plugin.check(call()).await.unwrap_err();
    assert!(failure.to_string().contains("take.begin was called outside of synthesize"), "{failure}");
}

#[tokio::test]
async fn a_voice_list_is_bounded_and_its_ids_are_usable() {
    let check = async |mode: &str, expected: &str| {
        let plugin = plugin_with(Limits::default(), &json!({ "mode": mode })).await;
        let failure = plugin.voices(call()).await.unwrap_err();
        assert_eq!(failure.to_string(), format!("plugin misfit broke the contract: {expected}"));
    };
    check("too-many-voices", "more than 10000 voices: 10001").await;
    check("same-voice-twice", "id appears twice among the voices: ophelia").await;
    check("control-in-id", "id among the voices is not 1 to 128 bytes of text: ophe lia").await;
    check("no-such-language", "language of voice ophelia is not a BCP-47 tag: english, mostly").await;
}
