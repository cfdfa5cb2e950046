//! The embedding API: a configuration in, a working engine out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::time::Instant;
use tracing::{info, warn};
use understudy_engine::text::TextRules;
use understudy_engine::{Cast, Engine, EngineSettings};
use understudy_sandbox::{Sandbox, SandboxError, SandboxOptions};
use understudy_speech::Provider;

use crate::config::Config;
use crate::plugins::{self, PluginState, PluginStatus};

/// A working Understudy: the sandbox, the plugins in it, and the engine that asks them.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use understudy::{Config, Understudy};
/// use understudy_engine::SpeechRequest;
/// use understudy_speech::Request;
///
/// let understudy = Understudy::start(Config::default()).await?;
/// let request = SpeechRequest::new("example", Request::text("The show must go on."));
/// let speech = understudy.engine().speak(request).await?;
/// println!("{} s of {}", speech.duration.as_secs_f32(), speech.format.encoding);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Understudy {
    config: Config,
    /// Asked before the plugins are there; it answers that nobody can speak.
    empty: Engine,
    stage: OnceLock<Stage>,
    retired: AtomicBool,
}

/// What is there once everything is loaded.
#[derive(Debug)]
struct Stage {
    engine: Engine,
    plugins: Vec<PluginStatus>,
    slots: u32,
}

/// Why it did not start. No plugin can be the reason: a broken one is listed, the others play.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The sandbox cannot be set up on this machine.
    #[error("the sandbox cannot be set up")]
    Sandbox(#[from] SandboxError),
}

impl StartError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Sandbox(_) => "sandbox_unavailable",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("`understudy doctor` tells what this machine lacks".to_owned())
    }
}

impl Understudy {
    /// Loads everything, then returns.
    ///
    /// # Errors
    /// When the sandbox cannot be set up. A plugin that cannot be loaded is no error; see
    /// [`Understudy::plugins`].
    pub async fn start(config: Config) -> Result<Arc<Self>, StartError> {
        let understudy = Self::prepare(config);
        understudy.load().await?;
        Ok(understudy)
    }

    /// Loads nothing yet, so that a server can answer that it lives before it is ready.
    #[must_use]
    pub fn prepare(config: Config) -> Arc<Self> {
        let empty = Engine::new(Cast::default(), engine_settings(&config, &[]));
        Arc::new(Self { config, empty, stage: OnceLock::new(), retired: AtomicBool::new(false) })
    }

    /// With providers of your own in the place of plugins.
    #[must_use]
    pub fn with_cast(config: Config, cast: Cast) -> Arc<Self> {
        let understudy = Self::prepare(config);
        let engine = Engine::new(cast, engine_settings(&understudy.config, &[]));
        let _ = understudy.stage.set(Stage { engine, plugins: Vec::new(), slots: 0 });
        understudy
    }

    /// Loads everything; what [`Understudy::prepare`] left undone. Done twice, the second changes
    /// nothing.
    ///
    /// # Errors
    /// As [`Understudy::start`].
    pub async fn load(&self) -> Result<(), StartError> {
        self.load_wrapped(|provider| provider).await
    }

    /// The same, with something between the engine and every provider.
    pub(crate) async fn load_wrapped(
        &self,
        wrap: impl Fn(Arc<dyn Provider>) -> Arc<dyn Provider>,
    ) -> Result<(), StartError> {
        let started = Instant::now();
        let sandbox = sandbox(&self.config)?;
        let mut loaded = plugins::load(&sandbox, &self.config).await;
        for member in &mut loaded.members {
            member.provider = wrap(Arc::clone(&member.provider));
        }
        let settings = engine_settings(&self.config, &loaded.statuses);
        if let Some(name) = settings.default_provider.as_ref()
            && !loaded.members.iter().any(|member| member.name == *name)
        {
            warn!(provider = name, "the default provider cannot play");
        }
        let providers = loaded.members.len();
        let engine = Engine::new(Cast::new(loaded.members), settings);
        let slots = sandbox.slots();
        let _ = self.stage.set(Stage { engine, plugins: loaded.statuses, slots });
        let ready_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(providers, slots, ready_ms, "ready");
        Ok(())
    }

    /// The engine. Until everything is loaded it has no providers.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.stage.get().map_or(&self.empty, |stage| &stage.engine)
    }

    /// Every plugin and what became of it, in the order of preference; empty until loaded.
    #[must_use]
    pub fn plugins(&self) -> Vec<PluginStatus> {
        self.stage.get().map(|stage| stage.plugins.clone()).unwrap_or_default()
    }

    /// True once everything is loaded and somebody can speak, until [`Understudy::retire`].
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.retired.load(Ordering::Relaxed)
            && self.stage.get().is_some_and(|stage| stage.engine.provider_names().next().is_some())
    }

    /// From now on it is not ready, so that a load balancer sends new requests elsewhere. It still
    /// answers those that come.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// The configuration it was started with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Calls that can be under way at once; 0 until loaded.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.stage.get().map_or(0, |stage| stage.slots)
    }
}

/// A code cache that cannot be used makes starting slow, which is no reason not to start: a
/// container with a read-only file system is a place to run in.
pub(crate) fn sandbox(config: &Config) -> Result<Sandbox, SandboxError> {
    let options = SandboxOptions {
        slots: config.sandbox.slots,
        code_cache: Some(config.plugins.code_cache.clone()),
        extra_roots: config.sandbox.certificate_authorities.clone(),
        ..SandboxOptions::default()
    };
    match Sandbox::new(options.clone()) {
        Err(SandboxError::CodeCache(error)) => {
            let folder = config.plugins.code_cache.display();
            warn!(%folder, %error, "code cache cannot be used, every start compiles again");
            Sandbox::new(SandboxOptions { code_cache: None, ..options })
        }
        other => other,
    }
}

/// Who speaks when nobody is named: as configured, else the first section that is ready, else the
/// offline voice. A file dropped into a folder does not change who speaks.
fn engine_settings(config: &Config, plugins: &[PluginStatus]) -> EngineSettings {
    let ready = || plugins.iter().filter(|status| status.state == PluginState::Ready);
    let default_provider = config.default_provider.clone().or_else(|| {
        ready()
            .find(|status| config.provider(&status.name).is_some())
            .or_else(|| ready().find(|status| status.name == crate::built_in::OFFLINE_VOICE))
            .or_else(|| ready().next())
            .map(|status| status.name.clone())
    });
    EngineSettings {
        default_provider,
        deadline: config.limits.deadline,
        stream_deadline: config.limits.stream_deadline,
        text: TextRules { max_characters: config.limits.max_text_characters, ..TextRules::default() },
        max_audio_bytes: config.limits.max_audio_bytes,
        ..EngineSettings::default()
    }
}
