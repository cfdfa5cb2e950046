//! Who a provider is, what it wants and what it can do.

use serde::{Deserialize, Serialize};

use crate::{Encoding, Language, TextLimit, WordTimes};

/// A provider's own description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Lower-case letters, digits and hyphens.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// One or two sentences.
    pub description: String,
    /// Where to read more.
    pub homepage: Option<String>,
    /// SPDX expression.
    pub license: String,
    /// Hosts it wants to reach; empty when it works without the network.
    pub hosts: Vec<HostRequest>,
    /// Secrets it needs.
    pub secrets: Vec<SecretRequest>,
    /// JSON Schema of its settings.
    pub settings_schema: serde_json::Value,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Raised when the same request would sound different.
    pub cache_epoch: u32,
    /// Public price in US dollars a million characters.
    pub price_per_million_characters: Option<f64>,
}

/// A host a plugin may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// An exact DNS name, or `*.suffix`.
    Name(String),
    /// The host of the URL in this settings field.
    Setting(String),
}

/// A host and why it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRequest {
    /// The host.
    pub host: Host,
    /// Read by the operator before granting it.
    pub reason: String,
}

/// A secret and where it may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRequest {
    /// The settings field it fills.
    pub name: String,
    /// Read by the operator before setting it.
    pub reason: String,
    /// The only hosts it may be sent to.
    pub hosts: Vec<Host>,
    /// False when the plugin works without it.
    pub required: bool,
}

/// What a provider can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Languages it speaks; empty when only its voice list knows.
    pub languages: Vec<Language>,
    /// Encodings it delivers, its favourite first; never empty.
    pub formats: Vec<FormatSupport>,
    /// Takes SSML.
    pub ssml: bool,
    /// Takes speaking styles.
    pub styles: bool,
    /// Takes emotions.
    pub emotions: bool,
    /// Speaks as named characters.
    pub characters: bool,
    /// Where its word marks come from; none when it has none.
    pub words: Option<WordTimes>,
    /// Sends audio before the whole is synthesized.
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

/// An encoding and the sample rates it comes at; no rates means whatever the service sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatSupport {
    /// The encoding.
    pub encoding: Encoding,
    /// Samples a second.
    pub sample_rates: Vec<u32>,
}

/// A closed range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The least value allowed.
    pub minimum: f32,
    /// The greatest value allowed.
    pub maximum: f32,
}
