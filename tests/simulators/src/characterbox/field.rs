//! The members of a body, one by one: what is there has to be of its kind, null included.

use std::ops::RangeInclusive;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::trouble::Trouble;

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 1_000_000;

/// A body, or an object within it.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    members: Map<String, Value>,
    /// What stands before a member's name in a refusal: `voice_settings.`, or nothing.
    prefix: String,
}

impl Fields {
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Trouble> {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(Trouble::no_json("Content-Type must be application/json"));
        }
        if body.len() > BODY_BYTES_MAX {
            return Err(Trouble::too_large("script_too_long", "body", BODY_BYTES_MAX, body.len()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members, prefix: String::new() }),
            _ => Err(Trouble::no_json("Body must be a JSON object")),
        }
    }

    /// Refuses members that are not on the list.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Trouble> {
        match self.members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(stranger) => Err(self.invalid(stranger, "is not a known field")),
        }
    }

    /// Refuses a body that lacks one of these.
    pub(super) fn all(&self, needed: &[&str]) -> Result<(), Trouble> {
        match needed.iter().find(|name| !self.members.contains_key(**name)) {
            None => Ok(()),
            Some(name) => Err(self.missing(name)),
        }
    }

    pub(super) fn missing(&self, name: &str) -> Trouble {
        Trouble::field(&format!("{}{name}", self.prefix), "missing_field", format!("{name} is required"))
    }

    pub(super) fn invalid(&self, name: &str, message: &str) -> Trouble {
        Trouble::field(&format!("{}{name}", self.prefix), "invalid_field", format!("{name} {message}"))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Trouble> {
        match self.members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "must be a string")),
        }
    }

    pub(super) fn needed_text(&self, name: &str) -> Result<&str, Trouble> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn number(&self, name: &str, range: RangeInclusive<f64>) -> Result<Option<f64>, Trouble> {
        let Some(value) = self.members.get(name) else { return Ok(None) };
        let inside = value.as_f64().filter(|number| range.contains(number));
        let message = format!("must be a number between {} and {}, got {value}", range.start(), range.end());
        inside.map(Some).ok_or_else(|| self.invalid(name, &message))
    }

    /// One of these names, the first of which is the default.
    pub(super) fn one_of<'name>(&self, name: &str, names: &[&'name str]) -> Result<&'name str, Trouble> {
        let default = names.first().copied().unwrap_or_default();
        let given = self.text(name)?.unwrap_or(default);
        let known = names.iter().find(|known| **known == given);
        known.copied().ok_or_else(|| self.invalid(name, &format!("must be one of {}", names.join(", "))))
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Trouble> {
        match self.members.get(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.invalid(name, "must be true or false")),
        }
    }

    /// An object within; an empty one when there is none.
    pub(super) fn object(&self, name: &str) -> Result<Self, Trouble> {
        let prefix = format!("{}{name}.", self.prefix);
        match self.members.get(name) {
            None => Ok(Self { members: Map::new(), prefix }),
            Some(Value::Object(members)) => Ok(Self { members: members.clone(), prefix }),
            Some(_) => Err(self.invalid(name, "must be an object")),
        }
    }

    /// A list of objects.
    pub(super) fn objects(&self, name: &str) -> Result<Option<Vec<Self>>, Trouble> {
        let Some(value) = self.members.get(name) else { return Ok(None) };
        let wrong = || self.invalid(name, "must be a list of objects");
        let items = value.as_array().ok_or_else(wrong)?.iter().enumerate();
        let items = items.map(|(index, item)| match item {
            Value::Object(members) => {
                Ok(Self { members: members.clone(), prefix: format!("{}{name}.{index}.", self.prefix) })
            }
            _ => Err(wrong()),
        });
        items.collect::<Result<_, _>>().map(Some)
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, Trouble> {
        let list = self.members.get(name).ok_or_else(|| self.missing(name))?;
        let texts = list.as_array().map(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        texts.flatten().ok_or_else(|| self.invalid(name, "must be a list of strings"))
    }
}
