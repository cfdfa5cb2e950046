//! A server that is killed again and again, in the middle of everything.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Client;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{kept_in, start};
use crate::support::client;

/// How often; the long suite sets `UNDERSTUDY_KILL_ROUNDS` to 200.
const ROUNDS: u64 = 20;
/// Texts asked for at once in each round, half of them for the first time.
const ASKED: u64 = 12;

/// SplitMix64: the same kills on every machine.
fn lot(seed: u64, below: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) % below
}

/// The audio of a text and whether it came from the cache; nothing when the server was gone first.
async fn ask(client: Client, url: String, text: u64) -> Option<(u64, Vec<u8>, bool)> {
    let input = format!("This is line number {text} of the play.");
    let body = json!({ "model": "flite", "input": input, "response_format": "pcm" });
    let answer = client.post(url).json(&body).send().await.ok()?.error_for_status().ok()?;
    let is_hit = answer.headers().get("x-understudy-cache")? == "hit";
    Some((text, answer.bytes().await.ok()?.to_vec(), is_hit))
}

#[tokio::test]
async fn a_server_that_is_killed_never_serves_what_is_not_whole() {
    let rounds = std::env::var("UNDERSTUDY_KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let folder = TempDir::new().expect("a temporary folder");
    let mut heard: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    // What one process found of another's work is on the disk, and may never be missed again.
    let mut lasting = BTreeSet::new();
    for round in 0..rounds.unwrap_or(ROUNDS) {
        let daemon = start(&kept_in(folder.path())).await;
        let ready = daemon.json("/readyz").await;
        assert_eq!(ready["store"]["state"], "serving", "round {round}: {}", daemon.log());
        let newest = round * ASKED / 2;
        let before: BTreeSet<u64> = heard.keys().copied().collect();
        let mut asking = JoinSet::new();
        for text in newest.saturating_sub(ASKED / 2)..newest + ASKED / 2 {
            asking.spawn(ask(client(), daemon.url("/v1/audio/speech"), text));
        }
        // So many are heard out, then it is killed in the middle of the others.
        for _ in 0..=lot(round, ASKED / 2) {
            let Some(answer) = asking.join_next().await else { break };
            let Some((text, audio, is_hit)) = answer.expect("nobody panics") else { continue };
            if is_hit && before.contains(&text) {
                lasting.insert(text);
            }
            assert!(is_hit || !lasting.contains(&text), "round {round}: line {text} is lost");
            let known = heard.entry(text).or_insert_with(|| audio.clone());
            assert!(*known == audio, "round {round}: line {text} is not what it was");
        }
        drop(daemon);
    }
    assert!(!lasting.is_empty(), "something survives the kills");
    let daemon = start(&kept_in(folder.path())).await;
    for (text, known) in heard {
        let (_, audio, is_hit) =
            ask(client(), daemon.url("/v1/audio/speech"), text).await.expect("an answer");
        assert!(known == audio, "line {text} is not what it was");
        assert!(is_hit || !lasting.contains(&text), "line {text} is lost");
    }
    assert_eq!(daemon.json("/api/v1/status").await["cache"]["damaged"], 0);
    let past = daemon.json("/api/v1/tts/requests").await;
    assert!(past["requests"].as_array().expect("a list").len() > 10);
}
