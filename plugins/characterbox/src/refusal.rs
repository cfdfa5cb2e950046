//! What the service's errors mean.
//!
//! A code decides first; where a service has none, the status. Faults of the request end at the
//! caller or at another provider, never at this provider's record: a character that left, an emotion it
//! lacks and a premium voice on a plain account say nothing about the service's health.

use std::time::Duration;

use serde_json::Value;
use understudy_plugin::http::Complaint;
use understudy_plugin::{Error, TextLimit, log};

/// The wait of a rate limit that names none, and the longest one believed.
const LIMITED: Duration = Duration::from_secs(60);
const WAIT_MAX: Duration = Duration::from_secs(120);
/// Characters the service takes at once, unless it says otherwise.
pub(crate) const TEXT_CHARACTERS_MAX: u32 = 5_000;

/// How long the service asks to wait: by header, in the error, or by when its minute ends. A rate
/// limit that names no wait is one of a minute.
pub(crate) fn named_wait(complaint: &Complaint, reset: Option<&str>) -> Option<Duration> {
    let seconds = |value: f64| Duration::try_from_secs_f64(value).ok();
    let told = || member(complaint, "retry_after").and_then(Value::as_f64).and_then(seconds);
    let minute = || reset.and_then(|reset| reset.trim().parse().ok()).and_then(seconds);
    let limited = complaint.status == 429;
    let wait = complaint.retry_after.or_else(told).or_else(|| minute().filter(|_| limited));
    wait.or(limited.then_some(LIMITED))
        .map(|wait| if is_daily(complaint) { wait } else { wait.min(WAIT_MAX) })
}

/// A member of the error object.
pub(crate) fn member<'complaint>(complaint: &'complaint Complaint, name: &str) -> Option<&'complaint Value> {
    let document = complaint.document.as_ref()?;
    document.get("error").or_else(|| document.get("detail")).unwrap_or(document).get(name)
}

fn is_daily(complaint: &Complaint) -> bool {
    complaint.is(&["characters_per_day"])
}

/// What a refused order of speech means; it named these characters.
pub(crate) fn of_speech(complaint: &Complaint, characters: &[&str]) -> Error {
    let message = &complaint.message;
    let character = || {
        let named = characters.iter().find(|id| message.contains(**id));
        (*named.or(characters.first()).unwrap_or(&"")).to_owned()
    };
    match complaint.code.as_deref().unwrap_or_default() {
        "character_not_found" => Error::VoiceNotFound(character()),
        "character_inactive" => {
            log::warn("character is not active", &[("character", &character())]);
            Error::VoiceNotFound(character())
        }
        "premium_required" | "character_not_allowed" => {
            Error::unsupported(format!("the character {} for this account: {message}", character()))
        }
        "content_blocked" => Error::content_blocked(message),
        "unsupported_emotion" => Error::unsupported(format!("the emotion: {message}")),
        "unsupported_language" => Error::unsupported(format!("the language: {message}")),
        "unsupported_format" => Error::unsupported(format!("the format: {message}")),
        "empty_text" => Error::unsupported("text in which nothing can be spoken"),
        "text_too_long" | "script_too_long" => Error::TextTooLong(TextLimit::characters(limit(complaint))),
        "invalid_field" | "missing_field" | "unknown_speaker" => of_field(complaint),
        "idempotency_conflict" | "invalid_json" => {
            Error::protocol(format!("status {}: {message}", complaint.status))
        }
        _ => of_status(complaint, &character()),
    }
}

/// An error without a code that is known.
fn of_status(complaint: &Complaint, character: &str) -> Error {
    let message = &complaint.message;
    match complaint.status {
        404 if complaint.says("character") => Error::VoiceNotFound(character.to_owned()),
        413 => Error::TextTooLong(TextLimit::characters(limit(complaint))),
        403 if complaint.says("character") => {
            Error::unsupported(format!("the character {character} for this account: {message}"))
        }
        409 if complaint.says("active") => Error::VoiceNotFound(character.to_owned()),
        400 | 422 if complaint.document.is_some() => Error::unsupported(format!("what was asked: {message}")),
        405 | 501 => Error::unsupported(format!("what was asked, status {}: {message}", complaint.status)),
        _ => of_account(complaint),
    }
}

/// The longest text the service says it takes, in characters.
pub(crate) fn limit(complaint: &Complaint) -> u32 {
    let limit =
        member(complaint, "limit").and_then(Value::as_u64).and_then(|limit| u32::try_from(limit).ok());
    limit.filter(|limit| *limit > 0).unwrap_or(TEXT_CHARACTERS_MAX)
}

/// A field that does not suit, by the name the caller knows it under.
fn of_field(complaint: &Complaint) -> Error {
    let message = &complaint.message;
    let param = complaint.param.as_deref().unwrap_or_default();
    let field = match param.rsplit('.').next().unwrap_or_default() {
        "speed" | "speaking_rate" => "rate",
        "pitch" => "pitch",
        "volume" => "volume",
        "text" | "script" | "lines" => "text",
        "emotion" => "emotion",
        "emotion_intensity" => "intensity",
        "language_code" => "language",
        "character_id" | "characters" => "character",
        _ => "options",
    };
    Error::invalid(field, format!("was refused by the service: {message}"))
}

/// What a refusal of any kind means, by the account and the service's health.
pub(crate) fn of_account(complaint: &Complaint) -> Error {
    let said = || format!("status {}: {}", complaint.status, complaint.message);
    match (complaint.status, complaint.code.as_deref().unwrap_or_default()) {
        (402, _) => Error::QuotaExhausted { resets_in: complaint.retry_after },
        (429, _) if is_daily(complaint) => Error::QuotaExhausted { resets_in: complaint.retry_after },
        (401 | 403, _) => Error::unauthorized(said()),
        (404 | 405 | 501, _) => Error::unauthorized(format!("no such service at base_url, {}", said())),
        (408 | 504, _) | (_, "timeout") => Error::TimedOut,
        (_, "internal" | "overloaded") => Error::unavailable(said()),
        _ => complaint.by_status(),
    }
}

/// A complaint that came within a good answer: a conversation that failed.
pub(crate) fn of_failed(error: Option<&Value>, characters: &[&str]) -> Error {
    let text =
        |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str).map(str::to_owned);
    let message = text("message").unwrap_or_else(|| "no reason was given".to_owned());
    let code = text("code").unwrap_or_default();
    match (text("type").as_deref(), code.as_str()) {
        (_, "content_blocked") => Error::content_blocked(message),
        (_, "character_not_found" | "character_inactive") => {
            let named = characters.iter().find(|id| message.contains(**id)).or(characters.first());
            Error::VoiceNotFound((*named.unwrap_or(&"")).to_owned())
        }
        (Some("billing"), _) => Error::QuotaExhausted { resets_in: None },
        (Some("rate_limit"), _) => Error::RateLimited { retry_after: Some(LIMITED) },
        (Some("authentication"), _) => Error::unauthorized(message),
        (_, "timeout") => Error::TimedOut,
        (Some("invalid_request" | "permission"), _) => {
            Error::unsupported(format!("the conversation: {message}"))
        }
        _ => Error::unavailable(format!("conversation failed: {message}")),
    }
}
