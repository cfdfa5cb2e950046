//! Refusals as FastAPI and pydantic write them.
//!
//! Half of the self-hosted speech servers are FastAPI applications: a request body is checked field
//! by field, every fault is collected, and the answer is 422 with a list of them under `detail`.
//! Fields a model does not name are ignored, which is pydantic's default.

use std::ops::RangeInclusive;

use axum::Json;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// The members of a JSON object.
pub(crate) type Members = Map<String, Value>;

/// `{"detail": …}`.
pub(crate) fn detail(status: StatusCode, detail: impl Into<Value>) -> Response {
    (status, Json(json!({ "detail": detail.into() }))).into_response()
}

/// What Starlette says to a path it does not serve.
pub(crate) async fn not_found() -> Response {
    detail(StatusCode::NOT_FOUND, "Not Found")
}

/// What Starlette says to a method the path does not serve.
pub(crate) async fn method_not_allowed() -> Response {
    let mut response = detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    response.headers_mut().insert(ALLOW, axum::http::HeaderValue::from_static("POST"));
    response
}

/// The body's members.
///
/// # Errors
/// The 422 for a body that is not JSON, or is not called JSON, or is no object.
pub(crate) fn members(headers: &HeaderMap, body: &[u8]) -> Result<Members, Response> {
    let is_json = headers
        .get(CONTENT_TYPE)
        .is_some_and(|label| label.to_str().is_ok_and(|label| label.starts_with("application/json")));
    let kind = "model_attributes_type";
    let message = "Input should be a valid dictionary or object to extract fields from";
    if body.is_empty() {
        return Err(list(vec![entry("missing", &json!(["body"]), "Field required", &Value::Null)]));
    }
    if !is_json {
        let text = String::from_utf8_lossy(body).into_owned();
        return Err(list(vec![entry(kind, &json!(["body"]), message, &Value::String(text))]));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(list(vec![entry(kind, &json!(["body"]), message, &other)])),
        Err(error) => Err(list(vec![json!({
            "type": "json_invalid", "loc": ["body", error.column()], "msg": "JSON decode error", "input": {},
            "ctx": { "error": "Expecting value" },
        })])),
    }
}

fn list(faults: Vec<Value>) -> Response {
    detail(StatusCode::UNPROCESSABLE_ENTITY, faults)
}

fn entry(kind: &str, at: &Value, message: &str, input: &Value) -> Value {
    json!({ "type": kind, "loc": at, "msg": message, "input": input })
}

/// Reads one model's fields and collects what is wrong with them.
pub(crate) struct Model<'members> {
    members: &'members Members,
    faults: Vec<Value>,
}

impl<'members> Model<'members> {
    /// A model over the body's members.
    pub(crate) fn of(members: &'members Members) -> Self {
        Self { members, faults: Vec::new() }
    }

    /// Everything was in order.
    ///
    /// # Errors
    /// The 422 that lists what was not.
    pub(crate) fn finish(self) -> Result<(), Response> {
        if self.faults.is_empty() { Ok(()) } else { Err(list(self.faults)) }
    }

    fn fault(&mut self, name: &str, kind: &str, message: &str) {
        let input = self.members.get(name).cloned().unwrap_or_default();
        self.faults.push(entry(kind, &json!(["body", name]), message, &input));
    }

    /// A member that is there; null counts as absent for fields with a default of `None`.
    fn given(&self, name: &str) -> Option<&'members Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A string that must be there.
    pub(crate) fn text(&mut self, name: &str) -> String {
        if !self.members.contains_key(name) {
            let whole = Value::Object(self.members.clone());
            self.faults.push(entry("missing", &json!(["body", name]), "Field required", &whole));
            return String::new();
        }
        match self.members.get(name) {
            Some(Value::String(text)) => text.clone(),
            _ => {
                self.fault(name, "string_type", "Input should be a valid string");
                String::new()
            }
        }
    }

    /// A string, or nothing.
    pub(crate) fn text_if_any(&mut self, name: &str) -> Option<String> {
        match self.given(name)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.fault(name, "string_type", "Input should be a valid string");
                None
            }
        }
    }

    /// A number within a range.
    pub(crate) fn number(&mut self, name: &str, default: f64, range: RangeInclusive<f64>) -> f64 {
        let Some(value) = self.given(name) else { return default };
        let parsed = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let Some(number) = parsed else {
            let (kind, message) = match value {
                Value::String(_) => {
                    ("float_parsing", "Input should be a valid number, unable to parse string as a number")
                }
                _ => ("float_type", "Input should be a valid number"),
            };
            self.fault(name, kind, message);
            return default;
        };
        if number < *range.start() {
            let message = format!("Input should be greater than or equal to {}", range.start());
            self.fault(name, "greater_than_equal", &message);
        } else if number > *range.end() {
            let message = format!("Input should be less than or equal to {}", range.end());
            self.fault(name, "less_than_equal", &message);
        }
        number
    }

    /// A whole number, or nothing.
    pub(crate) fn whole_if_any(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.given(name)?;
        let Some(whole) = value.as_i64() else {
            let (kind, message) = match value {
                Value::String(_) => {
                    ("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
                }
                _ => ("int_type", "Input should be a valid integer"),
            };
            self.fault(name, kind, message);
            return None;
        };
        if !range.contains(&whole) {
            let (kind, message) = if whole < *range.start() {
                ("greater_than_equal", format!("Input should be greater than or equal to {}", range.start()))
            } else {
                ("less_than_equal", format!("Input should be less than or equal to {}", range.end()))
            };
            self.fault(name, kind, &message);
        }
        Some(whole)
    }

    /// True or false.
    pub(crate) fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.given(name) {
            None => default,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(
                    name,
                    "bool_parsing",
                    "Input should be a valid boolean, unable to interpret input",
                );
                default
            }
        }
    }

    /// One of a few words.
    pub(crate) fn one_of(&mut self, name: &str, default: &str, words: &[&str]) -> String {
        let Some(value) = self.given(name) else { return default.to_owned() };
        if let Value::String(word) = value
            && words.contains(&word.as_str())
        {
            return word.clone();
        }
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let listed = match quoted.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        };
        self.fault(name, "literal_error", &format!("Input should be {listed}"));
        default.to_owned()
    }
}
