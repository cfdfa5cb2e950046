//! One spelling for everything that means the same, fed into a hash.
//!
//! Every item is written as its name, a kind and its payload, each with its length before it, so
//! no two different sequences of items share one spelling. What is absent writes nothing at all:
//! a field that a later version adds leaves the keys of requests without it as they were, and the
//! cache survives the upgrade.

use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

/// Whole numbers up to here are exact in a double, so `1` and `1.0` are told to be equal below it.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

pub(super) struct Canon(Sha256);

impl Canon {
    /// A hash of its own for each `purpose`, which names the version of the form too.
    pub(super) fn new(purpose: &str) -> Self {
        let mut canon = Self(Sha256::new());
        canon.bytes(purpose.as_bytes());
        canon
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    pub(super) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.item(name, b't');
            self.bytes(text.as_bytes());
        }
    }

    pub(super) fn digest(&mut self, name: &str, digest: &[u8; 32]) {
        self.item(name, b'd');
        self.bytes(digest);
    }

    pub(super) fn whole(&mut self, name: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.item(name, b'n');
            self.bytes(&number.to_le_bytes());
        }
    }

    pub(super) fn flag(&mut self, name: &str, set: bool) {
        self.whole(name, set.then_some(1));
    }

    /// A control. Its `neutral` value, where the vocabulary knows one, is the same as none.
    pub(super) fn control(&mut self, name: &str, value: Option<f32>, neutral: Option<f32>) {
        let Some(value) = value.filter(|value| Some(*value) != neutral) else { return };
        self.item(name, b'f');
        // Adding zero makes one zero of the two.
        self.bytes(&(value + 0.0).to_bits().to_le_bytes());
    }

    /// Names in an order that is always the same; none of them is the same as no list.
    pub(super) fn names(&mut self, name: &str, names: impl Iterator<Item = &'static str> + Clone) {
        let length = names.clone().count();
        if length > 0 {
            self.item(name, b'l');
            self.length(length);
            names.for_each(|name| self.bytes(name.as_bytes()));
        }
    }

    /// A JSON object; the empty one says nothing and is the same as none.
    pub(super) fn object(&mut self, name: &str, object: Option<&Map<String, Value>>) {
        if let Some(object) = object.filter(|object| !object.is_empty()) {
            self.item(name, b'j');
            self.members(object);
        }
    }

    fn item(&mut self, name: &str, kind: u8) {
        self.bytes(name.as_bytes());
        self.0.update([kind]);
    }

    fn length(&mut self, length: usize) {
        self.0.update((length as u64).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.update(bytes);
    }

    /// Members in the order of their names' bytes, however the map keeps them.
    fn members(&mut self, object: &Map<String, Value>) {
        let mut members: Vec<_> = object.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        self.length(members.len());
        for (name, value) in members {
            self.bytes(name.as_bytes());
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.update(b"0"),
            Value::Bool(value) => self.0.update(if *value { b"+" } else { b"-" }),
            Value::Number(number) => self.number(number),
            Value::String(text) => {
                self.0.update(b"s");
                self.bytes(text.as_bytes());
            }
            Value::Array(values) => {
                self.0.update(b"a");
                self.length(values.len());
                values.iter().for_each(|value| self.value(value));
            }
            Value::Object(object) => {
                self.0.update(b"o");
                self.members(object);
            }
        }
    }

    /// Numbers compare by value, as in RFC 8785: `1`, `1.0` and `1e0` are one number.
    fn number(&mut self, number: &Number) {
        let integral = |value: &f64| value.fract() == 0.0 && value.abs() < EXACT_MAX;
        #[allow(clippy::cast_possible_truncation, reason = "integral and below 2^53")]
        let whole = number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .or_else(|| number.as_f64().filter(integral).map(|value| i128::from(value as i64)));
        match whole {
            Some(whole) => {
                self.0.update(b"i");
                self.0.update(whole.to_le_bytes());
            }
            None => {
                self.0.update(b"f");
                self.0.update(number.as_f64().unwrap_or_default().to_bits().to_le_bytes());
            }
        }
    }
}
