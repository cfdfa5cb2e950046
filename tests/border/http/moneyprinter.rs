//! MoneyPrinterTurbo's contract with an OpenAI-compatible speech server.
//!
//! It lists `GET {base}/audio/voices`, posts the whole script of a video in one request, writes the
//! body to a `.mp3` and trusts the duration a decoder reports: every scene is cut by it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Daemon, cues, harvard, mp3_duration};

const SCRIPT_CHARACTERS: usize = 9_000;

/// A script of at least 9,000 characters in paragraphs, as a video has.
fn script() -> String {
    let mut script = String::new();
    for (number, sentence) in harvard().cycle().enumerate() {
        if script.len() >= SCRIPT_CHARACTERS {
            return script;
        }
        script.push_str(sentence);
        script.push_str(if number % 6 == 5 { "\n\n" } else { " " });
    }
    unreachable!("a cycle does not end")
}

#[tokio::test]
async fn a_whole_script_comes_back_as_one_mp3_of_the_right_length() {
    let daemon = Daemon::start().await;
    let voices: Value = daemon.json("/v1/audio/voices").await;
    let voice = voices["voices"][0]["id"].as_str().expect("an id").to_owned();

    let body = json!({ "model": "tts-1", "input": script(), "voice": voice, "response_format": "mp3", "speed": 1.0 });
    let response = daemon.ok("/v1/audio/speech", &body).await;
    assert_eq!(response.headers()["content-type"], "audio/mpeg");
    let length: usize = response.headers()["content-length"].to_str().expect("text").parse().expect("digits");
    let told: u64 =
        response.headers()["x-understudy-duration-ms"].to_str().expect("text").parse().expect("digits");
    let audio = response.bytes().await.expect("a body");
    assert_eq!(audio.len(), length);

    let measured = mp3_duration(&audio);
    let told = Duration::from_millis(told);
    assert!(measured.abs_diff(told) <= Duration::from_millis(50), "told {told:?}, measured {measured:?}");
    // 9,000 characters of English take eight to fourteen minutes to say.
    assert!((480..840).contains(&measured.as_secs()), "{measured:?}");
}

/// The guest's integers have 32 bits; a script this long once wrapped its word times around.
#[tokio::test]
async fn subtitles_of_a_whole_script_run_to_its_end() {
    let daemon = Daemon::start().await;
    let body = json!({ "text": script(), "words": true, "subtitles": "srt", "output_format": "mp3" });
    let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
    let seconds = take["duration"].as_f64().expect("a duration");
    let cues = cues(take["subtitles"].as_str().expect("subtitles"));
    assert!(cues.windows(2).all(|pair| pair[0].1 <= pair[1].0), "cues overlap");
    let last = f64::from(cues.last().expect("cues").1) / 1000.0;
    assert!(last <= seconds && seconds - last < 1.0, "the last cue ends at {last} s of {seconds} s");
    let words = take["words"].as_array().expect("words").len();
    assert_eq!(words, script().split_whitespace().count());
}

#[tokio::test]
async fn voice_ids_survive_a_client_that_splits_and_strips_them() {
    let daemon = Daemon::start().await;
    let voices: Value = daemon.json("/v1/audio/voices").await;
    let voices = voices["voices"].as_array().expect("a list");
    assert!(voices.len() >= 6, "{voices:?}");
    for voice in voices {
        let id = voice["id"].as_str().expect("an id");
        assert!(!id.contains(',') && !id.contains("-Male") && !id.contains("-Female"), "{id}");
        assert_eq!(id.split_once('/').map(|(provider, _)| provider), Some("flite"), "{id}");
        assert!(voice["name"].as_str().is_some_and(|name| !name.is_empty()));
    }
}
