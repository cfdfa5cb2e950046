//! Why a call failed.
//!
//! The host decides what to do next from the *case* alone: whether the request ends, the next
//! provider steps in, the call is retried, or the provider is left alone. Choose the case by what
//! should happen, and put what an operator needs to know into its message.

use std::fmt;
use std::time::Duration;

/// The unit a text limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextUnit {
    /// Unicode scalar values, Rust's `char`.
    Characters,
    /// UTF-8 bytes.
    Bytes,
}

impl TextUnit {
    /// The unit's plural, for messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Bytes => "bytes",
        }
    }

    /// The length of `text` in this unit.
    #[must_use]
    pub fn length_of(self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Bytes => text.len(),
        }
    }
}

/// The longest text one call may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLimit {
    /// The greatest length allowed.
    pub maximum: u32,
    /// What it counts.
    pub unit: TextUnit,
}

impl TextLimit {
    /// So many Unicode scalar values.
    #[must_use]
    pub const fn characters(maximum: u32) -> Self {
        Self { maximum, unit: TextUnit::Characters }
    }

    /// So many UTF-8 bytes.
    #[must_use]
    pub const fn bytes(maximum: u32) -> Self {
        Self { maximum, unit: TextUnit::Bytes }
    }

    /// True when `text` is no longer than this.
    #[must_use]
    pub fn allows(self, text: &str) -> bool {
        self.unit.length_of(text) <= self.maximum as usize
    }

    /// Refuses a longer text.
    ///
    /// # Errors
    /// [`Error::TextTooLong`] with this limit.
    pub fn check(self, text: &str) -> Result<(), Error> {
        if self.allows(text) { Ok(()) } else { Err(Error::TextTooLong(self)) }
    }
}

/// A field of the request that cannot be honoured as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// The field's name as the contract spells it, for example `rate`.
    pub field: String,
    /// What is wrong and what would be right; reads on from the field's name.
    pub message: String,
}

/// Why a call failed. Each case leads the host to exactly one decision, named here. Counted is what is
/// held against the provider: it is left alone for a while when that comes too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The request is wrong whatever the provider. The request ends; nobody is blamed.
    InvalidRequest(InvalidField),
    /// The text is longer than this provider takes. Next candidate; nobody is blamed.
    TextTooLong(TextLimit),
    /// No such voice here; carries the id asked for. Next candidate; nobody is blamed.
    VoiceNotFound(String),
    /// Something asked for is not offered: a language, SSML, a style. Next candidate; nobody is
    /// blamed. Text in which nothing can be spoken is this, never silence.
    Unsupported(String),
    /// The service refused the credentials. Next candidate; counted, and the provider is left alone
    /// at once, until it has proved itself.
    Unauthorized(String),
    /// The account is used up. Next candidate; the provider is left alone for so long, and nobody is
    /// blamed.
    QuotaExhausted {
        /// Time until it resets, when known.
        resets_in: Option<Duration>,
    },
    /// Too many requests. Next candidate; the provider is left alone for so long, and nobody is
    /// blamed.
    RateLimited {
        /// The service's Retry-After, when given.
        retry_after: Option<Duration>,
    },
    /// The service will not speak this text. The request ends; nobody is blamed. What one service
    /// will not say is not carried to those that might.
    ContentBlocked(String),
    /// The service is down or answers 5xx. Retried, then next candidate; counted.
    Unavailable(String),
    /// The service did not answer in time. Next candidate; counted when it had time to answer.
    TimedOut,
    /// The service said something that makes no sense. Next candidate; counted.
    Protocol(String),
    /// The service answered well and sent no audio. Retried, then next candidate; counted.
    NoAudio,
    /// Nobody listens to the take any more. [`Take`](crate::Take) returns it so that `?` ends the
    /// call; the host has forgotten the call by then and blames nobody.
    Stopped,
}

