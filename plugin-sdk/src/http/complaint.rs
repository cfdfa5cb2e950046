//! What a service says when it refuses.
//!
//! Nearly every service answers an error with JSON, and no two with the same: OpenAI's
//! `{"error": {…}}`, FastAPI's `{"detail": …}` as a text, an object or a list, a flat object, a bare
//! string; behind any of them a proxy answers in HTML. Reading them is the same work in every
//! plugin, and the interesting part, what a code means, is different in each. So the reading is
//! here, and the meaning is the plugin's.

use std::time::Duration;

use serde_json::Value;

use super::Response;
use crate::Error;

/// What is read of an error's body, in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;
/// The longest message, in bytes.
const MESSAGE_BYTES_MAX: usize = 1024;

/// A service's refusal, read from whatever form it came in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Complaint {
    /// The HTTP status.
    pub status: u16,
    /// The service's own code for it: the first of `code`, `status` and `error` that is a text, else a
    /// number in `code`, spelled in digits, else `type`.
    pub code: Option<String>,
    /// The field of the request it is about.
    pub param: Option<String>,
    /// What it says, at most 1 KiB; empty when it says nothing.
    pub message: String,
    /// How long to wait, see [`Response::retry_after`].
    pub retry_after: Option<Duration>,
    /// The whole body when it is JSON.
    pub document: Option<Value>,
}

impl Response {
    /// Reads the body of an error status. A body that breaks off only shortens the message, for the
    /// status has said the most of it.
    #[must_use]
    pub fn complaint(mut self) -> Complaint {
        let mut body = Vec::new();
        while body.len() < BODY_BYTES_MAX {
            match self.read(4096) {
                Ok(Some(piece)) => body.extend(piece),
                Ok(None) | Err(_) => break,
            }
        }
        let mut complaint = read(&body);
        complaint.status = self.status();
        complaint.retry_after = self.retry_after();
        complaint
    }
}

impl Complaint {
    /// True when the code is one of these.
    #[must_use]
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// True when the message holds this, without regard to case. For services that have no codes.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.message.to_lowercase().contains(&words.to_lowercase())
    }

    /// What the status most often means, see [`Error::from_status`].
    #[must_use]
    pub fn by_status(&self) -> Error {
        Error::from_status(self.status, self.retry_after, &self.message)
    }
}

/// Reads a body; status and wait are the caller's to fill in.
pub(crate) fn read(body: &[u8]) -> Complaint {
    let mut complaint = Complaint {
        status: 0,
        code: None,
        param: None,
        message: String::new(),
        retry_after: None,
        document: None,
    };
    if let Ok(document) = serde_json::from_slice::<Value>(body) {
        understand(&document, &mut complaint);
        complaint.document = Some(document);
    }
    if complaint.message.is_empty() {
        complaint.message = String::from_utf8_lossy(body).trim().to_owned();
    }
    shorten(&mut complaint.message);
    complaint
}

fn understand(document: &Value, complaint: &mut Complaint) {
    let inner = document.get("error").filter(|error| error.is_object());
    let detail = document.get("detail").filter(|detail| !detail.is_null());
    match inner.or(detail).unwrap_or(document) {
        Value::String(message) => complaint.message.clone_from(message),
        Value::Array(faults) => {
            if let Some(fault) = faults.first() {
                fields(fault, complaint);
            }
        }
        object => fields(object, complaint),
    }
}

fn fields(object: &Value, complaint: &mut Complaint) {
    let text = |name: &str| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    // With a message beside it, `error` is its short name.
    let message = text("message").or_else(|| text("msg"));
    complaint.message = message.or_else(|| text("error")).unwrap_or_default().to_owned();
    let number = object.get("code").filter(|code| code.is_number()).map(Value::to_string);
    let name = text("error").filter(|_| message.is_some());
    let telling = text("code").or_else(|| text("status")).or(name).map(str::to_owned);
    complaint.code = telling.or(number).or_else(|| text("type").map(str::to_owned));
    // FastAPI's `loc`: ["body", "voice_settings", "speed"].
    let place = object.get("loc").and_then(Value::as_array).map(|place| {
        let parts =
            place.iter().skip(1).map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
        parts.collect::<Vec<_>>().join(".")
    });
    complaint.param = text("param").map(str::to_owned).or(place);
    if let Some(param) = complaint.param.as_ref().filter(|_| object.get("loc").is_some()) {
        complaint.message = format!("{param}: {}", complaint.message);
    }
}

fn shorten(message: &mut String) {
    let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
    message.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, code: Option<&str>, param: Option<&str>, message: &str) {
        let complaint = read(body.as_bytes());
        assert_eq!(
            (complaint.code.as_deref(), complaint.param.as_deref(), complaint.message.as_str()),
            (code, param, message),
            "{body}"
        );
    }

    #[test]
    fn every_form_is_understood() {
        check(
            r#"{"error":{"message":"Bad voice","type":"invalid_request_error","param":"voice","code":"invalid_value"}}"#,
            Some("invalid_value"),
            Some("voice"),
            "Bad voice",
        );
        check(
            r#"{"error":{"message":"No","type":"server_error","param":null,"code":null}}"#,
            Some("server_error"),
            None,
            "No",
        );
        check(r#"{"error":{"code":500,"message":"oops","type":""}}"#, Some("500"), None, "oops");
        check(
            r#"{"detail":{"error":"invalid_model","message":"Unsupported","type":"invalid_request_error"}}"#,
            Some("invalid_model"),
            None,
            "Unsupported",
        );
        check(r#"{"detail":{"status":"quota_exceeded","message":"m"}}"#, Some("quota_exceeded"), None, "m");
        check(
            r#"{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}"#,
            Some("INVALID_ARGUMENT"),
            None,
            "m",
        );
        check(r#"{"detail":"Model 'x' is not installed"}"#, None, None, "Model 'x' is not installed");
        check(
            r#"{"detail":[{"type":"missing","loc":["body","items",0],"msg":"Field required","input":1}]}"#,
            Some("missing"),
            Some("items.0"),
            "items.0: Field required",
        );
        check(
            r#"{"code":20012,"message":"Model does not exist","data":null}"#,
            Some("20012"),
            None,
            "Model does not exist",
        );
        check(r#"{"message":"flat","code":"c","param":"p","type":"t"}"#, Some("c"), Some("p"), "flat");
        check(r#"{"error":"just words"}"#, None, None, "just words");
        check(r#""Invalid token""#, None, None, "Invalid token");
        check("404 page not found\n", None, None, "404 page not found");
        check("", None, None, "");
        check(r#"{"detail":[]}"#, None, None, r#"{"detail":[]}"#);
        check("<html>Bad gateway</html>", None, None, "<html>Bad gateway</html>");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let complaint = read(format!("\"{}\"", "ü".repeat(2_000)).as_bytes());
        assert_eq!(complaint.message.len(), MESSAGE_BYTES_MAX);
        let complaint = read(format!("\"x{}\"", "ü".repeat(2_000)).as_bytes());
        assert_eq!(complaint.message.len(), MESSAGE_BYTES_MAX - 1);
    }
}
