//! Every limit, tripped.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use understudy_sandbox::{Limits, LoadError, PluginConfig, Sandbox, SandboxOptions};
use understudy_speech::{Failure, Provider, Request, take_channel};

use crate::support::{
    assert_serves, call, call_for, failure, misfit, plugin, plugin_with, report, sandbox, speak,
};

/// The text trips the limit, the failure names it, and the next call is served.
async fn check(limits: Limits, text: &str, expected: &str) {
    let plugin = plugin_with(limits, &json!({})).await;
    let failure = failure(&plugin, text).await;
    assert_eq!(failure.to_string(), expected, "{text}");
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn memory_is_limited() {
    let limits = Limits { memory_bytes: 4 << 20, ..Limits::default() };
    check(limits, "allocate", "plugin misfit passed its limit of 4194304 bytes of memory").await;
    // A limit past the pool's own slot is the slot.
    let limits = Limits { memory_bytes: usize::MAX, ..Limits::default() };
    check(limits, "allocate", "plugin misfit passed its limit of 268435456 bytes of memory").await;
}

#[tokio::test]
async fn processor_time_is_limited() {
    let limits = Limits { cpu: Duration::from_millis(20), ..Limits::default() };
    check(limits.clone(), "spin", "plugin misfit used up its processor time of 20 ms").await;
    check(limits, "spin-in-imports", "plugin misfit used up its processor time of 20 ms").await;
}

#[tokio::test]
async fn time_parked_in_an_import_is_no_processor_time() {
    let limits = Limits { cpu: Duration::from_millis(20), ..Limits::default() };
    let plugin = plugin_with(limits, &json!({})).await;
    assert_eq!(report(&plugin, "nap 60 3").await, "rested");
}

#[tokio::test(start_paused = true)]
async fn the_wall_clock_is_limited_by_the_plugin_and_by_the_caller() {
    let plugin =
        plugin_with(Limits { deadline: Duration::from_secs(30), ..Limits::default() }, &json!({})).await;
    let sleep = async |patience| {
        let (sink, _stream) = take_channel(1);
        let request = Arc::new(Request::text("sleep-forever"));
        plugin.synthesize(call_for(patience), request, sink).await.unwrap_err().to_string()
    };
    assert_eq!(sleep(Duration::from_secs(60)).await, "plugin misfit passed its deadline of 30000 ms");
    assert_eq!(sleep(Duration::from_secs(5)).await, "plugin misfit passed its deadline of 5000 ms");
    assert_eq!(sleep(Duration::ZERO).await, "plugin misfit passed its deadline of 0 ms");
}

#[tokio::test]
async fn a_spinning_guest_meets_the_wall_clock_too() {
    let limits = Limits { deadline: Duration::from_millis(30), ..Limits::default() };
    let plugin = plugin_with(limits, &json!({})).await;
    assert!(matches!(failure(&plugin, "spin").await, Failure::DeadlineExceeded { .. }));
}

#[tokio::test]
async fn audio_is_limited() {
    let limits = Limits { output_bytes: 100_000, ..Limits::default() };
    check(limits, "flood-audio", "plugin misfit passed its limit of 100000 bytes of audio").await;
}

#[tokio::test]
async fn word_marks_are_limited() {
    let limits = Limits { word_marks: 5_500, ..Limits::default() };
    check(limits, "flood-words", "plugin misfit passed its limit of 5500 word marks").await;
}

#[tokio::test]
async fn input_is_limited_and_options_count() {
    let limits = Limits { input_bytes: 20, ..Limits::default() };
    let expected = "text is longer than the provider takes: 20 bytes";
    check(limits.clone(), "speak 1 and twenty more bytes", expected).await;
    let plugin = plugin_with(limits, &json!({})).await;
    for (seed, expected) in [
        (1_234_567_u64, "text is longer than the provider takes: 4 bytes"),
        (1_234_567_890_123, "provider does not support names and options of more than 20 bytes"),
    ] {
        let options = json!({ "seed": seed }).as_object().unwrap().clone();
        let request = Request { options: Some(options), ..Request::text("speak 1") };
        let (outcome, _) = crate::support::speak_request(&plugin, request).await;
        assert_eq!(outcome.unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn what_crosses_in_one_host_call_is_limited() {
    let limits = Limits { host_call_bytes: 1 << 20, ..Limits::default() };
    check(limits, "shout 2", "plugin misfit passed its limit of 1048576 bytes in one host call").await;
}

#[tokio::test]
async fn host_calls_are_counted() {
    let limits = Limits { host_calls: 1_000, ..Limits::default() };
    check(limits, "spin-in-imports", "plugin misfit passed its limit of 1000 host calls").await;
}

#[tokio::test]
async fn open_resources_are_limited() {
    let limits = Limits { resources: 50, ..Limits::default() };
    check(limits, "hoard", "plugin misfit passed its limit of 50 open resources").await;
}

/// A component of plain WebAssembly text that does nothing but have these core modules.
fn core(modules: &str) -> bytes::Bytes {
    wat::parse_str(format!("(component {modules})")).unwrap().into()
}

async fn describe_failure(wasm: bytes::Bytes, limits: Limits) -> LoadError {
    let config = PluginConfig { name: "hoarder".to_owned(), limits, ..PluginConfig::default() };
    sandbox().load(wasm, config).await.unwrap_err()
}

#[tokio::test]
async fn tables_instances_and_own_resources_are_limited() {
    let limits = || Limits {
        table_elements: 10,
        instances: 3,
        memories_and_tables: 2,
        resources: 50,
        ..Limits::default()
    };
    let check = async |wasm, what: &str, limit: u64| match describe_failure(wasm, limits()).await {
        LoadError::Describe(failure) => {
            assert_eq!(failure.to_string(), format!("plugin hoarder passed its limit of {limit} {what}"));
        }
        error => panic!("{error}"),
    };
    check(
        stub_with("(core module $m (table 11 funcref)) (core instance (instantiate $m))"),
        "table elements",
        10,
    )
    .await;
    let instances = "(core module $m) ".to_owned() + &"(core instance (instantiate $m)) ".repeat(4);
    check(stub_with(&instances), "core instances", 3).await;
    let tables =
        "(core module $m (table 1 funcref)) ".to_owned() + &"(core instance (instantiate $m)) ".repeat(3);
    check(stub_with(&tables), "tables", 2).await;
    let memories = "(core module $m (memory 1)) ".to_owned() + &"(core instance (instantiate $m)) ".repeat(3);
    check(stub_with(&memories), "memories", 2).await;
    check(stub_with(RESOURCES_FOR_EVER), "open resources", 50).await;
}

/// Makes resources of a type of its own until it is stopped.
const RESOURCES_FOR_EVER: &str = r#"
    (type $resource (resource (rep i32)))
    (core func $new (canon resource.new $resource))
    (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (func $start (loop $again (drop (call $new (i32.const 1))) (br $again)))
        (start $start))
    (core instance (instantiate $m (with "" (instance (export "new" (func $new))))))
"#;

/// A component that exports a provider, as far as names go, beside these definitions.
fn stub_with(definitions: &str) -> bytes::Bytes {
    core(&format!("{definitions} {}", crate::loading::STUB_PROVIDER))
}

#[tokio::test]
async fn a_component_is_limited_in_size() {
    let options = SandboxOptions { slots: 1, component_bytes_max: 1_000, ..SandboxOptions::default() };
    let small = Sandbox::new(options).unwrap();
    let error = small.inspect(misfit(&[])).await.unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { limit: 1_000, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_place_is_refused_when_its_time_is_up() {
    let single = Sandbox::new(SandboxOptions { slots: 1, ..SandboxOptions::default() }).unwrap();
    assert_eq!(single.slots(), 1);
    let plugin = single.load(misfit(&[]), PluginConfig::named("misfit")).await.unwrap();
    let ask = async |text: &str, patience| {
        let (sink, _stream) = take_channel(100);
        plugin.synthesize(call_for(Duration::from_secs(patience)), Arc::new(Request::text(text)), sink).await
    };
    let (first, second, third) =
        tokio::join!(ask("sleep-forever", 10), ask("speak 1", 5), ask("speak 1", 20));
    assert!(matches!(first, Err(Failure::DeadlineExceeded { .. })), "{first:?}");
    assert_eq!(second, Err(Failure::Busy { plugin: "misfit".to_owned() }));
    third.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spinning_guests_let_their_neighbours_run() {
    let spinner = plugin().await;
    let spin = || {
        let spinner = spinner.clone();
        tokio::spawn(async move {
            let (sink, _stream) = take_channel(1);
            spinner.synthesize(call(), Arc::new(Request::text("spin")), sink).await
        })
    };
    // Twice as many as there are workers: without preemption nothing below would ever run.
    let spinning = [spin(), spin(), spin(), spin()];
    for _ in 0..20 {
        assert_serves(&spinner).await;
    }
    for spin in spinning {
        assert!(!spin.is_finished());
        spin.abort();
    }
}

#[tokio::test]
async fn the_heart_beats_while_a_call_is_in_flight() {
    let plugin = plugin().await;
    let before = sandbox().heartbeat();
    assert_eq!(report(&plugin, "nap 1 20").await, "rested");
    assert!(sandbox().heartbeat() > before);
    speak(&plugin, "speak 1").await.0.unwrap();
}
