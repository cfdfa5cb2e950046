//! Azure over a WebSocket: messages, boundaries, refusals.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Azure, SSML, azure};
use crate::{Fault, Options, Simulator};

const ID: &str = "0123456789abcdef0123456789abcdef";
const PATHS: [&str; 2] = ["/tts/cognitiveservices/websocket/v1", "/cognitiveservices/websocket/v1"];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(
    simulator: &Simulator,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, Error> {
    let mut request = format!("ws://{}{path}", simulator.address()).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    Ok(connect_async(request).await?.0)
}

async fn open(simulator: &Simulator) -> Socket {
    let headers = [("ocp-apim-subscription-key", simulator.key()), ("x-connectionid", ID)];
    connect(simulator, PATHS[0], &headers).await.unwrap()
}

fn message(path: &str, media_type: &str, body: &str) -> Message {
    let stamp = "2026-11-22T11:00:00.000Z";
    Message::text(format!(
        "Path: {path}\r\nX-RequestId: {ID}\r\nX-Timestamp: {stamp}\r\nContent-Type: {media_type}\r\n\r\n{body}"
    ))
}

fn config() -> Message {
    message(
        "speech.config",
        "application/json",
        r#"{"context":{"system":{"name":"SpeechSDK","version":"1.52.0"}}}"#,
    )
}

fn context(switches: &str) -> Message {
    let body = format!(
        r#"{{"synthesis":{{"audio":{{"metadataOptions":{{{switches}}},"outputFormat":"audio-24khz-96kbitrate-mono-mp3"}},
        "language":{{"autoDetection":false}}}}}}"#
    );
    message("synthesis.context", "application/json", &body)
}

fn ssml(ssml: &str) -> Message {
    message("ssml", "application/ssml+xml", ssml)
}

/// What one turn brought.
#[derive(Default)]
struct Turn {
    paths: Vec<String>,
    audio: Vec<u8>,
    entries: Vec<Value>,
    /// Entries of the metadata message that held most.
    most: usize,
}

