//! The embedding API: a configuration in, a working engine out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use understudy_engine::{Cast, Engine, EngineSettings, Member, ProviderPolicy, Store, Tier, WallClock};
use understudy_sandbox::{Sandbox, SandboxError, SandboxOptions};

use crate::config::{Config, ProviderConfig};
use crate::http::encore::Encores;
use crate::plugins::{self, Bringing, Loaded, Numbers, PluginState, PluginStatus, Role, Wrap};
use crate::reload::{
    self, Departures, NotWatching, Orders, Owner, Pending, ReloadReport, ReloadState, Trigger,
};

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
    stage: ArcSwap<Stage>,
    retired: AtomicBool,
    cut: CancellationToken,
    overrides: Overrides,
    /// How reloads are asked for, once somebody owns them.
    orders: OnceLock<Orders>,
    reload: ArcSwap<ReloadState>,
    departures: Departures,
    numbers: Numbers,
    /// Rings when a plugin's generation has gone.
    gone: Arc<Notify>,
}

/// What the command line says in the place of the configuration's file, now and after every reload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    /// `--listen`
    pub(crate) listen: Vec<SocketAddr>,
    /// `--locked`
    pub(crate) locked: bool,
}

impl Overrides {
    pub(crate) fn apply(&self, config: &mut Config) {
        if !self.listen.is_empty() {
            config.server.listen.clone_from(&self.listen);
        }
        config.plugins.locked |= self.locked;
    }
}

/// Everything a request needs, at one moment. Never changed, only replaced whole: whoever took it
/// at admission has the configuration, the engine and the plugins that belong together.
#[derive(Debug)]
pub(crate) struct Stage {
    config: Arc<Config>,
    /// Until everything is loaded it has no providers, and answers that nobody can speak.
    pub(crate) engine: Engine,
    /// What can be answered again while it stands.
    pub(crate) encores: Encores,
    roles: Vec<Role>,
    /// None until everything is loaded, and when the cast is not of plugins.
    sandbox: Option<Sandbox>,
    loaded: bool,
}

/// Whether takes, history and counters outlive the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// They do; what keeps the store from working is told, and tried again.
    Store,
    /// They do unless the store cannot be had, as when a server has it. For a command that answers
    /// once: it can do without, and must not be slow or loud about it.
    IfFree,
    /// They do not.
    Nothing,
}

/// How long a take that was just bought may take to be on the disk when the program ends.
const SETTLE_PATIENCE: Duration = Duration::from_secs(5);

impl Stage {
    /// What plays with these roles, and remembers what `before` learnt.
    fn playing(before: &Engine, config: Arc<Config>, roles: Vec<Role>, sandbox: Option<Sandbox>) -> Self {
        let statuses: Vec<PluginStatus> = roles.iter().map(Role::status).collect();
        let settings = engine_settings(&config, &statuses);
        let members: Vec<Member> = roles.iter().filter_map(Role::member).collect();
        if let Some(name) = settings.default_provider.as_ref()
            && !members.iter().any(|member| member.name == *name)
        {
            warn!(provider = name, "the default provider cannot play");
        }
        let engine = before.recast(Cast::new(members), settings);
        Self { config, engine, encores: Encores::default(), roles, sandbox, loaded: true }
    }
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
    /// When the sandbox cannot be set up. A plugin that cannot be loaded is no error, see
    /// [`Understudy::plugins`]; nor is a store that cannot be used, see
    /// [`Store::state`](understudy_engine::Store::state).
    pub async fn start(config: Config) -> Result<Arc<Self>, StartError> {
        Self::start_keeping(config, Keeping::Store).await
    }

    pub(crate) async fn start_keeping(config: Config, keeping: Keeping) -> Result<Arc<Self>, StartError> {
        let understudy = Self::prepare(config);
        understudy.load_wrapped(keeping, &|provider| provider).await?;
        Ok(understudy)
    }

    /// Loads nothing yet, so that a server can answer that it lives before it is ready.
    #[must_use]
    pub fn prepare(config: Config) -> Arc<Self> {
        Self::prepare_with(config, Overrides::default())
    }

