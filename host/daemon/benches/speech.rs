//! What a spoken word and a spoken sentence cost: by the native synthesizer, by the same code in
//! the sandbox, and over HTTP with the conversion to what a client asks for.
//!
//! Run with `cargo bench -p understudy`; `host/BENCHMARKS.md` has the figures.

#[path = "../../../plugins/nested_cargo.rs"]
mod nested_cargo;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::ServiceExt;
use bytes::Bytes;
use criterion::{Criterion, Throughput};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use understudy::{Config, Understudy, http};
use understudy_flite::{Controls, SAMPLE_RATE, Speaker, text, voices};
use understudy_sandbox::{Plugin, PluginConfig, Sandbox, SandboxOptions};
use understudy_speech::{Call, Provider, Request, TakeEvent, take_channel};

const TEXTS: [(&str, &str); 2] =
    [("word", "word"), ("sentence", "The birch canoe slid on the smooth planks.")];

fn main() -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let mut criterion = Criterion::default().configure_from_args();
    synthesis(&mut criterion, &runtime)?;
    over_http(&mut criterion, &runtime)?;
    criterion.final_summary();
    Ok(())
}

fn component() -> anyhow::Result<Bytes> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = root.join("plugins/Cargo.toml");
    let wasm =
        nested_cargo::build_guest(&root, &manifest, "understudy-flite", &[]).map_err(anyhow::Error::msg)?;
    Ok(std::fs::read(wasm)?.into())
}

/// Samples of a text, with a speaker made anew as every call of the sandbox makes one.
fn native(source: &str) -> anyhow::Result<usize> {
    let preset = voices::find("kal").context("the voice is there")?;
    let controls = Controls { gain_db: 6.0, ..Controls::default() };
    let sentences = text::prepare(source).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut speaker = Speaker::new(preset, controls, true).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(sentences.iter().map(|sentence| speaker.speak(sentence).pcm.len()).sum())
}

/// The same through a fresh instance: bytes of audio.
async fn sandboxed(plugin: &Plugin, request: Arc<Request>) -> anyhow::Result<usize> {
    let call = Call { request_id: "bench".into(), deadline: Instant::now() + Duration::from_secs(10) };
    let (sink, mut stream) = take_channel(64);
    plugin.synthesize(call, request, sink).await?;
    let mut bytes = 0;
    while let Some(event) = stream.next().await {
        if let TakeEvent::Audio(audio) = event {
            bytes += audio.len();
        }
    }
    Ok(bytes)
}

fn synthesis(criterion: &mut Criterion, runtime: &Runtime) -> anyhow::Result<()> {
    let sandbox = Sandbox::new(SandboxOptions::default())?;
    let plugin = runtime.block_on(sandbox.load(component()?, PluginConfig::named("flite")))?;
    for (name, source) in TEXTS {
        let mut group = criterion.benchmark_group(format!("speak a {name}"));
        // Elements are milliseconds of audio: a million a second is a thousand times real time.
        group.throughput(Throughput::Elements(native(source)? as u64 * 1000 / u64::from(SAMPLE_RATE)));
        group.bench_function("native", |bencher| bencher.iter(|| native(black_box(source)).is_ok()));
        let request =
            Arc::new(Request { voice: Some("kal".to_owned()), words: true, ..Request::text(source) });
        group.bench_function("sandboxed", |bencher| {
            bencher
                .to_async(runtime)
                .iter(|| async { sandboxed(&plugin, Arc::clone(&request)).await.is_ok() });
        });
        group.finish();
    }
    Ok(())
}

fn over_http(criterion: &mut Criterion, runtime: &Runtime) -> anyhow::Result<()> {
    // What is measured is speech, not how fast it is found again.
    let folder = tempfile::tempdir()?;
    let mut config = Config::default();
    config.store.folder = folder.path().to_owned();
    config.store.settings.cache.enabled = false;
    let understudy = runtime.block_on(Understudy::start(config))?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let url = format!("http://{}/v1/audio/speech", listener.local_addr()?);
    runtime.spawn(
        axum::serve(listener, ServiceExt::into_make_service(http::service(&understudy))).into_future(),
    );
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    for (name, source) in TEXTS {
        let mut group = criterion.benchmark_group(format!("POST a {name}"));
        for format in ["pcm", "wav", "mp3", "opus"] {
            let body =
                json!({ "model": "tts-1", "voice": "flite/kal", "input": source, "response_format": format });
            group.bench_function(format, |bencher| {
                bencher.to_async(runtime).iter(|| async {
                    let response = client.post(&url).json(&body).send().await?.error_for_status()?;
                    response.bytes().await.map(|audio| audio.len())
                });
            });
        }
        group.finish();
    }
    Ok(())
}
