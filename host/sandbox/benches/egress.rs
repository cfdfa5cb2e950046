//! What the way out costs: a GET of 100 KB from a server on the loopback, by reqwest directly, by
//! a plugin's own `http` and by `wasi:http`; each plugin call in a fresh instance. One process
//! measures all three, so the ratios hold on a busy machine too. Run with
//! `cargo bench -p understudy-sandbox --bench egress`.

#[path = "../../../plugins/nested_cargo.rs"]
mod nested_cargo;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use criterion::{Criterion, Throughput};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use understudy_sandbox::{Grant, Plugin, PluginConfig, Sandbox, SandboxOptions};
use understudy_speech::{Call, Failure, Provider, ProviderError, Request, take_channel};

const BODY_BYTES: usize = 100_000;

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guests = root.join("tests/fixtures/guests/Cargo.toml");
    let wasm =
        nested_cargo::build_guest(&root, &guests, "misfit", &["networked"]).map_err(anyhow::Error::msg)?;
    let wasm = std::fs::read(wasm)?;
    let runtime = Runtime::new()?;
    let address = runtime.block_on(async {
        let body = vec![b'x'; BODY_BYTES];
        let router = Router::new().route("/", get(async move || body.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        anyhow::Ok(address)
    })?;
    let grant = Grant { host: address.to_string().parse()?, private: true, plain_http: true };
    let config = PluginConfig { grants: vec![grant], ..PluginConfig::named("misfit") };
    let sandbox = Sandbox::new(SandboxOptions::default())?;
    let plugin = runtime.block_on(sandbox.load(wasm.into(), config)).context("the fixture does not load")?;
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("get_100_kb");
    group.throughput(Throughput::Bytes(BODY_BYTES as u64));
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls()?).build()?;
    group.bench_function("direct", |bencher| {
        bencher.to_async(&runtime).iter(async || {
            let response = client.get(format!("http://{address}/")).send().await.ok()?;
            response.bytes().await.ok().map(|body| body.len())
        });
    });
    group.bench_function("no_request", |bencher| {
        bencher.to_async(&runtime).iter(async || ask(&plugin, "visits").await);
    });
    for (name, command) in [("own_http", "count"), ("wasi_http", "wasi-count")] {
        let text = format!("{command} GET|http://{address}/");
        anyhow::ensure!(runtime.block_on(ask(&plugin, &text)) == format!("Ok({BODY_BYTES})"));
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(async || ask(&plugin, &text).await);
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// What the misfit reports.
async fn ask(plugin: &Plugin, text: &str) -> String {
    let call = Call { request_id: "bench".into(), deadline: Instant::now() + Duration::from_secs(10) };
    let (sink, _stream) = take_channel(1);
    match plugin.synthesize(call, Arc::new(Request::text(text)), sink).await {
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
