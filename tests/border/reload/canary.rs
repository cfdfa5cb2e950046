//! A plugin on trial: who hears it, and how its trial ends.

use serde_json::{Value, json};

use super::versions::rename_into;
use super::{PATIENCE, herald, reload, told, until};
use crate::support::{Daemon, understudy};
use tokio::time::Instant;

/// Half of the users hear version 2 until `watch` seconds and five calls are over.
async fn daemon(temper: &str, watch: f64) -> Daemon {
    trying(temper, &format!("watch_seconds = {watch:?}"), "").await
}

/// The same, with this in the canary's table and this in the section.
async fn trying(temper: &str, canary: &str, section: &str) -> Daemon {
    let config = format!(
        "[cache]\nenabled = false\n[fallback]\nvoice_policy = \"strict\"\n\
         [providers.herald]\nplugin = \"plugins/herald.wasm\"\ngrants = []\n{section}\
         canary = {{ path = \"next/herald.wasm\", percent = 50, min_calls = 5, {canary} }}\n"
    );
    let temper = temper.to_owned();
    Daemon::start_with(&config, move |folder| {
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "calm"));
        rename_into(&folder.join("next"), "herald.wasm", &herald(2, &temper));
    })
    .await
}

/// The version a user hears.
async fn hears(daemon: &Daemon, user: usize) -> String {
    let body = json!({ "provider": "herald", "text": "speak 6", "user_id": format!("user-{user}") });
    let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
    take["provenance"]["plugin_version"].as_str().expect("a version").to_owned()
}

/// Everybody asks, again and again, until the trial is over.
async fn until_over(daemon: &Daemon, state: &str) -> Value {
    let begun = Instant::now();
    loop {
        for user in 0..8 {
            hears(daemon, user).await;
        }
        let plugin = super::plugin(daemon, "herald").await;
        if plugin["canary"]["state"] == state {
            return plugin;
        }
        assert!(begun.elapsed() < PATIENCE, "not {state}: {plugin}\n{}", daemon.log());
    }
}

#[tokio::test]
async fn a_user_hears_the_same_version_every_time_and_both_are_heard() {
    let daemon = daemon("calm", 3_600.0).await;
    let mut heard = Vec::new();
    for user in 0..20 {
        let first = hears(&daemon, user).await;
        assert_eq!(hears(&daemon, user).await, first, "user {user}");
        heard.push(first);
    }
    let second = heard.iter().filter(|version| *version == "0.0.2").count();
    assert!((4..=16).contains(&second), "{heard:?}");
    let plugin = super::plugin(&daemon, "herald").await;
    assert_eq!(plugin["generations"][1]["role"], "canary", "{plugin}");
    assert_eq!(plugin["generations"][1]["calls"], 2 * second, "{plugin}");
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    let counted = "understudy_generation_calls_total{provider=\"herald\",role=\"canary\"}";
    assert!(metrics.contains(counted), "{metrics}");
    assert!(!metrics.contains("milliseconds") && !metrics.contains("generation=\""), "{metrics}");
}

#[tokio::test]
async fn a_canary_that_fails_is_rolled_back_and_nobody_notices() {
    let daemon = daemon("mute", 3_600.0).await;
    // Whoever it fails hears the one before it.
    let over = until_over(&daemon, "rolled back").await;
    assert!(
        over["canary"]["reason"].as_str().is_some_and(|reason| reason.contains("calls failed")),
        "{over}"
    );
    assert_eq!(over["version"], "0.0.1");
    let is_over = |status: &Value| status["reload"]["last"]["plugins"][0]["change"] == "canary rolled back";
    let status = told(&daemon, "/api/v1/status", is_over).await;
    assert_eq!(status["providers"][0]["breaker"], "closed", "its failures are its own: {status}");
    assert!(daemon.log().contains("canary rolled back"), "{}", daemon.log());
    // The same file is not tried again.
    reload(&daemon).await;
    let plugin = super::plugin(&daemon, "herald").await;
    assert_eq!(plugin["canary"]["state"], "rolled back", "{plugin}");
    // Another one is.
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(3, "calm"));
    let tried =
        |plugin: &Value| plugin["canary"]["state"] == "on trial" && plugin["canary"]["version"] == "0.0.3";
    until(&daemon, "herald", "tried", tried).await;
}

#[tokio::test]
async fn a_canary_that_sends_silence_hangs_or_refuses_what_is_right_is_rolled_back() {
    for temper in ["silent", "stuck", "picky"] {
        let daemon = trying(temper, "watch_seconds = 3600", "timeout_seconds = 0.5\n").await;
        let over = until_over(&daemon, "rolled back").await;
        let (canary, code) = (&over["canary"], "plugin_canary_rolled_back");
        assert!(canary["reason"].as_str().is_some_and(|reason| reason.contains("calls failed")), "{over}");
        assert_eq!((&over["version"], &canary["code"]), (&json!("0.0.1"), &json!(code)), "{temper}: {over}");
    }
}

