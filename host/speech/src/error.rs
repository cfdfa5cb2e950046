//! Why there is no take.
//!
//! Two layers, kept apart because they are believed differently. A [`ProviderError`] is what a
//! plugin *says* happened; it is typed by the contract and each case leads the engine to one
//! decision. A [`Failure`] is what the host *saw*: either such an answer, or a plugin that
//! trapped, ran past a limit or broke the contract. No plugin can forge the second kind.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The unit a text limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextUnit {
    /// Unicode scalar values.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLimit {
    /// The greatest length allowed.
    pub maximum: u32,
    /// What it counts.
    pub unit: TextUnit,
}

/// A field of the request that cannot be honoured as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field} {message}")]
pub struct InvalidField {
    /// The field's name.
    pub field: String,
    /// What is wrong and what would be right; reads on from the field's name.
    pub message: String,
}

/// What a provider says went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The request is wrong whatever the provider.
    #[error("request is invalid: {0}")]
    InvalidRequest(InvalidField),
    /// The text is longer than this provider takes.
    #[error("text is longer than the provider takes: {} {}", .0.maximum, .0.unit.name())]
    TextTooLong(TextLimit),
    /// No such voice at this provider.
    #[error("provider has no such voice: {0}")]
    VoiceNotFound(String),
    /// Something asked for is not offered.
    #[error("provider does not support {0}")]
    Unsupported(String),
    /// The service refused the credentials.
    #[error("provider refused the credentials: {0}")]
    Unauthorized(String),
    /// The account is used up, until it resets.
    #[error("provider quota is used up")]
    QuotaExhausted {
        /// Time until it resets, when known.
        resets_in: Option<Duration>,
    },
    /// Too many requests.
    #[error("provider is rate limiting")]
    RateLimited {
        /// The service's Retry-After, when given.
        retry_after: Option<Duration>,
    },
    /// The service will not speak this text.
    #[error("provider blocked the content: {0}")]
    ContentBlocked(String),
    /// The service is down.
    #[error("provider is unavailable: {0}")]
    Unavailable(String),
    /// The service did not answer in time.
    #[error("provider timed out")]
    TimedOut,
    /// The service said something that makes no sense.
    #[error("provider broke its protocol: {0}")]
    Protocol(String),
    /// The service answered well and sent no audio.
    #[error("provider sent no audio")]
    NoAudio,
}

impl ProviderError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::TextTooLong(_) => "text_too_long",
            Self::VoiceNotFound(_) => "voice_not_found",
            Self::Unsupported(_) => "unsupported",
            Self::Unauthorized(_) => "provider_unauthorized",
            Self::QuotaExhausted { .. } => "provider_quota_exhausted",
            Self::RateLimited { .. } => "provider_rate_limited",
            Self::ContentBlocked(_) => "content_blocked",
            Self::Unavailable(_) => "provider_unavailable",
            Self::TimedOut => "provider_timed_out",
            Self::Protocol(_) => "provider_protocol",
            Self::NoAudio => "provider_no_audio",
        }
    }
}

/// Why a call to a provider gave no take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider answered with an error.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The plugin trapped: a panic, an abort, a wild pointer, endless recursion.
    #[error("plugin {plugin} trapped: {reason}")]
    Trapped {
        /// Which plugin.
        plugin: String,
        /// The trap, and the innermost frame when it has a name.
        reason: String,
    },
    /// The call passed its wall-clock deadline.
    #[error("plugin {plugin} passed its deadline of {} ms", .limit.as_millis())]
    DeadlineExceeded {
        /// Which plugin.
        plugin: String,
        /// The time it was given.
        limit: Duration,
    },
    /// The call computed for longer than it may.
    #[error("plugin {plugin} used up its processor time of {} ms", .limit.as_millis())]
    CpuExceeded {
        /// Which plugin.
        plugin: String,
        /// The time it may compute.
        limit: Duration,
    },
    /// The call ran past another limit.
    #[error("plugin {plugin} passed its limit of {limit} {what}")]
    LimitExceeded {
        /// Which plugin.
        plugin: String,
        /// What is limited, with its unit, for example `bytes of memory`.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The plugin did what the contract forbids.
    #[error("plugin {plugin} broke the contract: {reason}")]
    BrokenContract {
        /// Which plugin.
        plugin: String,
        /// What it did.
        reason: String,
    },
    /// The plugin asked for what nobody granted, and could not do without.
    #[error("{reason}")]
    NotGranted {
        /// Which plugin.
        plugin: String,
        /// What it asked for; names the plugin.
        reason: String,
        /// What would grant it.
        hint: String,
    },
    /// The plugin was replaced while it played, and the time it had to finish is over.
    #[error("plugin {plugin} was replaced before it had finished")]
    Replaced {
        /// Which plugin.
        plugin: String,
    },
    /// Every instance is in use.
    #[error("plugin {plugin} has no free instance")]
    Busy {
        /// Which plugin.
        plugin: String,
    },
}

impl Failure {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Provider(error) => error.code(),
            Self::Trapped { .. } => "plugin_trapped",
            Self::DeadlineExceeded { .. } => "plugin_deadline_exceeded",
            Self::CpuExceeded { .. } => "plugin_cpu_exceeded",
            Self::LimitExceeded { .. } => "plugin_limit_exceeded",
            Self::BrokenContract { .. } => "plugin_broke_contract",
            Self::NotGranted { .. } => "plugin_not_granted",
            Self::Replaced { .. } => "plugin_replaced",
            Self::Busy { .. } => "plugin_busy",
        }
    }
}
