//! Who a plugin is, what it wants and what it can do.

use serde_json::{Value, json};

use crate::{Encoding, TextLimit, WordTimes};

/// A plugin's own description. Pure data: the same on every call.
///
/// ```
/// use understudy_plugin::{Capabilities, Encoding, Host, Manifest, SecretRequest, TextLimit};
///
/// let api = Host::name("api.aurora.example");
/// let manifest = Manifest::new("aurora", "Aurora Speech", "1.2.0")
///     .description("Voices of the Aurora cloud.")
///     .license("Apache-2.0")
///     .host(api.clone(), "speech is synthesized there")
///     .secret(SecretRequest::new("api_key", "identifies your account").host(api))
///     .settings_schema(serde_json::json!({
///         "type": "object",
///         "properties": { "api_key": { "type": "string" } },
///     }))
///     .capabilities(
///         Capabilities::new(Encoding::Mp3, [24_000])
///             .language("en")
///             .rate(0.5, 2.0)
///             .text_limit(TextLimit::characters(5_000)),
///     );
/// assert_eq!(manifest.hosts.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// Lower-case letters, digits and hyphens, starting with a letter; at most 64 bytes.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// One or two sentences.
    pub description: String,
    /// Where to read more.
    pub homepage: Option<String>,
    /// SPDX expression of the plugin's own licence; `NOASSERTION` until it is set.
    pub license: String,
    /// Every host it wants. Empty: it works without the network.
    pub hosts: Vec<HostRequest>,
    /// Secrets it needs.
    pub secrets: Vec<SecretRequest>,
    /// JSON Schema (draft 2020-12) of the settings, an object schema. Allows no settings until
    /// it is set.
    pub settings_schema: Value,
    /// What it can do; plain speech as raw PCM until it is set.
    pub capabilities: Capabilities,
    /// Raised when the same request would now sound different.
    pub cache_epoch: u32,
    /// Public price in US dollars a million characters of a standard voice.
    pub price_per_million_characters: Option<f64>,
}

impl Manifest {
    /// A plugin that wants nothing. `version` is usually `env!("CARGO_PKG_VERSION")`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            version: version.into(),
            description: String::new(),
            homepage: None,
            license: "NOASSERTION".to_owned(),
            hosts: Vec::new(),
            secrets: Vec::new(),
            settings_schema: json!({ "type": "object", "additionalProperties": false }),
            capabilities: Capabilities::new(Encoding::PcmS16le, []),
            cache_epoch: 0,
            price_per_million_characters: None,
        }
    }

    /// Says what it is in one or two sentences.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Says where to read more.
    #[must_use]
    pub fn homepage(mut self, url: impl Into<String>) -> Self {
        self.homepage = Some(url.into());
        self
    }

    /// Names the plugin's own licence, an SPDX expression.
    #[must_use]
    pub fn license(mut self, expression: impl Into<String>) -> Self {
        self.license = expression.into();
        self
    }

    /// Asks for a host. The operator reads `reason` before granting it.
    #[must_use]
    pub fn host(mut self, host: Host, reason: impl Into<String>) -> Self {
        self.hosts.push(HostRequest { host, reason: reason.into() });
        self
    }

    /// Asks for a secret.
    #[must_use]
    pub fn secret(mut self, secret: SecretRequest) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Describes the settings: a JSON Schema whose root is an object. Everything stands in its place:
    /// the host refuses a schema with `$ref`, with more than 64 patterns or with megabytes of defaults.
    /// What is `required` without a `default` is shown to the operator with the first of its `examples`.
    #[must_use]
    pub fn settings_schema(mut self, schema: Value) -> Self {
        self.settings_schema = schema;
        self
    }

    /// Says what it can do.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Raises the epoch of cached takes. Do so when the same request would now sound different.
    #[must_use]
    pub fn cache_epoch(mut self, epoch: u32) -> Self {
        self.cache_epoch = epoch;
        self
    }

    /// Says the public price in US dollars a million characters.
    #[must_use]
    pub fn price_per_million_characters(mut self, dollars: f64) -> Self {
        self.price_per_million_characters = Some(dollars);
        self
    }
}

/// A host a plugin may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An exact DNS name (`api.example.com`) or a suffix (`*.example.com`, which does not cover
    /// `example.com` itself). No scheme, port or path.
    Name(String),
    /// The host of the URL in this settings field, for services an operator runs.
    Setting(String),
}

impl Host {
    /// An exact DNS name, or `*.suffix`.
    pub fn name(name: impl Into<String>) -> Self {
        Self::Name(name.into())
    }

    /// The host of the URL in this settings field.
    pub fn setting(field: impl Into<String>) -> Self {
        Self::Setting(field.into())
    }
}

/// A host and why it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRequest {
    /// The host.
    pub host: Host,
    /// Read by the operator before granting it.
    pub reason: String,
}

