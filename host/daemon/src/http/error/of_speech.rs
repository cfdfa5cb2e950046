//! The engine's errors on the wire.

use std::time::Duration;

use http::StatusCode;
use understudy_engine::script::{ScriptError, ScriptFault};
use understudy_engine::{SpeechError, Withheld};
use understudy_speech::{Failure, ProviderError};

use super::super::provenance::{AttemptInfo, SkippedInfo};
use super::{ApiError, Dialect, Story};

/// How soon a client may come back when every instance is in use.
const BUSY_RETRY: Duration = Duration::from_secs(1);

/// Those fields of the engine's request that a line of a conversation has.
const LINE: [&str; 7] = ["text", "emotion", "intensity", "rate", "pitch", "volume", "character"];

impl ApiError {
    /// The engine's error for a client of `dialect`.
    pub(crate) fn of(error: &SpeechError, dialect: Dialect) -> Self {
        let (field, place) = (error.field(), |field| place(error, field, dialect));
        let (status, openai_code) = class(error);
        let story = match error {
            SpeechError::AllFailed { attempts, skipped, .. } => Some(Box::new(Story {
                attempts: attempts.iter().map(AttemptInfo::from).collect(),
                skipped: skipped.iter().map(SkippedInfo::from).collect(),
            })),
            SpeechError::Tried { attempts, .. } => Some(Box::new(Story {
                attempts: attempts.iter().map(AttemptInfo::from).collect(),
                skipped: Vec::new(),
            })),
            _ => None,
        };
        let last = if let SpeechError::Tried { error, .. } = error { error } else { error };
        let busy = matches!(last, SpeechError::Failed { failure: Failure::Busy { .. }, .. });
        Self {
            openai_code,
            message: message(error, field.map(|field| dialect.field(field))).into(),
            param: field.map(place),
            hint: error.hint().map(Into::into),
            retry_after: error.retry_after().or(busy.then_some(BUSY_RETRY)),
            retryable: error.is_worth_retrying(),
            recorded: true,
            story,
            ..Self::new(status, error.code(), "")
        }
    }
}

/// The message, with the field by the name this client gave it.
fn message(error: &SpeechError, name: Option<&str>) -> String {
    match (error, name) {
        (SpeechError::Invalid(invalid), Some(name)) => format!("{name} {}", invalid.message),
        (SpeechError::NotOffered { provider, reason, .. }, Some(name)) => {
            format!("provider {provider} does not offer this: {name} {reason}")
        }
        (SpeechError::Line { number, speaker, error }, name) => {
            format!("line {number} of {speaker} could not be spoken: {}", message(error, name))
        }
        // Its place is a line of the request, and told as such.
        (SpeechError::Script(error), _) => error.fault.to_string(),
        _ => error.to_string(),
    }
}

/// The status, and OpenAI's code where it has one.
fn class(error: &SpeechError) -> (StatusCode, Option<&'static str>) {
    match error {
        SpeechError::TextTooLong { .. } => (StatusCode::BAD_REQUEST, Some("string_above_max_length")),
        SpeechError::UnknownVoice { .. } => (StatusCode::BAD_REQUEST, Some("invalid_value")),
        SpeechError::UnknownProvider { field, .. } => {
            let by_voice = matches!(field.as_bytes(), b"voice");
            (StatusCode::BAD_REQUEST, if by_voice { Some("invalid_value") } else { None })
        }
        SpeechError::Invalid(_)
        | SpeechError::UnknownRoute { .. }
        | SpeechError::NoProviderChosen { .. }
        | SpeechError::Script(_)
        | SpeechError::NotOffered { .. }
        | SpeechError::CannotEncode { .. }
        | SpeechError::TooLarge { .. } => (StatusCode::BAD_REQUEST, None),
        SpeechError::UnknownCharacter { .. } => (StatusCode::NOT_FOUND, None),
        SpeechError::Line { error, .. } | SpeechError::Tried { error, .. } => class(error),
        SpeechError::NoProviders | SpeechError::NoStandIn { .. } | SpeechError::Busy { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, None)
        }
        SpeechError::Withheld { reason, .. } => match reason {
            Withheld::Held { quota: true, .. } => (StatusCode::TOO_MANY_REQUESTS, Some("insufficient_quota")),
            reason if reason.is_rate_limit() => (StatusCode::TOO_MANY_REQUESTS, Some("rate_limit_exceeded")),
            _ => (StatusCode::SERVICE_UNAVAILABLE, None),
        },
        SpeechError::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, Some("rate_limit_exceeded")),
        SpeechError::AllFailed { decisive, .. } => class(decisive),
        SpeechError::Unusable { .. } => (StatusCode::BAD_GATEWAY, None),
        SpeechError::DeadlineExceeded { .. } => (StatusCode::GATEWAY_TIMEOUT, None),
        SpeechError::Encode(_) | SpeechError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
        SpeechError::Failed { failure, .. } => failed(failure),
    }
}

const fn failed(failure: &Failure) -> (StatusCode, Option<&'static str>) {
    match failure {
        Failure::Provider(error) => match error {
            ProviderError::InvalidRequest(_)
            | ProviderError::VoiceNotFound(_)
            | ProviderError::Unsupported(_)
            | ProviderError::ContentBlocked(_) => (StatusCode::BAD_REQUEST, None),
            ProviderError::TextTooLong(_) => (StatusCode::BAD_REQUEST, Some("string_above_max_length")),
            ProviderError::QuotaExhausted { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, Some("insufficient_quota"))
            }
            ProviderError::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, Some("rate_limit_exceeded")),
            ProviderError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, None),
            ProviderError::TimedOut => (StatusCode::GATEWAY_TIMEOUT, None),
            ProviderError::Unauthorized(_) | ProviderError::Protocol(_) | ProviderError::NoAudio => {
                (StatusCode::BAD_GATEWAY, None)
            }
        },
        Failure::DeadlineExceeded { .. } => (StatusCode::GATEWAY_TIMEOUT, None),
        Failure::Busy { .. } | Failure::Replaced { .. } => (StatusCode::SERVICE_UNAVAILABLE, None),
        Failure::Trapped { .. }
        | Failure::CpuExceeded { .. }
        | Failure::LimitExceeded { .. }
        | Failure::NotGranted { .. }
        | Failure::BrokenContract { .. } => (StatusCode::BAD_GATEWAY, None),
    }
}

/// Where the client wrote what the engine knows as `field`: what belongs to a line stands there.
fn place(error: &SpeechError, field: &str, dialect: Dialect) -> String {
    let name = dialect.field(field);
    match error {
        SpeechError::Line { number, .. } if LINE.contains(&field) => {
            format!("lines[{}].{name}", number.saturating_sub(1))
        }
        SpeechError::Script(ScriptError { place, fault }) => {
            let line = place.line.saturating_sub(1);
            match fault {
                ScriptFault::UnknownSpeaker { .. } | ScriptFault::NobodySpeaks => {
                    format!("lines[{line}].character_id")
                }
                ScriptFault::NothingSaid(_) => format!("lines[{line}].text"),
                _ => "lines".to_owned(),
            }
        }
        _ => name.to_owned(),
    }
}
