//! The messages of a take, in the browser's own form.

use serde_json::json;
use understudy_microsoft_speech::{Interruption, clock, frame, turn};
use understudy_plugin::websocket::Connection;

use crate::door;
use crate::settings::Settings;

/// A new connection that knows what is wanted.
pub(crate) fn open(settings: &Settings, words: bool) -> Result<Connection, Interruption> {
    let mut connection = door::connect(settings)?;
    turn::send(&mut connection, &config(settings, words))?;
    Ok(connection)
}

/// The switches are texts, and one of them is always on: every known client sends it so.
fn config(settings: &Settings, words: bool) -> String {
    let body = json!({ "context": { "synthesis": { "audio": {
        "metadataoptions": {
            "sentenceBoundaryEnabled": (!words).to_string(),
            "wordBoundaryEnabled": words.to_string(),
        },
        "outputFormat": settings.output_format,
    } } } });
    let headers = [
        ("X-Timestamp", clock::for_browser(door::now())),
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Path", "speech.config".to_owned()),
    ];
    message(&headers, &format!("{body}\r\n"))
}

/// What asks for a turn.
pub(crate) fn ssml(request_id: &str, document: &str) -> String {
    let headers = [
        ("X-RequestId", request_id.to_owned()),
        ("Content-Type", "application/ssml+xml".to_owned()),
        // The browser appends a Z to a time that has its zone already.
        ("X-Timestamp", format!("{}Z", clock::for_browser(door::now()))),
        ("Path", "ssml".to_owned()),
    ];
    message(&headers, document)
}

fn message(headers: &[(&str, String)], body: &str) -> String {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    frame::write(&headers, ":", body)
}
