//! What is said on the WebSocket: who asks, once; then for each turn what is wanted, and the document.

use serde_json::{Value, json};
use understudy_microsoft_speech::{Interruption, clock, frame, id, turn};
use understudy_plugin::websocket::Connection;

use crate::format::Format;
use crate::service;
use crate::settings::Settings;

/// A new connection that is ready for a turn.
pub(crate) fn open(settings: &Settings) -> Result<Connection, Interruption> {
    let mut connection = service::connect(settings)?;
    let version = env!("CARGO_PKG_VERSION");
    let config = json!({ "context": {
        "system": { "name": "understudy", "version": version, "build": "Rust", "lang": "Rust" },
        "os": { "platform": "WebAssembly", "name": "WASI", "version": "0.2" },
    } });
    turn::send(&mut connection, &message("speech.config", &id::random(), &config))?;
    Ok(connection)
}

/// What asks for a turn.
pub(crate) fn turn(request_id: &str, format: Format, document: &str) -> Vec<String> {
    let context = json!({ "synthesis": {
        "audio": {
            "metadataOptions": {
                "bookmarkEnabled": false,
                "punctuationBoundaryEnabled": false,
                "sentenceBoundaryEnabled": false,
                "sessionEndEnabled": false,
                "visemeEnabled": false,
                "wordBoundaryEnabled": true,
            },
            "outputFormat": format.name,
        },
        "language": { "autoDetection": false },
    } });
    vec![
        message("synthesis.context", request_id, &context),
        written("ssml", request_id, "application/ssml+xml", document),
    ]
}

fn message(path: &str, request_id: &str, body: &Value) -> String {
    written(path, request_id, "application/json", &body.to_string())
}

fn written(path: &str, request_id: &str, media_type: &str, body: &str) -> String {
    let timestamp = clock::iso(clock::unix_seconds());
    let headers = [
        ("Path", path),
        ("X-RequestId", request_id),
        ("X-Timestamp", &timestamp),
        ("Content-Type", media_type),
    ];
    frame::write(&headers, ": ", body)
}
