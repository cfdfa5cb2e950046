//! A schema's defaults, put where settings leave something out.
//!
//! A default that is an array brings items, each of which has defaults of its own: a few of those
//! inside one another multiply, and a schema of some kilobytes would fill the host's memory. So what
//! is put in is counted before it is there.

use serde_json::Value;

/// What defaults may come to, in bytes of memory; and the properties that may be looked at, which
/// count a byte each.
const DEFAULT_BYTES_MAX: usize = 4 << 20;
/// What a value takes besides its text.
const VALUE_BYTES: usize = 128;

/// A schema would fill in more than settings may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must not fill in more than {} MiB of defaults", DEFAULT_BYTES_MAX >> 20)]
pub(super) struct TooManyDefaults;

/// Fills in `default`s of absent properties, down through objects and arrays that are there. It
/// goes as deep as the value does, so a schema cannot make it run for ever.
pub(super) fn fill_defaults(schema: &Value, value: &mut Value) -> Result<(), TooManyDefaults> {
    Allowance(DEFAULT_BYTES_MAX).fill(schema, value)
}

/// Bytes that may still be put in.
struct Allowance(usize);

impl Allowance {
    fn fill(&mut self, schema: &Value, value: &mut Value) -> Result<(), TooManyDefaults> {
        match value {
            Value::Object(fields) => {
                let properties = schema.get("properties").and_then(Value::as_object);
                for (name, property) in properties.into_iter().flatten() {
                    self.spend(1)?;
                    if let (false, Some(default)) = (fields.contains_key(name), property.get("default")) {
                        self.spend(name.len().saturating_add(bytes(default)))?;
                        fields.insert(name.clone(), default.clone());
                    }
                    if let Some(field) = fields.get_mut(name) {
                        self.fill(property, field)?;
                    }
                }
                Ok(())
            }
            Value::Array(items) => {
                let schema = schema.get("items");
                schema.map_or(Ok(()), |schema| items.iter_mut().try_for_each(|item| self.fill(schema, item)))
            }
            _ => Ok(()),
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), TooManyDefaults> {
        self.0 = self.0.checked_sub(bytes).ok_or(TooManyDefaults)?;
        Ok(())
    }
}

/// About what a value takes. A schema is parsed from a text, so its depth has a bound.
fn bytes(value: &Value) -> usize {
    let inside: usize = match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| name.len() + bytes(field)).sum(),
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::String(text) => text.len(),
        _ => 0,
    };
    VALUE_BYTES + inside
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value, settings: Value, expected: Result<(), TooManyDefaults>) {
        let mut settings = settings;
        assert_eq!(fill_defaults(schema, &mut settings), expected);
        // Names and brackets beside the values, at most.
        assert!(settings.to_string().len() < 2 * DEFAULT_BYTES_MAX);
    }

    #[test]
    fn defaults_that_multiply_are_stopped_before_they_are_there() {
        let many = || vec![json!({}); 1_000];
        let nested = (0..6).fold(
            json!({}),
            |inner, _| json!({ "items": { "properties": { "list": inner } }, "default": many() }),
        );
        assert!(nested.to_string().len() < 20_000);
        check(&json!({ "properties": { "list": nested } }), json!({}), Err(TooManyDefaults));
        let flat = json!({ "properties": { "list": { "items": {}, "default": many() } } });
        check(&flat, json!({}), Ok(()));
    }

    #[test]
    fn many_items_are_not_held_against_many_properties_for_ever() {
        let properties: serde_json::Map<String, Value> =
            (0..10_000).map(|name| (name.to_string(), json!({}))).collect();
        let schema = json!({ "properties": { "list": { "items": { "properties": properties } } } });
        check(&schema, json!({ "list": vec![json!({}); 100] }), Ok(()));
        check(&schema, json!({ "list": vec![json!({}); 1_000] }), Err(TooManyDefaults));
    }
}
