//! What the service's errors mean.
//!
//! It has three shapes of error and, over the years, several names for the same fault; a spent
//! account has answered 400, 401 and 402. So the code decides, and the HTTP status only when there
//! is none that is known.

use understudy_plugin::http::Complaint;
use understudy_plugin::{Error, TextLimit};

use crate::speech::Draft;

/// What a refused request for speech means.
pub(crate) fn of_speech(complaint: &Complaint, draft: &Draft, characters_max: u32) -> Error {
    let message = &complaint.message;
    match complaint.code.as_deref().unwrap_or_default() {
        "text_too_long" | "max_character_limit_exceeded" | "string_too_long" => {
            Error::TextTooLong(TextLimit::characters(characters_max))
        }
        "voice_not_found" | "voice_does_not_exist" | "voice_access_denied" | "invalid_uid" => {
            Error::voice_not_found(&draft.voice)
        }
        "model_not_found" | "model_access_denied" | "unsupported_model" => model(complaint, draft),
        "empty_text" => Error::unsupported("text in which nothing can be spoken"),
        "invalid_voice_settings" | "invalid_output_format" | "output_format_not_allowed" => {
            of_option(complaint, draft)
        }
        "feature_not_available" | "subscription_required" | "only_for_creator+" => {
            Error::unsupported(format!("what was asked, for the account's plan lacks it: {message}"))
        }
        "content_against_policy" | "content_policy_violation" => Error::content_blocked(message),
        _ => match complaint.status {
            404 if complaint.says("voice") => Error::voice_not_found(&draft.voice),
            400 | 422 if !is_quota(complaint) => of_option(complaint, draft),
            _ => of_account(complaint),
        },
    }
}

/// What a refusal of any kind means, by the account and the service's health.
pub(crate) fn of_account(complaint: &Complaint) -> Error {
    let message = &complaint.message;
    if is_quota(complaint) {
        return Error::QuotaExhausted { resets_in: complaint.retry_after };
    }
    match complaint.code.as_deref().unwrap_or_default() {
        "rate_limit_exceeded"
        | "concurrent_limit_exceeded"
        | "too_many_concurrent_requests"
        | "system_busy" => Error::RateLimited { retry_after: complaint.retry_after },
        "internal_error" | "service_unavailable" => {
            Error::unavailable(format!("status {}: {message}", complaint.status))
        }
        _ => match complaint.status {
            404 => Error::unauthorized(format!("no such service at base_url: {message}")),
            409 => Error::unavailable(format!("status 409: {message}")),
            _ => complaint.by_status(),
        },
    }
}

fn is_quota(complaint: &Complaint) -> bool {
    complaint.is(&["quota_exceeded", "insufficient_credits", "payment_required"])
}

/// A model of the settings is the operator's to mend; one of the options is the caller's wish.
fn model(complaint: &Complaint, draft: &Draft) -> Error {
    if draft.options.iter().any(|option| option == "model_id") {
        return Error::unsupported(format!("the model of the options: {}", complaint.message));
    }
    Error::unauthorized(format!("model of the settings was refused: {}", complaint.message))
}

/// A field that does not suit: the caller's own, or something this provider does not have.
fn of_option(complaint: &Complaint, draft: &Draft) -> Error {
    let message = &complaint.message;
    let about = |option: &&String| {
        let param = complaint.param.as_deref().unwrap_or_default();
        param == option.as_str()
            || param.starts_with(&format!("{option}."))
            || message.contains(option.as_str())
    };
    if let Some(option) = draft.options.iter().find(about) {
        return Error::invalid("options", format!("has a field the service refuses, {option}: {message}"));
    }
    match complaint.document {
        Some(_) => Error::unsupported(format!("what was asked: {message}")),
        None => Error::protocol(format!("status {}: {message}", complaint.status)),
    }
}
