//! The service as edge-tts and the Rust crate meet it.

use axum::http::{HeaderMap, StatusCode};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::token::{TRUSTED_CLIENT_TOKEN, TokenVersion, token};
use super::{Clock, Edge};
use crate::{Fault, Options, Simulator};

const ID: &str = "0123456789abcdef0123456789abcdef";
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/155.0.0.0 Safari/537.36 Edg/155.0.0.0";
const ORIGIN: &str = "chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold";
const READALOUD: &str = "/consumer/speech/synthesize/readaloud";
const EMMA: &str = "Microsoft Server Speech Text to Speech Voice (en-US, EmmaMultilingualNeural)";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn edge(edge: Edge) -> Simulator {
    Simulator::start(edge, Options::default()).unwrap()
}

/// The query of a client whose clock is `skew` seconds ahead of the machine's.
fn query(version: TokenVersion, skew: i64) -> String {
    let recipe = if version == TokenVersion::V2 { "2" } else { "1" };
    let gec = token(version, Clock::default().unix_seconds() + skew);
    format!(
        "TrustedClientToken={TRUSTED_CLIENT_TOKEN}&ConnectionId={ID}&Sec-MS-GEC={gec}\
         &Sec-MS-GEC-Version={recipe}-155.0.4283.45"
    )
}

