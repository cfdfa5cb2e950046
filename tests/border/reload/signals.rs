//! Signals while a reload is under way.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::{PATIENCE, daemon, until};
use crate::support::Daemon;

/// Less than a server may take to drain.
const PROMPTLY: Duration = Duration::from_secs(20);

fn hang_up(daemon: &Daemon) {
    let sent = Command::new("kill").args(["-HUP", &daemon.pid().to_string()]).status();
    assert!(sent.expect("it is sent").success());
}

/// A file that somebody writes on and on, and that is never whole.
fn growing(path: PathBuf) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("it is there");
            file.write_all(&[0]).expect("it is written");
            sleep(Duration::from_millis(10)).await;
        }
    })
}

/// Waits until the log tells so often of something.
async fn logged(daemon: &Daemon, what: &str, times: usize) {
    let begun = Instant::now();
    while daemon.log().matches(what).count() < times {
        assert!(begun.elapsed() < PATIENCE, "not {what} {times} times:\n{}", daemon.log());
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_signal_to_stop_does_not_wait_for_a_reload() {
    let mut daemon = daemon("").await;
    let writing = growing(daemon.folder().join("plugins/herald.wasm"));
    until(&daemon, "herald", "changing", |plugin| plugin["pending"] == "changing").await;
    hang_up(&daemon);
    logged(&daemon, "SIGHUP", 1).await;
    daemon.terminate();
    let ended = timeout(PROMPTLY, daemon.wait()).await.expect("it ends promptly");
    assert!(ended.success(), "{}", daemon.log());
    assert!(!daemon.log().contains("reloaded"), "{}", daemon.log());
    writing.abort();
}

#[tokio::test]
async fn a_reload_that_is_asked_for_during_another_follows_it() {
    let daemon = daemon("").await;
    let writing = growing(daemon.folder().join("plugins/herald.wasm"));
    until(&daemon, "herald", "changing", |plugin| plugin["pending"] == "changing").await;
    for times in 1..=2 {
        hang_up(&daemon);
        logged(&daemon, "SIGHUP", times).await;
    }
    writing.abort();
    logged(&daemon, "reloaded", 2).await;
}