/// A secret and where it may go.
///
/// The plugin never sees the value: its settings carry a placeholder, which the host replaces on
/// the way to the named hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRequest {
    /// The settings field it fills, for example `api_key`.
    pub name: String,
    /// Read by the operator before setting it.
    pub reason: String,
    /// The only hosts it may be sent to; each must be among the manifest's hosts.
    pub hosts: Vec<Host>,
    /// False when the plugin works without it.
    pub required: bool,
}

impl SecretRequest {
    /// A required secret that may go nowhere yet. Its name is that of a property of the settings.
    pub fn new(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), reason: reason.into(), hosts: Vec::new(), required: true }
    }

    /// Lets it go to a host, which must be among the manifest's.
    #[must_use]
    pub fn host(mut self, host: Host) -> Self {
        self.hosts.push(host);
        self
    }

    /// Says that the plugin works without it.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

/// An encoding and the sample rates it can be had at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatSupport {
    /// The encoding.
    pub encoding: Encoding,
    /// Samples a second. Empty: whatever the service sends.
    pub sample_rates: Vec<u32>,
}

/// A closed range, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least value allowed.
    pub minimum: f32,
    /// The greatest value allowed.
    pub maximum: f32,
}

impl Range {
    /// `value`, or the nearer end when it lies outside.
    #[must_use]
    pub fn clamp(self, value: f32) -> f32 {
        value.max(self.minimum).min(self.maximum)
    }
}

/// What a provider can do. The host plans with it and never asks for more.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Capabilities {
    /// BCP-47 tags; `en` covers every English. Empty: ask the voices.
    pub languages: Vec<String>,
    /// Encodings, the provider's own favourite first. Never empty.
    pub formats: Vec<FormatSupport>,
    /// Takes SSML.
    pub ssml: bool,
    /// Takes speaking styles.
    pub styles: bool,
    /// Takes emotions.
    pub emotions: bool,
    /// Where its word marks come from; none when it has none.
    pub words: Option<WordTimes>,
    /// Pushes audio before the whole is synthesized.
    pub streaming: bool,
    /// Range of the rate control; none when not offered.
    pub rate: Option<Range>,
    /// Range of the pitch control in semitones; none when not offered.
    pub pitch: Option<Range>,
    /// Range of the volume control in decibels; none when not offered.
    pub volume: Option<Range>,
    /// The longest text of one call.
    pub text_limit: Option<TextLimit>,
}

impl Capabilities {
    /// Plain speech in one encoding, the provider's favourite, at these sample rates (none:
    /// whatever the service sends).
    pub fn new(encoding: Encoding, sample_rates: impl IntoIterator<Item = u32>) -> Self {
        Self {
            languages: Vec::new(),
            formats: vec![FormatSupport { encoding, sample_rates: sample_rates.into_iter().collect() }],
            ssml: false,
            styles: false,
            emotions: false,
            words: None,
            streaming: false,
            rate: None,
            pitch: None,
            volume: None,
            text_limit: None,
        }
    }

    /// Adds a further encoding.
    #[must_use]
    pub fn format(mut self, encoding: Encoding, sample_rates: impl IntoIterator<Item = u32>) -> Self {
        self.formats.push(FormatSupport { encoding, sample_rates: sample_rates.into_iter().collect() });
        self
    }

    /// Adds a language, a BCP-47 tag.
    #[must_use]
    pub fn language(mut self, tag: impl Into<String>) -> Self {
        self.languages.push(tag.into());
        self
    }

    /// Takes SSML documents.
    #[must_use]
    pub fn ssml(mut self) -> Self {
        self.ssml = true;
        self
    }

    /// Takes speaking styles.
    #[must_use]
    pub fn styles(mut self) -> Self {
        self.styles = true;
        self
    }

    /// Takes emotions.
    #[must_use]
    pub fn emotions(mut self) -> Self {
        self.emotions = true;
        self
    }

    /// Sends word marks.
    #[must_use]
    pub fn words(mut self, times: WordTimes) -> Self {
        self.words = Some(times);
        self
    }

    /// Pushes audio before the whole is synthesized.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streaming = true;
        self
    }

    /// Offers speaking rates between two factors.
    #[must_use]
    pub fn rate(mut self, minimum: f32, maximum: f32) -> Self {
        self.rate = Some(Range { minimum, maximum });
        self
    }

    /// Offers pitch shifts between two numbers of semitones.
    #[must_use]
    pub fn pitch(mut self, minimum: f32, maximum: f32) -> Self {
        self.pitch = Some(Range { minimum, maximum });
        self
    }

    /// Offers gains between two numbers of decibels.
    #[must_use]
    pub fn volume(mut self, minimum: f32, maximum: f32) -> Self {
        self.volume = Some(Range { minimum, maximum });
        self
    }

    /// Says the longest text of one call.
    #[must_use]
    pub fn text_limit(mut self, limit: TextLimit) -> Self {
        self.text_limit = Some(limit);
        self
    }
}
