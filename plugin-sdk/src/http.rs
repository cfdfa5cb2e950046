//! HTTP requests to granted hosts.
//!
//! ```
//! use understudy_plugin::{Error, http};
//!
//! fn speak(key: &str, text: &str) -> Result<Vec<u8>, Error> {
//!     let mut response = http::Request::post("https://api.example.com/v1/speech")
//!         .header("authorization", format!("Bearer {key}"))
//!         .json(&serde_json::json!({ "input": text }))
//!         .send()?
//!         .error_for_status()?;
//!     Ok(response.bytes(16 << 20)?)
//! }
//! ```
//!
//! An error status is a response too. [`Response::error_for_status`] makes it the error it most often
//! means; [`Response::complaint`] reads what the service says, for a plugin that knows its codes.
//!
//! Redirects are not followed: a 3xx is a response like any other. The body arrives as the plugin
//! reads it; [`Response::read`] hands each piece on to the take without waiting for the rest.

mod complaint;
mod lines;
mod wait;

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host;

pub use complaint::Complaint;
pub(crate) use complaint::read as read_complaint;
pub use lines::Lines;
pub(crate) use wait::named as named_wait;

/// What [`Response::text`] and [`Response::json`] read at most, in bytes.
const DOCUMENT_BYTES_MAX: u32 = 8 << 20;
/// What is quoted of an error's body, in bytes.
const QUOTED_BYTES_MAX: u16 = 1024;

/// Why there is no response, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not granted. The message says what was asked and what would grant it.
    Denied(String),
    /// The request itself is malformed.
    Invalid(String),
    /// Name resolution, connection or TLS failed.
    Unreachable(String),
    /// The time was up.
    TimedOut,
    /// The body passed a limit, in bytes.
    TooLarge(u64),
    /// The server broke HTTP, or cut the body short.
    Protocol(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(reason) => write!(f, "host is not granted: {reason}"),
            Self::Invalid(reason) => write!(f, "http request is malformed: {reason}"),
            Self::Unreachable(reason) => write!(f, "host is unreachable: {reason}"),
            Self::TimedOut => f.write_str("http request timed out"),
            Self::TooLarge(limit) => write!(f, "http body is longer than allowed: {limit} bytes"),
            Self::Protocol(reason) => write!(f, "server broke http: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::Error {
    /// A denied host waits for the operator like refused credentials do; the rest is the
    /// service's weather or its fault.
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(_) => Self::Unauthorized(error.to_string()),
            Error::Unreachable(_) => Self::Unavailable(error.to_string()),
            Error::TimedOut => Self::TimedOut,
            Error::Invalid(_) | Error::TooLarge(_) | Error::Protocol(_) => Self::Protocol(error.to_string()),
        }
    }
}

/// A request to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// `GET`, `POST` and so on, upper-case.
    pub method: String,
    /// Absolute, `https:` unless the operator granted plain http for the host.
    pub url: String,
    /// Name and value, in order; names may repeat.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Time for the response's head. None: the host's own limit. It can only shorten that.
    pub timeout: Option<Duration>,
    /// What went wrong while building it; told by `send`, so that building stays a chain.
    fault: Option<String>,
}

impl Request {
    /// A request of any method.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            timeout: None,
            fault: None,
        }
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a query parameter to the URL, percent-encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        self.url.push(separator);
        percent_encode(name, &mut self.url);
        self.url.push('=');
        percent_encode(value, &mut self.url);
        self
    }

    /// Sets the body. Set its `content-type` as well.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets a JSON body and its `content-type`. A value without a JSON form makes
    /// [`Request::send`] fail with [`Error::Invalid`].
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.header("content-type", "application/json").body(body),
            Err(error) => {
                self.fault = Some(format!("body has no json form: {error}"));
                self
            }
        }
    }

    /// Sets the time for the response's head.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The first value of a header; names compare without case.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sends it and waits for the response's head.
    ///
    /// # Errors
    /// Why there is no response. An error status is a response.
    pub fn send(self) -> Result<Response, Error> {
        match self.fault {
            Some(fault) => Err(Error::Invalid(fault)),
            None => host::http_send(self).map(Response),
        }
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986 §2.3.
fn percent_encode(text: &str, into: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.extend([byte >> 4, byte & 15].iter().filter_map(|digit| DIGITS.get(usize::from(*digit))));
        }
    }
}

/// A response whose body is still to be read.
#[derive(Debug)]
pub struct Response(host::Response);

impl Response {
    /// The status, for example 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// True for 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// The first value of a header; names compare without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }

    /// Every header, in order.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        self.0.headers()
    }

    /// How long the service asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date,
    /// which is held against the answer's own `date`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        named_wait(|name| self.header(name))
    }

    /// The next piece of the body, at most `maximum` bytes. None: the body has ended.
    ///
    /// # Errors
    /// Why there is no more of it.
    pub fn read(&mut self, maximum: u32) -> Result<Option<Vec<u8>>, Error> {
        self.0.read(maximum)
    }

    /// The start of what is still to be read, which stays to be read: at most `maximum` bytes, and at most
    /// 1 MiB. Waits until there is more of it than the `known` bytes that were seen before; there is not
    /// when the body has ended. [`Take::forward`](crate::Take::forward) then passes all of it on.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `maximum` is not more than `known`, or why there is no more of it.
    pub fn peek(&mut self, known: u32, maximum: u32) -> Result<Vec<u8>, Error> {
        self.0.peek(known, maximum)
    }

    /// The rest of the body.
    ///
    /// # Errors
    /// [`Error::TooLarge`] past `maximum` bytes, or why there is no more of it.
    pub fn bytes(&mut self, maximum: u32) -> Result<Vec<u8>, Error> {
        self.0.read_all(maximum)
    }

    /// Pushes the rest of the body into the take, see [`Take::forward`](crate::Take::forward).
    pub(crate) fn forward(&mut self) -> Result<Option<u64>, Error> {
        self.0.forward()
    }

    /// The rest of the body as UTF-8, at most 8 MiB.
    ///
    /// # Errors
    /// [`Error::Protocol`] when it is not UTF-8, else as [`Response::bytes`].
    pub fn text(&mut self) -> Result<String, Error> {
        String::from_utf8(self.bytes(DOCUMENT_BYTES_MAX)?)
            .map_err(|_| Error::Protocol("body is not utf-8".to_owned()))
    }

    /// The rest of the body from its JSON, at most 8 MiB.
    ///
    /// # Errors
    /// [`Error::Protocol`] when it does not fit the type, else as [`Response::bytes`].
    pub fn json<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        serde_json::from_slice(&self.bytes(DOCUMENT_BYTES_MAX)?)
            .map_err(|error| Error::Protocol(format!("body is not the expected json: {error}")))
    }

    /// Hands a success on and makes any other status the error it most often means, see
    /// [`Error::from_status`](crate::Error::from_status). Quotes the start of the body.
    ///
    /// # Errors
    /// What the status means.
    pub fn error_for_status(mut self) -> Result<Self, crate::Error> {
        if self.is_success() {
            return Ok(self);
        }
        let mut body = Vec::new();
        while body.len() < usize::from(QUOTED_BYTES_MAX) {
            match self.read(u32::from(QUOTED_BYTES_MAX)) {
                Ok(Some(piece)) => body.extend(piece),
                // The status alone decides; a body that breaks off only shortens the quotation.
                Ok(None) | Err(_) => break,
            }
        }
        body.truncate(usize::from(QUOTED_BYTES_MAX));
        let message = String::from_utf8_lossy(&body);
        Err(crate::Error::from_status(self.status(), self.retry_after(), message.trim()))
    }
}
