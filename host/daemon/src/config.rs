//! The configuration: what can be set, the defaults, and where the file is found.
//!
//! Understudy works without a file. Every key has a default that suits one person on one machine,
//! so a file holds only what differs; `config/understudy.toml` shows all of them with their
//! defaults and a test keeps it true. A file with any mistake is refused whole, with every mistake
//! named: a server that starts with half of what was asked for is found out at the worst time.
//!
//! Relative paths in a file are relative to the folder the file lies in, so that it means the same
//! whoever starts the program from wherever.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use understudy_engine::text::TextRules;
use understudy_engine::{
    BreakerSettings, ConversationSettings, EngineSettings, GlobalLimits, HedgeSettings, LocalCharacter,
    LogicalVoice, RetrySettings, Route,
};

mod access;
mod canary;
mod characters;
mod elsewhere;
mod findings;
mod folders;
mod hidden;
pub(crate) mod keys;
mod locate;
mod policies;
mod problem;
mod providers;
mod read;
mod restart;
mod routes;
mod sandbox;
mod section;
mod settings;
mod store;
#[cfg(test)]
mod tests;

pub use access::SecretSource;
pub use canary::{Canary, CanaryBudget};
pub use locate::{Environment, locate};
pub use problem::{ConfigError, Place, Problem};
pub(crate) use providers::is_provider_name;
pub use providers::{PluginChoice, ProviderConfig};
pub use store::StoreConfig;
pub use understudy_engine::Delivery;

/// The port of the default address.
pub const DEFAULT_PORT: u16 = 8750;

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file this was read from; none when all is default.
    pub file: Option<PathBuf>,
    /// Where a file is taken from when one appears, best first; empty once there is one.
    pub looked_for: Vec<PathBuf>,
    /// Who speaks when a request names nobody: by default the first of `providers` that is ready,
    /// else the offline voice.
    pub default_provider: Option<String>,
    /// `[server]`
    pub server: Server,
    /// `[plugins]`
    pub plugins: Plugins,
    /// The route of requests that name none.
    pub default_route: Option<String>,
    /// `[limits]`
    pub limits: RequestLimits,
    /// `[limits]`: what all requests share.
    pub shared: GlobalLimits,
    /// `[text]`: what texts are held to.
    pub text: TextRules,
    /// `[breaker]`
    pub breaker: BreakerSettings,
    /// `[retry]`
    pub retry: RetrySettings,
    /// `[hedge]`
    pub hedge: HedgeSettings,
    /// `[fallback]`: the rules of requests that take no route.
    pub fallback: Route,
    /// `[routes.*]`
    pub routes: BTreeMap<String, Route>,
    /// `[voices.*]`: voices of this server, each cast at several providers.
    pub voices: BTreeMap<String, LogicalVoice>,
    /// `[characters.*]`: characters of this server.
    pub characters: BTreeMap<String, LocalCharacter>,
    /// `[conversation]`
    pub conversation: ConversationSettings,
    /// `[cache]` and `[history]`
    pub store: StoreConfig,
    /// `[sandbox]`
    pub sandbox: Sandbox,
    /// `[providers.*]`, in the order of the file.
    pub providers: Vec<ProviderConfig>,
    /// `[log]`
    pub log: Log,
}

/// `[server]`: the HTTP door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Addresses to listen on, at least one; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// The threads that serve; as many as the processor has cores when absent.
    pub worker_threads: Option<usize>,
    /// How long requests under way may take to finish once the server is told to stop.
    pub drain: Duration,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How audio is sent when the request does not say.
    pub default_delivery: Delivery,
    /// Who may tell the server to reload.
    pub admin_from: AdminFrom,
}

/// Who may make the admin's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminFrom {
    /// Programs of this machine.
    Loopback,
    /// Whoever reaches the server.
    Anywhere,
    /// Nobody.
    Nowhere,
}

/// `[plugins]`: where plugins lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugins {
    /// Every `*.wasm` in these folders is a plugin. A folder that is not there is empty.
    pub folders: Vec<PathBuf>,
    /// Where compiled plugins are kept, so that the next start takes milliseconds. Private to the
    /// user; created when missing.
    pub code_cache: PathBuf,
    /// How changed files are noticed.
    pub watching: Watching,
    /// How often the files are looked at, whether or not an event says so.
    pub poll: Duration,
    /// How long the check of a plugin may take that replaces another; zero takes it without.
    pub check: Duration,
    /// How long requests may take to finish with a plugin that was replaced.
    pub drain: Duration,
    /// Plugin files without a pin are refused.
    pub locked: bool,
}

/// How changed files are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watching {
    /// By the file system's events, and by looking now and then.
    Events,
    /// By looking alone.
    Poll,
    /// Not at all: reloads are asked for.
    Off,
}

/// `[limits]`: what one request may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// How long a client waits for the whole, or for the first piece of a stream.
    pub deadline: Duration,
    /// How long one stream may last, slow listeners included.
    pub stream_deadline: Duration,
    /// The most audio one request may hold before it is encoded, in bytes.
    pub max_audio_bytes: usize,
}

