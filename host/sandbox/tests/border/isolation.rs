//! What a guest cannot reach, and what it cannot leave behind.

use std::sync::Arc;
use std::time::Duration;

use understudy_sandbox::{PluginConfig, Sandbox, SandboxOptions};
use understudy_speech::{Failure, Provider, Request, take_channel};

use crate::support::{assert_serves, call, failure, misfit, plugin, report};

#[tokio::test]
async fn every_call_has_an_instance_of_its_own() {
    let plugin = plugin().await;
    assert_eq!([report(&plugin, "visits").await, report(&plugin, "visits").await], ["1", "1"]);
}

#[tokio::test]
async fn a_plugin_whose_call_is_over_holds_no_place_from_another() {
    let sandbox = Sandbox::new(SandboxOptions { slots: 1, ..SandboxOptions::default() }).unwrap();
    let one = sandbox.load(misfit(&[]), PluginConfig::named("one")).await.unwrap();
    let two = sandbox.load(misfit(&[]), PluginConfig::named("two")).await.unwrap();
    for plugin in [&one, &two, &one, &two] {
        assert_serves(plugin).await;
    }
}

#[tokio::test]
async fn there_are_no_files_variables_arguments_or_sockets() {
    let plugin = plugin().await;
    assert_eq!(report(&plugin, "environment").await, "[] []");
    for file in ["/etc/passwd", "/", "Cargo.toml"] {
        let answer = report(&plugin, &format!("file {file}")).await;
        assert!(answer.starts_with("Err("), "{file}: {answer}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert!(report(&plugin, &format!("socket {address}")).await.starts_with("Err("));
    assert!(report(&plugin, "socket localhost:80").await.starts_with("Err("));
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn the_network_is_linked_and_denied_by_every_way() {
    let plugin = plugin().await;
    for scheme in ["http https", "websocket wss"] {
        let answer = report(&plugin, &format!("{scheme}://api.example.com/v1")).await;
        let (_, scheme) = scheme.split_once(' ').unwrap();
        let denied = format!(
            "host is not granted to misfit: {scheme}://api.example.com\\n\
             hint: under [providers.misfit] write grants = [\\\"api.example.com\\\"]"
        );
        assert!(answer.contains("Denied") && answer.contains(&denied), "{scheme}: {answer}");
    }
    let answer = report(&plugin, "wasi-http api.example.com").await;
    assert!(answer.contains("HttpRequestDenied"), "{answer}");
    assert!(report(&plugin, "sign api_key").await.contains("UnknownSecret(\"api_key\")"));
}

#[tokio::test]
async fn clocks_and_random_numbers_are_real() {
    let plugin = plugin().await;
    let clocks = report(&plugin, "clocks").await;
    let seconds: u64 = clocks.split(' ').next().unwrap().parse().unwrap();
    assert!(seconds > 1_700_000_000, "{clocks}");
    assert_ne!(report(&plugin, "random").await, report(&plugin, "random").await);
}

async fn check_trap(text: &str, expected: &[&str]) {
    let plugin = plugin().await;
    let failure = failure(&plugin, text).await;
    let Failure::Trapped { plugin: name, reason } = &failure else { panic!("{text}: {failure}") };
    assert_eq!(name, "misfit");
    assert!(expected.iter().any(|part| reason.contains(part)), "{text}: {reason}");
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn a_trap_costs_one_call_and_says_where() {
    // The compiler decides whether the function is a frame of its own or part of its export.
    let places =
        ["`unreachable` instruction executed in <misfit::Misfit as", "executed in misfit::bindings::"];
    check_trap("panic alas", &places).await;
    check_trap(
        "recurse",
        &["out of bounds memory access in misfit::hostile::recurse", "call stack exhausted"],
    )
    .await;
    check_trap("wild-pointer", &["out of bounds memory access"]).await;
    check_trap("exit", &["exited with code"]).await;
}

#[tokio::test]
async fn nonsense_across_the_border_is_a_broken_contract() {
    let plugin = plugin().await;
    let failure = failure(&plugin, "not-utf8").await;
    assert!(
        matches!(&failure, Failure::BrokenContract { reason, .. } if reason.contains("utf-8")),
        "{failure}"
    );
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn a_length_past_the_guest_s_memory_is_not_believed() {
    let plugin = plugin().await;
    for text in ["endless-lengths text", "endless-lengths audio", "endless-lengths answer"] {
        let failure = failure(&plugin, text).await;
        let expected = matches!(
            &failure,
            Failure::LimitExceeded { .. } | Failure::BrokenContract { .. } | Failure::Trapped { .. }
        );
        assert!(expected, "{text}: {failure}");
        assert_serves(&plugin).await;
    }
}

#[tokio::test]
async fn a_dropped_call_is_over_at_once_and_frees_its_place() {
    let plugin = plugin().await;
    // More abandoned calls than the sandbox has places.
    for round in 0..200 {
        let text = if round % 2 == 0 { "sleep-forever" } else { "spin" };
        let (sink, mut stream) = take_channel(1);
        let asking = plugin.synthesize(call(), Arc::new(Request::text(text)), sink);
        let given_up = tokio::time::timeout(Duration::from_millis(3), asking).await;
        assert!(given_up.is_err());
        assert_eq!(stream.next().await, None);
    }
    assert_serves(&plugin).await;
}
