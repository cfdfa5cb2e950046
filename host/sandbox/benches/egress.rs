//! What the way out costs: a GET of 100 KB from a server on the loopback, by reqwest directly, by
//! a plugin's own `http` and by `wasi:http`; and the time to the first piece of a body that is
//! streamed, directly and through a plugin into its take. Each plugin call is in a fresh instance.
//! One process measures all of them, so the ratios hold on a busy machine too. Run with
//! `cargo bench -p understudy-sandbox --bench egress`.

#[path = "../../../plugins/nested_cargo.rs"]
mod nested_cargo;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use criterion::{Criterion, Throughput};
use futures_util::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use understudy_sandbox::{Grant, Plugin, PluginConfig, Sandbox, SandboxOptions};
use understudy_speech::{Call, Failure, Provider, ProviderError, Request, TakeEvent, take_channel};

const BODY_BYTES: usize = 100_000;

/// A streamed body comes in so many pieces, with a pause after the first: whoever waits for the
/// whole is seen to.
const PIECES: usize = 25;
const PAUSE: Duration = Duration::from_millis(2);

/// What a round that failed counts, so that it is seen.
const FAILED: Duration = Duration::from_hours(1);

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guests = root.join("tests/fixtures/guests/Cargo.toml");
    let wasm =
        nested_cargo::build_guest(&root, &guests, "misfit", &["networked"]).map_err(anyhow::Error::msg)?;
    let wasm = std::fs::read(wasm)?;
    let runtime = Runtime::new()?;
    let address = runtime.block_on(async {
        let body = vec![b'x'; BODY_BYTES];
        let router = Router::new()
            .route("/", get(async move || body.clone()))
            .route("/streamed", get(async || Body::from_stream(pieces())));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        anyhow::Ok(address)
    })?;
    let grant = Grant { host: address.to_string().parse()?, private: true, plain_http: true };
    let config = PluginConfig { grants: vec![grant], ..PluginConfig::named("misfit") };
    let sandbox = Sandbox::new(SandboxOptions::default())?;
    let plugin = runtime.block_on(sandbox.load(wasm.into(), config)).context("the fixture does not load")?;
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls()?).build()?;
    let mut criterion = Criterion::default().configure_from_args();
    whole(&mut criterion, &runtime, &client, &plugin, &format!("http://{address}/"))?;
    first_piece(&mut criterion, &runtime, &client, &plugin, &format!("http://{address}/streamed"));
    criterion.final_summary();
    Ok(())
}

/// The pieces of a streamed body.
fn pieces() -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::iter(0..PIECES).then(async |number| {
        if number == 1 {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Bytes::from(vec![b'x'; BODY_BYTES / PIECES]))
    })
}

fn whole(
    criterion: &mut Criterion,
    runtime: &Runtime,
    client: &reqwest::Client,
    plugin: &Plugin,
    url: &str,
) -> anyhow::Result<()> {
    let mut group = criterion.benchmark_group("get_100_kb");
    group.throughput(Throughput::Bytes(BODY_BYTES as u64));
    group.bench_function("direct", |bencher| {
        bencher.to_async(runtime).iter(async || {
            let response = client.get(url).send().await.ok()?;
            response.bytes().await.ok().map(|body| body.len())
        });
    });
    group.bench_function("no_request", |bencher| {
        bencher.to_async(runtime).iter(async || ask(plugin, "visits").await);
    });
    for (name, command) in [("own_http", "count"), ("wasi_http", "wasi-count")] {
        let text = format!("{command} GET|{url}");
        anyhow::ensure!(runtime.block_on(ask(plugin, &text)) == format!("Ok({BODY_BYTES})"));
        group.bench_function(name, |bencher| {
            bencher.to_async(runtime).iter(async || ask(plugin, &text).await);
        });
    }
    group.finish();
    Ok(())
}

/// What comes after the first piece is received too, but not counted.
fn first_piece(
    criterion: &mut Criterion,
    runtime: &Runtime,
    client: &reqwest::Client,
    plugin: &Plugin,
    url: &str,
) {
    let mut group = criterion.benchmark_group("first_streamed_byte");
    group.bench_function("direct", |bencher| {
        bencher.to_async(runtime).iter_custom(async |rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                spent += first_received(client, url).await.unwrap_or(FAILED);
            }
            spent
        });
    });
    for (name, text) in [("no_request", "speak 1".to_owned()), ("own_http", format!("relay GET|{url}"))] {
        group.bench_function(name, |bencher| {
            bencher.to_async(runtime).iter_custom(async |rounds| {
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    spent += first_heard(plugin, &text).await.unwrap_or(FAILED);
                }
                spent
            });
        });
    }
    group.finish();
}

/// The time until reqwest has the first piece of a body.
async fn first_received(client: &reqwest::Client, url: &str) -> Option<Duration> {
    let begun = Instant::now();
    let mut response = client.get(url).send().await.ok()?;
    response.chunk().await.ok()??;
    let first = begun.elapsed();
    while response.chunk().await.ok()?.is_some() {}
    Some(first)
}

/// The time until the first audio of a take is heard.
async fn first_heard(plugin: &Plugin, text: &str) -> Option<Duration> {
    let begun = Instant::now();
    let (sink, mut stream) = take_channel(4);
    let speaking = plugin.synthesize(call(), Arc::new(Request::text(text)), sink);
    let listening = async {
        let mut first = None;
        while let Some(event) = stream.next().await {
            if first.is_none() && matches!(event, TakeEvent::Audio(_)) {
                first = Some(begun.elapsed());
            }
        }
        first
    };
    let (spoken, first) = tokio::join!(speaking, listening);
    spoken.ok().and(first)
}

fn call() -> Call {
    Call { request_id: "bench".into(), deadline: Instant::now() + Duration::from_secs(10) }
}

/// What the misfit reports.
async fn ask(plugin: &Plugin, text: &str) -> String {
    let (sink, _stream) = take_channel(1);
    match plugin.synthesize(call(), Arc::new(Request::text(text)), sink).await {
        Err(Failure::Provider(ProviderError::Unsupported(report))) => report,
        other => format!("{other:?}"),
    }
}

/// reqwest is built without a provider of cryptography, and wants one even for plain http.
fn tls() -> anyhow::Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}