/// `[sandbox]`: what plugins may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Sandbox {
    /// A PEM file of certificate authorities that plugins' connections trust beside Mozilla's.
    pub certificate_authorities: Option<PathBuf>,
    /// Calls that can be under way at once. The kernel's limit on memory maps may lower it.
    pub slots: u32,
    /// The limits of one call; `[providers.NAME.limits]` overrides them for one provider.
    pub limits: understudy_sandbox::Limits,
}

/// `[log]`: what the program tells about itself, on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// The least level told by `serve`; other commands tell warnings, unless `-v` is given.
    pub level: LogLevel,
    /// For people or for machines.
    pub format: LogFormat,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// The word used for it in the file and in `UNDERSTUDY_LOG`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            file: None,
            looked_for: Vec::new(),
            default_provider: None,
            server: Server::default(),
            plugins: Plugins::default(),
            default_route: None,
            limits: RequestLimits::default(),
            shared: GlobalLimits::default(),
            text: TextRules::default(),
            breaker: BreakerSettings::default(),
            retry: RetrySettings::default(),
            hedge: HedgeSettings::default(),
            fallback: Route::default(),
            routes: BTreeMap::new(),
            voices: BTreeMap::new(),
            characters: BTreeMap::new(),
            conversation: ConversationSettings::default(),
            store: StoreConfig::default(),
            sandbox: Sandbox::default(),
            providers: Vec::new(),
            log: Log { level: LogLevel::Info, format: LogFormat::Text },
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            // The loopback address: a server that anybody on the network may use is a decision.
            listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT)],
            worker_threads: None,
            drain: Duration::from_secs(30),
            // Ten times the longest text in the widest encoding of a character.
            max_body_bytes: 4 << 20,
            default_delivery: Delivery::Whole,
            admin_from: AdminFrom::Loopback,
        }
    }
}

impl Default for Plugins {
    fn default() -> Self {
        Self {
            folders: vec![folders::plugins()],
            code_cache: folders::code_cache(),
            watching: Watching::Events,
            poll: Duration::from_secs(1),
            check: Duration::from_secs(5),
            drain: Duration::from_secs(300),
            locked: false,
        }
    }
}

impl Default for RequestLimits {
    fn default() -> Self {
        let engine = EngineSettings::default();
        Self {
            deadline: engine.deadline,
            stream_deadline: engine.stream_deadline,
            max_audio_bytes: engine.max_audio_bytes,
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, or has mistakes: all of them are named.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::parse(&Self::text_of(file)?, file)
    }

    pub(crate) fn text_of(file: &Path) -> Result<String, ConfigError> {
        std::fs::read_to_string(file)
            .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), reason: error.to_string() })
    }

    /// Reads the text of a file that lies, or would lie, at `file`.
    ///
    /// # Errors
    /// The text has mistakes: all of them are named.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        read::config(text, file).map_err(|problems| ConfigError::Invalid { file: file.to_owned(), problems })
    }

    /// Reads a text as far as it can be read: the configuration unless the text is no TOML, and every
    /// problem it has.
    pub(crate) fn examine(text: &str, file: &Path) -> (Option<Self>, Vec<Problem>) {
        read::examine(text, file)
    }

    /// What the plugin of this manifest finds wrong with its section in the file's `text`.
    pub(crate) fn examine_section(
        text: &str,
        provider: &ProviderConfig,
        manifest: &understudy_speech::Manifest,
    ) -> Vec<Problem> {
        settings::problems(text, provider, manifest)
    }

    /// That the plugin of a provider's section, or its canary, was rejected, as a problem of the file.
    pub(crate) fn rejected_section(
        text: &str,
        section: (&str, bool),
        rejection: (&str, &str),
        hint: Option<&str>,
    ) -> Problem {
        settings::rejected(text, section, rejection, hint)
    }

    /// That the file's certificate authorities cannot be used, as a problem of the file.
    pub(crate) fn refused_authorities(text: &str, reason: &str) -> Problem {
        let message = format!("certificate authorities cannot be read: {reason}");
        let hint = "give a PEM file of certificates that this account may read";
        settings::at(text, &["sandbox", "certificate_authorities"], message, Some(hint))
    }

    /// What a text says of the server, as far as it can be read.
    pub(crate) fn server_of(text: &str) -> Server {
        read::server_of(text)
    }

    /// The file to read now: its own, or one that has appeared since it was looked for.
    pub(crate) fn present_file(&self) -> Option<&Path> {
        let appeared = || self.looked_for.iter().find(|file| file.is_file());
        self.file.as_ref().or_else(appeared).map(PathBuf::as_path)
    }

    /// The file in which a person writes: its own, or the one that would be taken first.
    pub(crate) fn file_to_write(&self) -> Option<&Path> {
        self.file.as_ref().or_else(|| self.looked_for.first()).map(PathBuf::as_path)
    }

    /// The section of a provider, when the file has one.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&ProviderConfig> {
        self.providers.iter().find(|provider| provider.name == name)
    }
}
