//! A plugin's settings, made fit before it sees them.
//!
//! The manifest carries a JSON Schema; the operator's settings are held against it once, at load,
//! so that no plugin needs code for missing or wrong fields and every mistake has the same clear
//! answer. Defaults of the schema are filled in first, because `required` fields with a default
//! are a natural thing to write.
//!
//! A schema comes from a plugin and is not trusted: references to other documents resolve to
//! nothing, and patterns run on an engine without backtracking.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::load::LoadError;
use crate::trap::bounded;

/// The longest message about a setting, in bytes.
const MESSAGE_BYTES_MAX: usize = 500;

/// Compiles a schema; the error says what is wrong with it.
pub(crate) fn validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .offline()
        .build(schema)
        .map_err(|error| bounded(&error.to_string(), MESSAGE_BYTES_MAX))
}

/// Settings as a plugin of this manifest's `settings_schema` sees them when an operator writes these:
/// what is left out has its default, so that a default written out is the same settings.
#[must_use]
pub fn with_defaults(settings_schema: &Value, settings: &Map<String, Value>) -> Map<String, Value> {
    let mut settings = Value::Object(settings.clone());
    fill_defaults(settings_schema, &mut settings);
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}

/// The settings with defaults filled in, when they are valid by the schema that `validator` was
/// made of. What is wrong with them is told with their values, so it passes through `redact`.
pub(crate) fn complete(
    schema: &Value,
    validator: &Validator,
    settings: Map<String, Value>,
    redact: impl Fn(String) -> String,
) -> Result<Value, LoadError> {
    let mut settings = Value::Object(settings);
    fill_defaults(schema, &mut settings);
    if let Some(error) = validator.iter_errors(&settings).next() {
        return Err(LoadError::Settings {
            pointer: error.instance_path().as_str().to_owned(),
            message: bounded(&redact(error.to_string()), MESSAGE_BYTES_MAX),
        });
    }
    Ok(settings)
}

/// Fills in `default`s of absent properties, down through objects and arrays that are there. It
/// goes as deep as the value does, so a schema cannot make it run for ever.
fn fill_defaults(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                if let (false, Some(default)) = (fields.contains_key(name), property.get("default")) {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(field) = fields.get_mut(name) {
                    fill_defaults(property, field);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().for_each(|item| fill_defaults(schema, item));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "speed": { "type": "number", "default": 1.5, "minimum": 0.5 },
                "region": { "enum": ["eu", "us"] },
                "retry": {
                    "type": "object",
                    "default": {},
                    "properties": { "attempts": { "type": "integer", "default": 3 } },
                },
                "voices": { "items": { "properties": { "gain": { "default": 0 } } } },
            },
            "required": ["region"],
            "additionalProperties": false,
        })
    }

    fn check(settings: &Value, expected: Result<Value, (&str, &str)>) {
        let validator = validator(&schema()).unwrap();
        let settings = settings.as_object().unwrap().clone();
        let actual = complete(&schema(), &validator, settings, |text| text);
        match (actual, expected) {
            (Ok(actual), Ok(expected)) => assert_eq!(actual, expected),
            (Err(LoadError::Settings { pointer, message }), Err((expected, part))) => {
                assert_eq!(pointer, expected);
                assert!(message.contains(part), "{message}");
            }
            (actual, expected) => panic!("{actual:?} is not {expected:?}"),
        }
    }

    #[test]
    fn defaults_are_filled_in_at_every_depth_and_never_over_a_value() {
        check(
            &json!({ "region": "eu", "voices": [{}, { "gain": 2 }] }),
            Ok(json!({
                "region": "eu", "speed": 1.5, "retry": { "attempts": 3 },
                "voices": [{ "gain": 0 }, { "gain": 2 }],
            })),
        );
        check(
            &json!({ "region": "us", "speed": 2, "retry": { "attempts": 0 } }),
            Ok(json!({ "region": "us", "speed": 2, "retry": { "attempts": 0 } })),
        );
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_place_value_and_expectation() {
        check(&json!({ "region": "mars" }), Err(("/region", "\"mars\" is not one of")));
        check(
            &json!({ "region": "eu", "speed": 0.1 }),
            Err(("/speed", "0.1 is less than the minimum of 0.5")),
        );
        check(&json!({ "region": "eu", "retry": { "attempts": "x" } }), Err(("/retry/attempts", "\"x\"")));
        check(&json!({}), Err(("", "\"region\" is a required property")));
        check(&json!({ "region": "eu", "sped": 1 }), Err(("", "'sped'")));
    }

    #[test]
    fn a_schema_that_is_none_or_reaches_elsewhere_is_refused() {
        assert!(validator(&schema()).is_ok());
        assert!(validator(&json!({ "type": "objekt" })).is_err());
        assert!(validator(&json!({ "$ref": "https://example.com/schema.json" })).is_err());
        assert!(validator(&json!({ "$ref": "file:///etc/passwd" })).is_err());
    }
}
