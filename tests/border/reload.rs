//! Plugins and configuration replaced while the server runs, as an operator does it: by files.

mod canary;
mod config;
mod latency;
mod load;
mod pins;
mod signals;
mod versions;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::plugins::misfit;
use crate::support::{Daemon, understudy};
use versions::{BROKEN_WAYS, broken, herald, oversize, rename_into};

/// Plugins lie in `plugins`, and nobody's voice stands in for another's.
const CONFIG: &str = "plugins.folders = [\"plugins\"]\nfallback.voice_policy = \"strict\"\n";

/// How long anything that has to come about may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server whose `herald` is version 1.
async fn daemon(more: &str) -> Daemon {
    let config = format!("{CONFIG}{more}");
    Daemon::start_with(&config, |folder| {
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "calm"));
    })
    .await
}

fn replace(daemon: &Daemon, bytes: &[u8]) {
    rename_into(&daemon.folder().join("plugins"), "herald.wasm", bytes);
}

/// What `/api/v1/plugins` says of one plugin; null when it is not listed.
async fn plugin(daemon: &Daemon, name: &str) -> Value {
    let all = daemon.json("/api/v1/plugins").await;
    let found = all.as_array().expect("a list").iter().find(|plugin| plugin["name"] == name);
    found.cloned().unwrap_or_default()
}

