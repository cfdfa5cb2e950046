//! Good days: the list, the audio, what is told about it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use understudy_speech::{AudioFormat, Encoding};

use super::*;
use crate::testing::heard;

#[tokio::test]
async fn audio_is_speech_of_the_size_sum_and_length_that_are_told() {
    let simulator = start(CharacterBox::default());
    let answer = post(&simulator, "/synthesize", &request()).await.json();
    let audio = download(&simulator, &answer["audio_url"]).await;
    assert_eq!(audio.header("content-type"), "audio/mpeg");
    assert_eq!(answer["size_bytes"], json!(audio.body.len()));
    let sum: String = Sha256::digest(&audio.body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(answer["sha256"], json!(sum));
    let length = audio.audio(None).0.duration.as_secs_f64();
    let told = answer["duration"].as_f64().unwrap();
    assert!((told - length).abs() < 0.2, "{told} {length}");
    assert_eq!(answer["character_info"]["name"], "Captain Nova");
    assert_eq!(answer["usage"], json!({ "characters": 25, "cost_usd": 0.00075 }));
    assert_eq!(answer["words"], json!([]));
}

#[tokio::test]
async fn each_format_comes_at_the_rate_asked_for() {
    let simulator = start(CharacterBox::default());
    for (format, rate, encoding, heard_rate) in [
        ("mp3", 24_000, Encoding::Mp3, 24_000),
        ("mp3", 44_100, Encoding::Mp3, 44_100),
        ("mp3", 8_000, Encoding::Mp3, 8_000),
        ("wav", 22_050, Encoding::Wav, 22_050),
        ("ogg", 24_000, Encoding::OggOpus, 48_000),
        ("pcm", 16_000, Encoding::PcmS16le, 16_000),
    ] {
        let mut body = with("output_format", json!(format));
        body["sample_rate"] = json!(rate);
        let answer = post(&simulator, "/synthesize", &body).await.json();
        assert_eq!(answer["sample_rate"], heard_rate);
        let raw = (format == "pcm").then(|| AudioFormat::mono(Encoding::PcmS16le, rate));
        let (walked, _) = download(&simulator, &answer["audio_url"]).await.audio(raw);
        assert_eq!((walked.format.encoding, walked.format.sample_rate), (encoding, heard_rate), "{format}");
    }
}

#[tokio::test]
async fn words_are_told_in_characters_and_audio_may_come_inline() {
    let simulator = start(CharacterBox::default());
    let mut body = with("text", json!("  Grüße, Zoë! "));
    body["timestamps"] = json!("word");
    body["delivery"] = json!("inline");
    let answer = post(&simulator, "/synthesize", &body).await.json();
    assert_eq!(answer["audio_url"], Value::Null);
    heard(&STANDARD.decode(answer["audio_base64"].as_str().unwrap()).unwrap(), None);
    let places: Vec<_> = answer["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| {
            (
                word["text"].as_str().unwrap(),
                word["offset"].as_u64().unwrap(),
                word["length"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(places, [("Grüße", 0, 5), ("Zoë", 7, 3)]);
}

#[tokio::test]
async fn characters_emotions_and_settings_are_heard() {
    let simulator = start(CharacterBox::default());
    let simulator = &simulator;
    let length =
        async |body: Value| post(simulator, "/synthesize", &body).await.json()["duration"].as_f64().unwrap();
    let nova = length(with("emotion", json!("neutral"))).await;
    assert!(length(with("character_id", json!("char_bram"))).await > nova);
    assert!(length(request()).await < nova);
    assert!(length(with("voice_settings", json!({ "speed": 2.0, "strange": true }))).await < nova * 0.6);
    let mut strong = request();
    strong["emotion_intensity"] = json!(1.0);
    assert!(length(strong).await < length(request()).await);
}

#[tokio::test]
async fn the_list_is_paged_and_filtered() {
    let simulator = start(CharacterBox::default().page_max(3));
    let page = get(&simulator, "/characters?limit=5&active=true").await.json();
    assert_eq!(page["characters"].as_array().unwrap().len(), 3);
    assert_eq!((page["has_more"].clone(), page["next_cursor"].clone()), (json!(true), json!("after-3")));
    let page = get(&simulator, "/characters?active=true&cursor=after-6").await.json();
    assert_eq!((page["characters"].as_array().unwrap().len(), page["has_more"].clone()), (1, json!(false)));
    let german = get(&simulator, "/characters?language=de").await.json();
    assert_eq!(german["characters"][0]["character_id"], "char_lumi");
    let purring = get(&simulator, "/characters?emotion=purring").await.json();
    assert_eq!(purring["characters"][0]["character_id"], "char_vex");
    assert_eq!(get(&simulator, "/characters/char_pip").await.at("/age_group"), (200, json!("child")));
    assert_eq!(send(builder(&simulator, "GET", "/health")).await.at("/status"), (200, json!("ok")));
}

#[tokio::test]
async fn a_retry_is_not_paid_for_twice_and_gets_a_fresh_url() {
    let service = CharacterBox::default();
    let simulator = start(service.clone());
    let ask = async |body: &Value| {
        let request = builder(&simulator, "POST", "/synthesize").bearer_auth(simulator.key());
        send(request.header("idempotency-key", "k-1").json(body)).await
    };
    service.mishaps().next(1, Mishap::ExpiredUrl);
    let first = ask(&request()).await.json();
    assert_eq!(download(&simulator, &first["audio_url"]).await.status, 403);
    let again = ask(&request()).await.json();
    assert_eq!(download(&simulator, &again["audio_url"]).await.status, 200);
    assert_eq!((again["sha256"].clone(), service.spent()), (first["sha256"].clone(), 25));
    let other = ask(&with("text", json!("Other."))).await;
    assert_eq!(other.at("/error/code"), (409, json!("idempotency_conflict")));
}

#[tokio::test]
async fn answers_carry_the_id_and_the_minute() {
    let simulator = start(CharacterBox::default().requests_a_minute(2));
    let request = builder(&simulator, "GET", "/characters").bearer_auth(simulator.key());
    let answer = send(request.header("x-request-id", "mine")).await;
    let headers =
        ["x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining"].map(|name| answer.header(name));
    assert_eq!(headers, ["mine", "2", "1"]);
    get(&simulator, "/characters").await;
    let refused = get(&simulator, "/characters").await;
    assert_eq!(refused.at("/error/code"), (429, json!("requests")));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn the_seeds_service_knows_its_own_fields_alone() {
    let simulator = start(CharacterBox::new(Profile::StrictSeed));
    let answer = post(&simulator, "/synthesize", &request()).await;
    let mut names: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["audio_url", "character_info", "duration", "emotion_score"]);
    assert_eq!(answer.header("x-ratelimit-limit"), "");
    download(&simulator, &answer.json()["audio_url"]).await.audio(None);
    for (body, code) in [
        (with("timestamps", json!("word")), "invalid_field"),
        (with("output_format", json!("wav")), "unsupported_format"),
        (json!({ "character_id": "char_123", "text": "Hi" }), "missing_field"),
    ] {
        assert_eq!(post(&simulator, "/synthesize", &body).await.at("/error/code"), (400, json!(code)));
    }
    let list = get(&simulator, "/characters").await.json();
    assert_eq!((list["characters"].as_array().unwrap().len(), list.get("has_more")), (8, None));
    let scene = post(&simulator, "/conversations", &scene()).await.json();
    assert_eq!(scene.as_object().unwrap().len(), 2);
    download(&simulator, &scene["segments"][1]["audio_url"]).await.audio(None);
}

#[tokio::test]
async fn the_public_clients_service_is_below_v1() {
    let simulator = start(CharacterBox::new(Profile::LegacyHint));
    assert_eq!(get(&simulator, "/v1/characters").await.at("/characters/0/id"), (200, json!("char_123")));
    let slow = with("voice_settings", json!({ "speaking_rate": 0.5, "tone": "warm" }));
    let slow = post(&simulator, "/v1/synthesize", &slow).await.json()["duration"].as_f64();
    assert!(slow > post(&simulator, "/v1/synthesize", &request()).await.json()["duration"].as_f64());
    let scene = post(&simulator, "/v1/conversations", &scene()).await.json();
    assert_eq!(scene["transcript"][1], "Old Bram: Go away.");
    download(&simulator, &scene["combined_audio_url"]).await.audio(None);
    let nobody = post(&simulator, "/v1/synthesize", &with("character_id", json!("x"))).await;
    assert_eq!(nobody.at("/detail"), (404, json!("Character 'x' does not exist")));
    assert_eq!(get(&simulator, "/characters").await.status, 404);
}
