//! Bytes to a plugin, in steps that each know one way to fail.
//!
//! Size, outline, compilation, contract version, links, description, settings. The order is by
//! cost: nothing is compiled that its first bytes rule out, and nothing runs that cannot link.

mod error;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jsonschema::Validator;
use serde_json::{Map, Value};
use understudy_speech::{Capabilities, Manifest};

pub use self::error::LoadError;
use crate::abi::{self, v1};
use crate::call::{self, Tenant};
use crate::compile::{CompileOutcome, Compiled};
use crate::egress::{Access, Grant, patterns};
use crate::limits::Limits;
use crate::manifest;
use crate::plugin::Plugin;
use crate::sandbox::Shared;
use crate::secrets::{Secret, Vault};
use crate::settings;
use crate::shape::{self, Misshapen};

/// What a component says about itself, and what is known about its file.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The plugin's own description.
    pub manifest: Manifest,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// The contract version it was built for, for example `1.0.0-draft`.
    pub contract: String,
    /// The component's size.
    pub size_bytes: u64,
    /// Whether it had to be compiled, and how long that took.
    pub compile: CompileOutcome,
}

/// How a plugin is loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PluginConfig {
    /// The provider's name in logs and errors.
    pub name: String,
    /// The operator's settings, to be held against the manifest's schema.
    pub settings: Map<String, Value>,
    /// What its calls may use up.
    pub limits: Limits,
    /// The hosts it may reach, of those its manifest asks for. None: it reaches nothing.
    pub grants: Vec<Grant>,
    /// The secrets of its manifest, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// What is used of its abilities.
    pub uses: Uses,
}

/// What is used of a plugin's abilities, of those its manifest has: a plugin may speak a service's
/// protocol to a server that cannot do all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// SSML.
    pub ssml: bool,
    /// Emotions.
    pub emotions: bool,
    /// Characters.
    pub characters: bool,
}

impl Default for Uses {
    fn default() -> Self {
        Self { ssml: true, emotions: true, characters: true }
    }
}

impl Uses {
    fn narrow(self, can: &mut Capabilities) {
        can.ssml &= self.ssml;
        can.emotions &= self.emotions;
        can.characters &= self.characters;
    }
}

impl PluginConfig {
    /// No settings and the default limits.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// A component that is linked and has described itself.
struct Described {
    linked: v1::Linked,
    inspection: Inspection,
    settings_schema: Validator,
}

pub(crate) async fn inspect(sandbox: &Shared, wasm: Bytes) -> Result<Inspection, LoadError> {
    Ok(describe(sandbox, wasm, None, &Limits::default()).await?.inspection)
}

pub(crate) async fn load(
    sandbox: &Arc<Shared>,
    wasm: Bytes,
    config: PluginConfig,
) -> Result<Plugin, LoadError> {
    let Described { linked, mut inspection, settings_schema } =
        describe(sandbox, wasm, Some(&config.name), &config.limits).await?;
    let PluginConfig { name, settings, limits, grants, secrets, uses } = config;
    uses.narrow(&mut inspection.manifest.capabilities);
    let (settings, access) = admit(&inspection.manifest, &settings_schema, settings, grants, secrets)?;
    let tenant = Tenant::new(name, limits, settings.to_string(), access, sandbox.tls.clone());
    Ok(Plugin::new(Arc::clone(sandbox), linked, tenant, inspection))
}

/// The settings as a plugin may see them, and what it may reach with them.
fn admit(
    manifest: &Manifest,
    validator: &Validator,
    mut settings: Map<String, Value>,
    grants: Vec<Grant>,
    secrets: BTreeMap<String, Secret>,
) -> Result<(Value, Access), LoadError> {
    let mut vault = Vault::fill(&manifest.secrets, secrets, &mut settings)?;
    let schema = &manifest.settings_schema;
    let mut settings = settings::complete(schema, validator, settings, |text| vault.redact(text))?;
    vault.conceal(&manifest.secrets, &mut settings)?;
    let asked = patterns(manifest.hosts.iter().map(|wanted| &wanted.host), &settings)?;
    Ok((settings, Access { asked, grants, vault }))
}

async fn describe(
    sandbox: &Shared,
    wasm: Bytes,
    name: Option<&str>,
    limits: &Limits,
) -> Result<Described, LoadError> {
    check_outline(sandbox, &wasm)?;
    let size_bytes = wasm.len() as u64;
    let Compiled { component, digest, outcome } = sandbox.compiler.compile(wasm).await?;
    let contract = abi::contract_of(&component)?;
    let linked = v1::link(&sandbox.linker, &component)?;
    // Before it has said who it is, an unnamed plugin goes by its digest.
    let name = name.map_or_else(|| digest.chars().take(12).collect(), str::to_owned);
    let limits = limits.while_describing();
    let tenant = Tenant::new(name, limits, "{}".to_owned(), Access::default(), sandbox.tls.clone());
    let tenant = Arc::new(tenant);
    let manifest = call::describe(sandbox, &linked, &tenant).await?;
    let settings_schema = manifest::check(&manifest)?;
    let inspection = Inspection { manifest, digest, contract, size_bytes, compile: outcome };
    Ok(Described { linked, inspection, settings_schema })
}

fn check_outline(sandbox: &Shared, wasm: &[u8]) -> Result<(), LoadError> {
    if wasm.len() > sandbox.component_bytes_max {
        return Err(LoadError::TooLarge {
            bytes: wasm.len() as u64,
            limit: sandbox.component_bytes_max as u64,
        });
    }
    shape::check(wasm).map_err(|misshapen| match misshapen {
        Misshapen::NotWasm => LoadError::NotWasm,
        Misshapen::CoreModule => LoadError::NotAComponent,
        Misshapen::UnknownEncoding => {
            LoadError::Malformed { reason: "the encoding's version is unknown".to_owned() }
        }
        Misshapen::Truncated(section) => LoadError::Truncated { section },
        Misshapen::Malformed(section) => {
            LoadError::Malformed { reason: format!("section header at byte {section}") }
        }
    })
}
