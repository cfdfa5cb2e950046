//! The request that opens a WebSocket (RFC 6455, section 4).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use super::Socket;
use crate::aside::beside;
use crate::egress::clients::Purpose;
use crate::egress::dispatch::{Admitted, Dispatch, destination};
use crate::egress::headers;
use crate::egress::incoming::Incoming;
use crate::egress::outgoing::{Body, Outgoing};
use crate::egress::refusal::Refusal;

/// The most of a refusal's body that is kept, in bytes, as the contract says.
const REFUSAL_BODY_BYTES_MAX: usize = 64 << 10;

/// The most subprotocols a guest may offer.
const PROTOCOLS_MAX: usize = 16;

/// The buffers of a connection, in bytes: thousands are open at once, and messages of speech are
/// small.
const BUFFER_BYTES: usize = 8 << 10;

/// What the handshake itself says.
const OF_THE_HANDSHAKE: [HeaderName; 5] = [
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_VERSION,
];

/// A connection as a guest wants it.
pub(crate) struct Handshake {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Subprotocols, best first.
    pub(crate) protocols: Vec<String>,
    pub(crate) patience: Option<Duration>,
}

/// What became of it.
pub(crate) enum Opened {
    Socket(Box<Socket>),
    /// The server answered, with anything but a change of protocols.
    Refused {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
}

impl Dispatch {
    /// Opens a connection, beside the guest.
    pub(crate) async fn connect(self: &Arc<Self>, handshake: Handshake) -> Result<Opened, Refusal> {
        let url = destination(&handshake.url)?;
        if !matches!(url.scheme(), "wss" | "ws") {
            return Err(Refusal::Invalid(format!("scheme is neither wss nor ws: {}", url.scheme())));
        }
        let mut headers = headers::read(handshake.headers).map_err(Refusal::Invalid)?;
        for name in &OF_THE_HANDSHAKE {
            headers.remove(name);
        }
        let outgoing = Outgoing {
            method: Method::GET,
            url: url.clone(),
            headers,
            body: Body::Whole(Bytes::new()),
            first_byte: handshake.patience,
            idle: None,
        };
        let mut admitted = self.admit(outgoing)?;
        let key = generate_key();
        ask(&mut admitted, &key, &handshake.protocols).map_err(Refusal::Invalid)?;
        let dispatch = Arc::clone(self);
        let opening = async move {
            let answer = dispatch.perform(admitted, Purpose::Upgrade).await?;
            if answer.status() != 101 {
                return Ok(refused(answer).await);
            }
            agreed(answer.header_map(), &key, &handshake.protocols).map_err(Refusal::Protocol)?;
            open(url, answer).await.map(|socket| Opened::Socket(Box::new(socket)))
        };
        beside(&self.aside, opening).await
    }
}

/// Asks for a change of protocols.
fn ask(admitted: &mut Admitted, key: &str, protocols: &[String]) -> Result<(), String> {
    let (url, headers) = admitted.url_and_headers();
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    url.set_scheme(scheme).map_err(|()| format!("url cannot be requested: {url}"))?;
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let value = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
    headers.insert(header::SEC_WEBSOCKET_KEY, value(key)?);
    if protocols.len() > PROTOCOLS_MAX {
        return Err(format!("more than {PROTOCOLS_MAX} subprotocols: {}", protocols.len()));
    }
    if let Some(protocol) = protocols.iter().find(|protocol| !is_token(protocol)) {
        return Err(format!("subprotocol is not a token: {protocol:?}"));
    }
    if !protocols.is_empty() {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value(&protocols.join(", "))?);
    }
    Ok(())
}

/// A token of RFC 9110, section 5.6.2; header names are the same.
fn is_token(text: &str) -> bool {
    HeaderName::from_bytes(text.as_bytes()).is_ok()
}

/// Whether the server agreed to what was asked, and to nothing else.
fn agreed(headers: &HeaderMap, key: &str, protocols: &[String]) -> Result<(), String> {
    let value = |name: HeaderName| headers.get(name).map(headers::shown);
    let upgrade = value(header::UPGRADE).is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
    if !upgrade {
        return Err("handshake's answer does not upgrade to websocket".to_owned());
    }
    if value(header::SEC_WEBSOCKET_ACCEPT).as_deref() != Some(&derive_accept_key(key.as_bytes())) {
        return Err("handshake's answer is to another key".to_owned());
    }
    if let Some(extensions) = value(header::SEC_WEBSOCKET_EXTENSIONS) {
        return Err(format!("server uses an extension nobody offered: {extensions}"));
    }
    match value(header::SEC_WEBSOCKET_PROTOCOL) {
        Some(protocol) if !protocols.contains(&protocol) => {
            Err(format!("server uses a subprotocol nobody offered: {protocol}"))
        }
        _ => Ok(()),
    }
}

async fn open(url: Url, mut answer: Incoming) -> Result<Socket, Refusal> {
    let headers = answer.take_headers();
    let (response, dispatch, open) = answer.into_response();
    let response = response.ok_or_else(|| Refusal::Protocol("answer has ended".to_owned()))?;
    let connection = response.upgrade().await.map_err(|error| Refusal::of_client(error, dispatch.vault()))?;
    let message_bytes = dispatch.limits().message_bytes;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(message_bytes))
        .max_frame_size(Some(message_bytes));
    let stream = WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await;
    Ok(Socket::new(url, headers, dispatch, open, stream))
}

/// As much of the answer as there is: a body that breaks off still says something.
async fn refused(mut answer: Incoming) -> Opened {
    let mut body = Vec::new();
    while body.len() < REFUSAL_BODY_BYTES_MAX {
        let Ok(Some(piece)) = answer.read(REFUSAL_BODY_BYTES_MAX - body.len()).await else { break };
        body.extend_from_slice(&piece);
    }
    Opened::Refused { status: answer.status(), headers: answer.headers(), body }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455, section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn check(answer: &[(&'static str, &str)], expected: Result<(), &str>) {
        let headers: HeaderMap = answer
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let agreed = agreed(&headers, KEY, &["speech".to_owned()]);
        assert_eq!(agreed, expected.map_err(str::to_owned), "{answer:?}");
    }

    #[test]
    fn an_answer_agrees_to_what_was_asked_and_nothing_else() {
        let (upgrade, accept) = (("upgrade", "WebSocket"), ("sec-websocket-accept", ACCEPT));
        check(&[upgrade, accept], Ok(()));
        check(&[upgrade, accept, ("sec-websocket-protocol", "speech")], Ok(()));
        check(&[accept], Err("handshake's answer does not upgrade to websocket"));
        check(&[upgrade, ("sec-websocket-accept", "x")], Err("handshake's answer is to another key"));
        check(
            &[upgrade, accept, ("sec-websocket-protocol", "chat")],
            Err("server uses a subprotocol nobody offered: chat"),
        );
        check(
            &[upgrade, accept, ("sec-websocket-extensions", "permessage-deflate")],
            Err("server uses an extension nobody offered: permessage-deflate"),
        );
    }
}
