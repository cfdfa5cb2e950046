//! Plugins that take too much, end badly, or send what nobody can read.

use super::{EACH_FOR_ITSELF, ask, assert_fails, assert_speaks, logged, report};
use crate::plugins::misfit;
use crate::support::Daemon;

async fn daemon() -> Daemon {
    let config = format!(
        "{EACH_FOR_ITSELF}[providers.misfit]\nplugin = {:?}\ngrants = []\n\
         limits = {{ cpu_ms = 200, memory_bytes = 16_777_216, output_bytes = 1_048_576 }}\n",
        misfit()
    );
    Daemon::start_with(&config, |_| ()).await
}

#[tokio::test]
async fn a_plugin_that_misbehaves_costs_one_call_and_the_error_says_what_was_hit() {
    let daemon = daemon().await;
    for (text, code, says) in [
        ("spin", "plugin_cpu_exceeded", "used up its processor time of 200 ms"),
        ("spin-in-imports", "plugin_cpu_exceeded", "used up its processor time of 200 ms"),
        ("allocate", "plugin_limit_exceeded", "passed its limit of 16777216 bytes of memory"),
        ("recurse", "plugin_trapped", ""),
        ("panic on purpose", "plugin_trapped", "unreachable"),
        ("wild-pointer", "plugin_trapped", "out of bounds memory access"),
        ("flood-audio", "plugin_limit_exceeded", "passed its limit of 1048576 bytes of audio"),
        ("not-utf8", "plugin_broke_contract", "utf-8"),
        ("hoard", "plugin_limit_exceeded", "passed its limit of 1000 open resources"),
        ("babble 1", "plugin_cpu_exceeded", "used up its processor time of 200 ms"),
    ] {
        assert_fails(&daemon, "misfit", text, code, says).await;
        assert_speaks(&daemon, "misfit", text).await;
    }
}

/// A guest has no more than 4 GiB of addresses, so this is the longest length it can claim.
#[tokio::test]
async fn a_length_of_four_gibibytes_is_not_believed() {
    let daemon = daemon().await;
    for text in ["endless-lengths text", "endless-lengths audio", "endless-lengths answer"] {
        let (status, answer) = ask(&daemon, "misfit", text).await;
        let code = answer["error"]["code"].as_str().unwrap_or_default();
        assert_eq!(status, 502, "{text}: {answer}");
        assert!(["plugin_limit_exceeded", "plugin_broke_contract"].contains(&code), "{text}: {answer}");
        assert_speaks(&daemon, "misfit", text).await;
    }
}

/// A megabyte a millisecond, as long as the plugin's processor time lasts: what is kept of it is
/// what one call may write, and the operator is told what is missing.
#[tokio::test]
async fn a_plugin_that_babbles_fills_no_log() {
    let daemon = daemon().await;
    let before = daemon.log().len();
    assert_fails(&daemon, "misfit", "babble 1", "plugin_cpu_exceeded", "processor time").await;
    let log = logged(&daemon, "plugin wrote too much").await;
    let written = log.get(before..).unwrap_or_default();
    assert!(written.len() < 100 << 10, "{} bytes", written.len());
}

#[tokio::test]
async fn a_plugin_without_grants_reaches_nothing() {
    let daemon = daemon().await;
    for (probe, found) in [
        ("http https://api.example.com/", "Denied"),
        ("http http://127.0.0.1:1/", "Denied"),
        ("websocket wss://api.example.com/", "Denied"),
        ("environment", "[] []"),
        ("file /etc/passwd", "Err("),
        ("socket 127.0.0.1:1", "Err("),
    ] {
        let told = report(&daemon, "misfit", probe).await;
        assert!(told.contains(found), "{probe}: {told}");
    }
}