#[tokio::test]
async fn a_task_hears_the_same_version_every_time_whoever_asks() {
    let daemon = trying("calm", "watch_seconds = 3600, sticky = \"task\"", "").await;
    let mut heard = std::collections::BTreeSet::new();
    for user in 0..12 {
        let body = json!({ "provider": "herald", "text": "speak 6", "user_id": format!("u-{user}"), "task_id": "a-film" });
        let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
        heard.insert(take["provenance"]["plugin_version"].as_str().expect("a version").to_owned());
    }
    assert_eq!(heard.len(), 1, "{heard:?}");
}

#[tokio::test]
async fn a_canary_that_is_slow_is_rolled_back() {
    let daemon = daemon("slow", 3_600.0).await;
    let over = until_over(&daemon, "rolled back").await;
    assert!(over["canary"]["reason"].as_str().is_some_and(|reason| reason.contains("calls take")), "{over}");
}

#[tokio::test]
async fn a_canary_that_holds_its_budget_plays_for_all() {
    let daemon = daemon("calm", 0.5).await;
    let over = until_over(&daemon, "promoted").await;
    assert!(over["canary"]["hint"].as_str().is_some_and(|hint| hint.contains("plugin = ")), "{over}");
    for user in 0..8 {
        assert_eq!(hears(&daemon, user).await, "0.0.2");
    }
    // The file it replaced is still there, and does not come back.
    reload(&daemon).await;
    assert_eq!(hears(&daemon, 0).await, "0.0.2");
    assert!(daemon.log().contains("canary promoted"), "{}", daemon.log());
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    let told = "plugin_canary{provider=\"herald\",state=\"promoted\",code=\"\"} 1";
    assert!(metrics.contains(told), "{metrics}");
    // The next one is tried beside it, and what is written anew and is the same is not.
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(3, "mute"));
    let over = until_over(&daemon, "rolled back").await;
    assert_eq!((&over["version"], &over["canary"]["version"]), (&json!("0.0.2"), &json!("0.0.3")), "{over}");
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(3, "mute"));
    reload(&daemon).await;
    let plugin = super::plugin(&daemon, "herald").await;
    assert_eq!((&plugin["canary"]["state"], &plugin["version"]), (&json!("rolled back"), &json!("0.0.2")));
    let shown = understudy(&["plugin", "status", "--url", &daemon.url("")]).ok();
    let shown = String::from_utf8(shown.stdout).expect("text");
    assert!(shown.contains("is rolled back: ") && shown.contains("0.0.2"), "{shown}");
}

#[tokio::test]
async fn when_both_are_replaced_at_once_no_more_than_three_live() {
    let daemon = daemon("calm", 3_600.0).await;
    let body =
        |user: usize| json!({ "provider": "herald", "text": "slowly 15", "user_id": format!("user-{user}") });
    let speaking: Vec<_> =
        (0..8).map(|user| tokio::spawn(daemon.post("/api/v1/tts/synthesize", &body(user)).send())).collect();
    let both = |plugin: &Value| [0_usize, 1].iter().all(|at| plugin["generations"][at]["in_flight"] != 0);
    until(&daemon, "herald", "heard", both).await;
    rename_into(&daemon.folder().join("plugins"), "herald.wasm", &herald(3, "calm"));
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(4, "calm"));
    let replaced = |plugin: &Value| {
        let alive = plugin["generations"].as_array().map_or(0, Vec::len);
        assert!(alive <= 3, "{plugin}");
        plugin["version"] == "0.0.3" && plugin["canary"]["version"] == "0.0.4"
    };
    until(&daemon, "herald", "replaced", replaced).await;
    for speaking in speaking {
        assert_eq!(speaking.await.expect("it is asked").expect("an answer").status(), 200);
    }
}

#[tokio::test]
async fn a_canary_that_cannot_be_loaded_is_told_and_never_heard() {
    let daemon = daemon("shy", 0.0).await;
    let refused = |plugin: &Value| plugin["canary"]["state"] == "rejected";
    until(&daemon, "herald", "refused", refused).await;
    for user in 0..8 {
        assert_eq!(hears(&daemon, user).await, "0.0.1");
    }
}

