//! Why there is no speech, as a client is told.
//!
//! Each case has a stable code, most have a hint, and each knows whose fault it is. The last point
//! is what decides about an HTTP status, about a retry, and about a provider's record.

mod hint;

use std::collections::BTreeSet;
use std::time::Duration;

use understudy_audio::AudioError;
use understudy_speech::{Encoding, Failure, InvalidField, ProviderError, TextLimit};

use crate::gate::Withheld;
use crate::provenance::{Attempt, Skipped};
use crate::script::ScriptError;

/// Why a request for speech failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SpeechError {
    /// A field is wrong whoever speaks.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// The text is longer than the server or the provider takes.
    #[error("text is longer than {}: {length} {}", limit_of(.provider.as_deref(), .limit), .limit.unit.name())]
    TextTooLong {
        /// The text's length in the limit's unit.
        length: usize,
        /// The limit.
        limit: TextLimit,
        /// Whose limit; none: this server's.
        provider: Option<String>,
    },
    /// No such provider.
    #[error("no such provider: {name}")]
    UnknownProvider {
        /// As asked for.
        name: String,
        /// The field that named it: `provider` or `voice`.
        field: &'static str,
        /// The providers there are.
        known: Vec<String>,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
    /// No such route.
    #[error("no such route: {name}")]
    UnknownRoute {
        /// As asked for.
        name: String,
        /// The routes there are.
        known: Vec<String>,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
    /// Nobody was named, there is no default, and there is more than one.
    #[error("request names no provider and there is no default")]
    NoProviderChosen {
        /// The providers there are.
        known: Vec<String>,
    },
    /// The cast is empty.
    #[error("no provider is available")]
    NoProviders,
    /// The provider has no such voice.
    #[error("provider {provider} has no such voice: {voice}")]
    UnknownVoice {
        /// The provider asked.
        provider: String,
        /// As asked for.
        voice: String,
        /// The one that was probably meant.
        suggestion: Option<String>,
        /// The provider's own ids of the voices it has; empty when it could not be asked.
        known: Vec<String>,
    },
    /// Nobody is known by this name.
    #[error("no such character: {name}")]
    UnknownCharacter {
        /// As asked for.
        name: String,
        /// The one that was probably meant.
        suggestion: Option<String>,
        /// The characters there are, as a request would name them.
        known: Vec<String>,
    },
    /// A script cannot be performed as it is written.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// A line of a conversation could not be spoken by anybody.
    #[error("line {number} of {speaker} could not be spoken: {error}")]
    Line {
        /// Its place among the lines, from 1.
        number: usize,
        /// Whose line it is.
        speaker: String,
        /// Why.
        error: Box<Self>,
    },
    /// The provider cannot honour a field, and speaking without it would not be what was asked.
    #[error("provider {provider} does not offer this: {field} {reason}")]
    NotOffered {
        /// The provider asked.
        provider: String,
        /// The field.
        field: &'static str,
        /// What is offered and what was asked; reads on from the field's name.
        reason: String,
    },
    /// The wanted encoding can be neither had from the provider nor made here.
    #[error("encoding cannot be produced: {encoding}")]
    CannotEncode {
        /// The encoding.
        encoding: Encoding,
        /// The provider that does not have it either.
        provider: String,
    },
    /// In the wanted form the audio would be larger than audio may be here.
    #[error("audio as {encoding} at {sample_rate} Hz takes more than {bytes_max} bytes: {bytes}")]
    TooLarge {
        /// The field that makes it so large.
        field: &'static str,
        /// The wanted encoding.
        encoding: Encoding,
        /// Its samples a second.
        sample_rate: u32,
        /// What it would take.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The provider failed.
    #[error("provider {provider} {}: {failure}", verb(failure))]
    Failed {
        /// Which provider.
        provider: String,
        /// How.
        failure: Failure,
    },
    /// The provider answered, and what it sent is not the audio it said it was.
    #[error("provider {provider} sent unusable audio: {reason}")]
    Unusable {
        /// Which provider.
        provider: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The time the client gave is over.
    #[error("provider {provider} did not finish within {} ms", .limit.as_millis())]
    DeadlineExceeded {
        /// Which provider.
        provider: String,
        /// The time given.
        limit: Duration,
    },
    /// The provider has no voice that may stand in for the one asked for.
    #[error("provider {provider} has no stand-in for {asked}: {reason}")]
    NoStandIn {
        /// Which provider.
        provider: String,
        /// The public id of the voice asked for, or the provider that was.
        asked: String,
        /// Why none will do.
        reason: String,
    },
    /// The provider was not asked.
    #[error("provider {provider} was not asked: {reason}")]
    Withheld {
        /// Which provider.
        provider: String,
        /// Why.
        reason: Withheld,
    },
    /// So many requests are being spoken and waiting that this one is not taken.
    #[error("too many requests are being spoken")]
    Busy {
        /// When to come back.
        retry_after: Duration,
    },
    /// Every provider that could speak is being asked as often as it may be.
    #[error("every provider that could speak is rate limited")]
    RateLimited {
        /// When the first of them may be asked again, if that is known.
        retry_after: Option<Duration>,
    },
    /// There was more than one candidate, and none gave a take.
    #[error("no provider could speak, {}: {decisive}", called(.attempts))]
    AllFailed {
        /// The calls that were made.
        attempts: Vec<Attempt>,
        /// The providers that were not called, and why.
        skipped: Vec<Skipped>,
        /// The failure that says most: the first of a provider that was really called.
        decisive: Box<Self>,
    },
    /// There was one candidate, it was called, and gave no take; or a stream broke off.
    #[error("{error}")]
    Tried {
        /// The calls that were made.
        attempts: Vec<Attempt>,
        /// The failure of the last one.
        error: Box<Self>,
    },
    /// Good audio could not be brought into the wanted form.
    #[error("audio could not be encoded: {0}")]
    Encode(#[from] AudioError),
    /// A part of this program failed where it must not.
    #[error("internal failure: {0}")]
    Internal(String),
}

impl SpeechError {
    /// A stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_value",
            Self::TextTooLong { .. } => "text_too_long",
            Self::UnknownProvider { .. } => "unknown_provider",
            Self::UnknownRoute { .. } => "unknown_route",
            Self::NoProviderChosen { .. } => "no_provider_chosen",
            Self::NoProviders => "no_providers",
            Self::UnknownVoice { .. } => "voice_not_found",
            Self::UnknownCharacter { .. } => "character_not_found",
            Self::Script(error) => error.code(),
            Self::Line { error, .. } => error.code(),
            Self::NotOffered { .. } => "unsupported",
            Self::CannotEncode { .. } => "cannot_encode",
            Self::TooLarge { .. } => "audio_too_large",
            Self::Failed { failure, .. } => failure.code(),
            Self::Unusable { .. } => "provider_unusable_audio",
            Self::DeadlineExceeded { .. } => "deadline_exceeded",
            Self::NoStandIn { .. } => "no_stand_in",
            Self::Withheld { reason, .. } => reason.code(),
            Self::Busy { .. } => "busy",
            Self::RateLimited { .. } => "rate_limited",
            Self::AllFailed { .. } => "all_providers_failed",
            Self::Tried { error, .. } => error.code(),
            Self::Encode(error) => error.code(),
            Self::Internal(_) => "internal",
        }
    }

    /// The field of the request that is to blame, by its name in
    /// [`Request`](understudy_speech::Request) or [`SpeechRequest`](crate::SpeechRequest).
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid(invalid)
            | Self::Failed { failure: Failure::Provider(ProviderError::InvalidRequest(invalid)), .. } => {
                Some(&invalid.field)
            }
            Self::TextTooLong { .. }
            | Self::Failed {
                failure: Failure::Provider(ProviderError::TextTooLong(_) | ProviderError::ContentBlocked(_)),
                ..
            } => Some("text"),
            Self::UnknownProvider { field, .. } => Some(field),
            Self::UnknownRoute { .. } => Some("route"),
            Self::NoProviderChosen { .. } => Some("provider"),
            Self::UnknownVoice { .. } => Some("voice"),
            Self::UnknownCharacter { .. } => Some("character"),
            Self::Script(_) => Some("script"),
            Self::Line { error, .. } | Self::Tried { error, .. } => error.field(),
            Self::NotOffered { field, .. } | Self::TooLarge { field, .. } => Some(field),
            Self::CannotEncode { .. } => Some("encoding"),
            _ => None,
        }
    }

    /// True when the same request would fail at any server in any weather: it must not be retried
    /// and counts against no provider.
    #[must_use]
    pub fn is_client_fault(&self) -> bool {
        match self {
            Self::Invalid(_)
            | Self::TextTooLong { .. }
            | Self::UnknownProvider { .. }
            | Self::UnknownRoute { .. }
            | Self::NoProviderChosen { .. }
            | Self::UnknownVoice { .. }
            | Self::UnknownCharacter { .. }
            | Self::Script(_)
            | Self::NotOffered { .. }
            | Self::CannotEncode { .. }
            | Self::TooLarge { .. } => true,
            Self::Failed { failure, .. } => is_refusal(failure),
            Self::Line { error, .. } | Self::Tried { error, .. } => error.is_client_fault(),
            _ => false,
        }
    }

    /// How long to wait before another try, when that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed { failure: Failure::Provider(error), .. } => match error {
                ProviderError::RateLimited { retry_after } => *retry_after,
                ProviderError::QuotaExhausted { resets_in } => *resets_in,
                _ => None,
            },
            Self::Withheld { reason, .. } => reason.retry_after(),
            Self::Line { error, .. } | Self::Tried { error, .. } => error.retry_after(),
            Self::Busy { retry_after } => Some(*retry_after),
            Self::RateLimited { retry_after } => *retry_after,
            Self::AllFailed { attempts, decisive, .. } if attempts.is_empty() => decisive.retry_after(),
            _ => None,
        }
    }

    /// True when the same request may well succeed a little later. False for what every provider
    /// was already tried for, and the only one more than once; for what an operator has to put right;
    /// and for what a plugin makes of this very text: trying those again would only cost.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        match self {
            Self::AllFailed { attempts, decisive, .. } => attempts.is_empty() && decisive.is_worth_retrying(),
            Self::Tried { attempts, error } => attempts.len() < 2 && error.is_worth_retrying(),
            Self::NoStandIn { .. } => false,
            Self::Line { error, .. } => error.is_worth_retrying(),
            Self::Failed { failure, .. } => may_pass(failure) && !is_refusal(failure),
            Self::Withheld { reason, .. } => !matches!(reason, Withheld::NotRolledOut | Withheld::NotLoaded),
            error => !error.is_client_fault(),
        }
    }

    /// True when the provider is asked as often as it may be, by its own word or by our limits.
    pub(crate) fn is_rate_limit(&self) -> bool {
        match self {
            Self::Failed { failure: Failure::Provider(error), .. } => {
                matches!(error, ProviderError::RateLimited { .. } | ProviderError::QuotaExhausted { .. })
            }
            Self::Withheld { reason, .. } => reason.is_rate_limit(),
            Self::RateLimited { .. } => true,
            Self::Tried { error, .. } => error.is_rate_limit(),
            _ => false,
        }
    }

    /// True when the plugin was replaced in the middle of the call.
    pub(crate) const fn is_replacement(&self) -> bool {
        matches!(self, Self::Failed { failure: Failure::Replaced { .. }, .. })
    }

    /// The provider concerned, when the request got that far.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::TextTooLong { provider, .. } => provider.as_deref(),
            Self::UnknownVoice { provider, .. }
            | Self::NotOffered { provider, .. }
            | Self::CannotEncode { provider, .. }
            | Self::Failed { provider, .. }
            | Self::Unusable { provider, .. }
            | Self::NoStandIn { provider, .. }
            | Self::Withheld { provider, .. }
            | Self::DeadlineExceeded { provider, .. } => Some(provider),
            Self::AllFailed { decisive, .. } => decisive.provider(),
            Self::Line { error, .. } | Self::Tried { error, .. } => error.provider(),
            _ => None,
        }
    }
}

