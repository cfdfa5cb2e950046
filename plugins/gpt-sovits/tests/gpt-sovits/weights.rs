//! Which weights are loaded when, and when they are loaded again.

use super::*;

/// A server whose voices have weights of their own.
fn stage(api: &str, reply: impl Fn(&Sent) -> Reply + 'static) -> Harness<GptSovits> {
    let voice = |id: &str, gpt: &str| json!({ "id": id, "ref_audio_path": "/r", "prompt_text": "Hi.", "prompt_lang": "en", "gpt_weights": gpt, "sovits_weights": "/w/s 1.pth" });
    let settings = json!({ "api": api, "voices": [voice("a", "/w/a.ckpt"), voice("b", "/w/b.ckpt")] });
    server(reply).settings(settings)
}

fn paths(harness: &Harness<GptSovits>) -> Vec<&str> {
    harness.requests().iter().filter_map(|sent| sent.url.strip_prefix(BASE)).collect()
}

fn speak(harness: &mut Harness<GptSovits>, voice: &str) -> Result<(), Error> {
    harness.synthesize(Request::text("Hi").voice(voice)).map(drop)
}

#[test]
fn weights_are_loaded_when_the_voice_changes() {
    let mut harness = stage("v2", speaks);
    let loads = |gpt: &'static str| vec![gpt, "/set_sovits_weights?weights_path=%2Fw%2Fs%201.pth", "/tts"];
    speak(&mut harness, "a").unwrap();
    assert_eq!(paths(&harness), loads("/set_gpt_weights?weights_path=%2Fw%2Fa.ckpt"));
    speak(&mut harness, "a").unwrap();
    assert_eq!(paths(&harness), ["/tts"]);
    speak(&mut harness, "b").unwrap();
    assert_eq!(paths(&harness), loads("/set_gpt_weights?weights_path=%2Fw%2Fb.ckpt"));
}

#[test]
fn the_older_program_loads_both_at_once() {
    let mut harness = stage("v1", speaks);
    speak(&mut harness, "a").unwrap();
    assert_eq!(
        paths(&harness),
        ["/set_model?gpt_model_path=%2Fw%2Fa.ckpt&sovits_model_path=%2Fw%2Fs%201.pth", "/"]
    );
}

#[test]
fn a_failure_makes_it_load_again() {
    let mut harness = stage("v2", |request| match request.method.as_str() {
        "POST" => Reply::status(500),
        _ => Reply::json(&json!({ "message": "success" })),
    });
    for _ in 0..2 {
        assert!(speak(&mut harness, "a").is_err());
        assert_eq!(paths(&harness).len(), 3);
    }
}

#[test]
fn a_text_the_model_finds_nothing_in_says_nothing_of_its_weights() {
    let mut harness = stage("v2", |request| match request.method.as_str() {
        "POST" => Reply::ok(wave(16_000, &[0; 16_000])),
        _ => Reply::json(&json!({ "message": "success" })),
    });
    for expected in [3, 1] {
        assert!(matches!(speak(&mut harness, "a"), Err(Error::Unsupported(_))));
        assert_eq!(paths(&harness).len(), expected);
    }
}

#[test]
fn weights_that_cannot_be_loaded_are_a_voice_that_cannot_be_had() {
    let refused = r#"{"message":"change gpt weight failed","Exception":"/w/a.ckpt not found"}"#;
    let mut harness = stage("v2", move |_| Reply::status(400).piece(refused));
    assert_eq!(speak(&mut harness, "a"), Err(Error::voice_not_found("a")));
    assert_eq!(paths(&harness).len(), 1);
}
