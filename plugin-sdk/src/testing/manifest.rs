//! What the host refuses in a manifest.
//!
//! The rules are those of its own check when it loads a plugin, but for the compiler of schemas, so
//! that an author meets them in a test and not at the first operator's.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::manifest::Range;
use crate::text::is_language_tag;
use crate::{Capabilities, Host, Manifest};

/// Longest texts, in bytes.
const ID_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 128;
const DESCRIPTION_BYTES_MAX: usize = 2_000;
const REASON_BYTES_MAX: usize = 500;
const HOST_NAME_BYTES_MAX: usize = 253;
const SCHEMA_BYTES_MAX: usize = 256 << 10;

/// Most entries of a list.
const HOSTS_MAX: usize = 64;
const SECRETS_MAX: usize = 32;
const LANGUAGES_MAX: usize = 1_000;
const FORMATS_MAX: usize = 64;
const PATTERNS_MAX: usize = 64;
const UNEVALUATED_MAX: usize = 2;

/// What the contract allows.
const SAMPLE_RATES: RangeInclusive<u32> = 8_000..=192_000;
const RATE: RangeInclusive<f32> = 0.25..=4.0;
const PITCH: RangeInclusive<f32> = -20.0..=20.0;
const VOLUME: RangeInclusive<f32> = -96.0..=16.0;

/// Checks what the host refuses in a manifest.
///
/// # Errors
/// The first rule broken, named by its field.
pub fn check_manifest(manifest: &Manifest) -> Result<(), String> {
    check_identity(manifest)?;
    check_schema(&manifest.settings_schema)?;
    check_hosts(manifest)?;
    check_secrets(manifest)?;
    check_capabilities(&manifest.capabilities)?;
    let price = manifest.price_per_million_characters.unwrap_or_default();
    require(price.is_finite() && price >= 0.0, || {
        format!("price_per_million_characters must be a number that is not negative: {price}")
    })
}

fn require(holds: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(reason()) }
}

fn is_text(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

fn check_identity(manifest: &Manifest) -> Result<(), String> {
    let Manifest { id, name, version, description, homepage, license, .. } = manifest;
    let spelled = id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let is_id =
        spelled && id.len() <= ID_BYTES_MAX && id.starts_with(|first: char| first.is_ascii_lowercase());
    require(is_id, || format!("id must be lower-case letters, digits and hyphens, a letter first: {id}"))?;
    let numbers: Vec<&str> = version.split(['-', '+']).next().unwrap_or_default().split('.').collect();
    let is_semantic = numbers.len() == 3 && numbers.iter().all(|part| part.parse::<u64>().is_ok());
    require(is_semantic, || format!("version must be semantic: {version}"))?;
    for (field, text) in [("name", name), ("license", license)] {
        require(is_text(text, NAME_BYTES_MAX), || {
            format!("{field} must be 1 to {NAME_BYTES_MAX} bytes of text: {text:?}")
        })?;
    }
    require(description.len() <= DESCRIPTION_BYTES_MAX, || {
        format!("description must be at most {DESCRIPTION_BYTES_MAX} bytes, is {}", description.len())
    })?;
    let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    require(homepage.as_ref().is_none_or(is_web), || format!("homepage must be a web address: {homepage:?}"))
}

fn check_schema(schema: &Value) -> Result<(), String> {
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    require(is_object, || format!("settings_schema must be of type object: {schema}"))?;
    let properties = schema.get("properties");
    require(properties.is_none_or(Value::is_object), || {
        format!("settings_schema must have an object of properties: {schema}")
    })?;
    let length = schema.to_string().len();
    require(length <= SCHEMA_BYTES_MAX, || {
        format!("settings_schema must be at most {SCHEMA_BYTES_MAX} bytes, is {length}")
    })?;
    let mut burden = Burden::default();
    burden.add(schema);
    let Burden { reference, patterns, unevaluated } = burden;
    require(!reference, || {
        "settings_schema must say everything in its place, without references".to_owned()
    })?;
    require(patterns <= PATTERNS_MAX, || {
        format!("settings_schema must have at most {PATTERNS_MAX} patterns, has {patterns}")
    })?;
    require(unevaluated <= UNEVALUATED_MAX, || {
        format!(
            "settings_schema must have at most {UNEVALUATED_MAX} keywords unevaluated…, has {unevaluated}"
        )
    })
}

/// What makes a schema dear to the host, which runs it.
#[derive(Default)]
struct Burden {
    reference: bool,
    patterns: usize,
    unevaluated: usize,
}

impl Burden {
    fn add(&mut self, schema: &Value) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.count(name, value);
                    self.add(value);
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(_)) => self.reference = true,
            ("pattern", Value::String(_)) => self.patterns += 1,
            ("patternProperties", Value::Object(patterns)) => self.patterns += patterns.len(),
            ("unevaluatedProperties" | "unevaluatedItems", _) => self.unevaluated += 1,
            _ => {}
        }
    }
}