async fn turn(socket: &mut Socket) -> Result<Turn, Option<(u16, String)>> {
    let mut turn = Turn::default();
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let (head, body) = text.split_once("\r\n\r\n").unwrap();
                assert!(head.contains(ID), "{head}");
                let path = head.split("Path:").nth(1).unwrap().to_owned();
                if path == "audio.metadata" {
                    let body: Value = serde_json::from_str(body).unwrap();
                    let entries = body["Metadata"].as_array().unwrap();
                    turn.most = turn.most.max(entries.len());
                    turn.entries.extend(entries.iter().cloned());
                }
                turn.paths.push(path.clone());
                if path == "turn.end" {
                    return Ok(turn);
                }
            }
            Some(Ok(Message::Binary(frame))) => {
                let length = usize::from(u16::from_be_bytes([frame[0], frame[1]]));
                turn.audio.extend(&frame[2 + length..]);
                turn.paths.push("audio".to_owned());
            }
            Some(Ok(Message::Close(Some(close)))) => {
                return Err(Some((close.code.into(), close.reason.to_string())));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

/// Sends the messages and expects the service to hang up with these words.
async fn check_close(simulator: &Simulator, messages: Vec<Message>, code: u16, reason: &str) {
    let mut socket = open(simulator).await;
    for message in messages {
        socket.send(message).await.unwrap();
    }
    let (found, words) = turn(&mut socket).await.err().unwrap().unwrap();
    assert_eq!(found, code, "{words}");
    assert!(words.starts_with(reason), "{words}");
}

fn texts(turn: &Turn, kind: &str) -> Vec<String> {
    let matching = turn.entries.iter().filter(|entry| entry["Data"]["text"]["BoundaryType"] == kind);
    matching.map(|entry| entry["Data"]["text"]["Text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_turn_brings_audio_and_boundaries_interleaved_in_the_documented_order() {
    let simulator = azure();
    let mut socket = open(&simulator).await;
    let switches =
        r#""wordBoundaryEnabled":true,"punctuationBoundaryEnabled":"true","sessionEndEnabled":true"#;
    for message in [config(), context(switches), ssml(SSML)] {
        socket.send(message).await.unwrap();
    }
    let turn = turn(&mut socket).await.ok().unwrap();
    assert_eq!(texts(&turn, "WordBoundary"), ["Hello", "my", "friend", "How", "are", "you", "today"]);
    assert_eq!(texts(&turn, "PunctuationBoundary"), [",", ".", "?"]);
    assert_eq!(turn.paths[..2], ["turn.start", "response"]);
    let last_audio = turn.paths.iter().rposition(|path| path == "audio").unwrap();
    let first_metadata = turn.paths.iter().position(|path| path == "audio.metadata").unwrap();
    assert!(first_metadata < last_audio, "interleaved: {:?}", turn.paths);
    assert_eq!(
        turn.paths[last_audio + 1..],
        ["audio.metadata", "turn.end"],
        "the last words follow the audio"
    );
    assert!(turn.most > 1, "one message holds several entries");

    let inspection = understudy_audio::inspect(&turn.audio, None).unwrap();
    assert_eq!(inspection.format.bit_rate, Some(96_000));
    let end = turn.entries.last().unwrap()["Data"]["Offset"].as_u64().unwrap() as f64 / 1e7;
    assert!((inspection.duration.as_secs_f64() - end).abs() < 0.15, "{:?} is not {end}", inspection.duration);
}

#[tokio::test]
async fn turns_follow_each_other_on_one_connection_and_both_paths_serve() {
    let simulator = azure();
    for path in PATHS {
        let query = format!("{path}?Ocp-Apim-Subscription-Key={}&X-ConnectionId={ID}", simulator.key());
        let mut socket = connect(&simulator, &query, &[]).await.unwrap();
        socket.send(config()).await.unwrap();
        for _ in 0..2 {
            socket.send(context("")).await.unwrap();
            socket.send(ssml(SSML)).await.unwrap();
            let turn = turn(&mut socket).await.ok().unwrap();
            assert!(turn.entries.is_empty() && !turn.audio.is_empty());
        }
    }
}

#[tokio::test]
async fn an_hd_voice_reports_no_words() {
    let simulator = azure();
    let mut socket = open(&simulator).await;
    let hd = SSML.replace("en-US-JennyNeural", "en-US-Ava:DragonHDLatestNeural");
    for message in [config(), context(r#""wordBoundaryEnabled":true"#), ssml(&hd)] {
        socket.send(message).await.unwrap();
    }
    let turn = turn(&mut socket).await.ok().unwrap();
    assert!(turn.entries.is_empty() && !turn.audio.is_empty());
}

#[tokio::test]
async fn a_text_in_pieces_is_one_turn() {
    let simulator = azure();
    let mut socket = open(&simulator).await;
    let streamed = r#"{"synthesis":{"audio":{"metadataOptions":{"wordBoundaryEnabled":true},
        "outputFormat":"raw-24khz-16bit-mono-pcm"},"input":{"bidirectionalStreamingMode":true,
        "voiceName":"en-US-JennyNeural","language":"en-US"}}}"#;
    for message in [
        config(),
        message("synthesis.context", "application/json", streamed),
        message("text.piece", "text/plain", "Hello my "),
        message("text.piece", "text/plain", "friend."),
        message("text.end", "text/plain", ""),
    ] {
        socket.send(message).await.unwrap();
    }
    assert_eq!(texts(&turn(&mut socket).await.ok().unwrap(), "WordBoundary"), ["Hello", "my", "friend"]);
}

#[tokio::test]
async fn the_handshake_is_refused_with_a_status_a_client_can_read() {
    let simulator = azure();
    let check = async |headers: &[(&'static str, &str)], status: u16| {
        let Err(Error::Http(response)) = connect(&simulator, PATHS[0], headers).await else {
            panic!("not refused")
        };
        assert_eq!(response.status().as_u16(), status);
    };
    check(&[("x-connectionid", ID)], 401).await;
    check(&[("x-connectionid", ID), ("ocp-apim-subscription-key", "wrong")], 401).await;
    check(&[("ocp-apim-subscription-key", simulator.key())], 400).await;
    check(&[("ocp-apim-subscription-key", simulator.key()), ("x-connectionid", "1-2")], 400).await;
    let good = [("x-connectionid", ID), ("ocp-apim-subscription-key", simulator.key())];
    simulator.faults().next(1, Fault::RateLimited { retry_after: None });
    check(&good, 429).await;
    simulator.faults().next(1, Fault::QuotaExhausted);
    check(&good, 403).await;
    for status in [500, 502, 503] {
        simulator.faults().next(1, Fault::Failing(status.try_into().unwrap()));
        check(&good, status).await;
    }
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_told_why() {
    let simulator = azure();
    let voice = SSML.replace("Jenny", "Nope");
    let old = SSML.replace("JennyNeural", "ZiraRUS");
    let many = SSML.replace("Hello", &"Hello ".repeat(12_000));
    for (messages, code, reason) in [
        (vec![ssml(SSML)], 1007, "speech.config is missing"),
        (vec![config(), ssml(SSML)], 1007, "synthesis.context is missing"),
        (vec![config(), context(r#""wordBoundary":true"#)], 1007, "Invalid synthesis.context: unknown field"),
        (vec![config(), context(""), ssml(&voice)], 1007, "Unsupported voice en-US-NopeNeural."),
        (vec![config(), context(""), ssml(&old)], 1007, "Starting September 1st, 2021 standard voices"),
        (vec![config(), context(""), ssml("<speak>")], 1007, "The SSML is not well-formed XML."),
        (vec![config(), context(""), ssml(&many)], 1009, "Websocket message size cannot exceed 65536 bytes"),
        (
            vec![config(), message("ssml", "text/plain", SSML)],
            1007,
            "Unexpected message ssml of type text/plain",
        ),
        (vec![Message::text("Path:ssml")], 1007, "message has no empty line"),
        (vec![Message::binary(vec![0, 1])], 1003, "Binary messages"),
    ] {
        check_close(&simulator, messages, code, reason).await;
    }
}

#[tokio::test]
async fn too_many_turns_and_no_quota_close_the_line() {
    let turns = || vec![config(), context(""), ssml(SSML)];
    let busy = Azure { concurrent_turns_max: 0, ..Azure::default() };
    let busy = Simulator::start(busy, Options::default()).unwrap();
    check_close(&busy, turns(), 4429, "The request is throttled because you have exceeded").await;
    let poor = Simulator::start(Azure { has_quota: false, ..Azure::default() }, Options::default()).unwrap();
    check_close(&poor, turns(), 1007, "Quota exceeded. Cid: ").await;
}

#[tokio::test]
async fn an_ordered_cut_breaks_the_line_without_a_word() {
    let simulator = azure();
    simulator.faults().next(1, Fault::Cut { after: 3_000 });
    let mut socket = open(&simulator).await;
    for message in [config(), context(""), ssml(SSML)] {
        socket.send(message).await.unwrap();
    }
    assert_eq!(turn(&mut socket).await.err(), Some(None));
}

#[tokio::test]
async fn a_turn_without_audio_still_ends() {
    let simulator = azure();
    simulator.faults().next(1, Fault::EmptyAudio);
    let mut socket = open(&simulator).await;
    for message in [config(), context(r#""wordBoundaryEnabled":true"#), ssml(SSML)] {
        socket.send(message).await.unwrap();
    }
    assert_eq!(turn(&mut socket).await.ok().unwrap().paths, ["turn.start", "response", "turn.end"]);
}

#[tokio::test]
async fn an_ordered_stall_keeps_the_line_open_and_brings_no_more() {
    let simulator = azure();
    simulator.faults().next(1, Fault::Stall { after: 0 });
    let mut socket = open(&simulator).await;
    for message in [config(), context(""), ssml(SSML)] {
        socket.send(message).await.unwrap();
    }
    for path in ["turn.start", "response"] {
        let frame = socket.next().await.unwrap().unwrap();
        assert!(frame.to_text().unwrap().contains(&format!("Path:{path}\r\n")));
    }
    // The service still reads: it answers the close, with nothing before it.
    socket.close(None).await.unwrap();
    let rest: Vec<_> = socket.collect().await;
    assert!(rest.iter().all(|frame| !matches!(frame, Ok(Message::Binary(_) | Message::Text(_)))), "{rest:?}");
}
