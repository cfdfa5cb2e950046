//! Every provider speaks, from the command line and over HTTP.

use std::path::Path;

use serde_json::{Value, json};

use super::{PROVIDERS, everybody, leave_key};
use crate::cli::checking::check_with_secrets;
use crate::support::{cues, decode, understudy, understudy_with};

const TEXT: &str = "The understudy knows every line.";

/// What the simulators' voice takes for the text, with room for their formats' own padding.
fn assert_spoken(provider: &str, audio: &[u8]) {
    let seconds = decode(audio).duration().as_secs_f64();
    assert!((1.5..4.0).contains(&seconds), "{provider}: {seconds} s");
}

#[test]
fn every_provider_speaks_from_the_command_line() {
    for provider in PROVIDERS {
        let simulator = provider.simulator();
        let voice = format!("{}/{}", provider.name, provider.voice);
        for who in [["-v", &voice], ["-p", provider.name]] {
            let arguments = [&["say"][..], &who, &[TEXT, "-o", "a.mp3", "--srt", "a.srt"]].concat();
            let run = understudy_with(&arguments, b"", |folder| {
                leave_key(folder);
                std::fs::write(folder.join("understudy.toml"), provider.section(&simulator))
                    .expect("written");
            })
            .ok();
            let audio = run.file("a.mp3");
            assert_spoken(provider.name, &audio);
            let cues = cues(&run.text("a.srt"));
            let spoken: Vec<&str> = cues.iter().map(|(_, _, text)| text.as_str()).collect();
            assert_eq!(spoken.join(" "), TEXT, "{}", provider.name);
            let audio_ms = decode(&audio).duration().as_millis();
            let end_ms = cues.last().map_or(0, |(_, end, _)| u128::from(*end));
            assert!(end_ms > audio_ms / 2 && end_ms <= audio_ms + 50, "{end_ms} of {audio_ms} ms");
        }
    }
}

#[test]
fn subtitles_of_a_document_hold_what_is_read_and_no_markup() {
    let provider = PROVIDERS.iter().find(|provider| provider.name == "azure").expect("it is one of them");
    let simulator = provider.simulator();
    let document =
        "<speak>The <emphasis level=\"strong\">understudy</emphasis> knows &quot;every&quot; line.</speak>";
    let arguments = ["say", "-p", "azure", "--ssml", document, "-o", "a.mp3", "--srt", "a.srt"];
    let run = understudy_with(&arguments, b"", |folder| {
        leave_key(folder);
        std::fs::write(folder.join("understudy.toml"), provider.section(&simulator)).expect("written");
    })
    .ok();
    let cues = cues(&run.text("a.srt"));
    let spoken: Vec<&str> = cues.iter().map(|(_, _, text)| text.as_str()).collect();
    assert_eq!(spoken.join(" "), "The understudy knows \"every\" line.");
}

#[tokio::test]
async fn every_provider_speaks_over_both_apis() {
    let (daemon, _simulators) = everybody("").await;
    for provider in PROVIDERS {
        let voice = format!("{}/{}", provider.name, provider.voice);
        for format in ["mp3", "wav", "opus"] {
            let body = json!({ "model": "tts-1", "voice": voice, "input": TEXT, "response_format": format });
            let answer = daemon.ok("/v1/audio/speech", &body).await;
            assert_spoken(provider.name, &answer.bytes().await.expect("audio"));
        }
        let body = json!({ "voice_id": voice, "text": TEXT, "words": true });
        let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
        assert_eq!(take["provenance"]["provider"], provider.name);
        let times = if provider.words { "native" } else { "estimated" };
        assert_eq!(take["word_times"], times, "{}", provider.name);
        let words = take["words"].as_array().expect("words");
        assert_eq!(words.len(), TEXT.split_whitespace().count(), "{}: {words:?}", provider.name);
    }
}

#[tokio::test]
async fn every_provider_streams() {
    let (daemon, _simulators) = everybody("").await;
    for provider in PROVIDERS {
        let voice = format!("{}/{}", provider.name, provider.voice);
        let body = json!({ "model": "tts-1", "voice": voice, "input": TEXT, "stream_format": "sse" });
        let events = daemon.ok("/v1/audio/speech", &body).await.text().await.expect("events");
        assert!(events.contains("speech.audio.delta"), "{}: {events}", provider.name);
        assert!(events.contains("speech.audio.done"), "{}: {events}", provider.name);
    }
}

#[tokio::test]
async fn every_provider_lists_the_voice_it_speaks_with() {
    let (daemon, _simulators) = everybody("").await;
    for provider in PROVIDERS {
        let run = understudy_with(&["voices", "-p", provider.name, "--json"], b"", |folder| {
            leave_key(folder);
            std::fs::copy(daemon.folder().join("understudy.toml"), folder.join("understudy.toml"))
                .expect("copied");
        })
        .ok();
        let listed = run.stdout_json().to_string();
        assert!(listed.contains(provider.voice), "{}: {listed}", provider.name);
    }
}

/// The plugins of this repository, which are all inside the program.
pub(super) fn plugins() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let entries = std::fs::read_dir(folder).expect("the plugins").map(|entry| entry.expect("an entry"));
    let component = |entry: &std::fs::DirEntry| {
        let manifest = std::fs::read_to_string(entry.path().join("Cargo.toml"));
        manifest.is_ok_and(|manifest| manifest.contains("\"cdylib\""))
    };
    entries.filter(component).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// What `plugin inspect` prints is pasted by people, so it has to be right.
#[test]
fn the_section_that_is_printed_for_pasting_is_a_good_configuration() {
    for plugin in plugins() {
        let told = understudy(&["plugin", "inspect", &plugin]).ok();
        let told = String::from_utf8(told.stdout).expect("text");
        let Some((_, section)) = told.split_once("add this to the configuration:") else {
            assert_eq!(plugin, "flite", "{told}");
            continue;
        };
        let (code, said) = check_with_secrets(section);
        assert_eq!(code, 0, "{section}\n{said}");
        assert!(said.contains(&format!("{plugin} is ready: ")), "{section}\n{said}");
    }
}
