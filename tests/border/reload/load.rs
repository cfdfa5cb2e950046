//! Constant load while plugins and configuration are replaced: nobody is dropped, nobody is served by
//! what was refused, and nothing is left behind.
//!
//! Thirty replacements of each by default; `UNDERSTUDY_RELOADS=1000` makes it the long run whose
//! figures stand in `host/BENCHMARKS.md`. In the second half a canary is on trial beside the plugin, and it
//! is replaced as well. It prints what it measured.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::versions::{broken, herald, rename_into};
use super::{CONFIG, PATIENCE, plugin, until};
use crate::support::{Daemon, client};

/// Replacements of each kind unless the environment says otherwise.
const RELOADS: u32 = 30;

/// What the store may hold: it would go on growing for as long as there are new texts, and hide a leak.
const STORE: &str = "[cache]\nmax_takes = 200\nmemory_mb = 1\n[history]\nenabled = false\n";

/// The section of the second half: a canary that any request may be played by.
const TRYING: &str = "[providers.herald]\ngrants = []\ncanary = { path = \"next/herald.wasm\", percent = 30, \
                      sticky = \"none\", watch_seconds = 3600, latency_percent = 100000 }\n";

/// It is replaced with every fifth replacement of the plugin.
const CANARY_EVERY: u32 = 5;

/// The share of the replacements after which the server has warmed up: the store's memory is full then.
const WARM: u32 = 4;

/// Requests under way at a time, two of each kind.
const CLIENTS: usize = 6;

/// What a client asks for.
#[derive(Clone, Copy)]
enum Kind {
    /// The same take again and again, from the cache.
    Cached,
    /// Another take each time.
    Fresh,
    /// A stream of six tenths of a second, another each time.
    Stream,
}

/// What the clients saw.
#[derive(Default)]
struct Seen {
    asked: AtomicU64,
    answered: AtomicU64,
    stop: AtomicBool,
    failures: Mutex<Vec<String>>,
    versions: Mutex<BTreeSet<String>>,
}

impl Seen {
    fn fail(&self, what: impl std::fmt::Display) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_string());
    }
}

/// Asks until it is told to stop.
async fn ask(base: String, kind: Kind, seen: Arc<Seen>) {
    let client = client();
    while !seen.stop.load(Relaxed) {
        let number = seen.asked.fetch_add(1, Relaxed);
        let asked = match kind {
            Kind::Cached => take(&client, &base, "speak 8").await,
            Kind::Fresh => take(&client, &base, &format!("speak 8 number {number}")).await,
            Kind::Stream => stream(&client, &base, &format!("slowly 6 number {number}")).await,
        };
        match asked {
            Ok(version) => {
                seen.answered.fetch_add(1, Relaxed);
                seen.versions.lock().unwrap_or_else(PoisonError::into_inner).extend(version);
            }
            Err(error) => seen.fail(format!("{error:#}")),
        }
    }
}

async fn take(client: &reqwest::Client, base: &str, text: &str) -> anyhow::Result<Option<String>> {
    let body = json!({ "provider": "herald", "text": text });
    let answer = client.post(format!("{base}/api/v1/tts/synthesize")).json(&body).send().await?;
    let (status, take) = (answer.status(), answer.json::<Value>().await?);
    anyhow::ensure!(status.is_success(), "{status}: {take}");
    Ok(take["provenance"]["plugin_version"].as_str().map(str::to_owned))
}

async fn stream(client: &reqwest::Client, base: &str, text: &str) -> anyhow::Result<Option<String>> {
    let body = json!({ "model": "herald", "input": text, "response_format": "pcm", "stream": true });
    let answer = client.post(format!("{base}/v1/audio/speech")).json(&body).send().await?;
    let status = answer.status();
    let audio = answer.bytes().await?;
    // Six tenths of a second at 24 kHz, two bytes a sample.
    anyhow::ensure!(status.is_success() && audio.len() >= 28_000, "{status}: {} bytes", audio.len());
    Ok(None)
}

/// The resident memory of a process, in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it is told");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// What the whole run measured.
#[derive(Default)]
struct Figures {
    /// From the rename of a good version to the first look that finds it playing.
    swaps: Vec<Duration>,
    warm_kib: u64,
    refused: BTreeSet<String>,
}

impl Figures {
    fn median(&self) -> Duration {
        let mut swaps = self.swaps.clone();
        swaps.sort_unstable();
        swaps.get(swaps.len() / 2).copied().unwrap_or_default()
    }
}

/// One replacement of the plugin: every third is broken in one way or another.
async fn replace_plugin(daemon: &Daemon, version: u32, figures: &mut Figures) {
    let folder = daemon.folder().join("plugins");
    if version.is_multiple_of(3) {
        let (bytes, code) = broken(version / 3);
        rename_into(&folder, "herald.wasm", &bytes);
        let digest_or_code = |plugin: &Value| plugin["candidate"]["code"] == code;
        until(daemon, "herald", code, digest_or_code).await;
        figures.refused.insert(format!("0.0.{}", version / 3));
        return;
    }
    let playing = format!("0.0.{}", 1_000 + version);
    let bytes = herald(1_000 + version, "calm");
    let begun = Instant::now();
    rename_into(&folder, "herald.wasm", &bytes);
    until(daemon, "herald", &playing, |plugin| plugin["version"] == playing.as_str()).await;
    figures.swaps.push(begun.elapsed());
}

