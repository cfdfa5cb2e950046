//! WebSocket connections to granted hosts.
//!
//! ```
//! use std::time::Duration;
//! use understudy_plugin::{Error, Take, websocket::{self, Event}};
//!
//! fn speak(text: &str, take: &mut Take) -> Result<(), Error> {
//!     let mut connection = websocket::Handshake::new("wss://api.example.com/speech")
//!         .header("x-version", "1")
//!         .connect()?;
//!     connection.send_text(text)?;
//!     loop {
//!         match connection.receive(Some(Duration::from_secs(10)))? {
//!             Event::Binary(audio) => take.audio(&audio)?,
//!             Event::Text(_) => {}
//!             Event::Closed(_) => return Ok(()),
//!         }
//!     }
//! }
//! ```

use std::fmt;
use std::time::Duration;

use crate::host;
use crate::http::{Complaint, named_wait, read_complaint};

/// The server's answer when it did not switch protocols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status, for example 403.
    pub status: u16,
    /// Every header, in order.
    pub headers: Vec<(String, String)>,
    /// At most the first 64 KiB.
    pub body: Vec<u8>,
}

impl Refusal {
    /// The first value of a header; names compare without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// What the server says about it, in whatever form, see [`Complaint`].
    #[must_use]
    pub fn complaint(&self) -> Complaint {
        let mut complaint = read_complaint(&self.body);
        complaint.status = self.status;
        complaint.retry_after = self.retry_after();
        complaint
    }

    /// How long the server asks to wait, as over HTTP.
    fn retry_after(&self) -> Option<Duration> {
        named_wait(|name| self.header(name).map(str::to_owned))
    }
}

/// Why there is no connection, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not granted. The message says what was asked and what would grant it.
    Denied(String),
    /// The handshake or the message itself is malformed.
    Invalid(String),
    /// The server answered and did not switch protocols.
    Refused(Refusal),
    /// Name resolution, connection or TLS failed.
    Unreachable(String),
    /// The time was up.
    TimedOut,
    /// A message passed the host's limit, in bytes.
    TooLarge(u64),
    /// The server broke the protocol.
    Protocol(String),
    /// This side has closed already.
    Closed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(reason) => write!(f, "host is not granted: {reason}"),
            Self::Invalid(reason) => write!(f, "websocket handshake or message is malformed: {reason}"),
            Self::Refused(refusal) => write!(f, "server refused the websocket: status {}", refusal.status),
            Self::Unreachable(reason) => write!(f, "host is unreachable: {reason}"),
            Self::TimedOut => f.write_str("websocket timed out"),
            Self::TooLarge(limit) => write!(f, "websocket message is longer than allowed: {limit} bytes"),
            Self::Protocol(reason) => write!(f, "server broke the websocket protocol: {reason}"),
            Self::Closed => f.write_str("websocket was closed by this side"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::Error {
    /// As for HTTP; a refusal means what its status means.
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(_) => Self::Unauthorized(error.to_string()),
            Error::Unreachable(_) => Self::Unavailable(error.to_string()),
            Error::TimedOut => Self::TimedOut,
            Error::Refused(refusal) => {
                Self::from_status(refusal.status, refusal.retry_after(), "websocket refused")
            }
            Error::Invalid(_) | Error::TooLarge(_) | Error::Protocol(_) | Error::Closed => {
                Self::Protocol(error.to_string())
            }
        }
    }
}

/// A connection to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handshake {
    /// Absolute, `wss:` unless the operator granted plain http for the host.
    pub url: String,
    /// Name and value, in order.
    pub headers: Vec<(String, String)>,
    /// Subprotocols to offer, best first.
    pub protocols: Vec<String>,
    /// Time for the whole handshake. None: the host's own limit.
    pub timeout: Option<Duration>,
}

impl Handshake {
    /// A plain handshake.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), headers: Vec::new(), protocols: Vec::new(), timeout: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Offers a subprotocol.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocols.push(protocol.into());
        self
    }

    /// Sets the time for the whole handshake.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// Why there is no connection.
    pub fn connect(self) -> Result<Connection, Error> {
        host::websocket_connect(self).map(Connection)
    }
}

/// Connects with a plain handshake.
///
/// # Errors
/// Why there is no connection.
pub fn connect(url: impl Into<String>) -> Result<Connection, Error> {
    Handshake::new(url).connect()
}

/// How the server closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The status code of RFC 6455 §7.4.
    pub code: u16,
    /// What the server said about it.
    pub reason: String,
}

/// What the server sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// The server closed. None: it did so without a close frame.
    Closed(Option<CloseFrame>),
}

/// An open connection. Dropping it closes it without ceremony.
#[derive(Debug)]
pub struct Connection(host::Connection);

impl Connection {
    /// Sends a text message. Secrets belong into the handshake: one with a placeholder is
    /// [`Error::Invalid`].
    ///
    /// # Errors
    /// Why it was not sent.
    pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.0.send_text(text)
    }

    /// Sends a binary message, like a text one without placeholders.
    ///
    /// # Errors
    /// Why it was not sent.
    pub fn send_binary(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.send_binary(bytes)
    }

    /// Waits for the next message. No timeout: the host's own idle limit.
    ///
    /// # Errors
    /// Why there is none.
    pub fn receive(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        self.0.receive(timeout)
    }

    /// Closes with a status code of RFC 6455 §7.4, for example 1000.
    ///
    /// # Errors
    /// [`Error::Closed`] the second time.
    pub fn close(&mut self, code: u16, reason: &str) -> Result<(), Error> {
        self.0.close(code, reason)
    }

    /// A header of the server's 101 response.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }
}
