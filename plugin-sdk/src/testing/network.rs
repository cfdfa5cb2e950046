//! Servers played by a test.

use std::collections::VecDeque;
use std::fmt;

use crate::http;
use crate::websocket::{self, CloseFrame, Event, Handshake};

pub(crate) type HttpHandler = Box<dyn FnMut(&http::Request) -> Result<Reply, http::Error>>;
pub(crate) type WebsocketHandler = Box<dyn FnMut(&Handshake) -> Result<Peer, websocket::Error>>;

/// A server's answer to an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) pieces: VecDeque<Vec<u8>>,
    pub(crate) fault: Option<http::Error>,
}

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), pieces: VecDeque::new(), fault: None }
    }

    /// Status 200 and a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).piece(body)
    }

    /// Status 200 and a JSON body.
    #[must_use]
    pub fn json(value: &serde_json::Value) -> Self {
        Self::ok(value.to_string()).header("content-type", "application/json")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a piece of the body; each is read on its own, however much is asked for.
    #[must_use]
    pub fn piece(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.pieces.push_back(bytes.into());
        self
    }

    /// Ends the body with an error in place of its end.
    #[must_use]
    pub fn then_fails(mut self, fault: http::Error) -> Self {
        self.fault = Some(fault);
        self
    }
}

type Listener = Box<dyn FnMut(&Event) -> Vec<Event>>;

/// The other end of a WebSocket connection.
#[derive(Default)]
pub struct Peer {
    headers: Vec<(String, String)>,
    waiting: VecDeque<Event>,
    listener: Option<Listener>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("headers", &self.headers)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl Peer {
    /// A peer that says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header to its 101 response.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Says this without being asked.
    #[must_use]
    pub fn says(mut self, event: Event) -> Self {
        self.waiting.push_back(event);
        self
    }

    /// Closes after all that was said so far.
    #[must_use]
    pub fn closes(self, code: u16, reason: impl Into<String>) -> Self {
        self.says(Event::Closed(Some(CloseFrame { code, reason: reason.into() })))
    }

    /// Answers each message of the plugin with these events.
    #[must_use]
    pub fn answers(mut self, listener: impl FnMut(&Event) -> Vec<Event> + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    pub(crate) fn hear(&mut self, message: &Event) {
        if let Some(listener) = &mut self.listener {
            self.waiting.extend(listener(message));
        }
    }

    /// The next event; a close stays the last word for ever.
    pub(crate) fn say(&mut self) -> Option<Event> {
        match self.waiting.front() {
            Some(Event::Closed(frame)) => Some(Event::Closed(frame.clone())),
            _ => self.waiting.pop_front(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    }
}