/// One replacement of the canary, as often broken.
async fn replace_canary(daemon: &Daemon, number: u32, figures: &mut Figures) {
    let folder = daemon.folder().join("next");
    if number.is_multiple_of(3) {
        let (bytes, code) = broken(50_000 + number / 3);
        rename_into(&folder, "herald.wasm", &bytes);
        until(daemon, "herald", code, |plugin| plugin["canary"]["code"] == code).await;
        figures.refused.insert(format!("0.0.{}", 50_000 + number / 3));
        return;
    }
    let trying = format!("0.0.{}", 100_000 + number);
    rename_into(&folder, "herald.wasm", &herald(100_000 + number, "calm"));
    let on_trial = |plugin: &Value| plugin["canary"]["version"] == trying.as_str();
    until(daemon, "herald", &trying, on_trial).await;
}

/// The most generations of the plugin that were alive at once, by the log; before and after the first
/// canary.
fn alive_at_most(log: &str) -> (usize, usize) {
    let (mut alive, mut plain, mut trying) = (BTreeMap::new(), 0, 0);
    for line in log.lines().filter(|line| line.contains("plugin=\"herald\"")) {
        let number = line.split(" generation=").nth(1).and_then(|rest| rest.split(' ').next());
        let Some(number) = number else { continue };
        let is_canary = line.contains("canary on trial");
        if is_canary || line.contains("plugin ready") {
            alive.insert(number, is_canary);
        } else if line.contains("plugin generation dropped") {
            alive.remove(number);
        }
        let most = if trying > 0 || is_canary { &mut trying } else { &mut plain };
        *most = (*most).max(alive.len());
    }
    (plain, trying)
}

/// One edit of the configuration: every third is wrong in one way or another.
async fn edit_config(daemon: &Daemon, number: u32, section: &str) {
    let wrong = [
        "[limits]\nmax_text_characters = 0\n",
        "[limit]\n",
        "not toml at all",
        "[providers.x]\nplugin = 3\n",
    ];
    let is_wrong = number.is_multiple_of(3);
    let more = if is_wrong {
        wrong[(number / 3) as usize % wrong.len()].to_owned()
    } else {
        format!("[breaker]\nfailures = {}\n", 100 + number % 800)
    };
    rename_into(daemon.folder(), "understudy.toml", format!("{CONFIG}{STORE}{section}{more}").as_bytes());
    let begun = Instant::now();
    loop {
        let status = daemon.json("/api/v1/status").await;
        let problems = status["reload"]["config_problems"].as_array().map_or(0, Vec::len);
        let taken = status["reload"]["last"]["changed"].as_array().is_some_and(|keys| !keys.is_empty());
        if is_wrong == (problems > 0) && (is_wrong || taken) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "edit {number} is not seen: {status}\n{}", daemon.log());
        sleep(Duration::from_millis(5)).await;
    }
}

async fn replace_all(daemon: &Daemon, reloads: u32) -> Figures {
    let mut figures = Figures::default();
    for number in 1..=reloads {
        replace_plugin(daemon, number, &mut figures).await;
        let section = if number > reloads / 2 { TRYING } else { "" };
        edit_config(daemon, number, section).await;
        if !section.is_empty() && number.is_multiple_of(CANARY_EVERY) {
            replace_canary(daemon, number, &mut figures).await;
        }
        if number == reloads.div_ceil(WARM) {
            figures.warm_kib = resident(daemon.pid());
        }
    }
    figures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_constant_load_nobody_is_dropped_and_nothing_is_left_behind() {
    let reloads = std::env::var("UNDERSTUDY_RELOADS").ok().and_then(|count| count.parse().ok());
    let reloads = reloads.unwrap_or(RELOADS);
    let daemon = super::daemon(STORE).await;
    let seen = Arc::new(Seen::default());
    let kinds = [Kind::Cached, Kind::Fresh, Kind::Stream].into_iter().cycle().take(CLIENTS);
    let clients: Vec<_> =
        kinds.map(|kind| tokio::spawn(ask(daemon.url(""), kind, Arc::clone(&seen)))).collect();
    let figures = replace_all(&daemon, reloads).await;
    seen.stop.store(true, Relaxed);
    futures_util::future::join_all(clients).await;
    let alone = |plugin: &Value| plugin["generations"].as_array().is_some_and(|all| all.len() <= 2);
    until(&daemon, "herald", "alone with its canary", alone).await;
    let (warm, end) = (figures.warm_kib, resident(daemon.pid()));
    let (plain, trying) = alive_at_most(&daemon.log());
    println!(
        "{reloads} plugins and {reloads} configurations replaced: {} answered, median from rename to playing {:?}, \
         resident {warm} KiB warm and {end} KiB at the end, at most {plain} generations alive, {trying} with a canary",
        seen.answered.load(Relaxed),
        figures.median(),
    );
    let failures = seen.failures.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(failures.is_empty(), "{} failed: {:?}\n{}", failures.len(), failures.first(), daemon.log());
    let versions = seen.versions.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let served: Vec<_> =
        versions.intersection(&figures.refused).filter(|version| *version != "0.0.1").collect();
    assert!(served.is_empty(), "served by what was refused: {served:?}");
    assert!(versions.len() > 3, "only {versions:?} were heard");
    assert_eq!((plain, trying), (2, 3), "generations alive at most:\n{}", daemon.log());
    let last = (1..=reloads).rev().find(|version| !version.is_multiple_of(3)).expect("a good one");
    assert_eq!(plugin(&daemon, "herald").await["version"], format!("0.0.{}", 1_000 + last), "not a canary");
    // A short run ends before the allocator has settled; the long one is held to a tenth.
    let room = if reloads >= 100 { warm / 10 } else { warm / 2 };
    assert!(end <= warm + room, "resident memory grew from {warm} to {end} KiB");
}
