//! Looking into the store on the command line, beside a server that has it and without one.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{TEXT, kept_in, speak, start, until_hit};
use crate::support::understudy_with;

/// Runs a command over the store in `folder`.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run_with("", folder, arguments)
}

/// The same with more in the configuration.
fn run_with(more: &str, folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let config = kept_in(folder) + more;
    let run = understudy_with(arguments, &[], |place| {
        std::fs::write(place.join("understudy.toml"), config).expect("the configuration is written");
    });
    (run.code, String::from_utf8(run.stdout).expect("text"), run.stderr)
}

fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    let (code, stdout, stderr) = run(folder, arguments);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).expect("JSON")
}

/// Every file of audio in the cache.
fn audio_files(folder: &Path) -> Vec<PathBuf> {
    let inside =
        |path: PathBuf| std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("one").path());
    inside(folder.join("cache/audio")).flat_map(inside).collect()
}

#[test]
fn what_was_said_before_is_found_listed_checked_and_cleared() {
    let folder = TempDir::new().expect("a temporary folder");
    let folder = folder.path();
    let said = |extra: &[&str]| {
        let (code, stdout, stderr) = run(folder, &[&["say", TEXT, "--json"], extra].concat());
        assert_eq!(code, 0, "{stderr}");
        let told: Value = serde_json::from_str(&stdout).expect("JSON");
        told["provenance"]["cache"].as_str().expect("text").to_owned()
    };
    assert_eq!([said(&[]), said(&[]), said(&["--no-cache"])], ["miss", "hit", "bypass"]);
    let stats = json_of(folder, &["cache", "stats", "--json"]);
    assert_eq!((&stats["takes"], &stats["providers"]["flite"]["hits"]), (&json!(1), &json!(1)));
    let takes = json_of(folder, &["cache", "list", "--json"]);
    assert_eq!(takes[0]["provider"], "flite");
    let past = json_of(folder, &["history", "--json", "--provider", "flite"]);
    let caches: Vec<_> =
        past["requests"].as_array().expect("a list").iter().map(|one| &one["cache"]).collect();
    assert_eq!(caches, ["bypass", "hit", "miss"]);
    let plan = json_of(folder, &["explain", TEXT, "--json"]);
    assert_eq!(plan["candidates"][0]["cached"], false, "without word marks it is another take");
    assert_eq!(json_of(folder, &["cache", "clear", "--older-than", "1d", "--json"])["takes"], 0);
    assert_eq!(json_of(folder, &["cache", "verify", "--json"])["checked"], 1);
    assert_eq!(json_of(folder, &["cache", "clear", "--provider", "azure", "--json"])["takes"], 0);
    assert_eq!(json_of(folder, &["cache", "clear", "--provider", "flite", "--json"])["takes"], 1);
    assert!(audio_files(folder).is_empty());
}

#[test]
fn a_default_that_is_written_out_is_no_other_take() {
    let folder = TempDir::new().expect("a temporary folder");
    let source = |settings: &str, arguments: &[&str]| {
        let section = format!("[providers.flite]\nsettings = {{ {settings} }}\n");
        let arguments = [&["say", TEXT, "--json"], arguments].concat();
        let (code, stdout, stderr) = run_with(&section, folder.path(), &arguments);
        assert_eq!(code, 0, "{stderr}");
        let told: Value = serde_json::from_str(&stdout).expect("JSON");
        told["provenance"]["cache"].as_str().expect("text").to_owned()
    };
    assert_eq!(source("", &[]), "miss");
    assert_eq!(source("gain_db = 6, pace = 1.0", &[]), "hit");
    assert_eq!(source("pace = 1", &["--rate", "1", "--pitch", "0", "-p", "flite"]), "hit");
    assert_eq!(source("pace = 1.1", &[]), "miss");
    assert_eq!(source("pace = 1.1, default_voice = 'bram'", &[]), "miss");
}

