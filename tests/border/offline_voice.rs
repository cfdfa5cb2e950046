//! The main job on real input: sentences in, audible files and true subtitles out.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::{Daemon, cues, decode, harvard, mp3_duration, understudy};

/// What the product says of its durations: right to 50 ms by an independent decoder.
const TOLERANCE: Duration = Duration::from_millis(50);

#[tokio::test]
async fn twenty_harvard_sentences_are_spoken_word_for_word() {
    let daemon = Daemon::start().await;
    for sentence in harvard() {
        let body = json!({ "text": sentence, "words": true, "subtitles": "srt", "output_format": "mp3" });
        let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
        let audio = base64(&take["audio_content"]);
        let seconds = take["duration"].as_f64().expect("a duration");
        let measured = mp3_duration(&audio);
        assert!(
            measured.abs_diff(Duration::from_secs_f64(seconds)) <= TOLERANCE,
            "{sentence}: {seconds} {measured:?}"
        );

        let pcm = decode(&audio);
        let loudest = pcm.samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.1..=1.0).contains(&loudest), "{sentence}: peak {loudest}");

        words_cover(sentence, take["words"].as_array().expect("words"), seconds);
        cues_fit(sentence, &cues(take["subtitles"].as_str().expect("subtitles")), seconds);
    }
}

/// Every letter of the text lies in exactly one word, in order, inside the audio.
fn words_cover(text: &str, words: &[Value], seconds: f64) {
    let number = |word: &Value, key: &str| word[key].as_u64().unwrap_or_else(|| panic!("{key} of {word}"));
    let index = |word: &Value, key: &str| usize::try_from(number(word, key)).expect("it fits");
    let mut byte = 0;
    let mut time = 0;
    let mut covered = String::new();
    for word in words {
        let (start, end) = (index(word, "start_byte"), index(word, "end_byte"));
        assert!(start >= byte && end > start, "{text}: {word}");
        let gap = &text[byte..start];
        assert!(!gap.contains(char::is_alphanumeric), "{text}: {gap:?} is in no word");
        covered.push_str(&text[start..end]);
        assert!(
            number(word, "start_ms") >= time && number(word, "end_ms") >= number(word, "start_ms"),
            "{word}"
        );
        (byte, time) = (end, number(word, "start_ms"));
        assert!(number(word, "end_ms") as f64 <= seconds * 1000.0 + 1.0, "{word} ends after {seconds} s");
    }
    assert!(!text[byte..].contains(char::is_alphanumeric), "{text}: the end is in no word");
    assert!(!covered.is_empty());
}

fn cues_fit(text: &str, cues: &[(u32, u32, String)], seconds: f64) {
    assert!(!cues.is_empty(), "{text}: no cues");
    let mut last = 0;
    for (start, end, line) in cues {
        assert!(*start >= last && end > start, "{text}: {line} at {start}..{end} after {last}");
        assert!(!line.trim().is_empty());
        last = *end;
    }
    assert!(f64::from(last) <= seconds * 1000.0 + 1.0, "{text}: a cue ends at {last} ms of {seconds} s");
    let spoken: Vec<_> = cues.iter().map(|(_, _, line)| line.as_str()).collect();
    assert_eq!(spoken.join(" "), text, "the cues are the text");
}

/// The golden figure of `plugins/flite`: the synthesizer is bit-exact in the sandbox. With the
/// gain stage off, "Hello world" is what Debian's flite 2.2 writes with its voice kal16.
#[test]
fn the_sandbox_speaks_bit_for_bit_what_the_native_synthesizer_speaks() {
    let prepare = "[providers.flite]\nplugin = \"flite\"\nsettings = { gain_db = 0.0 }\n";
    let run = crate::support::understudy_with(
        &["say", "Hello world", "-v", "kal", "-o", "hello.wav", "--config", "understudy.toml"],
        b"",
        |folder| std::fs::write(folder.join("understudy.toml"), prepare).expect("it is written"),
    )
    .ok();
    let wav = run.file("hello.wav");
    let pcm = understudy_audio::decode(&wav, None).expect("it decodes").to_s16le();
    assert_eq!(pcm.len(), 17203 * 2);
    assert_eq!(sha256(&pcm), "effd93a6355d273ca13516c64b6dce70f1e7773db303442a709b1ad4b2cd4924");
}

#[test]
fn what_cannot_be_spoken_is_refused_and_never_silent() {
    for text in ["你好，世界。", "😀🎭", "…!?"] {
        let run = understudy(&["say", text]);
        assert_eq!(run.code, 65, "{text}: {}", run.stderr);
        assert!(run.stderr.contains("error: "), "{}", run.stderr);
        assert!(run.files().is_empty(), "{text} left {:?}", run.files());
    }
}

#[tokio::test]
async fn another_language_is_a_typed_refusal() {
    let daemon = Daemon::start().await;
    let body = json!({ "text": "Guten Morgen.", "language_code": "de-DE" });
    let response = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
    assert_eq!(response.status(), 400);
    let error: Value = response.json().await.expect("JSON");
    assert_eq!(error["error"]["code"], "unsupported", "{error}");
    assert!(error["error"]["message"].as_str().is_some_and(|message| message.contains("de-DE")), "{error}");
}

fn base64(value: &Value) -> Vec<u8> {
    use base64::Engine as _;
    let text = value.as_str().expect("base64 text");
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seconds until midnight UTC.
fn until_midnight() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    86_400 - now % 86_400
}

#[tokio::test]
async fn a_day_s_budget_lasts_until_midnight_utc() {
    let daemon = Daemon::start_with("[providers.flite]\ncharacters_per_day = 25\n", |_| ()).await;
    let saying = |text: &str| json!({ "model": "tts-1", "voice": "flite/kal", "input": text });
    daemon.ok("/v1/audio/speech", &saying("The show must go on.")).await;
    // What is in the cache costs nobody's budget.
    daemon.ok("/v1/audio/speech", &saying("The show must go on.")).await;
    let before = until_midnight();
    let refused = daemon.post("/v1/audio/speech", &saying("Once more.")).send().await.expect("an answer");
    let after = until_midnight();
    assert_eq!(refused.status(), 429);
    let told = refused.headers()["retry-after"].to_str().expect("text").parse::<u64>().expect("seconds");
    // At midnight itself the budget is new, and the request before it was spoken a day ago.
    assert!((after..=before + 1).contains(&told), "{told} s, {before} to {after} s are left");
}
