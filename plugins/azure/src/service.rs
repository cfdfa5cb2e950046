//! The service's addresses, and what is asked there.

use std::time::Duration;

use understudy_microsoft_speech::{Listed, id};
use understudy_plugin::websocket::{self, Connection, Handshake};
use understudy_plugin::{Error, http};

use crate::format::Format;
use crate::refusal;
use crate::settings::Settings;

/// How long a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Paths of the WebSocket: the current clients', and that of older ones.
const WEBSOCKET_PATHS: [&str; 2] = ["/tts/cognitiveservices/websocket/v1", "/cognitiveservices/websocket/v1"];
const KEY: &str = "Ocp-Apim-Subscription-Key";
/// Every request has to say who asks.
const AGENT: &str = concat!("understudy/", env!("CARGO_PKG_VERSION"));

/// The voices as they are now.
pub(crate) fn fetch_voices(settings: &Settings) -> Result<Vec<Listed>, Error> {
    let url = format!("{}/cognitiveservices/voices/list", settings.listing_address());
    let request = http::Request::get(url).header(KEY, &settings.api_key).header("User-Agent", AGENT);
    let mut response = request.send()?;
    if !response.is_success() {
        return Err(refusal::of_account(&response.complaint()));
    }
    Ok(response.json()?)
}

/// The request for a document's speech.
pub(crate) fn speech(settings: &Settings, format: Format, document: &str) -> http::Request {
    let url = format!("{}/cognitiveservices/v1", settings.address());
    let request = http::Request::post(url)
        .header(KEY, &settings.api_key)
        .header("Content-Type", "application/ssml+xml")
        .header("X-Microsoft-OutputFormat", format.name)
        .header("User-Agent", AGENT)
        .body(document);
    match &settings.deployment_id {
        Some(id) => request.query("deploymentId", id),
        None => request,
    }
}

/// Opens the WebSocket, at the older path where the current one is not found.
pub(crate) fn connect(settings: &Settings) -> Result<Connection, Error> {
    let paths = match &settings.websocket_path {
        Some(path) => vec![path.as_str()],
        None => WEBSOCKET_PATHS.to_vec(),
    };
    let mut missing = Error::unauthorized("service has no websocket");
    for path in paths {
        let refused = match handshake(settings, path).connect() {
            Ok(connection) => return Ok(connection),
            Err(websocket::Error::Refused(refused)) => refused,
            Err(error) => return Err(error.into()),
        };
        missing = refusal::of_account(&refused.complaint());
        if refused.status != 404 {
            break;
        }
    }
    Err(missing)
}

fn handshake(settings: &Settings, path: &str) -> Handshake {
    let address = settings.address().replacen("http", "ws", 1);
    Handshake::new(format!("{address}{path}"))
        .header(KEY, &settings.api_key)
        .header("X-ConnectionId", id::random())
        .header("User-Agent", AGENT)
        .timeout(CONNECT_MAX)
}
