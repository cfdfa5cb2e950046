//! A disk that is really full, and one that cannot be written: speech goes on, and says so.
//!
//! The server gets mounts of its own for its store, which a user may make where the kernel has user
//! namespaces. Elsewhere these tests have nothing to say; what follows from such errors is tested
//! everywhere, in the engine.

use std::fs::{File, create_dir, remove_file};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{header, speak, told, until_hit};
use crate::support::{Daemon, command, command_among};

/// Room for the store's two databases and a little audio.
const SMALL_DISK: &str = "mount -t tmpfs -o size=6m none store";
const READ_ONLY: &str = "mount -t tmpfs -o ro none store";

const CONFIG: &str = "cache.folder = \"store\"\ncache.memory_mb = 0\n";

/// A full disk is tried again every half minute.
const PATIENCE: Duration = Duration::from_secs(100);

async fn start_among(script: &str) -> Option<Daemon> {
    Daemon::start_among(script, CONFIG, |folder| create_dir(folder.join("store")).expect("it is new")).await
}

/// Asks `path` until `holds` of its answer.
async fn until(daemon: &Daemon, path: &str, holds: impl Fn(&str) -> bool) {
    let asking = async {
        loop {
            let told = daemon.get(path).send().await.expect("an answer").text().await.expect("text");
            if holds(&told) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, asking).await.is_ok(), "{path} never says it:\n{}", daemon.log());
}

async fn store(daemon: &Daemon) -> Value {
    daemon.json("/readyz").await["store"].clone()
}

fn line(number: usize) -> Value {
    json!({ "input": format!("This is line number {number}."), "response_format": "wav" })
}

/// Writes until nothing more fits.
fn fill(ballast: &Path) {
    let mut file = File::create(ballast).expect("the folder is seen");
    for size in [65_536, 4_096, 1] {
        let piece = vec![1; size];
        let error = std::iter::repeat_with(|| file.write_all(&piece)).find_map(Result::err);
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::StorageFull));
    }
}

#[tokio::test]
async fn a_full_disk_costs_nobody_an_answer_and_is_used_again_when_it_has_room() {
    let Some(daemon) = start_among(SMALL_DISK).await else { return };
    until_hit(&daemon, &line(0)).await;
    let ballast = daemon.folder_within().join("store/ballast");
    fill(&ballast);
    for number in 1..4 {
        for _ in 0..2 {
            assert_eq!(told(speak(&daemon, line(number)).await).await, ["miss", "flite"]);
        }
    }
    until(&daemon, "/readyz", |told| told.contains("store_disk_full")).await;
    until(&daemon, "/metrics", |told| told.contains("understudy_store_trouble{code=\"store_disk_full\"} 1"))
        .await;
    let told_so = store(&daemon).await;
    assert!(told_so["hint"].as_str().expect("a hint").contains("free some space"), "{told_so}");
    assert!(daemon.log().contains("takes are not kept"), "{}", daemon.log());
    assert_eq!(told(speak(&daemon, line(0)).await).await, ["hit", "flite"], "what was kept is found");

    remove_file(ballast).expect("it is there");
    let asking = async {
        while store(&daemon).await["state"] != "serving" {
            speak(&daemon, line(4)).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, asking).await.is_ok(), "{}", daemon.log());
    until_hit(&daemon, &line(5)).await;
    let id = header(&speak(&daemon, line(6)).await, "x-request-id").to_owned();
    until(&daemon, &format!("/api/v1/tts/requests/{id}"), |told| told.contains("completed")).await;
}

/// As `readonly-container` among the examples has it.
#[tokio::test]
async fn code_that_was_compiled_before_is_loaded_from_a_disk_that_cannot_be_written() {
    let config = "plugins.code_cache = \"store/code\"\n";
    let script = "mount --bind store store && mount -o remount,bind,ro store";
    let daemon = Daemon::start_among(script, config, |folder| {
        create_dir(folder.join("store")).expect("it is new");
        let filled = command(folder).args(["plugin", "list"]).output().expect("the program runs");
        assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    });
    let Some(daemon) = daemon.await else { return };
    // What had to be compiled would have to be kept, too.
    for trouble in ["code cache cannot be used", "compiled code not kept"] {
        assert!(!daemon.log().contains(trouble), "{}", daemon.log());
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_costs_nobody_an_answer_and_is_told() {
    let Some(daemon) = start_among(READ_ONLY).await else { return };
    for _ in 0..2 {
        assert_eq!(told(speak(&daemon, line(0)).await).await, ["miss", "flite"]);
    }
    let told_so = store(&daemon).await;
    assert_eq!((&told_so["state"], &told_so["code"]), (&json!("degraded"), &json!("store_read_only")));
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    assert!(metrics.contains("understudy_store_trouble{code=\"store_read_only\"} 1"), "{metrics}");
    for (arguments, code, said) in [
        (["cache", "stats"].as_slice(), 1, "store cannot be written"),
        (&["history"], 1, "store cannot be written"),
        (&["say", "The show must go on."], 0, "wrote speech.mp3"),
        (&["doctor"], 0, "store cannot be written"),
    ] {
        let mut command = command_among(READ_ONLY, daemon.folder()).expect("as before");
        let ran = command.args(arguments).output().expect("the program runs");
        let told = [ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert_eq!((ran.status.code(), told.contains(said)), (Some(code), true), "{arguments:?}: {told}");
    }
}