#[tokio::test]
async fn a_canary_whose_file_is_replaced_by_a_broken_one_goes_on() {
    let daemon = daemon("calm", 3_600.0).await;
    let on_trial = |plugin: &Value| plugin["canary"]["state"] == "on trial";
    until(&daemon, "herald", "tried", on_trial).await;
    rename_into(&daemon.folder().join("next"), "herald.wasm", b"\0asm, and then nothing");
    let told = |plugin: &Value| plugin["canary"]["reason"].is_string();
    until(&daemon, "herald", "told", told).await;
    let plugin = super::plugin(&daemon, "herald").await;
    assert_eq!(
        (&plugin["canary"]["state"], &plugin["canary"]["version"]),
        (&json!("on trial"), &json!("0.0.2"))
    );
    assert!(plugin["canary"]["code"].is_string(), "{plugin}");
    let shown = understudy(&["plugin", "status", "--url", &daemon.url("")]).ok();
    let shown = String::from_utf8(shown.stdout).expect("text");
    assert!(shown.contains("is on trial, and its new file is refused: "), "{shown}");
    let mut heard = std::collections::BTreeSet::new();
    for user in 0..20 {
        heard.insert(hears(&daemon, user).await);
    }
    assert_eq!(heard.len(), 2, "{heard:?}");
    // A good one is tried in its place.
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(3, "calm"));
    let replaced =
        |plugin: &Value| plugin["canary"]["version"] == "0.0.3" && plugin["canary"]["reason"].is_null();
    until(&daemon, "herald", "replaced", replaced).await;
}

#[tokio::test]
async fn a_canary_that_is_dropped_in_is_judged_however_seldom_the_files_are_looked_at() {
    let config = "plugins.poll_seconds = 3600\n[cache]\nenabled = false\n[fallback]\nvoice_policy = \"strict\"\n\
                  [providers.herald]\nplugin = \"plugins/herald.wasm\"\ngrants = []\n\
                  canary = { path = \"next/herald.wasm\", percent = 50, min_calls = 5, watch_seconds = 3600 }\n";
    let daemon = Daemon::start_with(config, |folder| {
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "calm"));
        std::fs::create_dir_all(folder.join("next")).expect("the folder is made");
    })
    .await;
    until(&daemon, "herald", "rejected", |plugin| plugin["canary"]["state"] == "rejected").await;
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(2, "mute"));
    until_over(&daemon, "rolled back").await;
}

#[tokio::test]
async fn a_canary_whose_file_is_removed_is_heard_no_more() {
    let daemon = daemon("calm", 0.5).await;
    until(&daemon, "herald", "tried", |plugin| plugin["canary"]["state"] == "on trial").await;
    std::fs::remove_file(daemon.folder().join("next/herald.wasm")).expect("it is removed");
    let over = until(&daemon, "herald", "over", |plugin| plugin["canary"]["state"] != "on trial").await;
    assert_eq!((&over["canary"]["state"], &over["version"]), (&json!("rejected"), &json!("0.0.1")), "{over}");
    for user in 0..8 {
        assert_eq!(hears(&daemon, user).await, "0.0.1");
    }
}

#[tokio::test]
async fn a_canary_that_plays_already_is_tried_once_another_plays() {
    let daemon = daemon("calm", 3_600.0).await;
    until(&daemon, "herald", "tried", |plugin| plugin["canary"]["state"] == "on trial").await;
    rename_into(&daemon.folder().join("next"), "herald.wasm", &herald(1, "calm"));
    let refused = |plugin: &Value| plugin["canary"]["code"] == "canary_plays_already";
    until(&daemon, "herald", "refused", refused).await;
    rename_into(&daemon.folder().join("plugins"), "herald.wasm", &herald(3, "calm"));
    let tried = |plugin: &Value| plugin["version"] == "0.0.3" && plugin["canary"]["version"] == "0.0.1";
    let tried = until(&daemon, "herald", "tried anew", tried).await;
    assert_eq!((&tried["canary"]["state"], &tried["canary"]["code"]), (&json!("on trial"), &Value::Null));
}

#[tokio::test]
async fn a_promoted_canary_plays_on_while_a_newer_stable_one_is_written() {
    let daemon = daemon("calm", 0.0).await;
    until_over(&daemon, "promoted").await;
    // Written over the file itself, as a plain copy does, while somebody asks for a reload.
    let (whole, path) = (herald(3, "calm"), daemon.folder().join("plugins/herald.wasm"));
    let mut asked = None;
    for end in (1..=8).map(|eighth| whole.len() * eighth / 8) {
        std::fs::write(&path, &whole[..end]).expect("it is written");
        asked.get_or_insert_with(|| tokio::spawn(daemon.post("/api/v1/admin/reload", &json!({})).send()));
        let plugin = super::plugin(&daemon, "herald").await;
        assert_ne!(plugin["canary"]["code"], "canary_plays_already", "{plugin}");
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    }
    let tried = |plugin: &Value| plugin["version"] == "0.0.3" && plugin["canary"]["state"] == "on trial";
    until(&daemon, "herald", "tried beside it", tried).await;
    let asked = asked.expect("it was asked").await.expect("it ends").expect("an answer");
    assert_eq!(asked.status(), 200);
}
