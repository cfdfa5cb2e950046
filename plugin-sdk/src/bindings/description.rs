//! The manifest, as the contract spells it.

use super::speech::exports::understudy::provider::provider as wit;
use crate::{Capabilities, FormatSupport, Host, HostRequest, Manifest, Range, SecretRequest};

impl From<Host> for wit::Host {
    fn from(host: Host) -> Self {
        match host {
            Host::Name(name) => Self::Name(name),
            Host::Setting(field) => Self::Setting(field),
        }
    }
}

impl From<HostRequest> for wit::HostRequest {
    fn from(request: HostRequest) -> Self {
        Self { host: request.host.into(), reason: request.reason }
    }
}

impl From<SecretRequest> for wit::SecretRequest {
    fn from(request: SecretRequest) -> Self {
        Self {
            name: request.name,
            reason: request.reason,
            hosts: request.hosts.into_iter().map(Into::into).collect(),
            required: request.required,
        }
    }
}

impl From<FormatSupport> for wit::FormatSupport {
    fn from(support: FormatSupport) -> Self {
        Self { encoding: support.encoding.into(), sample_rates: support.sample_rates }
    }
}

impl From<Range> for wit::Range {
    fn from(range: Range) -> Self {
        Self { minimum: range.minimum, maximum: range.maximum }
    }
}

impl From<Capabilities> for wit::Capabilities {
    fn from(capabilities: Capabilities) -> Self {
        Self {
            languages: capabilities.languages,
            formats: capabilities.formats.into_iter().map(Into::into).collect(),
            ssml: capabilities.ssml,
            styles: capabilities.styles,
            emotions: capabilities.emotions,
            words: capabilities.words.map(Into::into),
            streaming: capabilities.streaming,
            rate: capabilities.rate.map(Into::into),
            pitch: capabilities.pitch.map(Into::into),
            volume: capabilities.volume.map(Into::into),
            text_limit: capabilities.text_limit.map(Into::into),
        }
    }
}

impl From<Manifest> for wit::Manifest {
    fn from(manifest: Manifest) -> Self {
        Self {
            id: manifest.id,
            name: manifest.name,
            version: manifest.version,
            description: manifest.description,
            homepage: manifest.homepage,
            license: manifest.license,
            hosts: manifest.hosts.into_iter().map(Into::into).collect(),
            secrets: manifest.secrets.into_iter().map(Into::into).collect(),
            settings_schema: manifest.settings_schema.to_string(),
            capabilities: manifest.capabilities.into(),
            cache_epoch: manifest.cache_epoch,
            price_per_million_characters: manifest.price_per_million_characters,
        }
    }
}