/// Looks until what is seen is as it has to be.
async fn seen(
    daemon: &Daemon,
    what: &str,
    look: impl AsyncFn() -> Value,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    let begun = Instant::now();
    loop {
        let seen = look().await;
        if is_so(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {seen}\n{}", daemon.log());
        sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until a document is as it has to be. A reload's report is there when the reload is over, which is after
/// what it brought plays.
async fn told(daemon: &Daemon, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let document = async || daemon.get(path).send().await.expect("an answer").json().await.expect("JSON");
    seen(daemon, path, document, is_so).await
}

/// Waits until what is said of a plugin is so.
async fn until(daemon: &Daemon, name: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    seen(daemon, &format!("not {what}"), async || plugin(daemon, name).await, is_so).await
}

/// The version that speaks a text now.
async fn speaks(daemon: &Daemon, text: &str) -> String {
    let body = json!({ "provider": "herald", "text": text });
    let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
    take["provenance"]["plugin_version"].as_str().expect("a version").to_owned()
}

async fn reload(daemon: &Daemon) -> Value {
    daemon.ok("/api/v1/admin/reload", &json!({})).await.json().await.expect("JSON")
}

#[tokio::test]
async fn a_dropped_plugin_plays_is_replaced_and_leaves_with_its_file() {
    let daemon = Daemon::start_with(CONFIG, |_| ()).await;
    assert_eq!(plugin(&daemon, "herald").await, Value::Null);
    // The folder itself is not there yet.
    replace(&daemon, &herald(1, "calm"));
    until(&daemon, "herald", "ready", |plugin| plugin["state"] == "ready").await;
    assert_eq!(speaks(&daemon, "speak 3").await, "0.0.1");
    replace(&daemon, &herald(2, "calm"));
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
    assert_eq!(speaks(&daemon, "speak 3").await, "0.0.2");
    let voices = daemon.json("/api/v1/tts/voices/herald").await;
    assert_eq!(voices["voices"][0]["voice_id"], "v2", "what the old one listed is forgotten");
    std::fs::remove_file(daemon.folder().join("plugins/herald.wasm")).expect("it is removed");
    until(&daemon, "herald", "gone", Value::is_null).await;
    assert_eq!(daemon.json("/api/v1/tts/providers").await, json!(["flite"]));
}

#[tokio::test]
async fn a_slow_copy_never_disturbs_what_plays_and_is_taken_when_it_is_whole() {
    let daemon = daemon("").await;
    let (whole, path) = (herald(2, "calm"), daemon.folder().join("plugins/herald.wasm"));
    // A slow copy over the file that plays.
    for end in (1..4).map(|quarter| whole.len() * quarter / 4) {
        std::fs::write(&path, &whole[..end]).expect("it is written");
        assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    }
    std::fs::write(&path, &whole).expect("it is written");
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
}

#[tokio::test]
async fn a_dropped_plugin_that_asks_for_hosts_is_listed_with_the_section_to_paste() {
    let daemon = daemon("").await;
    let wasm = std::fs::read(misfit()).expect("it is built");
    rename_into(&daemon.folder().join("plugins"), "misfit.wasm", &wasm);
    let listed = until(&daemon, "misfit", "listed", |plugin| plugin["state"] == "awaiting grant").await;
    let hint = listed["hint"].as_str().expect("a hint");
    assert!(hint.contains("[providers.misfit]") && hint.contains("grants = ["), "{hint}");
    // Pasted as it is, it plays.
    assert!(hint.contains("add this to ") && hint.contains("understudy.toml"), "{hint}");
    let section = &hint[hint.find("[providers").expect("a section")..];
    let config = format!("{CONFIG}{section}");
    std::fs::write(daemon.folder().join("understudy.toml"), config).expect("it is written");
    until(&daemon, "misfit", "ready", |plugin| plugin["state"] == "ready").await;
}

#[tokio::test]
async fn every_broken_candidate_is_refused_in_its_own_words_and_changes_nothing() {
    let daemon = daemon("").await;
    for version in 2..2 + BROKEN_WAYS {
        let (bytes, code) = broken(version);
        replace(&daemon, &bytes);
        let seen = until(&daemon, "herald", code, |plugin| plugin["candidate"]["code"] == code).await;
        assert!(seen["candidate"]["reason"].is_string() && seen["candidate"]["hint"].is_string(), "{seen}");
        assert_eq!((&seen["state"], &seen["version"]), (&json!("ready"), &json!("0.0.1")), "{seen}");
        assert_eq!(seen["generations"].as_array().map(Vec::len), Some(1), "{seen}");
        assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    }
    oversize(&daemon.folder().join("plugins"), "herald.wasm");
    until(&daemon, "herald", "too large", |plugin| plugin["candidate"]["code"] == "plugin_too_large").await;
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    let told = "plugin_candidate_refused{provider=\"herald\",code=\"plugin_too_large\"} 1";
    assert!(metrics.contains(told), "{metrics}");
    let ready = daemon.json("/readyz").await;
    assert_eq!(ready["plugins"][0]["candidate_code"], "plugin_too_large", "{ready}");
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    // And a good one is taken after all of them.
    replace(&daemon, &herald(99, "calm"));
    let seen = until(&daemon, "herald", "version 99", |plugin| plugin["version"] == "0.0.99").await;
    assert_eq!(seen["candidate"], Value::Null);
}

#[tokio::test]
async fn a_broken_file_nobody_played_before_is_told_with_its_reason_everywhere() {
    let daemon = Daemon::start_with(CONFIG, |_| ()).await;
    let (bytes, code) = broken(0);
    rename_into(&daemon.folder().join("plugins"), "newcomer.wasm", &bytes);
    let seen = until(&daemon, "newcomer", "rejected", |plugin| plugin["state"] == "rejected").await;
    assert_eq!(seen["code"], code, "{seen}");
    let ready = daemon.json("/readyz").await;
    let told =
        ready["plugins"].as_array().expect("a list").iter().find(|plugin| plugin["name"] == "newcomer");
    assert!(told.is_some_and(|told| told["code"] == code && told["reason"].is_string()), "{ready}");
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    let told = format!("plugin_state{{provider=\"newcomer\",state=\"rejected\",code=\"{code}\"}} 1");
    assert!(metrics.contains(&told), "{metrics}");
    for command in [&["status"][..], &["plugin", "status"]] {
        let shown = understudy(&[command, &["--url", &daemon.url("")]].concat()).ok();
        let shown = String::from_utf8(shown.stdout).expect("text");
        assert!(shown.contains("newcomer: is rejected: ") && shown.contains("hint: "), "{shown}");
    }
}

#[tokio::test]
async fn a_removed_plugin_finishes_what_it_speaks() {
    let daemon = daemon("").await;
    let body = json!({ "model": "herald", "input": "slowly 40", "response_format": "pcm", "stream": true });
    let mut stream = daemon.ok("/v1/audio/speech", &body).await;
    let mut bytes = stream.chunk().await.expect("audio").map_or(0, |piece| piece.len());
    std::fs::remove_file(daemon.folder().join("plugins/herald.wasm")).expect("it is removed");
    let seen = until(&daemon, "herald", "removed", |plugin| plugin["state"] == "removed").await;
    assert_eq!(
        (&seen["generations"][0]["role"], &seen["generations"][0]["in_flight"]),
        (&json!("leaving"), &json!(1))
    );
    let refused = daemon.post("/api/v1/tts/synthesize", &json!({ "provider": "herald", "text": "speak 1" }));
    assert!(refused.send().await.expect("an answer").status().is_client_error());
    while let Some(piece) = stream.chunk().await.expect("it goes on") {
        bytes += piece.len();
    }
    assert!((191_000..=193_000).contains(&bytes), "four seconds at 24 kHz: {bytes}");
    until(&daemon, "herald", "gone", Value::is_null).await;
    let begun = Instant::now();
    while mapped_code(daemon.pid()) > 1 {
        assert!(begun.elapsed().as_secs() < 10, "more than the offline voice's code: {}", daemon.log());
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_stream_that_outlives_the_drain_time_ends_with_a_typed_error() {
    let daemon = daemon("plugins.drain_seconds = 0.2\n").await;
    let body =
        json!({ "model": "herald", "input": "slowly 600", "response_format": "pcm", "stream_format": "sse" });
    let mut stream = daemon.ok("/v1/audio/speech", &body).await;
    let mut heard =
        String::from_utf8(stream.chunk().await.expect("audio").expect("a piece").to_vec()).expect("text");
    replace(&daemon, &herald(2, "calm"));
    while let Some(piece) = stream.chunk().await.expect("the stream is ended in order") {
        heard.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(heard.contains("plugin_replaced"), "{}", &heard[heard.len().saturating_sub(400)..]);
    assert!(daemon.log().contains("drain time is over"), "{}", daemon.log());
}

#[tokio::test]
async fn a_service_that_is_down_refuses_no_candidate() {
    let daemon = daemon("").await;
    replace(&daemon, &herald(2, "cut-off"));
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
}

#[tokio::test]
async fn a_replacement_that_asks_for_more_waits_while_the_old_one_plays() {
    let daemon = daemon("[providers.herald]\ngrants = []\n").await;
    replace(&daemon, &herald(2, "greedy"));
    let waits = |plugin: &Value| plugin["candidate"]["state"] == "awaiting grant";
    let seen = until(&daemon, "herald", "awaiting a grant", waits).await;
    let hint = seen["candidate"]["hint"].as_str().expect("a hint");
    assert_eq!(speaks(&daemon, "speak 1").await, "0.0.1");
    // Its section is there already, so lines for it are printed and not another one.
    let (told, lines) = hint.split_once(":\n").expect("a sentence and what to paste");
    assert!(told.contains("write this into its section [providers.herald] in "), "{hint}");
    let config = format!("{CONFIG}[providers.herald]\n{lines}");
    std::fs::write(daemon.folder().join("understudy.toml"), config).expect("it is written");
    until(&daemon, "herald", "version 2", |plugin| plugin["version"] == "0.0.2").await;
}

#[tokio::test]
async fn a_long_stream_is_finished_by_the_plugin_it_began_with_and_its_code_goes_then() {
    let daemon = daemon("").await;
    let body = json!({ "model": "herald", "input": "slowly 20", "response_format": "pcm", "stream": true });
    let mut stream = daemon.ok("/v1/audio/speech", &body).await;
    let first = stream.chunk().await.expect("audio").expect("a piece");
    replace(&daemon, &herald(2, "calm"));
    let two = |plugin: &Value| plugin["version"] == "0.0.2" && plugin["generations"][1]["role"] == "leaving";
    let seen = until(&daemon, "herald", "two generations", two).await;
    assert_eq!(seen["generations"][1]["in_flight"], 1, "{seen}");
    // A third has to wait: there are never more than two.
    replace(&daemon, &herald(3, "calm"));
    let mut bytes = first.len();
    let broken = |error| panic!("the stream broke: {error:?}\n{}", daemon.log());
    while let Some(piece) = stream.chunk().await.unwrap_or_else(broken) {
        bytes += piece.len();
        let generations = plugin(&daemon, "herald").await["generations"].as_array().map_or(0, Vec::len);
        assert!(generations <= 2, "{generations}");
    }
    // Two seconds at 24 kHz, two bytes a sample.
    assert!((95_000..=97_000).contains(&bytes), "{bytes}");
    let third = |plugin: &Value| plugin["version"] == "0.0.3" && plugin["generations"][1].is_null();
    until(&daemon, "herald", "version 3 alone", third).await;
    assert_eq!(mapped_code(daemon.pid()), 2, "the herald's and the offline voice's code: {}", daemon.log());
    assert!(daemon.log().contains("plugin generation dropped"), "{}", daemon.log());
}

#[tokio::test]
async fn a_generation_that_does_not_finish_is_ended_and_another_provider_steps_in() {
    let config = "plugins.folders = [\"plugins\"]\nplugins.drain_seconds = 0.2\n[fallback]\nvoice_policy = \"any\"\n\
                  min_score = 0\n[providers.herald]\n[providers.flite]\n";
    let daemon = Daemon::start_with(config, |folder| {
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "calm"));
    })
    .await;
    let body = json!({ "provider": "herald", "text": "slowly 600" });
    let speaking = daemon.post("/api/v1/tts/synthesize", &body).send();
    let replacing = async {
        until(&daemon, "herald", "speaking", |plugin| plugin["generations"][0]["in_flight"] == 1).await;
        replace(&daemon, &herald(2, "calm"));
    };
    let (answer, ()) = tokio::join!(speaking, replacing);
    let take: Value = answer.expect("an answer").json().await.expect("JSON");
    assert_eq!(take["provenance"]["provider"], "flite", "{take}");
    assert_eq!(take["provenance"]["attempts"][0]["outcome"], "plugin_replaced", "{take}");
    assert!(daemon.log().contains("drain time is over"), "{}", daemon.log());
}

/// How many files of compiled code a process has in its memory.
fn mapped_code(pid: u32) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("its memory can be listed");
    let files: std::collections::BTreeSet<&str> = maps
        .lines()
        .filter(|line| line.contains(".cwasm"))
        .filter_map(|line| line.split(' ').next_back())
        .collect();
    files.len()
}

#[tokio::test]
async fn a_replacement_that_awaits_a_grant_is_no_reload_that_was_applied() {
    // Each new stage says again that this one cannot play.
    let more = "default_provider = \"misfit\"\n[providers.herald]\ngrants = []\n[providers.misfit]\n\
                plugin = \"misfit.wasm\"\n";
    let config =
        format!("{CONFIG}{more}").replace("default_provider", "plugins.watch = \"off\"\ndefault_provider");
    let daemon = Daemon::start_with(&config, |folder| {
        rename_into(&folder.join("plugins"), "herald.wasm", &herald(1, "calm"));
        rename_into(folder, "misfit.wasm", &std::fs::read(misfit()).expect("it is built"));
    })
    .await;
    replace(&daemon, &herald(2, "greedy"));
    let stages = || daemon.log().matches("the default provider cannot play").count();
    let shown = understudy(&["plugin", "reload", "--url", &daemon.url("")]);
    assert_eq!(shown.code, 1, "{}", shown.stderr);
    assert!(shown.stderr.contains("herald is awaiting grant (generation 1 plays)"), "{}", shown.stderr);
    let ready = daemon.json("/readyz").await;
    let herald =
        ready["plugins"].as_array().expect("a list").iter().find(|plugin| plugin["name"] == "herald");
    assert_eq!(herald.expect("it is listed")["candidate_code"], "plugin_awaiting_grant", "{ready}");
    let before = stages();
    let report = reload(&daemon).await;
    assert_eq!((&report["outcome"], stages()), (&json!("rejected"), before), "{report}");
}