    /// The same, with what the command line says.
    pub(crate) fn prepare_with(mut config: Config, overrides: Overrides) -> Arc<Self> {
        overrides.apply(&mut config);
        let engine = engine(Cast::default(), engine_settings(&config, &[]));
        let config = Arc::new(config);
        let encores = Encores::default();
        let stage = Stage { config, engine, encores, roles: Vec::new(), sandbox: None, loaded: false };
        Self::on(stage, overrides)
    }

    /// With providers of your own in the place of plugins, and nothing kept.
    #[must_use]
    pub fn with_cast(config: Config, cast: Cast) -> Arc<Self> {
        let engine = engine(cast, engine_settings(&config, &[]));
        Self::with_engine(config, engine)
    }

    /// The same with a store.
    #[cfg(test)]
    pub(crate) fn with_cast_and_store(config: Config, cast: Cast, store: Store) -> Arc<Self> {
        let engine = engine(cast, engine_settings(&config, &[])).with_store(store);
        Self::with_engine(config, engine)
    }

    fn with_engine(config: Config, engine: Engine) -> Arc<Self> {
        let config = Arc::new(config);
        let encores = Encores::default();
        let stage = Stage { config, engine, encores, roles: Vec::new(), sandbox: None, loaded: true };
        Self::on(stage, Overrides::default())
    }

    fn on(stage: Stage, overrides: Overrides) -> Arc<Self> {
        Arc::new(Self {
            stage: ArcSwap::from_pointee(stage),
            retired: AtomicBool::new(false),
            cut: CancellationToken::new(),
            overrides,
            orders: OnceLock::new(),
            reload: ArcSwap::default(),
            departures: Departures::default(),
            numbers: Numbers::default(),
            gone: Arc::new(Notify::new()),
        })
    }

    /// Loads everything; what [`Understudy::prepare`] left undone. Done twice, the second changes
    /// nothing.
    ///
    /// # Errors
    /// As [`Understudy::start`].
    pub async fn load(&self) -> Result<(), StartError> {
        self.load_wrapped(Keeping::Store, &|provider| provider).await
    }

    /// The same, with something between the engine and every provider.
    pub(crate) async fn load_wrapped(&self, keeping: Keeping, wrap: Wrap<'_>) -> Result<(), StartError> {
        let started = Instant::now();
        let before = self.stage.load_full();
        if before.loaded {
            return Ok(());
        }
        let config = Arc::clone(&before.config);
        let sandbox = sandbox(&config)?;
        let bringing = Bringing::at_start(&sandbox, &config, (&self.numbers, &self.gone), wrap);
        let (store, loaded) = tokio::join!(store(&config, keeping), plugins::load(&bringing));
        let roles = loaded.roles;
        plugins::tell(&[], &roles);
        let engine = store.into_iter().fold(before.engine.clone(), Engine::with_store);
        let slots = sandbox.slots();
        let stage = Stage::playing(&engine, config, roles, Some(sandbox));
        let providers = stage.engine.provider_names().count();
        self.stage.store(Arc::new(stage));
        let ready_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(providers, slots, ready_ms, "ready");
        Ok(())
    }

    /// Begins to follow the files: from now on a plugin or a configuration that changes is taken
    /// while requests are spoken. Done twice, the second changes nothing.
    pub fn follow(self: &Arc<Self>) {
        if self.stage.load().sandbox.is_some() {
            self.orders.get_or_init(|| Owner::start(self, Arc::clone(&self.gone)));
        }
    }

    /// Reads everything anew and takes what is right; see [`Understudy::follow`].
    ///
    /// # Errors
    /// When nobody follows the files. What was refused is no error but told in the report.
    pub async fn reload(&self, trigger: Trigger) -> Result<ReloadReport, NotWatching> {
        reload::ask(self.orders.get().ok_or(NotWatching)?, trigger).await
    }

    /// How reloading stands.
    #[must_use]
    pub fn reload_state(&self) -> Arc<ReloadState> {
        self.reload.load_full()
    }

    /// Numbers a reload and keeps it.
    pub(crate) fn note_reload(&self, report: ReloadReport, asked: bool) -> ReloadReport {
        let (state, report) = self.reload.load().after(report, asked);
        self.reload.store(Arc::new(state));
        report
    }

