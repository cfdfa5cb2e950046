//! One sandbox for every test, the misfit in its variants, and a way to ask it.

#[path = "../../../../plugins/nested_cargo.rs"]
mod nested_cargo;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;
use understudy_sandbox::{Limits, Plugin, PluginConfig, Sandbox, SandboxOptions};
use understudy_speech::{Call, Failure, Provider, ProviderError, Request, Summary, TakeEvent, take_channel};

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let code_cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("code"));
    Sandbox::new(SandboxOptions { slots: 64, code_cache, ..SandboxOptions::default() }).unwrap()
});

/// The sandbox that tests share; its code cache lives as long as the target folder.
pub(crate) fn sandbox() -> &'static Sandbox {
    &SANDBOX
}

/// The misfit, built with these features.
pub(crate) fn misfit(features: &[&str]) -> Bytes {
    static BUILT: Mutex<Option<HashMap<String, Bytes>>> = Mutex::new(None);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut built = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let guest = built.get_or_insert_default().entry(features.join("+")).or_insert_with(|| {
        let manifest = root.join("tests/fixtures/guests/Cargo.toml");
        let wasm = nested_cargo::build_guest(&root, &manifest, "misfit", features).unwrap();
        std::fs::read(wasm).unwrap().into()
    });
    guest.clone()
}

/// The misfit with the default limits.
pub(crate) async fn plugin() -> Plugin {
    plugin_with(Limits::default(), &json!({})).await
}

/// The misfit with these limits and settings.
pub(crate) async fn plugin_with(limits: Limits, settings: &Value) -> Plugin {
    let settings = settings.as_object().unwrap().clone();
    let config = PluginConfig { settings, limits, ..PluginConfig::named("misfit") };
    sandbox().load(misfit(&[]), config).await.unwrap()
}

/// A call with a minute to go.
pub(crate) fn call() -> Call {
    call_for(Duration::from_secs(60))
}

/// A call with this long to go.
pub(crate) fn call_for(patience: Duration) -> Call {
    Call { request_id: "request-1".into(), deadline: Instant::now() + patience }
}

/// Has a text spoken and listens to the end.
pub(crate) async fn speak(plugin: &Plugin, text: &str) -> (Result<Summary, Failure>, Vec<TakeEvent>) {
    speak_request(plugin, Request { words: true, ..Request::text(text) }).await
}

/// Has a request spoken and listens to the end.
pub(crate) async fn speak_request(
    plugin: &Plugin,
    request: Request,
) -> (Result<Summary, Failure>, Vec<TakeEvent>) {
    let (sink, mut stream) = take_channel(4);
    let listening = async {
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            events.push(event);
        }
        events
    };
    tokio::join!(plugin.synthesize(call(), Arc::new(request), sink), listening)
}

/// How a text fails.
pub(crate) async fn failure(plugin: &Plugin, text: &str) -> Failure {
    speak(plugin, text).await.0.unwrap_err()
}

/// What the misfit reports when asked.
pub(crate) async fn report(plugin: &Plugin, text: &str) -> String {
    match failure(plugin, text).await {
        Failure::Provider(ProviderError::Unsupported(report)) => report,
        failure => panic!("{text}: {failure}"),
    }
}

/// The plugin serves the next call as if nothing had been.
pub(crate) async fn assert_serves(plugin: &Plugin) {
    let (summary, events) = speak(plugin, "speak 2").await;
    summary.unwrap();
    assert_eq!(events.len(), 4);
}
