//! What the service's errors mean.
//!
//! Every error is a `google.rpc.Status`, and its HTTP status says the least of it: a bad key is 400.
//! The machine-readable reason in the details decides first, then the name of the status. Of a 400
//! without a reason, which is nearly everything about a request, the message alone tells what is
//! wrong, so the service's own words are looked for.

use std::time::Duration;

use serde_json::Value;
use understudy_plugin::http::Complaint;
use understudy_plugin::{Error, TextLimit, log};

use crate::draft::Draft;
use crate::marks::INPUT_BYTES_MAX;

/// A sentence this long is taken, in bytes, and so is a text by a Studio voice. The service names
/// neither limit.
pub(crate) const SENTENCE_BYTES_MAX: u32 = 900;

/// What a refused request for speech means.
pub(crate) fn of_speech(complaint: &Complaint, draft: &Draft) -> Error {
    if reason(complaint).is_some() || !complaint.is(&["INVALID_ARGUMENT"]) {
        return of_account(complaint);
    }
    let message = &complaint.message;
    let says = |words: &[&str]| words.iter().any(|words| complaint.says(words));
    if says(&["does not exist. Is it misspelled", "doesn't match the voice", "No TTS voice matching"]) {
        return match &draft.voice {
            Some(voice) => Error::voice_not_found(voice),
            None => Error::unsupported(format!("the language: {}", draft.language)),
        };
    }
    if says(&["longer than the limit of"]) {
        return Error::TextTooLong(TextLimit::bytes(INPUT_BYTES_MAX));
    }
    if says(&["sentences that are too long", "is too long", "Input size limit exceeded"]) {
        return Error::TextTooLong(TextLimit::bytes(SENTENCE_BYTES_MAX));
    }
    if says(&["Invalid JSON payload", "Invalid value at"]) {
        return if draft.has_options {
            Error::invalid("options", format!("has a field the service refuses: {message}"))
        } else {
            Error::protocol(format!("status {}: {message}", complaint.status))
        };
    }
    Error::unsupported(format!("what was asked: {message}"))
}

/// What a refusal of any kind means, by the account and the service's health.
pub(crate) fn of_account(complaint: &Complaint) -> Error {
    let message = &complaint.message;
    match reason(complaint).unwrap_or_default() {
        "BILLING_DISABLED" => {
            log::warn("billing is not enabled for the project", &[("message", message)]);
            return Error::QuotaExhausted { resets_in: None };
        }
        "SERVICE_DISABLED" => {
            return Error::unauthorized(format!("api is not enabled for the project: {message}"));
        }
        reason if reason.starts_with("API_KEY_") => return unauthorized(complaint),
        _ => {}
    }
    match complaint.code.as_deref().unwrap_or_default() {
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => unauthorized(complaint),
        "RESOURCE_EXHAUSTED" => Error::RateLimited { retry_after: retry_after(complaint) },
        "DEADLINE_EXCEEDED" => Error::TimedOut,
        "UNAVAILABLE" | "INTERNAL" | "CANCELLED" | "ABORTED" | "UNKNOWN" => unavailable(complaint),
        _ => match complaint.status {
            404 => Error::unauthorized("no such service at base_url, status 404"),
            429 => Error::RateLimited { retry_after: retry_after(complaint) },
            499 => unavailable(complaint),
            _ => complaint.by_status(),
        },
    }
}

/// True when a voice takes no SSML, or no marks in it.
pub(crate) fn is_about_marks(complaint: &Complaint) -> bool {
    complaint.says("does not support SSML") || complaint.says("<mark>")
}

fn unauthorized(complaint: &Complaint) -> Error {
    Error::unauthorized(format!("status {}: {}", complaint.status, complaint.message))
}

fn unavailable(complaint: &Complaint) -> Error {
    Error::unavailable(format!("status {}: {}", complaint.status, complaint.message))
}

fn details(complaint: &Complaint) -> impl Iterator<Item = &Value> {
    let details = complaint.document.as_ref().and_then(|document| document.get("error")?.get("details"));
    details.and_then(Value::as_array).into_iter().flatten()
}

/// The reason of `google.rpc.ErrorInfo`.
fn reason(complaint: &Complaint) -> Option<&str> {
    details(complaint).find_map(|detail| detail.get("reason")?.as_str())
}

/// The header, else the delay of `google.rpc.RetryInfo`, such as `37s`.
fn retry_after(complaint: &Complaint) -> Option<Duration> {
    let delay = || {
        let delay = details(complaint).find_map(|detail| detail.get("retryDelay")?.as_str())?;
        Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
    };
    complaint.retry_after.or_else(delay)
}