    /// Keeps what a part of a reload found out.
    pub(crate) fn note_meanwhile(&self, report: &ReloadReport) {
        self.reload.store(Arc::new(self.reload.load().meanwhile(report)));
    }

    /// Keeps which changes are seen and not made yet.
    pub(crate) fn note_pending<'a>(&self, pending: impl Iterator<Item = &'a Pending> + Clone) {
        let state = self.reload.load();
        if !state.pending.iter().eq(pending.clone()) {
            let pending = pending.cloned().collect();
            self.reload.store(Arc::new(ReloadState { pending, ..ReloadState::clone(&state) }));
        }
    }

    /// Gives the verdict on every plugin on trial that has earned one.
    pub(crate) fn judge_trials(&self) {
        let (now, before) = (Instant::now(), self.roles());
        let mut judged = before.clone();
        let mut any = false;
        for role in &mut judged {
            if let Some(after) = role.after_trial(now) {
                (*role, any) = (after, true);
            }
        }
        if any {
            let report = ReloadReport::of_trials(&before, &judged, &self.reload.load());
            self.put_on(self.config(), judged);
            self.note_reload(report, false);
        }
    }

    /// Somebody is on trial.
    pub(crate) fn is_trying(&self) -> bool {
        self.stage.load().roles.iter().any(Role::is_trying)
    }

    pub(crate) fn departures(&self) -> &Departures {
        &self.departures
    }

    pub(crate) fn roles(&self) -> Vec<Role> {
        self.stage.load().roles.clone()
    }

    /// A configuration as it can be taken now; says which keys wait for a restart.
    pub(crate) fn take_over(&self, config: &mut Config) -> Vec<String> {
        self.overrides.apply(config);
        config.take_over(&self.config()).into_iter().map(str::to_owned).collect()
    }

    /// Brings in what the configuration wants, and touches nothing that plays.
    pub(crate) async fn bring_in(
        &self,
        config: &Config,
        before: &[Role],
        unsettled: &BTreeSet<PathBuf>,
        again: bool,
    ) -> Loaded {
        let Some(sandbox) = self.stage.load().sandbox.clone() else {
            return Loaded { roles: before.to_vec(), crowded: BTreeSet::new(), restless: false };
        };
        let draining = self.departures.names();
        let start = Bringing::at_start(&sandbox, config, (&self.numbers, &self.gone), &|provider| provider);
        let bringing = Bringing { before, unsettled, again, draining: &draining, ..start };
        plugins::load(&bringing).await
    }

    /// Swaps what plays. Those who leave go on for the requests that have them.
    pub(crate) fn put_on(&self, config: Arc<Config>, roles: Vec<Role>) {
        let before = self.stage.load_full();
        let stays = |number: u64, name: &str| {
            let mut playing = roles.iter().filter(|role| role.name == name).flat_map(Role::generations);
            playing.any(|generation| generation.number() == number)
        };
        let leaving = before.roles.iter().flat_map(Role::generations);
        let leaving = leaving.filter(|generation| !stays(generation.number(), generation.provider()));
        let leaving: Vec<_> = leaving.cloned().collect();
        let drain = config.plugins.drain;
        let stage = Stage::playing(&before.engine, config, roles, before.sandbox.clone());
        self.stage.store(Arc::new(stage));
        for generation in leaving {
            self.departures.begin(&generation, drain);
        }
    }

    /// To be called before the program ends: what was just bought is kept, and the store written.
    pub async fn settle(&self) {
        self.engine().settle(SETTLE_PATIENCE).await;
    }

    /// The engine, as it is now. A request takes it once, when it is admitted, and keeps it to its
    /// end: a reload meanwhile is for the requests after it. Until everything is loaded it has no
    /// providers. Clones share everything.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.stage.load().engine.clone()
    }

    /// All that a request needs, as it is now.
    pub(crate) fn stage(&self) -> Arc<Stage> {
        self.stage.load_full()
    }

    /// Every plugin and what became of it, in the order of preference; empty until loaded.
    #[must_use]
    pub fn plugins(&self) -> Vec<PluginStatus> {
        self.stage.load().roles.iter().map(Role::status).collect()
    }

    /// True once everything is loaded and somebody can speak, until [`Understudy::retire`].
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let stage = self.stage.load();
        !self.retired.load(Ordering::Relaxed)
            && stage.loaded
            && stage.engine.provider_names().next().is_some()
    }

    /// From now on it is not ready, so that a load balancer sends new requests elsewhere. It still
    /// answers those that come.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Ends every request under way: whoever waits is told, and what was ordered for them can be taken
    /// back while there is somebody to do it.
    pub(crate) fn cut_off(&self) {
        self.cut.cancel();
    }

    /// Cancelled once requests are cut off.
    pub(crate) const fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    /// The configuration, as it is now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.stage.load().config)
    }

    /// Calls that can be under way at once; 0 until loaded.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.stage.load().sandbox.as_ref().map_or(0, Sandbox::slots)
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

