//! Every file under `config/` means what it says, and every mistake is told with its place.
//!
//! A mistake is a folder under `src/config/mistakes`: `understudy.toml`, and `error.txt` with the
//! whole of what a person reads. A new case is a new folder; `UPDATE_EXPECT=1 cargo test` writes
//! its `error.txt`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use understudy_sandbox::Uses;

use super::*;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn parse(text: &str) -> Config {
    Config::parse(text, Path::new("/etc/understudy.toml")).unwrap_or_else(|error| panic!("{}", shown(&error)))
}

/// As the printer shows it, without colours.
fn shown(error: &ConfigError) -> String {
    let mut text = String::new();
    for Problem { message, hint, place } in error.problems() {
        let file = error.file().display();
        writeln!(text, "error: {message}\n  --> {file}:{}:{}\n{place}", place.line, place.column).unwrap();
        if let Some(hint) = hint {
            writeln!(text, "hint: {hint}").unwrap();
        }
        text.push('\n');
    }
    writeln!(text, "error: {error}").unwrap();
    text
}

#[test]
fn the_commented_file_is_the_defaults() {
    let file = repository("config/understudy.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let read = Config::parse(&text, &file).unwrap_or_else(|error| panic!("{}", shown(&error)));
    assert_eq!(read, Config { file: Some(file), ..Config::default() });
}

/// Keys that are commented out, because their default depends on the platform or on other keys,
/// must be right as well.
#[test]
fn the_commented_out_keys_are_keys() {
    let text = std::fs::read_to_string(repository("config/understudy.toml")).unwrap();
    let code = |line: &&str| {
        let line = line.trim_start_matches(['#', ' ']);
        (line.starts_with('[') && line.ends_with(']'))
            || line.split_once(" = ").is_some_and(|(key, _)| !key.contains([' ', ',']))
    };
    let uncommented: Vec<&str> =
        text.lines().filter(code).map(|line| line.trim_start_matches(['#', ' '])).collect();
    let config = parse(&uncommented.join("\n"));
    assert_eq!(config.default_provider.as_deref(), Some("flite"));
    assert_eq!(config.providers.len(), 1);
    assert_eq!(config.plugins.folders.len(), 1);
}

#[test]
fn every_example_is_right() {
    let mut examples = 0;
    for entry in std::fs::read_dir(repository("config/examples")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        if let Err(error) = Config::load(&file) {
            panic!("{}", shown(&error));
        }
        examples += 1;
    }
    assert!(examples >= 4, "only {examples} examples were found");
}

/// The characters of the example, and nobody else, speak in the example scenes.
#[test]
fn every_example_scene_can_be_performed() {
    let characters = Config::load(&repository("config/examples/characters.toml")).unwrap().characters;
    let names: Vec<&str> = characters.values().map(|character| character.name.as_str()).collect();
    for scene in ["scene.txt", "scene.jsonl"] {
        let text = std::fs::read_to_string(repository("config/examples").join(scene)).unwrap();
        let scene = understudy_engine::script::parse(&text, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert!(scene.lines.iter().all(|line| names.contains(&line.speaker.as_str())), "{names:?}");
    }
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let mut cases = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/mistakes")).unwrap()
    {
        let folder = entry.unwrap().path();
        let text = std::fs::read_to_string(folder.join("understudy.toml")).unwrap();
        let error = Config::parse(&text, Path::new("understudy.toml")).unwrap_err();
        let error_file = folder.join("error.txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&error_file, shown(&error)).unwrap();
        }
        let expected = std::fs::read_to_string(&error_file).unwrap_or_default();
        assert_eq!(shown(&error), expected, "{}", folder.display());
        cases += 1;
    }
    assert!(cases >= 8, "only {cases} cases were found");
}

#[test]
fn no_file_and_an_empty_file_are_the_same() {
    assert_eq!(Config { file: None, ..parse("") }, Config::default());
}

#[test]
fn relative_paths_start_where_the_file_lies() {
    let config = parse("plugins.folders = ['here', '/there']\nproviders.a.plugin = 'b/c.wasm'");
    assert_eq!(config.plugins.folders, [Path::new("/etc/here"), Path::new("/there")]);
    assert_eq!(config.providers[0].plugin, PluginChoice::File("/etc/b/c.wasm".into()));
}

#[test]
fn providers_keep_the_order_of_the_file_and_inherit_the_limits() {
    let config = parse(
        "[providers.zoe]\nlimits.cpu_ms = 5\n[providers.amy]\nsettings = { speed = 2, at = 1979-05-27 }\n\
         [sandbox]\nmemory_bytes = 2_000_000",
    );
    let [zoe, amy] = config.providers.as_slice() else { panic!("{:?}", config.providers) };
    assert_eq!((zoe.name.as_str(), amy.name.as_str()), ("zoe", "amy"));
    assert_eq!(zoe.limits.cpu, Duration::from_millis(5));
    assert_eq!(amy.limits, config.sandbox.limits);
    assert_eq!(zoe.limits.memory_bytes, 2_000_000);
    assert_eq!(
        serde_json::Value::from(amy.settings.clone()),
        serde_json::json!({"speed": 2, "at": "1979-05-27"})
    );
}

#[test]
fn numbers_may_be_written_as_programs_write_them() {
    let config =
        parse("server.drain_seconds = 0x10\nplugins.poll_seconds = 0x1E\nplugins.check_seconds = 0b11");
    assert_eq!(config.server.drain, Duration::from_secs(16));
    assert_eq!(config.plugins.poll, Duration::from_secs(30));
    assert_eq!(config.plugins.check, Duration::from_secs(3));
}

#[test]
fn the_sandbox_never_ends_a_call_before_its_request() {
    let check = |text, expected_seconds| {
        assert_eq!(parse(text).sandbox.limits.deadline, Duration::from_secs(expected_seconds), "{text}");
    };
    check("", 600);
    check("limits.deadline_seconds = 900", 900);
    check("limits.stream_deadline_seconds = 1000", 1000);
    check("[routes.a]\nprimary = ['flite']\ndeadline_seconds = 1800\n[routes.b]\nprimary = ['flite']", 1800);
    check("conversation.deadline_seconds = 2000", 2000);
    check("limits.deadline_seconds = 900\nsandbox.deadline_ms = 1000", 1);
    let of_provider = parse("[providers.flite]\n[routes.a]\nprimary = ['flite']\ndeadline_seconds = 1800");
    assert_eq!(of_provider.providers[0].limits.deadline, Duration::from_secs(1800));
}

#[test]
fn an_ability_of_a_plugin_can_be_left_unused() {
    let uses = |key: &str| {
        let Uses { ssml, emotions, characters } = parse(&format!("[providers.a]\n{key}")).providers[0].uses;
        (ssml, emotions, characters)
    };
    assert_eq!(uses(""), (true, true, true));
    assert_eq!(uses("supports_ssml = false"), (false, true, true));
    assert_eq!(uses("supports_emotions = false"), (true, false, true));
    assert_eq!(uses("supports_characters = false"), (true, true, false));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Path::new("/nowhere/understudy.toml")).unwrap_err();
    assert_eq!(error.code(), "config_unreadable");
    assert!(error.to_string().starts_with("cannot read the configuration /nowhere/understudy.toml: "));
}

/// Each limit is set to a number of its own; read and written again they are the same table.
#[test]
fn every_limit_of_the_sandbox_is_read_from_its_own_key() {
    let written = serde_json::to_value(understudy_sandbox::Limits::default()).unwrap();
    let keys = written.as_object().unwrap().keys();
    let wanted: serde_json::Map<_, _> = keys
        .enumerate()
        .map(|(index, key)| (key.clone(), serde_json::Value::from(1_100_000 - index)))
        .collect();
    // Tables, instances and the like go no further than the pool has places for.
    let small = ["table_elements", "instances", "memories_and_tables", "resources"];
    let wanted: serde_json::Map<_, _> = wanted
        .into_iter()
        .enumerate()
        .map(
            |(index, (key, value))| {
                if small.contains(&key.as_str()) { (key, index.into()) } else { (key, value) }
            },
        )
        .collect();
    let lines: String = wanted.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    for section in ["[sandbox]", "[providers.a.limits]"] {
        let config = parse(&format!("{section}\n{lines}[providers.b]\n"));
        let limits =
            if section == "[sandbox]" { &config.sandbox.limits } else { &config.providers[0].limits };
        assert_eq!(
            serde_json::to_value(limits).unwrap(),
            serde_json::Value::Object(wanted.clone()),
            "{section}"
        );
    }
}

/// Each key of `[cache]` and `[history]` is set to what it is not by default, and arrives.
#[test]
fn what_is_configured_of_the_store_is_what_it_does() {
    let config = parse(
        "[cache]\nenabled = false\nfolder = 'kept'\nmax_size_mb = 20\nmax_takes = 30\nttl_hours = 1.5\n\
         memory_mb = 7\nmemory_take_mb = 2\nkeep_form_after = 9\n\
         [history]\nenabled = false\nstore_text = true\nmax_age_days = 2\nmax_entries = 40",
    );
    let StoreConfig { folder, settings } = config.store;
    let (cache, history) = (settings.cache, settings.history);
    assert_eq!(folder, Path::new("/etc/kept"));
    assert_eq!((cache.enabled, cache.bytes_max, cache.entries_max), (false, 20_000_000, 30));
    assert_eq!((cache.ttl, cache.derived_after), (Duration::from_secs(5_400), 9));
    assert_eq!((cache.memory_bytes_max, cache.memory_take_bytes_max), (7_000_000, 2_000_000));
    assert_eq!((history.enabled, history.store_text, history.records_max), (false, true, 40));
    assert_eq!(history.max_age, Duration::from_secs(172_800));
}
