//! The contract's imports, as a component calls them.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::bindings::speech::understudy::provider as wit;
use crate::log::Level;
use crate::websocket::{CloseFrame, Event, Handshake};
use crate::{AudioFormat, LineMark, Word, http, memo, signing, websocket};

pub(crate) fn begin(format: AudioFormat) {
    wit::take::begin(format.into());
}

pub(crate) fn audio(chunk: &[u8]) -> bool {
    wit::take::audio(chunk)
}

pub(crate) fn words(words: &[Word]) -> bool {
    let marks: Vec<_> = words.iter().copied().map(Into::into).collect();
    wit::take::words(&marks)
}

pub(crate) fn line(mark: LineMark) -> bool {
    wit::take::line(mark.into())
}

pub(crate) fn settings() -> String {
    wit::settings::get()
}

pub(crate) fn log(level: Level, message: &str, fields: &[(String, String)]) {
    let level = match level {
        Level::Trace => wit::log::Level::Trace,
        Level::Debug => wit::log::Level::Debug,
        Level::Info => wit::log::Level::Info,
        Level::Warn => wit::log::Level::Warn,
        Level::Error => wit::log::Level::Error,
    };
    wit::log::write(level, message, fields);
}

/// Where this instance's clock begins.
#[allow(clippy::disallowed_methods, reason = "tokio's clock is the host's; this is WASI's")]
static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) fn now() -> Duration {
    BEGUN.elapsed()
}

#[allow(clippy::disallowed_methods, reason = "a guest's sleep is an import the host waits in")]
pub(crate) fn wait(duration: Duration) {
    std::thread::sleep(duration);
}

pub(crate) fn memo_get(key: &str) -> Option<Vec<u8>> {
    wit::memo::get(key)
}

pub(crate) fn memo_set(key: &str, value: &[u8], ttl_ms: u64) -> Result<(), memo::Error> {
    wit::memo::set(key, value, ttl_ms).map_err(|error| match error {
        wit::memo::Error::TooLarge(limit) => memo::Error::TooLarge(limit),
        wit::memo::Error::InvalidKey => memo::Error::InvalidKey,
    })
}

pub(crate) fn memo_remove(key: &str) {
    wit::memo::remove(key);
}

pub(crate) fn hmac_sha256(secret: &str, key_prefix: &str, message: &[u8]) -> Result<Vec<u8>, signing::Error> {
    wit::signing::hmac_sha256(secret, key_prefix, message).map_err(Into::into)
}

pub(crate) fn rs256(secret: &str, message: &[u8]) -> Result<Vec<u8>, signing::Error> {
    wit::signing::rs256(secret, message).map_err(Into::into)
}

impl From<wit::signing::Error> for signing::Error {
    fn from(error: wit::signing::Error) -> Self {
        match error {
            wit::signing::Error::UnknownSecret(name) => Self::UnknownSecret(name),
            wit::signing::Error::UnfitSecret(reason) => Self::UnfitSecret(reason),
        }
    }
}

pub(crate) fn http_send(request: http::Request) -> Result<Response, http::Error> {
    let http::Request { method, url, headers, body, timeout, .. } = request;
    let request = wit::http::Request { method, url, headers, body, timeout_ms: timeout.map(milliseconds) };
    Ok(Response(wit::http::send(&request)?))
}

/// A response the host holds.
#[derive(Debug)]
pub(crate) struct Response(wit::http::Response);

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.0.status()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.0.headers()
    }

    pub(crate) fn read(&mut self, maximum: u32) -> Result<Option<Vec<u8>>, http::Error> {
        Ok(self.0.read(maximum)?)
    }

    pub(crate) fn peek(&mut self, known: u32, maximum: u32) -> Result<Vec<u8>, http::Error> {
        Ok(self.0.peek(known, maximum)?)
    }

    pub(crate) fn read_all(&mut self, maximum: u32) -> Result<Vec<u8>, http::Error> {
        Ok(self.0.read_all(maximum)?)
    }

    pub(crate) fn forward(&mut self) -> Result<Option<u64>, http::Error> {
        Ok(self.0.forward()?)
    }
}

impl From<wit::http::Error> for http::Error {
    fn from(error: wit::http::Error) -> Self {
        match error {
            wit::http::Error::Denied(reason) => Self::Denied(reason),
            wit::http::Error::Invalid(reason) => Self::Invalid(reason),
            wit::http::Error::Unreachable(reason) => Self::Unreachable(reason),
            wit::http::Error::TimedOut => Self::TimedOut,
            wit::http::Error::TooLarge(limit) => Self::TooLarge(limit),
            wit::http::Error::Protocol(reason) => Self::Protocol(reason),
        }
    }
}

pub(crate) fn websocket_connect(handshake: Handshake) -> Result<Connection, websocket::Error> {
    let Handshake { url, headers, protocols, timeout } = handshake;
    let timeout_ms = timeout.map(milliseconds);
    let handshake = wit::websocket::Handshake { url, headers, protocols, timeout_ms };
    Ok(Connection(wit::websocket::connect(&handshake)?))
}

/// A connection the host holds.
#[derive(Debug)]
pub(crate) struct Connection(wit::websocket::Connection);

impl Connection {
    pub(crate) fn send_text(&mut self, text: &str) -> Result<(), websocket::Error> {
        Ok(self.0.send(&wit::websocket::Message::Text(text.to_owned()))?)
    }

    pub(crate) fn send_binary(&mut self, bytes: &[u8]) -> Result<(), websocket::Error> {
        Ok(self.0.send(&wit::websocket::Message::Binary(bytes.to_vec()))?)
    }

    pub(crate) fn receive(&mut self, timeout: Option<Duration>) -> Result<Event, websocket::Error> {
        use wit::websocket::{Event as Received, Message};
        Ok(match self.0.receive(timeout.map(milliseconds))? {
            Received::Message(Message::Text(text)) => Event::Text(text),
            Received::Message(Message::Binary(bytes)) => Event::Binary(bytes),
            Received::Closed(frame) => {
                Event::Closed(frame.map(|frame| CloseFrame { code: frame.code, reason: frame.reason }))
            }
        })
    }

    pub(crate) fn close(&mut self, code: u16, reason: &str) -> Result<(), websocket::Error> {
        Ok(self.0.close(code, reason)?)
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }
}

impl From<wit::websocket::Error> for websocket::Error {
    fn from(error: wit::websocket::Error) -> Self {
        match error {
            wit::websocket::Error::Denied(reason) => Self::Denied(reason),
            wit::websocket::Error::Invalid(reason) => Self::Invalid(reason),
            wit::websocket::Error::Refused(refusal) => Self::Refused(websocket::Refusal {
                status: refusal.status,
                headers: refusal.headers,
                body: refusal.body,
            }),
            wit::websocket::Error::Unreachable(reason) => Self::Unreachable(reason),
            wit::websocket::Error::TimedOut => Self::TimedOut,
            wit::websocket::Error::TooLarge(limit) => Self::TooLarge(limit),
            wit::websocket::Error::Protocol(reason) => Self::Protocol(reason),
            wit::websocket::Error::Closed => Self::Closed,
        }
    }
}

/// A time for the host; longer than seven weeks is as good as that.
fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
