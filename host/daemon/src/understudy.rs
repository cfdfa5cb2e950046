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
use tracing::{debug, info, warn};
use understudy_engine::{Cast, Engine, EngineSettings, Member, ProviderPolicy, Store, Tier, WallClock};
use understudy_sandbox::{Sandbox, SandboxError, SandboxOptions};

use crate::config::{Config, ProviderConfig};
use crate::plugins::{self, Bringing, Loaded, Numbers, PluginState, PluginStatus, Role, Wrap};
use crate::reload::{self, Departures, NotWatching, Orders, Owner, ReloadReport, ReloadState, Trigger};

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
struct Stage {
    config: Arc<Config>,
    /// Until everything is loaded it has no providers, and answers that nobody can speak.
    engine: Engine,
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
        Self { config, engine, roles, sandbox, loaded: true }
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
        let stage = Stage { config, engine, roles: Vec::new(), sandbox: None, loaded: false };
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
        let stage = Stage { config, engine, roles: Vec::new(), sandbox: None, loaded: true };
        Self::on(stage, Overrides::default())
    }

    fn on(stage: Stage, overrides: Overrides) -> Arc<Self> {
        Arc::new(Self {
            stage: ArcSwap::from_pointee(stage),
            retired: AtomicBool::new(false),
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
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use understudy_engine::audition::Depth;
    use understudy_engine::{ConversationSettings, Delivery, Plays, Probe, Recast, VoicePolicy};
    use understudy_speech::{Age, Encoding, Gender};

    use super::*;

    /// Each key is set to what it is not by default, and arrives at the engine.
    #[test]
    fn what_is_configured_is_what_the_engine_does() {
        let text = include_str!("../tests/every_engine_key.toml");
        let config = Config::parse(text, Path::new("understudy.toml")).unwrap();
        let engine = engine_settings(&config, &[]);
        let default = EngineSettings::default();
        let seconds = |seconds: f64| Duration::from_secs_f64(seconds);
        assert_eq!((engine.deadline, engine.stream_deadline), (seconds(50.0), seconds(500.0)));
        assert_eq!(engine.default_provider.as_deref(), Some("azure"));
        assert_eq!(engine.default_route.as_deref(), Some("narration"));
        assert_eq!((engine.text.max_characters, engine.text.max_bytes), (9_000, 20_000));
        assert_eq!(engine.text.blocked.blocks("say the password"), Some("secret"));
        let limits = &engine.limits;
        assert_eq!((limits.max_concurrent_syntheses, limits.queue_depth), (20, 30));
        assert_eq!(limits.queue_deadline, seconds(4.0));
        assert_eq!((engine.breaker.failures, engine.breaker.failure_percent), (3, 80));
        assert_eq!((engine.breaker.window, engine.breaker.recovery), (seconds(30.0), seconds(20.0)));
        assert_eq!((engine.breaker.patience, engine.breaker.probe), (seconds(5.0), Probe::Request));
        assert_eq!((engine.retry.backoff, engine.retry.backoff_max), (seconds(0.2), seconds(3.0)));
        assert_eq!((engine.retry.rate_limit_hold, engine.retry.quota_hold), (seconds(6.0), seconds(400.0)));
        assert_eq!(engine.retry.hold_max, seconds(1_000.0));
        assert_eq!((engine.hedge.enabled, engine.hedge.after), (true, Some(seconds(1.5))));
        let unrouted = &engine.unrouted;
        assert_eq!((unrouted.voice_policy, unrouted.min_score), (VoicePolicy::Any, 0.5));
        assert_eq!((unrouted.audition, unrouted.audition_share), (Depth::Full, 0.1));
        assert_eq!(unrouted.min_quality, 0.8);
        let route = &engine.routes["narration"];
        assert_eq!(route.providers().map(|(_, name)| name).collect::<Vec<_>>(), ["azure", "edge", "flite"]);
        assert_eq!(
            (route.voice_policy, route.min_score),
            (VoicePolicy::Strict, 0.5),
            "as unrouted but for one"
        );
        assert_eq!((route.delivery, route.deadline), (Some(Delivery::Stream), Some(seconds(20.0))));
        let policy = engine.policy("azure");
        assert_eq!((policy.tier, policy.priority, policy.weight), (Tier::Fallback, 10, Some(3)));
        assert_eq!((policy.timeout, policy.max_retries), (Some(seconds(8.0)), 1));
        let counts =
            [policy.requests_per_minute, policy.concurrent_requests].map(|count| count.unwrap().get());
        assert_eq!((counts, policy.rollout_percent), ([100, 10], 25));
        assert_eq!((policy.max_text_length, policy.price_per_million_characters), (Some(5_000), Some(16.0)));
        assert_eq!(policy.default_sample_rate, Some(22_050));
        assert_eq!(policy.supported_formats, Some(vec![Encoding::Wav, Encoding::Mp3]));
        assert_eq!((policy.characters_per_day, policy.characters_per_month), (Some(1_000), Some(20_000)));
        let [first, _] = engine.voices["anna"].cast.as_slice() else { panic!("{:?}", engine.voices) };
        assert_eq!((first.rate, first.pitch, first.volume), (Some(1.1), Some(-1.0), Some(2.0)));
        assert_eq!(first.styles["cheerful"], "happy");
        characters_arrive(&engine);
        assert_eq!(engine.take_buffer, default.take_buffer);
    }

    fn characters_arrive(engine: &EngineSettings) {
        let nova = &engine.characters["captain-nova"];
        assert_eq!(
            (nova.name.as_str(), nova.traits.as_slice()),
            ("Captain Nova", ["bold".to_owned()].as_slice())
        );
        assert_eq!((nova.gender, nova.age), (Some(Gender::Female), Some(Age::Adult)));
        assert_eq!(nova.languages.iter().map(ToString::to_string).collect::<Vec<_>>(), ["en-US"]);
        let plays: Vec<_> = nova.cast.iter().map(|part| (part.plays, part.part.voice.as_str())).collect();
        assert_eq!(plays, [(Plays::Character, "char_123"), (Plays::Voice, "ada")]);
        let happy = &nova.emotions["happy"];
        assert_eq!(
            (happy.style.as_deref(), happy.rate, happy.pitch),
            (Some("cheerful"), Some(1.1), Some(2.0))
        );
        assert_eq!((happy.volume, happy.instructions.as_deref()), (Some(1.0), Some("Smile.")));
        let expected = ConversationSettings {
            recast: Recast::Line,
            parallel: 2,
            gap: Duration::from_millis(500),
            target_lufs: Some(-18.0),
            max_lines: 50,
            deadline: Duration::from_secs(60),
            whole: false,
        };
        assert_eq!(engine.conversation, expected);
    }

    #[test]
    fn the_offline_voice_stands_in_last_unless_its_section_says_otherwise() {
        let tier = |text: &str| {
            let config = Config::parse(text, Path::new("understudy.toml")).unwrap();
            let ready = PluginStatus {
                name: crate::built_in::OFFLINE_VOICE.to_owned(),
                state: PluginState::Ready,
                source: crate::PluginSource::BuiltIn(crate::built_in::OFFLINE_VOICE.to_owned()),
                facts: None,
                generation: None,
                candidate: None,
                trial: None,
            };
            engine_settings(&config, &[ready]).policy("flite").tier
        };
        assert_eq!(tier(""), Tier::Emergency);
        assert_eq!(tier("[providers.flite]"), Tier::Primary);
    }
}
