//! A plugin's description of itself, translated.

use understudy_speech::{Capabilities, FormatSupport, Host, HostRequest, Manifest, Range, SecretRequest};

use super::{bounded, encoding, languages, text_limit, word_times};
use crate::abi::v1::bindings::exports::understudy::provider::provider as wit;
use crate::load::LoadError;

/// The longest schema, in bytes.
const SCHEMA_BYTES_MAX: usize = 256 << 10;

/// Translates a manifest; `characters` says whether the component exports them.
pub(in crate::abi::v1) fn manifest(manifest: wit::Manifest, characters: bool) -> Result<Manifest, LoadError> {
    if manifest.settings_schema.len() > SCHEMA_BYTES_MAX {
        return Err(bad("settings-schema", format!("must be at most {SCHEMA_BYTES_MAX} bytes")));
    }
    let settings_schema = serde_json::from_str(&manifest.settings_schema)
        .map_err(|error| bad("settings-schema", format!("must be JSON: {error}")))?;
    Ok(Manifest {
        id: manifest.id,
        name: manifest.name,
        version: manifest.version,
        description: bounded(&manifest.description, manifest.description.len()),
        homepage: manifest.homepage,
        license: manifest.license,
        hosts: manifest
            .hosts
            .into_iter()
            .map(|wanted| HostRequest { host: host(wanted.host), reason: wanted.reason })
            .collect(),
        secrets: manifest.secrets.into_iter().map(secret).collect(),
        settings_schema,
        capabilities: capabilities(manifest.capabilities, characters)?,
        cache_epoch: manifest.cache_epoch,
        price_per_million_characters: manifest.price_per_million_characters,
    })
}

fn capabilities(capabilities: wit::Capabilities, characters: bool) -> Result<Capabilities, LoadError> {
    let formats = capabilities.formats.into_iter().map(|format| FormatSupport {
        encoding: encoding(format.encoding),
        sample_rates: format.sample_rates,
    });
    Ok(Capabilities {
        languages: languages(&capabilities.languages)
            .map_err(|tag| bad("capabilities.languages", format!("must be BCP-47 tags: {tag}")))?,
        formats: formats.collect(),
        ssml: capabilities.ssml,
        styles: capabilities.styles,
        emotions: capabilities.emotions,
        characters,
        words: capabilities.words.map(word_times),
        streaming: capabilities.streaming,
        rate: capabilities.rate.map(range),
        pitch: capabilities.pitch.map(range),
        volume: capabilities.volume.map(range),
        text_limit: capabilities.text_limit.map(text_limit),
    })
}

fn secret(secret: wit::SecretRequest) -> SecretRequest {
    SecretRequest {
        name: secret.name,
        reason: bounded(&secret.reason, secret.reason.len()),
        hosts: secret.hosts.into_iter().map(host).collect(),
        required: secret.required,
    }
}

fn host(host: wit::Host) -> Host {
    match host {
        wit::Host::Name(name) => Host::Name(name),
        wit::Host::Setting(field) => Host::Setting(field),
    }
}

fn range(range: wit::Range) -> Range {
    Range { minimum: range.minimum, maximum: range.maximum }
}

fn bad(field: &str, reason: String) -> LoadError {
    LoadError::BadManifest { field: field.to_owned(), reason }
}
