//! A plugin's settings, made fit before it sees them.
//!
//! The manifest carries a JSON Schema; the operator's settings are held against it once, at load,
//! so that no plugin needs code for missing or wrong fields and every mistake has the same clear
//! answer. Defaults of the schema are filled in first, because `required` fields with a default
//! are a natural thing to write.
//!
//! A schema comes from a plugin and is not trusted: references to other documents resolve to
//! nothing, and patterns run on an engine without backtracking.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};
use understudy_speech::Manifest;

use crate::load::LoadError;
use crate::trap::bounded;

/// The longest message about a setting, in bytes.
const MESSAGE_BYTES_MAX: usize = 500;
/// The most that is told to be wrong with one plugin's settings.
const FAULTS_MAX: usize = 100;
/// Stands for a secret while settings are looked at by somebody who does not have it.
const UNSEEN: &str = "unseen";

/// Something that is wrong with a plugin's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingFault {
    /// JSON pointer to the value; to the table that lacks or has too many keys, when that is it.
    pub pointer: String,
    /// What is wrong.
    pub kind: SettingFaultKind,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingFaultKind {
    /// There is no such setting.
    Unknown {
        /// The key.
        key: String,
        /// The keys there are in its place.
        known: Vec<String>,
    },
    /// A setting that must be there is missing.
    Missing {
        /// The key, or keys of which one would do.
        keys: Vec<String>,
    },
    /// Its value does not fit; the value and what was expected, in words.
    Misfit(String),
}

/// Everything that is wrong with `settings`, by the schema of the plugin's manifest. Secrets are taken
/// to be there: they are somebody else's to look at.
#[must_use]
pub fn setting_faults(manifest: &Manifest, settings: &Map<String, Value>) -> Vec<SettingFault> {
    let secrets: Vec<&str> = manifest.secrets.iter().map(|secret| secret.name.as_str()).collect();
    faults_by(&manifest.settings_schema, &secrets, settings.clone())
}

fn faults_by(schema: &Value, secrets: &[&str], mut settings: Map<String, Value>) -> Vec<SettingFault> {
    let Ok(validator) = validator(schema) else { return Vec::new() };
    for secret in secrets {
        settings.entry(*secret).or_insert_with(|| UNSEEN.into());
    }
    let mut settings = Value::Object(settings);
    fill_defaults(schema, &mut settings);
    let is_of_a_secret = |fault: &SettingFault| {
        let first = fault.pointer.split('/').nth(1);
        first.is_some_and(|first| secrets.contains(&first))
    };
    let found = validator.iter_errors(&settings).flat_map(|error| faults(schema, &error));
    found.filter(|fault| !is_of_a_secret(fault)).take(FAULTS_MAX).collect()
}

/// One error of the validator may be about several keys.
fn faults(schema: &Value, error: &ValidationError<'_>) -> Vec<SettingFault> {
    let fault = |kind| SettingFault { pointer: error.instance_path().as_str().to_owned(), kind };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_beside(schema, error.schema_path().as_str());
            let unknown = |key: &String| SettingFaultKind::Unknown { key: key.clone(), known: known.clone() };
            unexpected.iter().map(|key| fault(unknown(key))).collect()
        }
        ValidationErrorKind::Required { property } => {
            vec![fault(SettingFaultKind::Missing { keys: vec![name_of(property)] })]
        }
        // Alternatives that each want another key.
        ValidationErrorKind::AnyOf { context } if context.iter().all(|errors| lacks(errors).is_some()) => {
            let keys = context.iter().filter_map(|errors| lacks(errors)).collect();
            vec![fault(SettingFaultKind::Missing { keys })]
        }
        _ => vec![fault(SettingFaultKind::Misfit(bounded(&error.to_string(), MESSAGE_BYTES_MAX)))],
    }
}

/// The one key that an alternative wants and does not have.
fn lacks(errors: &[ValidationError<'_>]) -> Option<String> {
    match errors {
        [error] => match error.kind() {
            ValidationErrorKind::Required { property } => Some(name_of(property)),
            _ => None,
        },
        _ => None,
    }
}

fn name_of(property: &Value) -> String {
    property.as_str().map_or_else(|| property.to_string(), str::to_owned)
}

/// The properties that stand beside a keyword of the schema.
fn known_beside(schema: &Value, keyword: &str) -> Vec<String> {
    let object = keyword.rsplit_once('/').map_or("", |(object, _)| object);
    let properties = schema.pointer(&format!("{object}/properties")).and_then(Value::as_object);
    let mut known: Vec<String> =
        properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect();
    known.sort_unstable();
    known
}

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
    fn everything_that_is_wrong_is_found_and_secrets_are_nobodys_fault() {
        let found =
            |settings: Value| faults_by(&schema(), &["region"], settings.as_object().unwrap().clone());
        assert_eq!(found(json!({ "speed": 2 })), []);
        let told: Vec<String> = found(json!({ "speed": 0.1, "sped": 1, "retry": { "attempts": "x" } }))
            .into_iter()
            .map(|SettingFault { pointer, kind }| match kind {
                SettingFaultKind::Unknown { key, known } => format!("{pointer} {key} of {}", known.join(" ")),
                SettingFaultKind::Missing { keys } => format!("{pointer} lacks {}", keys.join(" or ")),
                SettingFaultKind::Misfit(words) => format!("{pointer} {words}"),
            })
            .collect();
        let mut expected = [
            " sped of region retry speed voices",
            "/retry/attempts \"x\" is not of type \"integer\"",
            "/speed 0.1 is less than the minimum of 0.5",
        ];
        let mut told: Vec<&str> = told.iter().map(String::as_str).collect();
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected);
    }

    #[test]
    fn of_several_keys_that_would_do_all_are_told() {
        let schema =
            json!({ "type": "object", "anyOf": [{ "required": ["region"] }, { "required": ["url"] }] });
        let missing = SettingFaultKind::Missing { keys: vec!["region".to_owned(), "url".to_owned()] };
        let found = faults_by(&schema, &[], Map::new());
        assert_eq!(found, [SettingFault { pointer: String::new(), kind: missing }]);
    }

    #[test]
    fn a_schema_that_is_none_or_reaches_elsewhere_is_refused() {
        assert!(validator(&schema()).is_ok());
        assert!(validator(&json!({ "type": "objekt" })).is_err());
        assert!(validator(&json!({ "$ref": "https://example.com/schema.json" })).is_err());
        assert!(validator(&json!({ "$ref": "file:///etc/passwd" })).is_err());
    }
}
