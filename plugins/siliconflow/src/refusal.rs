//! What the service's errors mean.
//!
//! Half of them are objects with a number, half are bare strings; the number decides where there is
//! one. There is no Retry-After in the documents, so a rate limit says when only if the answer does.

use understudy_plugin::Error;
use understudy_plugin::http::Complaint;

use crate::speech::{Draft, TEXT_LIMIT};

/// What a refused request for speech means.
pub(crate) fn of_speech(complaint: &Complaint, draft: &Draft) -> Error {
    let message = &complaint.message;
    let about_voice = complaint.says("voice") || complaint.says("speaker");
    match (complaint.status, &draft.voice) {
        // The model is the voice's own when the caller named it.
        (400, Some(voice)) if complaint.is(&["20012"]) && draft.voice_asked => Error::voice_not_found(voice),
        (400, _) if complaint.is(&["20012"]) => {
            Error::unauthorized(format!("model of the settings was refused: {message}"))
        }
        (400 | 422, Some(voice)) if about_voice => Error::voice_not_found(voice),
        (400 | 422, _) => match draft.options.iter().find(|option| complaint.says(option)) {
            Some(option) => {
                Error::invalid("options", format!("has a field the service refuses, {option}: {message}"))
            }
            None if complaint.code.is_some() => Error::unsupported(format!("what was asked: {message}")),
            None => Error::protocol(format!("status {}: {message}", complaint.status)),
        },
        (413, _) if draft.options.iter().any(|option| option == "references") => {
            Error::invalid("options", "has references that are too large")
        }
        (413, _) => Error::TextTooLong(TEXT_LIMIT),
        _ => of_account(complaint),
    }
}

/// What a refusal of any kind means, by the account and the service's health.
pub(crate) fn of_account(complaint: &Complaint) -> Error {
    match complaint.status {
        403 if complaint.is(&["30001"]) || complaint.says("balance") => {
            Error::QuotaExhausted { resets_in: None }
        }
        404 => Error::unauthorized(format!("no such service at base_url: {}", complaint.message)),
        _ => complaint.by_status(),
    }
}