fn check_hosts(manifest: &Manifest) -> Result<(), String> {
    let count = manifest.hosts.len();
    require(count <= HOSTS_MAX, || format!("hosts must be at most {HOSTS_MAX}, got {count}"))?;
    for wanted in &manifest.hosts {
        match &wanted.host {
            Host::Name(name) => require(is_host_name(name), || {
                format!("host must be a lower-case name or *.suffix, without scheme, port or path: {name:?}")
            })?,
            Host::Setting(field) => require(has_setting(manifest, field), || {
                format!("host must be named by a property of the settings schema: {field:?}")
            })?,
        }
        require(is_text(&wanted.reason, REASON_BYTES_MAX), || {
            format!("host must say in 1 to {REASON_BYTES_MAX} bytes why it is wanted: {:?}", wanted.host)
        })?;
    }
    Ok(())
}

/// An exact DNS name, or `*.` and one.
fn is_host_name(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    name.len() <= HOST_NAME_BYTES_MAX && name.split('.').all(is_label)
}

fn check_secrets(manifest: &Manifest) -> Result<(), String> {
    let count = manifest.secrets.len();
    require(count <= SECRETS_MAX, || format!("secrets must be at most {SECRETS_MAX}, got {count}"))?;
    let known = |host: &Host| manifest.hosts.iter().any(|wanted| wanted.host == *host);
    for secret in &manifest.secrets {
        require(has_setting(manifest, &secret.name), || {
            format!("secret must be a property of the settings schema: {:?}", secret.name)
        })?;
        if let Some(stranger) = secret.hosts.iter().find(|host| !known(host)) {
            let name = &secret.name;
            return Err(format!("secret {name} must go to the manifest's hosts alone: {stranger:?}"));
        }
    }
    Ok(())
}

fn has_setting(manifest: &Manifest, name: &str) -> bool {
    manifest.settings_schema.get("properties").is_some_and(|fields| fields.get(name).is_some())
}

fn check_capabilities(can: &Capabilities) -> Result<(), String> {
    require((1..=FORMATS_MAX).contains(&can.formats.len()), || {
        format!("capabilities.formats must be 1 to {FORMATS_MAX}, got {}", can.formats.len())
    })?;
    let mut rates = can.formats.iter().flat_map(|format| &format.sample_rates);
    let strange = rates.find(|rate| !SAMPLE_RATES.contains(rate));
    require(strange.is_none(), || {
        format!("capabilities.formats must have rates of 8000 to 192000, got {strange:?}")
    })?;
    require(can.languages.len() <= LANGUAGES_MAX, || {
        format!("capabilities.languages must be at most {LANGUAGES_MAX}, got {}", can.languages.len())
    })?;
    let strange = can.languages.iter().find(|tag| !is_language_tag(&tag.replace('_', "-")));
    require(strange.is_none(), || format!("capabilities.languages must be BCP-47 tags, got {strange:?}"))?;
    check_range("rate", can.rate, &RATE)?;
    check_range("pitch", can.pitch, &PITCH)?;
    check_range("volume", can.volume, &VOLUME)?;
    require(can.text_limit.is_none_or(|limit| limit.maximum > 0), || {
        "capabilities.text_limit must be more than 0".to_owned()
    })
}

fn check_range(name: &str, range: Option<Range>, allowed: &RangeInclusive<f32>) -> Result<(), String> {
    let fits = |Range { minimum, maximum }: Range| {
        allowed.contains(&minimum) && allowed.contains(&maximum) && minimum <= maximum
    };
    require(range.is_none_or(fits), || {
        format!(
            "capabilities.{name} must be a range within {} to {}, got {range:?}",
            allowed.start(),
            allowed.end()
        )
    })
}
