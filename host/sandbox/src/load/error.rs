//! Why bytes did not become a plugin.

use understudy_speech::Failure;

/// Why a plugin cannot be inspected or loaded. Each case has one remedy, see [`LoadError::hint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The bytes do not begin as WebAssembly does.
    #[error("file is not webassembly")]
    NotWasm,
    /// The file is a core module.
    #[error("file is a core module, not a component")]
    NotAComponent,
    /// The file ends in the middle of a section.
    #[error("file is cut short in the section at byte {section}")]
    Truncated {
        /// Where the section that is incomplete begins.
        section: usize,
    },
    /// The component does not validate.
    #[error("component is malformed: {reason}")]
    Malformed {
        /// What the validator said.
        reason: String,
    },
    /// The component is larger than this host takes.
    #[error("component is larger than {limit} bytes: {bytes}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The component is no speech provider.
    #[error("component does not export {missing}")]
    WrongWorld {
        /// The export that is missing or of another type.
        missing: String,
    },
    /// The component was built for a contract version this host does not know.
    #[error("component speaks an unknown contract version: {version}")]
    UnknownContract {
        /// The version it speaks.
        version: String,
    },
    /// The component needs something this host does not have.
    #[error("component imports what the host does not offer: {import}")]
    UnknownImport {
        /// What it asks for.
        import: String,
    },
    /// The plugin could not describe itself.
    #[error("plugin did not describe itself: {0}")]
    Describe(#[source] Failure),
    /// The plugin's description does not make sense.
    #[error("manifest field {field} is not valid: {reason}")]
    BadManifest {
        /// The field as the contract spells it.
        field: String,
        /// What it must be.
        reason: String,
    },
    /// The operator's settings do not fit the plugin's schema.
    #[error("settings do not fit the plugin at {}: {message}", if pointer.is_empty() { "the top" } else { pointer })]
    Settings {
        /// JSON pointer to the value; empty for the whole.
        pointer: String,
        /// The value and what was expected.
        message: String,
    },
    /// A secret the plugin cannot do without is missing.
    #[error("secret is not set: {name}")]
    MissingSecret {
        /// The secret's name in the manifest.
        name: String,
    },
    /// A secret stands among the settings, where it would be shown.
    #[error("secret stands among the settings: {name}")]
    SecretInSettings {
        /// The secret's name in the manifest.
        name: String,
    },
    /// The host itself could not do its part.
    #[error("host cannot load plugins: {reason}")]
    Host {
        /// What failed.
        reason: String,
    },
}

impl LoadError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotWasm => "plugin_not_wasm",
            Self::NotAComponent => "plugin_not_a_component",
            Self::Truncated { .. } => "plugin_truncated",
            Self::Malformed { .. } => "plugin_malformed",
            Self::TooLarge { .. } => "plugin_too_large",
            Self::WrongWorld { .. } => "plugin_wrong_world",
            Self::UnknownContract { .. } => "plugin_unknown_contract",
            Self::UnknownImport { .. } => "plugin_unknown_import",
            Self::Describe(_) => "plugin_describe_failed",
            Self::BadManifest { .. } => "plugin_bad_manifest",
            Self::Settings { .. } => "plugin_settings_invalid",
            Self::MissingSecret { .. } => "plugin_secret_missing",
            Self::SecretInSettings { .. } => "plugin_secret_in_settings",
            Self::Host { .. } => "plugin_host_failed",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotWasm => "give the .wasm file that building the plugin produced",
            Self::NotAComponent => {
                "build for the target wasm32-wasip2; a wasm32-unknown-unknown build is a core module"
            }
            Self::Truncated { .. } => "copy or download the file again",
            Self::Malformed { .. } => {
                "build the plugin again; if it stays, report the toolchain that made it"
            }
            Self::TooLarge { .. } => "build in release mode with debug symbols stripped",
            Self::WrongWorld { .. } => {
                "use the understudy-plugin crate, or build for the world speech-provider"
            }
            Self::UnknownContract { .. } => {
                "update understudy, or build the plugin for the contract it knows"
            }
            Self::UnknownImport { .. } => {
                "a plugin may import WASI 0.2 and the contract's own interfaces only"
            }
            Self::Describe(_) => "describe must be pure and quick: no network, no settings, no waiting",
            Self::BadManifest { .. } => "correct the field in the plugin's describe function",
            Self::Settings { .. } => {
                "correct the provider's settings in the configuration; `understudy config check` names the line"
            }
            Self::MissingSecret { .. } => "set it in the provider's secrets table of the configuration",
            Self::SecretInSettings { .. } => "move it to the provider's secrets table of the configuration",
            Self::Host { .. } => "see the log; memory or threads may be used up",
        }
    }
}
