//! The neighbours of a plugin that misbehaves.
//!
//! What they wait is a service's time and their share of the machine; a guest that computes, floods
//! or hoards may take from the second and must not take much. Each kind of harm is done by two
//! callers without a pause while the neighbours speak through a service that thinks for a tenth of a
//! second, which is less than any real one does.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::time::Instant;

use super::service::Service;
use super::{EACH_FOR_ITSELF, ask};
use crate::plugins::misfit_with;
use crate::support::Daemon;

/// Requests of the neighbours for one figure, and how many of them are under way at once.
const REQUESTS: usize = 100;
const AT_ONCE: usize = 4;

/// Callers of the plugin that misbehaves: as many as there are cores in a small machine.
const ATTACKERS: usize = 2;

async fn daemon(service: &Service) -> Daemon {
    let section = |name: &str| {
        format!(
            "[providers.{name}]\nplugin = {:?}\n\
             grants = [{{ host = \"{}\", private = true, plain_http = true }}]\n\
             limits = {{ cpu_ms = 200, memory_bytes = 67_108_864 }}\n",
            misfit_with(&["networked"]),
            service.address
        )
    };
    let config =
        [EACH_FOR_ITSELF, "fallback.audition = \"off\"\n", &section("neighbour"), &section("misfit")]
            .concat();
    Daemon::start_with(&config, |_| ()).await
}

/// How long the neighbours wait, all but the slowest hundredth of them.
async fn p99(daemon: &Daemon, service: &Service) -> Duration {
    let url = &service.url("/speech");
    let speak = |number: usize| async move {
        let body = json!({
            "model": "tts-1", "voice": "neighbour/ophelia", "response_format": "pcm",
            "input": format!("relay GET|{url}?{number}"),
        });
        let begun = Instant::now();
        let audio = daemon.ok("/v1/audio/speech", &body).await.bytes().await.expect("a body");
        assert!(audio.len() > 10_000, "{} bytes", audio.len());
        begun.elapsed()
    };
    let mut waited: Vec<Duration> =
        stream::iter((0..REQUESTS).map(speak)).buffer_unordered(AT_ONCE).collect().await;
    waited.sort_unstable();
    waited[REQUESTS * 99 / 100 - 1]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_wait_no_more_than_twice_as_long_whatever_a_plugin_does() {
    let service = Service::start().await;
    let daemon = daemon(&service).await;
    p99(&daemon, &service).await;
    let quiet = p99(&daemon, &service).await;
    let mut told = format!("quiet {quiet:?}\n");
    let echo = service.url("/echo");
    let mut patient = true;
    for harm in [
        "spin".to_owned(),
        "spin-in-imports".to_owned(),
        "allocate".to_owned(),
        "recurse".to_owned(),
        "babble 1".to_owned(),
        "endless-lengths answer".to_owned(),
        format!("flood GET|{echo}"),
        format!("unread GET|{}", service.url("/endless")),
    ] {
        let over = AtomicBool::new(false);
        let attack = |_| async {
            let mut attacks = 0;
            while !over.load(Relaxed) {
                let (status, answer) = ask(&daemon, "misfit", &harm).await;
                assert!(status >= 400, "{harm}: {answer}");
                attacks += 1;
            }
            attacks
        };
        let measure = async {
            let waited = p99(&daemon, &service).await;
            over.store(true, Relaxed);
            waited
        };
        let (attacks, waited) = tokio::join!(join_all((0..ATTACKERS).map(attack)), measure);
        told += &format!("{harm}: {waited:?}, {} attacks\n", attacks.iter().sum::<usize>());
        patient &= waited <= 2 * quiet;
    }
    assert!(patient, "{told}");
}
