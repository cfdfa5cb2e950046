//! Whether a plugin's description makes sense.
//!
//! The engine plans with a manifest and an operator grants by it, so a field that is nonsense is
//! found when the plugin is loaded and named, not when a request trips over it.

use std::ops::RangeInclusive;

use jsonschema::Validator;
use serde_json::Value;
use understudy_speech::{Capabilities, Host, Manifest, Range, Request};

use crate::load::LoadError;
use crate::settings;

/// Longest texts, in bytes.
const ID_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 128;
const DESCRIPTION_BYTES_MAX: usize = 2_000;
const REASON_BYTES_MAX: usize = 500;
const HOST_NAME_BYTES_MAX: usize = 253;

/// Most entries of a list.
const HOSTS_MAX: usize = 64;
const SECRETS_MAX: usize = 32;
const LANGUAGES_MAX: usize = 1_000;
const FORMATS_MAX: usize = 64;

/// Sample rates the contract allows.
const SAMPLE_RATES: RangeInclusive<u32> = 8_000..=192_000;

/// Checks every field; the error names the first that is wrong. Gives the settings' schema ready
/// for use, for compiling it is the costliest part of a load from the code cache.
pub(crate) fn check(manifest: &Manifest) -> Result<Validator, LoadError> {
    check_identity(manifest)?;
    let schema = compile_schema(&manifest.settings_schema)?;
    check_hosts(manifest)?;
    check_secrets(manifest)?;
    check_capabilities(&manifest.capabilities)?;
    let price_fits =
        manifest.price_per_million_characters.is_none_or(|price| price.is_finite() && price >= 0.0);
    require(price_fits, "price-per-million-characters", || {
        "must be a number that is not negative".to_owned()
    })?;
    Ok(schema)
}

fn check_identity(manifest: &Manifest) -> Result<(), LoadError> {
    require(is_id(&manifest.id), "id", || {
        format!("must be lower-case letters, digits and hyphens, starting with a letter: {:?}", manifest.id)
    })?;
    require(is_text(&manifest.name, NAME_BYTES_MAX), "name", || "must be 1 to 128 bytes of text".to_owned())?;
    semver::Version::parse(&manifest.version)
        .map_err(|error| bad("version", format!("must be a semantic version: {error}")))?;
    require(manifest.description.len() <= DESCRIPTION_BYTES_MAX, "description", || {
        format!("must be at most {DESCRIPTION_BYTES_MAX} bytes")
    })?;
    let is_url = |url: &String| {
        (url.starts_with("https://") || url.starts_with("http://")) && is_text(url, DESCRIPTION_BYTES_MAX)
    };
    require(manifest.homepage.as_ref().is_none_or(is_url), "homepage", || {
        "must be a web address".to_owned()
    })?;
    require(is_text(&manifest.license, NAME_BYTES_MAX), "license", || "must be an SPDX expression".to_owned())
}

fn compile_schema(schema: &Value) -> Result<Validator, LoadError> {
    let is_object_schema = schema.get("type").and_then(Value::as_str) == Some("object");
    require(is_object_schema, "settings-schema", || "must be a schema with \"type\": \"object\"".to_owned())?;
    settings::validator(schema).map_err(|reason| bad("settings-schema", reason))
}

fn check_hosts(manifest: &Manifest) -> Result<(), LoadError> {
    require(manifest.hosts.len() <= HOSTS_MAX, "hosts", || format!("must be at most {HOSTS_MAX}"))?;
    for wanted in &manifest.hosts {
        require(is_text(&wanted.reason, REASON_BYTES_MAX), "hosts.reason", || {
            "must say in 1 to 500 bytes why the host is wanted".to_owned()
        })?;
        match &wanted.host {
            Host::Name(name) => require(is_host_name(name), "hosts.name", || {
                format!("must be a lower-case DNS name or *.suffix, without scheme, port or path: {name:?}")
            })?,
            Host::Setting(field) => require_setting(manifest, "hosts.setting", field)?,
        }
    }
    Ok(())
}

fn check_secrets(manifest: &Manifest) -> Result<(), LoadError> {
    require(manifest.secrets.len() <= SECRETS_MAX, "secrets", || format!("must be at most {SECRETS_MAX}"))?;
    for secret in &manifest.secrets {
        require_setting(manifest, "secrets.name", &secret.name)?;
        for host in &secret.hosts {
            require(manifest.hosts.iter().any(|wanted| wanted.host == *host), "secrets.hosts", || {
                format!("must be among the manifest's hosts: {host:?}")
            })?;
        }
    }
    Ok(())
}

fn check_capabilities(capabilities: &Capabilities) -> Result<(), LoadError> {
    let formats = &capabilities.formats;
    require((1..=FORMATS_MAX).contains(&formats.len()), "capabilities.formats", || {
        format!("must be 1 to {FORMATS_MAX}, got {}", formats.len())
    })?;
    for rate in formats.iter().flat_map(|format| &format.sample_rates) {
        require(SAMPLE_RATES.contains(rate), "capabilities.formats.sample-rates", || {
            format!("must be between 8000 and 192000, got {rate}")
        })?;
    }
    require(capabilities.languages.len() <= LANGUAGES_MAX, "capabilities.languages", || {
        format!("must be at most {LANGUAGES_MAX}")
    })?;
    check_range("capabilities.rate", capabilities.rate, &Request::RATE)?;
    check_range("capabilities.pitch", capabilities.pitch, &Request::PITCH)?;
    check_range("capabilities.volume", capabilities.volume, &Request::VOLUME)?;
    require(capabilities.text_limit.is_none_or(|limit| limit.maximum > 0), "capabilities.text-limit", || {
        "must be more than 0".to_owned()
    })
}

fn check_range(field: &str, range: Option<Range>, allowed: &RangeInclusive<f32>) -> Result<(), LoadError> {
    let fits = |range: Range| {
        allowed.contains(&range.minimum) && allowed.contains(&range.maximum) && range.minimum <= range.maximum
    };
    require(range.is_none_or(fits), field, || {
        format!("must be a range within {} to {}", allowed.start(), allowed.end())
    })
}

fn require_setting(manifest: &Manifest, field: &str, name: &str) -> Result<(), LoadError> {
    let known = manifest.settings_schema.get("properties").is_some_and(|fields| fields.get(name).is_some());
    require(known, field, || format!("must be a property of the settings schema: {name:?}"))
}

fn require(holds: bool, field: &str, reason: impl FnOnce() -> String) -> Result<(), LoadError> {
    if holds { Ok(()) } else { Err(bad(field, reason())) }
}

fn bad(field: &str, reason: String) -> LoadError {
    LoadError::BadManifest { field: field.to_owned(), reason }
}

fn is_id(id: &str) -> bool {
    id.len() <= ID_BYTES_MAX
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_text(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// An exact DNS name, or `*.` and one. An address is a name here too; the policy judges it later.
fn is_host_name(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= HOST_NAME_BYTES_MAX && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests;