#[test]
fn damage_is_found_told_and_removed() {
    let folder = TempDir::new().expect("a temporary folder");
    let folder = folder.path();
    assert_eq!(run(folder, &["say", TEXT]).0, 0);
    let [file] = audio_files(folder).try_into().expect("one file");
    let mut audio = std::fs::read(&file).expect("it is readable");
    audio[1_000] ^= 1;
    std::fs::write(&file, audio).expect("it is writable");
    let (code, _, stderr) = run(folder, &["cache", "verify"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("1 of 1 files were damaged"), "{stderr}");
    assert!(run(folder, &["cache", "verify"]).1.starts_with("0 files are sound"));
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_check_cannot_read_is_told_and_left_as_it_is() {
    let folder = TempDir::new().expect("a temporary folder");
    let daemon = start(&kept_in(folder.path())).await;
    // In the encoding it is bought in, of which nothing is derived.
    until_hit(&daemon, &json!({ "response_format": "pcm" })).await;
    let [file] = audio_files(folder.path()).try_into().expect("one file");
    let aside = folder.path().join("aside");
    std::fs::rename(&file, &aside).expect("it is there");
    std::os::unix::fs::symlink(&file, &file).expect("its place is free");
    let (url, folder) = (daemon.url(""), folder.path().to_owned());
    let look = move || {
        let (code, _, stderr) = run(&folder, &["cache", "verify", "--url", &url]);
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.contains("1 of 1 files could not be read and are left as they are"), "{stderr}");
        std::fs::remove_file(&file).expect("it is there");
        std::fs::rename(&aside, &file).expect("its place is free");
        let (code, stdout, stderr) = run(&folder, &["cache", "verify", "--url", &url]);
        assert!(code == 0 && stdout.starts_with("1 files are sound"), "{stdout}{stderr}");
    };
    tokio::task::spawn_blocking(look).await.expect("it looks");
}

#[tokio::test]
async fn while_a_server_runs_it_is_asked_and_others_speak_without_a_word_about_it() {
    let folder = TempDir::new().expect("a temporary folder");
    let daemon = start(&kept_in(folder.path())).await;
    until_hit(&daemon, &json!({})).await;
    let url = daemon.url("");
    let folder = folder.path().to_owned();
    let look = move || {
        let (code, _, stderr) = run(&folder, &["say", TEXT]);
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.starts_with("wrote speech.mp3") && stderr.lines().count() == 1, "{stderr}");
        let past = json_of(&folder, &["history", "--json", "--status", "cached", "--url", &url]);
        assert!(!past["requests"].as_array().expect("a list").is_empty());
        let stats = json_of(&folder, &["cache", "stats", "--json", "--url", &url]);
        assert!(stats["providers"]["flite"]["hits"].as_u64().expect("a number") > 0);
        let takes = json_of(&folder, &["cache", "list", "--json", "--url", &url]);
        assert_eq!(takes[0]["provider"], "flite", "{takes}");
        let checked = json_of(&folder, &["cache", "verify", "--json", "--url", &url]);
        assert_eq!((&checked["done"], &checked["damaged"]), (&json!(true), &json!(0)));
        // Without an address it is asked where the configuration has it listen.
        let listening = format!("[server]\nlisten = '{}'\n", url.trim_start_matches("http://"));
        for arguments in [&["history"][..], &["cache", "stats"], &["cache", "list"], &["cache", "verify"]] {
            let (code, _, stderr) = run_with(&listening, &folder, arguments);
            assert_eq!(code, 0, "{arguments:?}: {stderr}");
        }
        let clear = |extra: &[&str]| {
            json_of(&folder, &[&["cache", "clear", "--json", "--url", &url], extra].concat())["takes"].clone()
        };
        assert_eq!(clear(&["--provider", "azure"]), 0);
        assert_eq!(clear(&["--older-than", "1d"]), 0);
        assert_eq!(clear(&[]), checked["checked"]);
        assert_eq!(json_of(&folder, &["cache", "stats", "--json", "--url", &url])["takes"], 0);
        let (code, _, stderr) = run_with("server.listen = '127.0.0.1:9'\n", &folder, &["cache", "clear"]);
        assert_eq!(code, 1);
        assert!(stderr.contains("no server answers at http://127.0.0.1:9"), "{stderr}");
        assert!(stderr.contains("store is in use by another process (process "), "{stderr}");
        let (_, stdout, _) = run(&folder, &["doctor"]);
        assert!(stdout.contains("speech goes on without"), "{stdout}");
    };
    tokio::task::spawn_blocking(look).await.expect("it looks");
    let second = start(&kept_in(&daemon.folder().join("."))).await;
    assert_eq!(second.json("/readyz").await["store"]["state"], "serving", "a folder of its own");
    assert_eq!(speak(&daemon, json!({})).await.status(), 200);
}

#[tokio::test]
async fn a_server_that_is_named_is_the_one_that_is_asked() {
    let daemon = start("").await;
    until_hit(&daemon, &json!({})).await;
    let (url, here) = (daemon.url(""), TempDir::new().expect("a temporary folder"));
    let look = move || {
        let here = here.path();
        assert_eq!(run(here, &["say", "Here."]).0, 0, "the store here is free");
        let stats = json_of(here, &["cache", "stats", "--json", "--url", &url]);
        assert!(stats["providers"]["flite"]["hits"].as_u64().expect("a number") > 0, "{stats}");
        let (_, stdout, _) = run(here, &["cache", "stats", "--url", &url]);
        assert!(stdout.lines().next().expect("a line").ends_with(&url), "{stdout}");
        let past = ["history", "--json", "--url", &url];
        let (code, _, stderr) = run_with("no_such_key = 1\n", here, &past);
        assert_eq!(code, 0, "what is wrong here says nothing of the server: {stderr}");
        let (code, stdout, stderr) = run_with("history.enabled = false\n", here, &past);
        assert_eq!(code, 0, "what is remembered here says nothing of the server: {stderr}");
        let told: Value = serde_json::from_str(&stdout).expect("JSON");
        let lengths = told["requests"].as_array().expect("a list").iter().map(|one| &one["characters"]);
        assert!(lengths.clone().count() > 0 && lengths.clone().all(|length| *length == TEXT.len()), "{told}");
        assert!(json_of(here, &["cache", "clear", "--json", "--url", &url])["takes"].as_u64() > Some(0));
        assert_eq!(json_of(here, &["cache", "stats", "--json", "--url", &url])["takes"], 0);
        for asking in [&["cache", "clear"][..], &["cache", "list"], &["history"], &["characters"]] {
            let (code, _, stderr) = run(here, &[asking, &["--url", "http://127.0.0.1:9"]].concat());
            assert_eq!(code, 1, "{asking:?}");
            assert!(stderr.contains("no server answers at http://127.0.0.1:9"), "{asking:?}: {stderr}");
        }
        assert_eq!(json_of(here, &["cache", "stats", "--json"])["takes"], 1, "nothing is gone here");
    };
    tokio::task::spawn_blocking(look).await.expect("it looks");
}
