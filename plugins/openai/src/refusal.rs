//! What an error of these servers means.
//!
//! A wrong model or address is the operator's to mend, so it takes the provider out like a wrong key
//! does: every later request would fail the same way. What one request asked for and the server does
//! not have blames nobody.

use understudy_plugin::http::{Complaint, Response};
use understudy_plugin::{Error, TextLimit};

use crate::speech::Draft;

/// Characters OpenAI takes, when a server that refused a text did not say how many.
const CHARACTERS_MAX: u32 = 4096;

/// Whether the server says that it would refuse the same again, whatever its status means.
pub(crate) fn is_final(response: &Response) -> bool {
    response.header("x-should-retry").is_some_and(|told| told.trim().eq_ignore_ascii_case("false"))
}

/// The error of such a refusal: one the host counts and does not try again.
pub(crate) fn without_retry(error: Error) -> Error {
    match error {
        Error::Unavailable(_) | Error::TimedOut => Error::protocol(format!("{error}, and so would be again")),
        error => error,
    }
}

/// What a refused request for speech means.
pub(crate) fn of_speech(complaint: &Complaint, draft: &Draft, characters_max: Option<u32>) -> Error {
    if complaint.is(&["model_not_found", "invalid_model"]) || complaint.param.as_deref() == Some("model") {
        return model(complaint, draft);
    }
    match complaint.status {
        400 | 404 | 413 | 422 => of_request(complaint, draft, characters_max),
        _ => of_account(complaint),
    }
}

/// What a refused request of any kind means, by the account and the server's health.
pub(crate) fn of_account(complaint: &Complaint) -> Error {
    match complaint.status {
        // A conflict is worth another try by OpenAI's own clients.
        409 => Error::unavailable(format!("status 409: {}", complaint.message)),
        429 if complaint.is(&["insufficient_quota", "billing_hard_limit_reached"]) => {
            Error::QuotaExhausted { resets_in: None }
        }
        404 => Error::unauthorized(format!("no such service at base_url: {}", complaint.message)),
        _ => complaint.by_status(),
    }
}

fn of_request(complaint: &Complaint, draft: &Draft, characters_max: Option<u32>) -> Error {
    let message = &complaint.message;
    let about = |param: &str| complaint.param.as_deref() == Some(param);
    if complaint.status == 413 || complaint.is(&["string_above_max_length", "string_too_long"]) {
        return Error::TextTooLong(TextLimit::characters(characters_max.unwrap_or(CHARACTERS_MAX)));
    }
    if complaint.is(&["content_policy_violation", "moderation_blocked"]) || complaint.says("content policy") {
        return Error::content_blocked(message);
    }
    let unknown_voice =
        complaint.says("voice") && (complaint.says("not found") || complaint.says("does not exist"));
    if let (true, Some(voice)) = (about("voice") || unknown_voice, &draft.voice) {
        return Error::voice_not_found(voice);
    }
    if complaint.says("model") && (complaint.status == 404 || complaint.says("not found")) {
        return model(complaint, draft);
    }
    if let Some(option) = draft.options.iter().find(|option| about(option)) {
        return Error::invalid("options", format!("has a field the service refuses, {option}: {message}"));
    }
    match (complaint.status, &complaint.document) {
        (404, _) => of_account(complaint),
        (_, Some(_)) => Error::unsupported(format!("what was asked: {message}")),
        (status, None) => Error::protocol(format!("status {status}: {message}")),
    }
}

fn model(complaint: &Complaint, draft: &Draft) -> Error {
    if draft.options.iter().any(|option| option == "model") {
        return Error::unsupported(format!("the model of the options: {}", complaint.message));
    }
    Error::unauthorized(format!("model of the settings was refused: {}", complaint.message))
}
