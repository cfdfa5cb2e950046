//! A plugin's settings, made fit before it sees them.
//!
//! The manifest carries a JSON Schema; the operator's settings are held against it once, at load,
//! so that no plugin needs code for missing or wrong fields and every mistake has the same clear
//! answer. Defaults of the schema are filled in first, because `required` fields with a default
//! are a natural thing to write.
//!
//! A schema comes from a plugin and is not trusted: `schema.rs` says what it may not hold, and
//! `defaults.rs` how much it may fill in.

mod defaults;
mod schema;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value};
use understudy_speech::{Manifest, SecretRequest};

use self::defaults::fill_defaults;
pub(crate) use self::schema::validator;
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

/// Everything that is wrong with `settings`, by the schema of the plugin's manifest. Of its secrets those
/// are there that `is_set` knows, and those it cannot do without; what is wrong with a secret itself is
/// somebody else's to tell.
#[must_use]
pub fn setting_faults(
    manifest: &Manifest,
    settings: &Map<String, Value>,
    is_set: impl Fn(&str) -> bool,
) -> Vec<SettingFault> {
    let secrets: Vec<&str> = manifest.secrets.iter().map(|secret| secret.name.as_str()).collect();
    faults_by(&manifest.settings_schema, &secrets, beside_secrets(settings, &manifest.secrets, is_set))
}

/// The settings with what stands for secrets. One that is not there stays away: a schema may want other
/// settings beside it.
fn beside_secrets(
    settings: &Map<String, Value>,
    secrets: &[SecretRequest],
    is_set: impl Fn(&str) -> bool,
) -> Map<String, Value> {
    let mut settings = settings.clone();
    for secret in secrets.iter().filter(|secret| secret.required || is_set(&secret.name)) {
        settings.entry(secret.name.as_str()).or_insert_with(|| UNSEEN.into());
    }
    settings
}

fn faults_by(schema: &Value, secrets: &[&str], settings: Map<String, Value>) -> Vec<SettingFault> {
    let Ok(validator) = validator(schema) else { return Vec::new() };
    let mut settings = Value::Object(settings);
    // Such a plugin is not loaded; that is no fault of these settings.
    if fill_defaults(schema, &mut settings).is_err() {
        return Vec::new();
    }
    let is_of_a_secret = |fault: &SettingFault| match (fault.pointer.split('/').nth(1), &fault.kind) {
        (Some(first), _) => secrets.contains(&first),
        (None, SettingFaultKind::Missing { keys }) => keys.iter().any(|key| secrets.contains(&key.as_str())),
        (None, _) => false,
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

/// Settings as a plugin of this manifest's `settings_schema` sees them when an operator writes these:
/// what is left out has its default, so that a default written out is the same settings. Of more
/// defaults than a plugin may have, the first.
#[must_use]
pub fn with_defaults(settings_schema: &Value, settings: &Map<String, Value>) -> Map<String, Value> {
    let mut settings = Value::Object(settings.clone());
    let _ = fill_defaults(settings_schema, &mut settings);
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
    fill_defaults(schema, &mut settings).map_err(|too_many| LoadError::BadManifest {
        field: "settings-schema".to_owned(),
        reason: too_many.to_string(),
    })?;
    if let Some(error) = validator.iter_errors(&settings).next() {
        return Err(LoadError::Settings {
            pointer: error.instance_path().as_str().to_owned(),
            message: bounded(&redact(error.to_string()), MESSAGE_BYTES_MAX),
        });
    }
    Ok(settings)
}

#[cfg(test)]
mod tests;
