//! What is spoken, what is refused, and with which error.

use serde_json::json;
use sha2::{Digest, Sha256};
use understudy_flite::Flite;
use understudy_plugin::testing::{Harness, Recording, check_manifest};
use understudy_plugin::{Error, Request, WordTimes};

fn speak(request: Request) -> Recording {
    let recording = Harness::<Flite>::new().synthesize(request).expect("it speaks");
    recording.assert_contract();
    recording
}

fn refuse(request: Request, expected: &str) {
    let error = Harness::<Flite>::new().synthesize(request).expect_err("it refuses");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_manifest_asks_for_nothing_and_keeps_the_rules() {
    let manifest = Harness::<Flite>::new().describe();
    check_manifest(&manifest).expect("a valid manifest");
    assert_eq!((manifest.id.as_str(), manifest.hosts.len(), manifest.secrets.len()), ("flite", 0, 0));
    assert_eq!(manifest.capabilities.languages, ["en"]);
    assert!(!manifest.capabilities.ssml);
}

/// Debian's flite 2.2 writes these very samples with its voice kal16.
#[test]
fn without_gain_the_samples_are_those_of_flite() {
    for text in ["Hello world", "Hello world."] {
        let recording = Harness::<Flite>::new()
            .settings(json!({ "gain_db": 0.0 }))
            .synthesize(Request::text(text))
            .expect("it speaks");
        assert_eq!(recording.audio.len(), 17_203 * 2);
        let digest: String =
            Sha256::digest(&recording.audio).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "effd93a6355d273ca13516c64b6dce70f1e7773db303442a709b1ad4b2cd4924");
    }
}

#[test]
fn marks_are_the_callers_own_spelling() {
    let recording = speak(Request::text("\u{201c}It\u{2019}s a caf\u{e9},\u{201d} he said: $5.20!").words());
    assert_eq!(recording.spoken(), ["It\u{2019}s", "a", "caf\u{e9}", "he", "said", "$5.20"]);
    assert_eq!(recording.summary.word_times, Some(WordTimes::Native));
    assert_eq!(recording.summary.voice.as_deref(), Some("kal"));
    assert!(recording.words.iter().all(|word| word.end_ms > word.start_ms));
}

#[test]
fn marks_come_only_when_they_are_wanted() {
    let recording = speak(Request::text("Hello world."));
    assert!(recording.words.is_empty());
    assert_eq!(recording.summary.word_times, None);
}

#[test]
fn sentences_are_pushed_one_by_one() {
    let recording = speak(Request::text("One sentence. Another sentence! A third?").words());
    assert_eq!(recording.chunks.len(), 3);
    let halted =
        Harness::<Flite>::new().listener_leaves_after(10).synthesize(Request::text("One. Two. Three."));
    assert_eq!(halted.expect_err("nobody listens"), Error::Stopped);
}

#[test]
fn rate_changes_length_and_marks_with_it() {
    let text = "The birch canoe slid on the smooth planks.";
    let natural = speak(Request::text(text).words()).audio_ms().unwrap_or_default();
    for rate in [0.25, 0.5, 2.0, 4.0] {
        let recording = speak(Request::text(text).words().rate(rate));
        let ratio = recording.audio_ms().unwrap_or_default() as f32 / natural as f32;
        assert!((ratio * rate - 1.0).abs() < 0.06, "rate {rate}: {ratio}");
    }
    let paced = Harness::<Flite>::new().settings(json!({ "pace": 2.0 })).synthesize(Request::text(text));
    let ratio = paced.expect("it speaks").audio_ms().unwrap_or_default() as f32 / natural as f32;
    assert!((ratio - 0.5).abs() < 0.03, "{ratio}");
}

#[test]
fn volume_and_gain_are_decibels_below_the_limiter() {
    let text = "Hello world.";
    let rms = |recording: &Recording| super::measure::rms(&recording.samples().expect("PCM"));
    let natural = rms(&speak(Request::text(text)));
    let quiet = rms(&speak(Request::text(text).volume(-6.0)));
    assert!((quiet / natural - 0.501).abs() < 0.01, "{}", quiet / natural);
    let gained = Harness::<Flite>::new().settings(json!({ "gain_db": 0.0 })).synthesize(Request::text(text));
    let ratio = natural / rms(&gained.expect("it speaks"));
    assert!((ratio - 1.995).abs() < 0.02, "{ratio}");
    let loud = speak(Request::text(text).volume(16.0)).samples().expect("PCM");
    let peak = loud.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
    assert!((28_000..29_500).contains(&peak), "limited at -1 dBFS: {peak}");
}

#[test]
fn the_default_voice_is_the_operators() {
    let recording = Harness::<Flite>::new()
        .settings(json!({ "default_voice": "ada" }))
        .synthesize(Request::text("Hello."))
        .expect("it speaks");
    assert_eq!(recording.summary.voice.as_deref(), Some("ada"));
    assert_eq!(speak(Request::text("Hello.").voice("bram")).summary.voice.as_deref(), Some("bram"));
}

#[test]
fn english_of_any_region_is_spoken_and_no_other_language() {
    for tag in ["en", "en-GB", "EN-us", "en_AU"] {
        speak(Request::text("Hello.").language(tag));
    }
    refuse(
        Request::text("Guten Morgen.").language("de-DE"),
        "provider does not support language de-DE, it speaks English alone",
    );
    refuse(
        Request::text("Hello.").language("enm"),
        "provider does not support language enm, it speaks English alone",
    );
}

#[test]
fn silence_is_never_called_success() {
    for text in ["", "   ", "\u{1f600}\u{1f3ad}", "\u{2026}!?", "---", "\u{200b}"] {
        refuse(Request::text(text), "provider does not support text in which nothing can be spoken");
    }
    for text in
        ["\u{4f60}\u{597d}\u{ff0c}\u{4e16}\u{754c}\u{3002}", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"]
    {
        refuse(
            Request::text(text),
            "provider does not support text that is mostly in another script than Latin",
        );
    }
    let recording = speak(Request::text("Say \u{4f60}\u{597d} to your friends.").words());
    assert_eq!(recording.spoken(), ["Say", "\u{4f60}\u{597d}", "to", "your", "friends"]);
    let unspoken = recording.words[1];
    assert_eq!(unspoken.start_ms, unspoken.end_ms);
}

#[test]
fn what_is_not_offered_is_refused_by_name() {
    refuse(Request::text("Hi.").voice("nobody"), "provider has no such voice: nobody");
    refuse(Request::ssml("<speak>Hi.</speak>"), "provider does not support SSML");
    refuse(Request::text("Hi.").style("newscast"), "provider does not support style newscast, it has none");
    refuse(Request::text("Hi.").emotion("joy"), "provider does not support emotion joy, it has none");
    refuse(Request::text("Hi.").character("puck"), "provider does not support character puck, it has none");
}

#[test]
fn numbers_out_of_range_are_the_requests_fault() {
    refuse(Request::text("Hi.").rate(0.2), "request is invalid: rate must be between 0.25 and 4, got 0.2");
    refuse(
        Request::text("Hi.").rate(f32::NAN),
        "request is invalid: rate must be between 0.25 and 4, got NaN",
    );
    refuse(
        Request::text("Hi.").pitch(20.5),
        "request is invalid: pitch must be between -20 and 20, got 20.5",
    );
    refuse(
        Request::text("Hi.").volume(17.0),
        "request is invalid: volume must be between -96 and 16, got 17",
    );
}
