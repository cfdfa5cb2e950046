//! The configuration edited under a running server, and the doors by which a reload is asked for.

use std::process::Command;

use serde_json::{Value, json};

use super::{CONFIG, daemon, herald, reload, replace, speaks, told, until};
use crate::support::{Daemon, understudy};

fn write(daemon: &Daemon, config: &str) {
    std::fs::write(daemon.folder().join("understudy.toml"), config).expect("it is written");
}

#[tokio::test]
async fn a_wrong_edit_changes_nothing_and_is_told_everywhere_with_its_place() {
    let daemon = daemon("").await;
    write(&daemon, &format!("{CONFIG}[limits]\nmax_text_charakters = 3\n"));
    let ready = told(&daemon, "/readyz", |ready| ready["config_problems"][0].is_object()).await;
    let problem = &ready["config_problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&json!(4), &json!(1)), "{problem}");
    assert_eq!(problem["hint"], "did you mean `max_text_characters`?");
    assert_eq!(ready["ready"], true, "what served serves");
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    told(&daemon, "/api/v1/status", |status| status["reload"]["last"]["outcome"] == "rejected").await;
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    assert!(metrics.contains("understudy_config_problems 1"), "{metrics}");
    assert!(daemon.log().contains("understudy.toml:4:1"), "{}", daemon.log());
    let shown = understudy(&["status", "--url", &daemon.url("")]).ok();
    let shown = String::from_utf8(shown.stdout).expect("text");
    assert!(shown.contains("understudy.toml:4:1: unknown key") && shown.contains("did you mean"), "{shown}");

    // Taken back, it is as if nothing had been.
    write(&daemon, CONFIG);
    told(&daemon, "/readyz", |ready| ready["config_problems"].is_null()).await;
    write(&daemon, &format!("{CONFIG}[limits]\nmax_text_charakters = 3\n"));
    told(&daemon, "/readyz", |ready| ready["config_problems"][0].is_object()).await;
    // Put right, it is taken: texts have now to be short.
    write(&daemon, &format!("{CONFIG}[limits]\nmax_text_characters = 3\n"));
    told(&daemon, "/readyz", |ready| ready["config_problems"].is_null()).await;
    let body = json!({ "provider": "herald", "text": "speak 1" });
    let refused = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn a_key_that_waits_for_a_restart_is_named_and_the_others_are_taken() {
    let daemon = daemon("").await;
    write(&daemon, &format!("{CONFIG}[sandbox]\nslots = 7\n[breaker]\nfailures = 9\n"));
    let ready = told(&daemon, "/readyz", |ready| ready["restart"] == json!(["sandbox.slots"])).await;
    assert_eq!(ready["ready"], true);
    let changed = json!(["breaker.failures", "sandbox.slots"]);
    told(&daemon, "/api/v1/status", |status| status["reload"]["last"]["changed"] == changed).await;
    let told = understudy(&["config", "explain", "sandbox.slots"]).ok();
    assert!(String::from_utf8_lossy(&told.stdout).contains("restart"));
}

#[tokio::test]
async fn asked_for_by_a_call_or_by_a_signal_it_is_the_same() {
    let daemon = daemon("plugins.watch = \"off\"\n").await;
    replace(&daemon, &herald(2, "calm"));
    let report = reload(&daemon).await;
    assert_eq!(report["trigger"], "request", "{report}");
    assert_eq!(report["outcome"], "applied", "{report}");
    assert_eq!(report["plugins"][0]["change"], "replaced", "{report}");
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.2");
    assert_eq!(reload(&daemon).await["outcome"], "unchanged");
    replace(&daemon, b"no component");
    let report = reload(&daemon).await;
    assert_eq!(report["plugins"][0]["code"], "plugin_not_wasm", "{report}");
    replace(&daemon, &herald(3, "calm"));
    let sent = Command::new("kill").args(["-HUP", &daemon.pid().to_string()]).status().expect("it is sent");
    assert!(sent.success());
    until(&daemon, "herald", "version 3", |plugin| plugin["version"] == "0.0.3").await;
    told(&daemon, "/api/v1/status", |status| status["reload"]["last"]["trigger"] == "signal").await;
}

#[tokio::test]
async fn a_file_system_without_events_is_looked_at() {
    let daemon = daemon("plugins.watch = \"poll\"\nplugins.poll_seconds = 0.05\n").await;
    replace(&daemon, &herald(2, "calm"));
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
}

#[tokio::test]
async fn how_changes_are_noticed_is_itself_taken_without_a_restart() {
    let daemon = daemon("plugins.watch = \"off\"\n").await;
    write(&daemon, CONFIG);
    let report = reload(&daemon).await;
    assert_eq!((&report["changed"], &report["restart"]), (&json!(["plugins.watch"]), &json!([])), "{report}");
    replace(&daemon, &herald(2, "calm"));
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
}

#[tokio::test]
async fn a_server_without_a_configuration_takes_one_that_appears() {
    let daemon = Daemon::start_with("", |folder| {
        std::fs::remove_file(folder.join("understudy.toml")).expect("it was there");
    })
    .await;
    assert!(daemon.log().contains("no configuration file"), "{}", daemon.log());
    write(&daemon, "[limits]\nmax_text_charakters = 3\n");
    let ready = told(&daemon, "/readyz", |ready| ready["config_problems"][0].is_object()).await;
    assert_eq!(ready["config_problems"][0]["line"], 2, "{ready}");
    write(&daemon, "[limits]\nmax_text_characters = 3\n");
    told(&daemon, "/readyz", |ready| ready["config_problems"].is_null()).await;
    let body = json!({ "text": "Much too long." });
    let refused = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn a_wrong_edit_is_told_while_a_replacement_waits_for_an_older_generation() {
    let daemon = daemon("").await;
    let body = json!({ "provider": "herald", "text": "slowly 600" });
    let speaking = tokio::spawn(daemon.post("/api/v1/tts/synthesize", &body).send());
    until(&daemon, "herald", "speaking", |plugin| plugin["generations"][0]["in_flight"] == 1).await;
    replace(&daemon, &herald(2, "calm"));
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
    replace(&daemon, &herald(3, "calm"));
    until(&daemon, "herald", "waiting", |plugin| plugin["pending"] == "crowded").await;
    for command in ["status", "reload"] {
        let shown = understudy(&["plugin", command, "--url", &daemon.url("")]).ok();
        let shown = String::from_utf8(shown.stdout).expect("text");
        assert!(shown.contains("herald: a change waits until an older generation of it has gone"), "{shown}");
    }
    write(&daemon, &format!("{CONFIG}[limit]\n"));
    told(&daemon, "/readyz", |ready| ready["config_problems"][0].is_object()).await;
    assert_eq!(super::plugin(&daemon, "herald").await["version"], "0.0.2", "it waits still");
    // Its client leaves.
    speaking.abort();
    until(&daemon, "herald", "version 3", |plugin| plugin["version"] == "0.0.3").await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_reload() {
    let daemon = daemon("").await;
    for (name, value) in
        [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("host", "evil.example")]
    {
        let asked = daemon.post("/api/v1/admin/reload", &json!({})).header(name, value);
        assert_eq!(asked.send().await.expect("an answer").status(), 403, "{name}");
    }
    let asked = crate::support::client().post(daemon.url("/api/v1/admin/reload"));
    assert_eq!(asked.send().await.expect("an answer").status(), 415);
}

#[tokio::test]
async fn a_file_that_is_emptied_before_it_is_written_takes_nobody_off() {
    let daemon = daemon("[providers.herald]\ngrants = []\n").await;
    write(&daemon, "");
    let ready = told(&daemon, "/readyz", |ready| ready["config_problems"][0].is_object()).await;
    assert_eq!(ready["config_problems"][0]["message"], "file has no keys any more", "{ready}");
    assert_eq!(ready["ready"], true, "{ready}");
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    write(&daemon, "# to be written\n");
    assert_eq!(reload(&daemon).await["outcome"], "rejected");
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    // With one key it is meant.
    write(&daemon, "[log]\nlevel = \"info\"\n");
    told(&daemon, "/readyz", |ready| ready["config_problems"].is_null()).await;
    until(&daemon, "herald", "gone", Value::is_null).await;
}