/// True when a provider is in order and this request is not for it.
const fn is_refusal(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Provider(
            ProviderError::InvalidRequest(_)
                | ProviderError::TextTooLong(_)
                | ProviderError::VoiceNotFound(_)
                | ProviderError::Unsupported(_)
                | ProviderError::ContentBlocked(_)
        )
    )
}

const fn may_pass(failure: &Failure) -> bool {
    !matches!(
        failure,
        Failure::Provider(ProviderError::Unauthorized(_) | ProviderError::QuotaExhausted { .. })
            | Failure::Trapped { .. }
            | Failure::CpuExceeded { .. }
            | Failure::LimitExceeded { .. }
            | Failure::NotGranted { .. }
            | Failure::BrokenContract { .. }
    )
}

/// How many providers the calls went to.
fn called(attempts: &[Attempt]) -> String {
    let names: BTreeSet<_> = attempts.iter().map(|attempt| &attempt.provider).collect();
    match names.len() {
        0 => "none was called".to_owned(),
        1 => "one was called".to_owned(),
        count => format!("{count} were called"),
    }
}

const fn verb(failure: &Failure) -> &'static str {
    if is_refusal(failure) { "refused" } else { "failed" }
}

fn limit_of(provider: Option<&str>, limit: &TextLimit) -> String {
    match provider {
        Some(provider) => format!("provider {provider} takes, {} {}", limit.maximum, limit.unit.name()),
        None => format!("{} {}", limit.maximum, limit.unit.name()),
    }
}
