//! From the text of a file to a [`Config`], or to every problem it has.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;
use understudy_engine::text::{BlockedPatterns, PatternError, TextRules};
use understudy_engine::{GlobalLimits, Route};

use super::findings::Findings;
use super::keys::{Key, Kind};
use super::problem::Problem;
use super::section::{Section, suggestion};
use super::{
    AdminFrom, Config, Delivery, Log, LogFormat, LogLevel, Plugins, RequestLimits, Server, Watching,
    characters, folders, hidden, policies, providers, routes, sandbox, store,
};
use crate::built_in;

/// Longest drain: a supervisor that waits longer than an hour is no supervisor.
const MAX_DRAIN: Duration = Duration::from_secs(3_600);
/// Between two looks at the files: often enough to burn a core, and so seldom that nobody waits for it.
const LOOKS: RangeInclusive<Duration> = Duration::from_millis(50)..=MAX_DRAIN;
/// A day: longer than any one request for speech.
const MAX_DEADLINE: Duration = Duration::from_secs(86_400);
/// Longest text of a request; a novel has about a million characters.
const MAX_TEXT_CHARACTERS: usize = 10_000_000;
/// Least and largest body: room for one short sentence, and for the longest text of all.
const BODY_BYTES: RangeInclusive<usize> = 1_024..=1 << 30;
/// Least and most threads: more than any machine has cores do nothing.
const WORKER_THREADS: RangeInclusive<usize> = 1..=1_024;
/// Least and most audio: some seconds, and a day at 24 kHz.
const AUDIO_BYTES: RangeInclusive<usize> = 1 << 20..=4 << 30;

pub(super) fn config(text: &str, file: &Path) -> Result<Config, Vec<Problem>> {
    match examine(text, file) {
        (Some(config), problems) if problems.is_empty() => Ok(config),
        (_, problems) => Err(problems),
    }
}

/// The configuration as far as it can be read, and what is wrong with the text.
pub(super) fn examine(text: &str, file: &Path) -> (Option<Config>, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let findings = Findings::new(text);
    // What follows a broken line may be read as something it is not, so mistakes of meaning are
    // looked for only in a file that is well formed.
    if !errors.is_empty() {
        for error in errors {
            findings.report(&error.span().unwrap_or(0..0), lower_case(error.message()), None);
        }
        return (None, findings.into_problems(|| hidden::shown_broken(text)));
    }
    let config = whole(Section::new(&findings, "", Some(table.get_ref())), file);
    (Some(config), findings.into_problems(|| hidden::shown(text, table.get_ref())))
}

/// `[server]` as far as it can be read, of a text that may be no TOML.
pub(super) fn server_of(text: &str) -> Server {
    let findings = Findings::new(text);
    let (table, _) = DeTable::parse_recoverable(text);
    server(Section::new(&findings, "", Some(table.get_ref())).section("server"))
}

/// Every key, by reading no file.
pub(super) fn keys() -> Vec<Key> {
    let findings = Findings::of_keys();
    whole(Section::new(&findings, "", None), Path::new("understudy.toml"));
    findings.into_keys()
}

