//! What the sandbox costs: a whole call in a fresh instance, a load from the code cache, a cold
//! compilation. Run with `cargo bench -p understudy-sandbox`.

#[path = "../../../plugins/nested_cargo.rs"]
mod nested_cargo;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use criterion::{Criterion, Throughput};
use tokio::runtime::Runtime;
use tokio::time::Instant;
use understudy_sandbox::{PluginConfig, Sandbox, SandboxOptions};
use understudy_speech::{Call, Provider, Request, take_channel};

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guests = root.join("tests/fixtures/guests/Cargo.toml");
    let wasm = nested_cargo::build_guest(&root, &guests, "misfit", &[]).map_err(anyhow::Error::msg)?;
    let wasm = Bytes::from(std::fs::read(wasm)?);
    let mut criterion = Criterion::default().configure_from_args();
    calls(&mut criterion, &wasm)?;
    loads(&mut criterion, &wasm)?;
    criterion.final_summary();
    Ok(())
}

fn call() -> Call {
    Call { request_id: "bench".into(), deadline: Instant::now() + Duration::from_secs(10) }
}

fn calls(criterion: &mut Criterion, wasm: &Bytes) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let sandbox = Sandbox::new(SandboxOptions::default())?;
    let plugin = runtime.block_on(sandbox.load(wasm.clone(), PluginConfig::named("misfit")))?;
    let mut group = criterion.benchmark_group("call");
    group.bench_function("instantiate_check_drop", |bencher| {
        bencher.to_async(&runtime).iter(|| async { plugin.check(call()).await.is_ok() });
    });
    group.throughput(Throughput::Bytes(10 * 3_200));
    group.bench_function("speak_one_second_of_pcm", |bencher| {
        let request = Arc::new(Request::text("speak 10"));
        bencher.to_async(&runtime).iter(|| async {
            let (sink, mut stream) = take_channel(32);
            let summary = plugin.synthesize(call(), Arc::clone(&request), sink).await;
            while stream.next().await.is_some() {}
            summary.is_ok()
        });
    });
    group.finish();
    Ok(())
}

fn loads(criterion: &mut Criterion, wasm: &Bytes) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let directory = tempfile::tempdir()?;
    let options = SandboxOptions { slots: 16, ..SandboxOptions::default() };
    let cold = Sandbox::new(options.clone())?;
    let warm = Sandbox::new(SandboxOptions { code_cache: Some(directory.path().join("code")), ..options })?;
    runtime.block_on(warm.inspect(wasm.clone())).context("the fixture does not load")?;
    let mut group = criterion.benchmark_group("load");
    group.throughput(Throughput::Bytes(wasm.len() as u64));
    group.bench_function("inspect_from_code_cache", |bencher| {
        bencher.to_async(&runtime).iter(|| async { warm.inspect(wasm.clone()).await.is_ok() });
    });
    group.sample_size(10);
    group.bench_function("inspect_and_compile", |bencher| {
        bencher.to_async(&runtime).iter(|| async { cold.inspect(wasm.clone()).await.is_ok() });
    });
    group.finish();
    Ok(())
}
