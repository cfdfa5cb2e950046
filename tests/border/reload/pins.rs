//! Pins: which file a plugin has to be, and who is refused without one.

use serde_json::{Value, json};

use super::versions::rename_into;
use super::{CONFIG, herald, reload, replace, speaks, until};
use crate::support::{Daemon, understudy, understudy_with};

const SECTION: &str = "# mine\n[providers.herald] # the town's\ngrants = []   # it needs none\n";

async fn daemon() -> Daemon {
    super::daemon(SECTION).await
}

fn lock(daemon: &Daemon) -> String {
    let config = daemon.folder().join("understudy.toml");
    let run = understudy(&["plugin", "lock", "--config", config.to_str().expect("UTF-8")]).ok();
    String::from_utf8(run.stdout).expect("text")
}

#[tokio::test]
async fn a_pinned_plugin_is_replaced_only_when_its_pin_says_so() {
    let daemon = daemon().await;
    assert!(lock(&daemon).contains("herald is pinned to "));
    let written = std::fs::read_to_string(daemon.folder().join("understudy.toml")).expect("it is there");
    let kept = format!("{CONFIG}{SECTION}sha256 = \"");
    assert!(written.starts_with(&kept), "{written}");
    reload(&daemon).await;
    replace(&daemon, &herald(2, "calm"));
    let mismatch = |plugin: &Value| plugin["candidate"]["code"] == "plugin_digest_mismatch";
    until(&daemon, "herald", "refused", mismatch).await;
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    assert!(lock(&daemon).contains("herald is pinned to "));
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
    assert!(lock(&daemon).contains("herald is pinned already"));
}

#[test]
fn with_locked_a_file_without_a_pin_is_refused() {
    let prepare = |folder: &std::path::Path| {
        std::fs::write(folder.join("understudy.toml"), CONFIG).expect("it is written");
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "calm"));
    };
    let state = |arguments: &[&str]| {
        let listed = understudy_with(arguments, b"", prepare).ok().stdout_json();
        let found = listed.as_array().expect("a list").iter().find(|plugin| plugin["name"] == "herald");
        let found = found.expect("it is listed");
        (found["state"].clone(), found["code"].clone())
    };
    assert_eq!(state(&["plugin", "list", "--json"]), (json!("ready"), Value::Null));
    let refused = (json!("rejected"), json!("plugin_not_pinned"));
    assert_eq!(state(&["plugin", "list", "--json", "--locked"]), refused);
    let spoken = understudy_with(&["say", "-p", "herald", "speak 3", "--locked"], b"", prepare);
    assert_ne!(spoken.code, 0, "{}", spoken.stderr);
    let inside = understudy_with(&["say", "-p", "flite", "Hello.", "--locked"], b"", prepare);
    assert_eq!(inside.code, 0, "{}", inside.stderr);
}

#[tokio::test]
async fn a_canary_is_pinned_as_well_and_a_file_without_a_section_is_told() {
    let canary = "canary = { path = \"next/herald.wasm\", percent = 50 }\n";
    let config = format!("{CONFIG}{SECTION}{canary}");
    let daemon = Daemon::start_with(&config, |folder| {
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "calm"));
        rename_into(&folder.join("plugins"), "stray.wasm", &herald(7, "calm"));
        rename_into(&folder.join("next"), "herald.wasm", &herald(2, "calm"));
    })
    .await;
    let told = lock(&daemon);
    assert!(
        told.contains("herald is pinned to ") && told.contains("herald's canary is pinned to "),
        "{told}"
    );
    assert!(told.contains("stray.wasm has no section") && told.contains("[providers.stray]"), "{told}");
    reload(&daemon).await;
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(3, "calm"));
    let refused = |plugin: &Value| plugin["canary"]["code"] == "plugin_digest_mismatch";
    let seen = until(&daemon, "herald", "refused", refused).await;
    let hint = seen["canary"]["hint"].as_str().expect("a hint");
    assert!(hint.contains("into canary of [providers.herald]"), "{hint}");
}

#[tokio::test]
async fn a_running_server_is_asked_from_the_command_line() {
    let daemon = daemon().await;
    let url = daemon.url("");
    let shown = understudy(&["plugin", "status", "--url", &url]).ok();
    let shown = String::from_utf8(shown.stdout).expect("text");
    assert!(shown.contains("herald") && shown.contains("0.0.1"), "{shown}");
    let told = understudy(&["plugin", "reload", "--url", &url]).ok();
    assert!(String::from_utf8_lossy(&told.stdout).contains("as the files want it"));
    std::fs::write(daemon.folder().join("understudy.toml"), "[limit]\n").expect("it is written");
    let refused = understudy(&["plugin", "reload", "--url", &url]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("understudy.toml:1:2") && refused.stderr.contains("hint: "),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn a_replacement_that_sends_a_key_elsewhere_waits_until_somebody_pins_it() {
    let section = "[providers.herald]\ngrants = [\"api.example.com\", \"b.example.com\"]\n\
                   secrets.api_key = \"file:key\"\n";
    let daemon = Daemon::start_with(&format!("{CONFIG}{section}"), |folder| {
        std::fs::write(folder.join("key"), "sk-canary").expect("it is written");
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "keyed"));
    })
    .await;
    replace(&daemon, &herald(2, "keyed"));
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
    replace(&daemon, &herald(3, "loose"));
    let waits = |plugin: &Value| plugin["candidate"]["state"] == "awaiting grant";
    let seen = until(&daemon, "herald", "awaiting a word", waits).await;
    let hint = seen["candidate"]["hint"].as_str().expect("a hint");
    assert!(hint.contains("# secret api_key would now also be sent to b.example.com\n"), "{hint}");
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.2");
    let (_, lines) = hint.split_once(":\n").expect("a sentence and what to paste");
    let config = format!("{CONFIG}{section}{lines}");
    std::fs::write(daemon.folder().join("understudy.toml"), config).expect("it is written");
    until(&daemon, "herald", "version 3", |plugin| plugin["version"] == "0.0.3").await;
}