fn whole(file_section: Section<'_>, file: &Path) -> Config {
    let folder = file.parent().unwrap_or(Path::new(""));
    let (limits, shared, text) = limits(&file_section);
    let longest = sandbox::longest_deadline(&file_section, &limits);
    let sandbox = sandbox::read(file_section.section("sandbox"), longest, folder);
    let config = Config {
        file: Some(file.to_owned()),
        looked_for: Vec::new(),
        server: server(file_section.section("server")),
        plugins: plugins(file_section.section("plugins"), folder),
        limits,
        shared,
        text,
        breaker: policies::breaker(file_section.section("breaker")),
        retry: policies::retry(file_section.section("retry")),
        hedge: policies::hedge(file_section.section("hedge")),
        fallback: routes::fallback(file_section.section("fallback")),
        store: store::read(&file_section, folder),
        routes: BTreeMap::new(),
        voices: BTreeMap::new(),
        characters: BTreeMap::new(),
        conversation: characters::conversation(file_section.section("conversation")),
        default_route: None,
        providers: providers::read(&file_section.section("providers"), folder, &sandbox.limits),
        log: log(file_section.section("log")),
        sandbox,
        default_provider: None,
    };
    let default_provider = default_provider(&file_section, &config);
    // The offline voice is there without a section.
    let offline = [built_in::OFFLINE_VOICE];
    let mut names: Vec<&str> = config.providers.iter().map(|provider| provider.name.as_str()).collect();
    names.extend(offline.iter().filter(|name| config.provider(name).is_none()));
    let routes = routes::routes(&file_section.section("routes"), &config.fallback, &names);
    let voices = routes::voices(&file_section.section("voices"), &names);
    let characters = characters::characters(&file_section.section("characters"), &names);
    let default_route = default_route(&file_section, &routes);
    file_section.finish();
    Config { default_provider, default_route, routes, voices, characters, ..config }
}

fn default_route(section: &Section<'_>, routes: &BTreeMap<String, Route>) -> Option<String> {
    let found = section.string("default_route")?;
    if !routes.contains_key(&found.value) {
        let hint = suggestion(&found.value, routes.keys().map(String::as_str))
            .unwrap_or_else(|| format!("add a section [routes.{}]", found.value));
        section.report(&found.span, format!("no such route: {}", found.value), hint);
    }
    Some(found.value)
}

/// It must name somebody who will be there. A plugin dropped into a folder has the name it gives
/// itself, which is known only once it is loaded; to be the default it needs a section here.
fn default_provider(section: &Section<'_>, config: &Config) -> Option<String> {
    let found = section.string("default_provider")?;
    let configured = config.provider(&found.value);
    let known = configured.is_some() || found.value == built_in::OFFLINE_VOICE;
    if !known {
        let mut names: Vec<&str> = config.providers.iter().map(|provider| provider.name.as_str()).collect();
        names.push(built_in::OFFLINE_VOICE);
        let hint = suggestion(&found.value, names.iter().copied()).unwrap_or_else(|| {
            format!("add a section [providers.{}], or name one of {}", found.value, names.join(", "))
        });
        section.report(&found.span, format!("no such provider: {}", found.value), hint);
    } else if configured.is_some_and(|provider| !provider.enabled) {
        section.report(
            &found.span,
            format!("the default provider is disabled: {}", found.value),
            format!("set enabled = true in [providers.{}]", found.value),
        );
    }
    Some(found.value)
}

fn server(section: Section<'_>) -> Server {
    let default = Server::default();
    let server = Server {
        listen: listen(&section).unwrap_or(default.listen),
        worker_threads: section.optional_integer("worker_threads", WORKER_THREADS),
        drain: section.seconds("drain_seconds", default.drain, Duration::ZERO..=MAX_DRAIN),
        max_body_bytes: section.integer("max_body_bytes", default.max_body_bytes, BODY_BYTES),
        default_delivery: section.choice(
            "default_delivery",
            default.default_delivery,
            &[("whole", Delivery::Whole), ("stream", Delivery::Stream)],
        ),
        admin_from: section.choice(
            "admin_from",
            default.admin_from,
            &[
                ("loopback", AdminFrom::Loopback),
                ("anywhere", AdminFrom::Anywhere),
                ("nowhere", AdminFrom::Nowhere),
            ],
        ),
    };
    section.finish();
    server
}

fn listen(section: &Section<'_>) -> Option<Vec<SocketAddr>> {
    let found = section.strings("listen")?;
    if let (true, Some(value)) = (found.is_empty(), section.raw("listen")) {
        section.report(&value.span(), "server.listen is empty", "give at least one address");
    }
    let parsed = found.into_iter().filter_map(|text| {
        let address = text.value.parse().ok();
        if address.is_none() {
            section.report(
                &text.span,
                format!("not an address with a port: {}", text.value),
                "write for example 127.0.0.1:8750, [::1]:8750, or 0.0.0.0:8750 for every network",
            );
        }
        address
    });
    Some(parsed.collect())
}

