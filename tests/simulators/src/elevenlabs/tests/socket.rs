//! The socket, spoken to by a plain WebSocket client.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::Fault;
use crate::testing::{heard, start};

/// Sends messages, and gives what came back and the close code.
async fn converse(simulator: &Simulator, query: &str, messages: &[Value]) -> (Vec<Value>, Option<u16>) {
    let url = format!("ws://{}/v1/text-to-speech/{RACHEL}/stream-input{query}", simulator.address());
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    for message in messages {
        socket.send(Message::text(message.to_string())).await.ok();
    }
    let (mut received, mut code) = (Vec::new(), None);
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) => received.push(serde_json::from_str(&text).unwrap()),
            Message::Close(frame) => code = frame.map(|frame| frame.code.into()),
            _ => {}
        }
    }
    (received, code)
}

fn hello(simulator: &Simulator) -> Value {
    json!({ "text": " ", "xi-api-key": simulator.key() })
}

fn starts(chunk: &Value) -> Vec<i64> {
    let times = chunk["alignment"]["charStartTimesMs"].as_array().unwrap();
    times.iter().map(|time| time.as_i64().unwrap()).collect()
}

#[tokio::test]
async fn every_chunk_counts_its_times_from_its_own_beginning() {
    let simulator = start(ElevenLabs::default());
    let messages = [
        hello(&simulator),
        json!({ "text": "Hello world. ", "try_trigger_generation": true }),
        json!({ "text": "How are you today? ", "flush": true }),
        json!({ "text": "" }),
    ];
    let (received, code) = converse(&simulator, "?model_id=eleven_flash_v2_5", &messages).await;
    let (last, chunks) = received.split_last().unwrap();
    assert_eq!((last["isFinal"].clone(), code), (json!(true), Some(1000)));
    assert_eq!(chunks.len(), 2);
    let mut audio = Vec::new();
    for (chunk, text) in chunks.iter().zip(["Hello world. ", "How are you today? "]) {
        let chars: String = chunk["alignment"]["chars"]
            .as_array()
            .unwrap()
            .iter()
            .map(|char| char.as_str().unwrap())
            .collect();
        assert_eq!(chars, text);
        let starts = starts(chunk);
        assert!(starts[0] < 400 && starts.is_sorted(), "{starts:?}");
        audio.extend(STANDARD.decode(chunk["audio"].as_str().unwrap()).unwrap());
    }
    heard(&audio, None);
}

#[tokio::test]
async fn a_refusal_is_a_message_and_a_close() {
    let simulator = start(ElevenLabs::default());
    let key = hello(&simulator);
    for (query, first, error) in [
        ("", json!({ "text": " " }), "missing_api_key"),
        ("", json!({ "text": " ", "xi-api-key": "sk_other" }), "invalid_api_key"),
        ("?model_id=eleven_v3", key.clone(), "unsupported_model"),
        ("?model_id=eleven_v9", key.clone(), "model_not_found"),
        ("?output_format=ogg", key.clone(), "invalid_output_format"),
        ("", json!({ "txet": " " }), "invalid_message"),
        ("?inactivity_timeout=0", key, "input_timeout_exceeded"),
    ] {
        let (received, code) = converse(&simulator, query, &[first]).await;
        assert_eq!((received[0]["error"].clone(), received[0]["code"].clone()), (json!(error), json!(1008)));
        assert_eq!(code, Some(1008), "{error}");
    }
}

#[tokio::test]
async fn an_ordered_cut_ends_without_a_close() {
    let simulator = start(ElevenLabs::default());
    simulator.faults().next(1, Fault::Cut { after: 10 });
    let messages = [hello(&simulator), json!({ "text": "Hello world. ", "flush": true })];
    assert_eq!(converse(&simulator, "", &messages).await, (vec![], None));
}

#[tokio::test]
async fn an_ordered_refusal_refuses_the_handshake() {
    let simulator = start(ElevenLabs::default());
    simulator.faults().next(1, Fault::Unauthorized);
    let url = format!("ws://{}/v1/text-to-speech/{RACHEL}/stream-input", simulator.address());
    let error = tokio_tungstenite::connect_async(url).await.unwrap_err();
    assert!(error.to_string().contains("401"), "{error}");
}