impl Error {
    /// The request is wrong in `field`; `message` reads on from the field's name.
    ///
    /// ```
    /// use understudy_plugin::Error;
    /// let error = Error::invalid("rate", "must be between 0.5 and 2, got 4");
    /// assert_eq!(error.to_string(), "request is invalid: rate must be between 0.5 and 2, got 4");
    /// ```
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidRequest(InvalidField { field: field.into(), message: message.into() })
    }

    /// No such voice here.
    pub fn voice_not_found(voice: impl Into<String>) -> Self {
        Self::VoiceNotFound(voice.into())
    }

    /// `what` is not offered; a noun phrase, such as `the language: fr`.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    /// The service refused the credentials.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::Unauthorized(message.into())
    }

    /// The service will not speak this text.
    pub fn content_blocked(message: impl Into<String>) -> Self {
        Self::ContentBlocked(message.into())
    }

    /// The service is down.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable(message.into())
    }

    /// The service said something that makes no sense.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::Protocol(message.into())
    }

    /// What an HTTP status most often means for a speech service; `message` is what the service
    /// said about it. A service with meanings of its own deserves a `match` of its own.
    ///
    /// | status | error |
    /// |---|---|
    /// | 401, 403 | [`Error::Unauthorized`] |
    /// | 402 | [`Error::QuotaExhausted`] |
    /// | 408, 504 | [`Error::TimedOut`] |
    /// | 429, and 503 with a wait | [`Error::RateLimited`] |
    /// | other 5xx | [`Error::Unavailable`] |
    /// | the rest | [`Error::Protocol`] |
    #[must_use]
    pub fn from_status(status: u16, retry_after: Option<Duration>, message: &str) -> Self {
        let said = || format!("status {status}: {message}");
        match status {
            401 | 403 => Self::Unauthorized(said()),
            402 => Self::QuotaExhausted { resets_in: retry_after },
            408 | 504 => Self::TimedOut,
            429 => Self::RateLimited { retry_after },
            // Too busy, and it says until when: to ask again before that is of no use.
            503 if retry_after.is_some() => Self::RateLimited { retry_after },
            500..=599 => Self::Unavailable(said()),
            _ => Self::Protocol(said()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidRequest(InvalidField { field, message }) => {
                write!(f, "request is invalid: {field} {message}")
            }
            Self::TextTooLong(limit) => {
                write!(f, "text is longer than the provider takes: {} {}", limit.maximum, limit.unit.name())
            }
            Self::VoiceNotFound(voice) => write!(f, "provider has no such voice: {voice}"),
            Self::Unsupported(what) => write!(f, "provider does not support {what}"),
            Self::Unauthorized(message) => write!(f, "provider refused the credentials: {message}"),
            Self::QuotaExhausted { .. } => f.write_str("provider quota is used up"),
            Self::RateLimited { .. } => f.write_str("provider is rate limiting"),
            Self::ContentBlocked(message) => write!(f, "provider blocked the content: {message}"),
            Self::Unavailable(message) => write!(f, "provider is unavailable: {message}"),
            Self::TimedOut => f.write_str("provider timed out"),
            Self::Protocol(message) => write!(f, "provider broke its protocol: {message}"),
            Self::NoAudio => f.write_str("provider sent no audio"),
            Self::Stopped => f.write_str("nobody listens to the take any more"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, seconds: Option<u64>, expected: &Error) {
        assert_eq!(&Error::from_status(status, seconds.map(Duration::from_secs), "busy"), expected);
    }

    #[test]
    fn a_service_that_says_how_long_it_is_busy_limits_the_rate() {
        let wait = |seconds| Error::RateLimited { retry_after: Some(Duration::from_secs(seconds)) };
        check(503, Some(30), &wait(30));
        check(429, Some(7), &wait(7));
        check(429, None, &Error::RateLimited { retry_after: None });
        check(503, None, &Error::Unavailable("status 503: busy".to_owned()));
        check(500, Some(30), &Error::Unavailable("status 500: busy".to_owned()));
    }
}
