//! What a person at a terminal is told about who speaks, and for whom.

use axum::http::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use understudy_simulators::{Fault, Simulator};

use super::{PROVIDERS, Provider, leave_key};
use crate::support::{Daemon, understudy, understudy_with};

const TEXT: &str = "The understudy knows every line.";

/// The services of these providers, and a configuration whose route they are.
fn route<const N: usize>(names: [&str; N]) -> ([Simulator; N], String) {
    let known = names.map(|name| PROVIDERS.iter().find(|one| one.name == name).expect("it is one of them"));
    let simulators = known.map(Provider::simulator);
    let mut config = format!("default_route = \"main\"\n[routes.main]\nprimary = {names:?}\n");
    for (provider, simulator) in known.iter().zip(&simulators) {
        config += &provider.section(simulator);
    }
    (simulators, config)
}

fn run(config: &str, arguments: &[&str]) -> (i32, String, String) {
    let run = understudy_with(arguments, b"", |folder| {
        leave_key(folder);
        std::fs::write(folder.join("understudy.toml"), config).expect("written");
    });
    (run.code, String::from_utf8(run.stdout).expect("text"), run.stderr)
}

#[test]
fn say_warns_when_somebody_else_spoke_and_says_why() {
    let ([azure, _edge], config) = route(["azure", "edge"]);
    azure.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    let say = ["say", TEXT, "-v", "azure/en-US-AriaNeural"];
    let (code, _, stderr) = run(&config, &say);
    assert_eq!(code, 0, "{stderr}");
    let expected = "warning: azure/en-US-AriaNeural did not speak (provider_unavailable), \
                    edge/en-US-AriaNeural stood in: it is the voice of the same name\n";
    assert!(stderr.contains(expected), "{stderr}");
    let (code, _, stderr) = run(&config, &[&say[..], &["--no-fallback"]].concat());
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("error: provider azure failed: provider is unavailable"), "{stderr}");
}