/// The store, opened where blocking is allowed.
async fn store(config: &Config, keeping: Keeping) -> Option<Store> {
    let (folder, settings) = (config.store.folder.clone(), config.store.settings.clone());
    let opened = spawn_blocking(move || {
        let clock = WallClock::new(SystemTime::now);
        match keeping {
            Keeping::Store => Some(Store::open(&folder, settings, &clock)),
            Keeping::IfFree => {
                let opened = Store::open_if_free(&folder, settings, &clock);
                opened
                    .inspect_err(|reason| debug!(code = reason.code(), %reason, "goes without a store"))
                    .ok()
            }
            Keeping::Nothing => None,
        }
    });
    opened.await.ok().flatten()
}

/// An engine whose days and months are the calendar's: budgets begin anew at midnight UTC.
fn engine(cast: Cast, settings: EngineSettings) -> Engine {
    Engine::new(cast, settings).dated(SystemTime::now)
}

/// What the operator wants of each provider. The offline voice stands in last unless its section
/// says otherwise: it can go on when nobody else can, and nobody would choose it who had a choice.
fn policies(config: &Config, plugins: &[PluginStatus]) -> BTreeMap<String, ProviderPolicy> {
    let wanted = |provider: &ProviderConfig| (provider.name.clone(), provider.policy.clone());
    let mut policies: BTreeMap<_, _> =
        config.providers.iter().filter(|provider| provider.enabled).map(wanted).collect();
    let offline = crate::built_in::OFFLINE_VOICE;
    let plays = plugins.iter().any(|status| status.name == offline && status.state == PluginState::Ready);
    if plays && config.provider(offline).is_none() {
        let last = ProviderPolicy { tier: Tier::Emergency, ..ProviderPolicy::default() };
        policies.insert(offline.to_owned(), last);
    }
    policies
}

/// Who speaks when nobody is named: as configured, else the configured providers by their tier,
/// priority and order, the offline voice last. A file dropped into a folder does not change who
/// speaks, unless nobody else is there.
fn engine_settings(config: &Config, plugins: &[PluginStatus]) -> EngineSettings {
    let providers = policies(config, plugins);
    let ready = || plugins.iter().filter(|status| status.state == PluginState::Ready);
    let default_provider = config.default_provider.clone().or_else(|| {
        let chosen = ready().any(|status| providers.contains_key(&status.name));
        ready().next().filter(|_| !chosen).map(|status| status.name.clone())
    });
    EngineSettings {
        default_provider,
        deadline: config.limits.deadline,
        stream_deadline: config.limits.stream_deadline,
        max_audio_bytes: config.limits.max_audio_bytes,
        providers,
        routes: config.routes.clone(),
        default_route: config.default_route.clone(),
        unrouted: config.fallback.clone(),
        voices: config.voices.clone(),
        characters: config.characters.clone(),
        conversation: config.conversation.clone(),
        limits: config.shared.clone(),
        text: config.text.clone(),
        breaker: config.breaker.clone(),
        retry: config.retry.clone(),
        hedge: config.hedge.clone(),
        ..EngineSettings::default()
    }
}

#[cfg(test)]
mod tests;