fn plugins(section: Section<'_>, folder: &Path) -> Plugins {
    let default = Plugins::default();
    let path = |text: &str| folders::expand(text, folder);
    let plugins = Plugins {
        folders: section.strings("folders").map_or(default.folders, |found| {
            found.iter().map(|text| path(&text.value)).collect::<Vec<PathBuf>>()
        }),
        code_cache: section.string("code_cache").map_or(default.code_cache, |text| path(&text.value)),
        watching: section.choice(
            "watch",
            default.watching,
            &[("events", Watching::Events), ("poll", Watching::Poll), ("off", Watching::Off)],
        ),
        poll: section.seconds("poll_seconds", default.poll, LOOKS),
        check: section.seconds("check_seconds", default.check, Duration::ZERO..=MAX_DRAIN),
        drain: section.seconds("drain_seconds", default.drain, Duration::ZERO..=MAX_DEADLINE),
        locked: section.boolean("locked", default.locked),
    };
    section.finish();
    plugins
}

fn limits(file: &Section<'_>) -> (RequestLimits, GlobalLimits, TextRules) {
    let section = file.section("limits");
    let default = RequestLimits::default();
    let limits = RequestLimits {
        deadline: section.seconds(
            "deadline_seconds",
            default.deadline,
            Duration::from_secs(1)..=MAX_DEADLINE,
        ),
        stream_deadline: section.seconds(
            "stream_deadline_seconds",
            default.stream_deadline,
            Duration::from_secs(1)..=MAX_DEADLINE,
        ),
        max_audio_bytes: section.integer("max_audio_bytes", default.max_audio_bytes, AUDIO_BYTES),
    };
    let shared = policies::limits(&section);
    let text = TextRules::default();
    let text = TextRules {
        max_characters: section.integer("max_text_characters", text.max_characters, 1..=MAX_TEXT_CHARACTERS),
        max_bytes: section.integer("max_text_bytes", text.max_bytes, 1..=4 * MAX_TEXT_CHARACTERS),
        blocked: blocked(file.section("text")),
    };
    section.finish();
    (limits, shared, text)
}

/// `[text]`: its one table is `blocked`, patterns by their labels.
fn blocked(section: Section<'_>) -> BlockedPatterns {
    section.describe("blocked", Kind::Table, "");
    let patterns = section.section("blocked");
    section.finish();
    let found = patterns.texts();
    let pairs = || found.iter().map(|(label, pattern)| (label.as_str(), pattern.value.as_str()));
    BlockedPatterns::new(pairs()).unwrap_or_else(|error| {
        let alone = |pair| BlockedPatterns::new([pair]).err();
        let mut errors: Vec<PatternError> = pairs().filter_map(alone).collect();
        // None is wrong by itself: they are too large together.
        if errors.is_empty() {
            errors.push(error);
        }
        for error in errors {
            if let Some((_, pattern)) = found.iter().find(|(label, _)| *label == error.label) {
                let hint =
                    "a pattern is a regular expression of the Rust regex crate, such as '(?i)password'";
                patterns.report(&pattern.span, error.to_string(), hint);
            }
        }
        BlockedPatterns::default()
    })
}

fn log(section: Section<'_>) -> Log {
    const LEVELS: [LogLevel; 6] =
        [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    let default = Config::default().log;
    let log = Log {
        level: section.choice("level", default.level, &LEVELS.map(|level| (level.name(), level))),
        format: section.choice(
            "format",
            default.format,
            &[("text", LogFormat::Text), ("json", LogFormat::Json)],
        ),
    };
    section.finish();
    log
}

fn lower_case(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