async fn connect(
    simulator: &Simulator,
    query: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, Error> {
    let url = format!("ws://{}{READALOUD}/edge/v1?{query}", simulator.address());
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    Ok(connect_async(request).await?.0)
}

const BROWSER: [(&str, &str); 2] = [("user-agent", AGENT), ("origin", ORIGIN)];

async fn refusal(
    simulator: &Simulator,
    query: &str,
    headers: &[(&'static str, &str)],
) -> (StatusCode, HeaderMap) {
    let Err(Error::Http(response)) = connect(simulator, query, headers).await else {
        panic!("not refused: {query}")
    };
    (response.status(), response.headers().clone())
}

fn config(format: &str) -> Message {
    Message::text(format!(
        "X-Timestamp:Sun Nov 22 2026 11:00:00 GMT+0000 (Coordinated Universal Time)\r\nContent-Type:application/json; \
         charset=utf-8\r\nPath:speech.config\r\n\r\n{{\"context\":{{\"synthesis\":{{\"audio\":{{\"metadataoptions\":\
         {{\"sentenceBoundaryEnabled\":\"false\",\"wordBoundaryEnabled\":\"true\"}},\"outputFormat\":\"{format}\"}}\
         }}}}}}\r\n"
    ))
}

fn ssml(voice: &str, text: &str) -> Message {
    Message::text(format!(
        "X-RequestId:{ID}\r\nContent-Type:application/ssml+xml\r\nX-Timestamp:Sun Nov 22 2026 11:00:00 GMT+0000 \
         (Coordinated Universal Time)Z\r\nPath:ssml\r\n\r\n<speak version='1.0' \
         xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'><voice name='{voice}'><prosody pitch='+0Hz' \
         rate='+0%' volume='+0%'>{text}</prosody></voice></speak>"
    ))
}

/// Audio and word boundaries of one turn, or the code and reason of the close.
async fn turn(socket: &mut Socket) -> Result<(Vec<u8>, Vec<Value>), (u16, String)> {
    let (mut audio, mut entries) = (Vec::new(), Vec::new());
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => {
                let (head, body) = text.split_once("\r\n\r\n").unwrap();
                if head.ends_with("Path:audio.metadata") {
                    let body: Value = serde_json::from_str(body).unwrap();
                    entries.extend(body["Metadata"].as_array().unwrap().iter().cloned());
                } else if head.ends_with("Path:turn.end") {
                    return Ok((audio, entries));
                }
            }
            Message::Binary(frame) => {
                let length = usize::from(u16::from_be_bytes([frame[0], frame[1]]));
                audio.extend(&frame[2 + length..]);
            }
            Message::Close(Some(close)) => return Err((close.code.into(), close.reason.to_string())),
            _ => {}
        }
    }
}

async fn speak(
    simulator: &Simulator,
    config: Message,
    ssml: Message,
) -> Result<(Vec<u8>, Vec<Value>), (u16, String)> {
    let mut socket = connect(simulator, &query(TokenVersion::V2, 0), &BROWSER).await.unwrap();
    socket.send(config).await.unwrap();
    socket.send(ssml).await.unwrap();
    turn(&mut socket).await
}

const MP3: &str = "audio-24khz-48kbitrate-mono-mp3";

#[tokio::test]
async fn a_turn_is_constant_rate_mp3_with_the_words_in_it() {
    let simulator = edge(Edge::default());
    let (audio, entries) = speak(&simulator, config(MP3), ssml(EMMA, "Hello, Tom&amp;Anna.")).await.unwrap();
    let words: Vec<&str> =
        entries.iter().map(|entry| entry["Data"]["text"]["Text"].as_str().unwrap()).collect();
    assert_eq!(words, ["Hello", "Tom&amp;Anna"]);
    assert!(entries[0]["Data"]["Offset"].as_u64().unwrap() >= 1_000_000, "a tenth of a second comes first");
    assert_eq!(audio.len() % 144, 0, "frames of 144 bytes, 24 ms each");
    assert!(
        audio.chunks(144).all(|frame| frame[..2] == [0xFF, 0xF3]),
        "every frame begins where the last ended"
    );
}

#[tokio::test]
async fn one_socket_serves_several_turns() {
    let simulator = edge(Edge::default());
    let mut socket = connect(&simulator, &query(TokenVersion::V2, 0), &BROWSER).await.unwrap();
    for text in ["Hello", "你好，世界。"] {
        socket.send(config(MP3)).await.unwrap();
        socket.send(ssml(EMMA, text)).await.unwrap();
        assert!(!turn(&mut socket).await.unwrap().0.is_empty(), "{text}");
    }
}

#[tokio::test]
async fn a_turn_without_a_known_voice_or_a_word_ends_without_audio() {
    let simulator = edge(Edge::default());
    let unknown = "Microsoft Server Speech Text to Speech Voice (en-US, NopeNeural)";
    for message in [ssml(unknown, "Hello"), ssml(EMMA, "...")] {
        let (audio, entries) = speak(&simulator, config(MP3), message).await.unwrap();
        assert!(audio.is_empty() && entries.is_empty());
    }
}

#[tokio::test]
async fn a_voice_says_nothing_of_a_text_in_a_script_it_does_not_read() {
    let simulator = edge(Edge::default());
    for (voice, text, is_read) in [
        ("en-US-AriaNeural", "你好，世界。", false),
        ("en-US-AriaNeural", "Привет.", false),
        ("en-US-AriaNeural", "你好 3.", true),
        ("fr-FR-DeniseNeural", "Ça.", true),
        ("zh-CN-XiaoxiaoNeural", "你好，世界。", true),
        ("zh-CN-XiaoxiaoNeural", "Привет.", false),
        ("en-US-AndrewMultilingualNeural", "Привет.", true),
    ] {
        let (audio, _) = speak(&simulator, config(MP3), ssml(voice, text)).await.unwrap();
        assert_eq!(!audio.is_empty(), is_read, "{voice}: {text}");
    }
}

#[tokio::test]
async fn what_the_free_service_does_not_do_closes_the_socket() {
    let simulator = edge(Edge::default());
    let check = async |config, ssml, reason: &str| {
        let (code, words) = speak(&simulator, config, ssml).await.unwrap_err();
        assert_eq!((code, words.as_str()), (1007, reason));
    };
    check(config(MP3), ssml(EMMA, "a<break time='1s'/>"), "SSML is invalid").await;
    check(config(MP3), ssml("alloy", "a"), "Unsupported voice alloy.").await;
    let other = "riff-24khz-16bit-mono-pcm";
    check(config(other), ssml(EMMA, "a"), "Unsupported output format: riff-24khz-16bit-mono-pcm").await;
    check(ssml(EMMA, "a"), ssml(EMMA, "a"), "speech.config is missing").await;
}

#[tokio::test]
async fn a_caller_without_every_credential_is_forbidden() {
    let simulator = edge(Edge::default());
    let good = query(TokenVersion::V2, 0);
    for (query, headers) in [
        (good.replace("TrustedClientToken=6", "TrustedClientToken=7"), &BROWSER[..]),
        (good.replace("Sec-MS-GEC=", "Sec-MS-GEK="), &BROWSER[..]),
        (good.replace("Version=2-", "Version=1-"), &BROWSER[..]),
        (query(TokenVersion::V1, 0), &BROWSER[..]),
        (good.clone(), &BROWSER[..1]),
        (good.clone(), &BROWSER[1..]),
    ] {
        assert_eq!(refusal(&simulator, &query, headers).await.0, StatusCode::FORBIDDEN, "{query}");
    }
    let anonymous = good.replace(ID, "");
    assert_eq!(refusal(&simulator, &anonymous, &BROWSER).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_wrong_clock_is_refused_with_the_right_time_and_welcome_once_corrected() {
    let clock = Clock::ahead(3_600);
    let simulator = edge(Edge { clock: clock.clone(), accepts_v1: false });
    let (status, headers) = refusal(&simulator, &query(TokenVersion::V2, 0), &BROWSER).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let date = httpdate::parse_http_date(headers["date"].to_str().unwrap()).unwrap();
    let skew = date.duration_since(std::time::SystemTime::now()).unwrap().as_secs();
    assert!((3_590..=3_600).contains(&skew), "the service is {skew} s ahead");
    assert!(connect(&simulator, &query(TokenVersion::V2, 3_600), &BROWSER).await.is_ok());
    clock.set_ahead(0);
    assert!(connect(&simulator, &query(TokenVersion::V2, 0), &BROWSER).await.is_ok());
}

#[tokio::test]
async fn version_one_is_good_only_where_it_still_is() {
    let old = edge(Edge { accepts_v1: true, ..Edge::default() });
    assert!(connect(&old, &query(TokenVersion::V1, 0), &BROWSER).await.is_ok());
}

#[tokio::test]
async fn the_list_needs_a_browser_and_no_clock_token() {
    let simulator = edge(Edge::default());
    let url = |query: &str| format!("{}{READALOUD}/voices/list?{query}", simulator.base_url());
    let get = async |query: &str| {
        crate::testing::client().get(url(query)).header("user-agent", AGENT).send().await.unwrap()
    };
    let bare = format!("trustedclienttoken={TRUSTED_CLIENT_TOKEN}");
    let voices: Value = get(&bare).await.json().await.unwrap();
    assert_eq!(voices[0]["Name"], "Microsoft Server Speech Text to Speech Voice (af-ZA, AdriNeural)");
    assert!(voices.as_array().unwrap().iter().any(|voice| voice.get("VoiceTag").is_none()));
    assert_eq!(get(&query(TokenVersion::V2, 0)).await.status(), 200);
    assert_eq!(get(&query(TokenVersion::V2, 9_000)).await.status(), 403);
    assert_eq!(get("trustedclienttoken=x").await.status(), 403);
    let stranger = crate::testing::client().get(url(&bare)).send().await.unwrap();
    assert_eq!(stranger.status(), 403);
}

#[tokio::test]
async fn ordered_refusals_reach_the_handshake() {
    let simulator = edge(Edge::default());
    let wait = std::time::Duration::from_secs(9);
    simulator.faults().next(1, Fault::RateLimited { retry_after: Some(wait) });
    let (status, headers) = refusal(&simulator, &query(TokenVersion::V2, 0), &BROWSER).await;
    assert_eq!((status.as_u16(), headers["retry-after"].to_str().unwrap()), (429, "9"));
    simulator.faults().next(1, Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(refusal(&simulator, &query(TokenVersion::V2, 0), &BROWSER).await.0, 503);
    simulator.faults().next(1, Fault::Unauthorized);
    assert_eq!(refusal(&simulator, &query(TokenVersion::V2, 0), &BROWSER).await.0, 403);
}
