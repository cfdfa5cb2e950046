//! Audio, times, voices and the account.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_speech::{AudioFormat, Encoding};

use super::*;
use crate::testing::{heard, start};

fn numbers(value: &Value, name: &str) -> Vec<f64> {
    value[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn text(alignment: &Value) -> String {
    alignment["characters"].as_array().unwrap().iter().map(|character| character.as_str().unwrap()).collect()
}

/// The alignment's text, once its times were found to be in order.
fn checked(alignment: &Value) -> String {
    let starts = numbers(alignment, "character_start_times_seconds");
    let ends = numbers(alignment, "character_end_times_seconds");
    let text = text(alignment);
    assert_eq!((text.chars().count(), starts.len()), (starts.len(), ends.len()));
    assert!(starts.iter().zip(&ends).all(|(start, end)| start <= end));
    assert!(starts.is_sorted());
    text
}

#[tokio::test]
async fn each_output_format_is_what_its_name_says() {
    let simulator = start(ElevenLabs::default());
    for (format, encoding, rate) in [
        ("mp3_22050_32", Encoding::Mp3, 22_050),
        ("mp3_44100_192", Encoding::Mp3, 44_100),
        ("pcm_24000", Encoding::PcmS16le, 24_000),
        ("wav_44100", Encoding::Wav, 44_100),
        ("opus_48000_64", Encoding::OggOpus, 48_000),
    ] {
        let answer = ask(&simulator, &format!("{TTS}?output_format={format}"), &request()).await;
        let raw = (encoding == Encoding::PcmS16le).then(|| AudioFormat::mono(encoding, rate));
        let (walked, _) = answer.audio(raw);
        assert_eq!((walked.format.encoding, walked.format.sample_rate), (encoding, rate), "{format}");
    }
    for format in ["ulaw_8000", "alaw_8000"] {
        let answer = ask(&simulator, &format!("{TTS}?output_format={format}"), &request()).await;
        assert!((16_000..64_000).contains(&answer.body.len()), "two to eight seconds of bytes");
    }
}

#[tokio::test]
async fn an_answer_tells_what_it_cost() {
    let service = ElevenLabs::default();
    let simulator = start(service.clone());
    let answer = ask(&simulator, TTS, &request()).await;
    assert_eq!((answer.header("content-type"), answer.header("character-cost")), ("audio/mpeg", "48"));
    assert_eq!(answer.header("maximum-concurrent-requests"), "10");
    assert!(!answer.header("request-id").is_empty());
    let flash = ask(&simulator, TTS, &with("model_id", json!("eleven_flash_v2_5"))).await;
    assert_eq!(flash.header("character-cost"), "24");
    assert_eq!(service.spent(), 72);
    let account = look(&simulator, "/v1/user/subscription").await;
    assert_eq!((account.at("/character_count").1, account.at("/tier").1), (json!(72), json!("pro")));
}

#[tokio::test]
async fn a_stream_comes_in_pieces_and_a_file_with_its_length() {
    let simulator = start(ElevenLabs::default());
    let streamed = ask(&simulator, &format!("{TTS}/stream"), &request()).await;
    assert_eq!(streamed.header("transfer-encoding"), "chunked");
    streamed.audio(None);
    let whole = ask(&simulator, TTS, &request()).await;
    assert_eq!(whole.header("content-length"), whole.body.len().to_string());
}

#[tokio::test]
async fn times_follow_the_text_as_sent_and_as_read() {
    let simulator = start(ElevenLabs::default());
    let answer = ask(&simulator, &format!("{TTS}/with-timestamps"), &request()).await.json();
    assert_eq!(checked(&answer["alignment"]), TEXT);
    assert_eq!(checked(&answer["normalized_alignment"]), TEXT.replace('3', "three"));
    let audio = STANDARD.decode(answer["audio_base64"].as_str().unwrap()).unwrap();
    let length = heard(&audio, None).1.duration.as_secs_f64();
    let last = *numbers(&answer["alignment"], "character_end_times_seconds").last().unwrap();
    assert!((last - length).abs() < 0.1, "{last} {length}");
}

#[tokio::test]
async fn a_timed_stream_is_lines_of_absolute_times_and_a_tail_without() {
    let simulator = start(ElevenLabs::default());
    let answer = ask(&simulator, &format!("{TTS}/stream/with-timestamps"), &request()).await;
    let body = answer.text();
    let lines: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (tail, timed) = lines.split_last().unwrap();
    assert!(timed.len() > 1 && tail["alignment"].is_null());
    let text: String = timed.iter().map(|line| checked(&line["alignment"])).collect();
    assert_eq!(text, TEXT);
    let starts: Vec<f64> =
        timed.iter().flat_map(|line| numbers(&line["alignment"], "character_start_times_seconds")).collect();
    assert!(starts.is_sorted());
    let audio: Vec<u8> = lines
        .iter()
        .flat_map(|line| STANDARD.decode(line["audio_base64"].as_str().unwrap()).unwrap())
        .collect();
    heard(&audio, None);
}

#[tokio::test]
async fn tags_are_acted_on_and_keep_their_place() {
    let simulator = start(ElevenLabs::default());
    for (model, text) in
        [("eleven_v3", "[laughs] Hello world."), ("eleven_flash_v2", "Hello <break time=\"1.0s\"/> world.")]
    {
        let body = json!({ "text": text, "model_id": model });
        let answer = ask(&simulator, &format!("{TTS}/with-timestamps"), &body).await.json();
        assert_eq!(checked(&answer["alignment"]), text);
    }
}

#[tokio::test]
async fn a_dialogue_says_who_spoke_when() {
    let simulator = start(ElevenLabs::default());
    let body = json!({ "inputs": [
        { "text": "Hello there. ", "voice_id": RACHEL },
        { "text": "Good day!", "voice_id": "JBFqnCBsd6RMkjVDRZzb" },
    ] });
    let answer = ask(&simulator, "/v1/text-to-dialogue/with-timestamps", &body).await.json();
    assert_eq!(checked(&answer["alignment"]), "Hello there. Good day!");
    let segments = answer["voice_segments"].as_array().unwrap();
    assert_eq!(
        (&segments[1]["character_start_index"], &segments[1]["character_end_index"]),
        (&json!(13), &json!(22))
    );
    assert_eq!(segments[0]["end_time_seconds"], segments[1]["start_time_seconds"]);
    assert_eq!(segments[1]["dialogue_input_index"], 1);
    ask(&simulator, "/v1/text-to-dialogue", &body).await.audio(None);
    ask(&simulator, "/v1/text-to-dialogue/stream", &body).await.audio(None);
}

#[tokio::test]
async fn voices_come_by_pages_of_ten_until_there_are_no_more() {
    let simulator = start(ElevenLabs::default());
    let (mut path, mut found) = ("/v2/voices".to_owned(), Vec::new());
    loop {
        let page = look(&simulator, &path).await.json();
        found.extend(page["voices"].as_array().unwrap().iter().map(|voice| voice["voice_id"].clone()));
        assert_eq!(page["has_more"] == true, page["next_page_token"].is_string());
        match page["next_page_token"].as_str() {
            Some(token) => path = format!("/v2/voices?next_page_token={token}"),
            None => break,
        }
        assert_eq!(found.len(), 10);
    }
    assert_eq!(found.len(), 14);
    let all = look(&simulator, "/v1/voices").await.json();
    assert_eq!(all["voices"].as_array().unwrap().len(), 14);
    let own = look(&simulator, "/v2/voices?category=cloned").await;
    assert_eq!((own.at("/total_count").1, own.at("/voices/0/name").1), (json!(1), json!("My Own")));
    assert_eq!(look(&simulator, "/v2/voices?search=rach").await.at("/voices/0/voice_id").1, RACHEL);
    assert_eq!(
        look(&simulator, "/v2/voices?page_size=101").await.at("/detail/0/loc/1"),
        (422, json!("page_size"))
    );
    assert_eq!(look(&simulator, &format!("/v1/voices/{RACHEL}")).await.at("/labels/gender").1, "female");
}

#[tokio::test]
async fn models_tell_what_they_take() {
    let simulator = start(ElevenLabs::default());
    let models = look(&simulator, "/v1/models").await;
    assert_eq!(models.at("/0/maximum_text_length_per_request"), (200, json!(5_000)));
    assert_eq!(models.at("/2/model_rates/character_cost_multiplier").1, json!(0.5));
    assert_eq!(models.at("/5/can_do_text_to_speech").1, json!(false));
}