#[test]
fn say_lists_the_calls_when_everybody_failed() {
    let (simulators, config) = route(["azure", "edge"]);
    for simulator in &simulators {
        simulator.faults().set(Fault::Unauthorized);
    }
    let (code, _, stderr) = run(&config, &["say", TEXT, "-v", "azure/en-US-AriaNeural"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("\n  azure was called: provider_unauthorized after "), "{stderr}");
    assert!(stderr.contains("\n  edge was called: "), "{stderr}");
}

#[test]
fn explain_shows_the_plan_with_its_reasons_and_calls_nobody() {
    let (simulators, config) = route(["azure", "edge", "google", "kokoro"]);
    let arguments = ["explain", TEXT, "-v", "azure/en-US-AriaNeural", "--style", "cheerful"];
    let (code, stdout, stderr) = run(&config, &arguments);
    assert_eq!(code, 0, "{stderr}");
    insta::assert_snapshot!(stdout);
    let (_, json, _) = run(&config, &[&arguments[..], &["--json"]].concat());
    let plan: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(plan["candidates"].as_array().map(Vec::len), Some(4), "{plan}");
    let spoken = |simulator: &Simulator| {
        simulator.requests().iter().any(|request| !request.uri.path().contains("voices"))
    };
    assert!(!simulators.iter().any(spoken), "somebody was asked to speak");
}

#[test]
fn voices_are_found_by_what_they_are() {
    let ([_azure, edge], config) = route(["azure", "edge"]);
    let (code, stdout, stderr) =
        run(&config, &["voices", "--language", "en-US", "--gender", "female", "--search", "aria"]);
    assert_eq!(code, 0, "{stderr}");
    let ids: Vec<&str> = stdout.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(ids, ["azure/en-US-AriaNeural", "edge/en-US-AriaNeural"], "{stdout}");
    let (_, stdout, stderr) = run(&config, &["voices", "--provider", "azure", "--limit", "2"]);
    assert_eq!(stdout.lines().count(), 3, "{stdout}");
    assert!(stderr.contains("\n2 of ") && stderr.contains("; --page 2 shows the next"), "{stderr}");
    let (_, second, _) = run(&config, &["voices", "--provider", "azure", "--limit", "2", "--page", "2"]);
    assert!(
        second.lines().count() == 3 && !stdout.contains(second.lines().nth(1).expect("a voice")),
        "{second}"
    );
    let (code, _, stderr) = run(&config, &["voices", "--provider", "azure", "--page", "9000"]);
    assert_eq!(code, 65, "{stderr}");
    assert!(stderr.contains("hint: the last one is "), "{stderr}");
    edge.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    let (code, stdout, stderr) = run(&config, &["voices", "--search", "aria"]);
    assert_eq!((code, stdout.lines().count()), (0, 2), "{stdout}");
    assert!(stderr.contains("warning: voices of edge are missing: "), "{stderr}");
    let (code, _, stderr) = run(&config, &["voices", "--gender", "tenor"]);
    assert_eq!(code, 65, "{stderr}");
    assert!(stderr.contains("gender must be female, male, neutral or unknown, got tenor"), "{stderr}");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once_those_only_its_plugins_know_included() {
    let config = "[server]\ndrain_secnds = 5\n\n\
                  [providers.azure]\ntimeout = 8\ngrants = []\n\
                  settings = { regoin = \"eastus\", output_format = \"mp4\" }\n\n\
                  [providers.azure.secrets]\napi_kye = \"env:AZURE_KEY\"\n\n\
                  [providers.openai]\ngrants = []\nsettings.api_key = \"sk-in-the-wrong-place\"\n";
    let (code, _, stderr) = run(config, &["config", "check"]);
    assert_eq!(code, 64, "{stderr}");
    assert!(!stderr.contains("sk-in") && !stderr.contains("eastus"), "{stderr}");
    for told in [
        "error: unknown key in [server]: drain_secnds\n  --> ",
        "hint: did you mean `drain_seconds`?\n",
        "error: unknown key in [providers.azure]: timeout\n  --> ",
        "error: unknown key in [providers.azure.settings]: regoin\n  --> ",
        "understudy.toml:7:14\n",
        "hint: did you mean `region`?\n",
        "error: providers.azure.settings.output_format does not fit: \"mp4\" is not one of ",
        "error: [providers.azure.settings] lacks a key: region or base_url\n",
        "error: unknown key in [providers.azure.secrets]: api_kye\n",
        "hint: did you mean `api_key`?\n",
        "error: secret stands among the settings of openai: api_key\n",
    ] {
        assert!(stderr.contains(told), "{told} is not in {stderr}");
    }
}

#[test]
fn plugins_that_are_rejected_are_mistakes_of_the_file_at_their_lines() {
    let config = "[providers.azure]\ngrants = []\nsettings = { region = \"eastus\" }\n\n\
                  [providers.azure.secrets]\napi_key = \"env:NOBODY_SETS_THIS\"\n\n\
                  [providers.missing]\ngrants = []\nplugin = \"./missing.wasm\"\n";
    let (code, _, stderr) = run(config, &["config", "check"]);
    assert_eq!(code, 64, "{stderr}");
    for told in [
        "error: [providers.azure] cannot play: secret cannot be had: api_key, ",
        "understudy.toml:5:18\n",
        "hint: set it before the program starts, or correct the provider's secrets table\n",
        "error: [providers.missing] cannot play: ",
        "understudy.toml:10:1\n",
        "error: configuration has 2 problems: ",
    ] {
        assert!(stderr.contains(told), "{told} is not in {stderr}");
    }
}

#[test]
fn voices_like_one_are_ranked_with_the_reasons() {
    let (_simulators, config) = route(["azure", "edge", "google"]);
    let (code, stdout, stderr) = run(&config, &["voices", "--like", "azure/en-US-AriaNeural", "-n", "4"]);
    assert_eq!(code, 0, "{stderr}");
    insta::assert_snapshot!(stdout);
    let (code, _, stderr) = run(&config, &["voices", "--like", "azure/en-US-AriaNeurl"]);
    assert_eq!(code, 65, "{stderr}");
    assert!(stderr.contains("hint: did you mean azure/en-US-AriaNeural?"), "{stderr}");
}

#[tokio::test]
async fn status_shows_a_running_server_and_says_when_there_is_none() {
    let ([azure, _edge], config) = route(["azure", "edge"]);
    azure.faults().set(Fault::Unauthorized);
    let daemon = Daemon::start_with(&config, leave_key).await;
    let body = serde_json::json!({ "voice": "azure/en-US-AriaNeural", "input": TEXT });
    daemon.ok("/v1/audio/speech", &body).await;
    let run = understudy(&["status", "--url", &daemon.url("/")]).ok();
    let told = String::from_utf8(run.stdout).expect("text");
    assert!(told.starts_with("understudy ") && told.contains(" is ready: 0 of "), "{told}");
    assert!(told.contains("azure     open, left alone "), "{told}");
    assert!(told.contains("azure failed: provider_unauthorized 1\n"), "{told}");
    let json = understudy(&["status", "--json", "--url", &daemon.url("")]).ok().stdout_json();
    assert_eq!(json["providers"][1]["successes"], 1, "{json}");
    // Without an address it is asked where its configuration says, whatever else that says by now.
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("understudy.toml");
    let address = daemon.url("").replace("http://", "");
    for rest in ["", "no_such_key = 1\n", "no_toml = = 1\n"] {
        let text = format!("{rest}[server]\nlisten = '{}'\n", address.trim_end_matches('/'));
        std::fs::write(&file, text).expect("it is writable");
        let file = file.to_str().expect("a path");
        let found = understudy(&["--config", file, "status", "--json"]).ok().stdout_json();
        assert_eq!(found["providers"][1]["successes"], 1, "{found}");
        understudy(&["--config", file, "plugin", "status"]).ok();
    }
    drop(daemon);
    // Port 1 is nobody's.
    let none = understudy(&["status", "--url", "http://127.0.0.1:1"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.starts_with("error: no server answers at http://127.0.0.1:1\n"), "{}", none.stderr);
    assert!(none.stderr.contains("hint: `understudy serve` starts a server"), "{}", none.stderr);
}
