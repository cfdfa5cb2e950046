//! Plugins as an operator and an author meet them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::nested_cargo::{build_guest, forget_outer_build};
use crate::support::{Daemon, understudy, understudy_with};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent").to_path_buf()
}

/// The fixture that does as its text says.
pub(crate) fn misfit() -> PathBuf {
    misfit_with(&[])
}

/// The same with features that break more.
pub(crate) fn misfit_with(features: &[&str]) -> PathBuf {
    let manifest = root().join("tests/fixtures/guests/Cargo.toml");
    build_guest(&root(), &manifest, "misfit", features).unwrap_or_else(|error| panic!("{error}"))
}

const PLUGINS_HERE: &str = "[plugins]\nfolders = [\"plugins\"]\n";

/// Puts a component into the folder `PLUGINS_HERE` names.
fn drop_in(folder: &Path, wasm: &Path) {
    let plugins = folder.join("plugins");
    std::fs::create_dir_all(&plugins).expect("the folder is made");
    std::fs::copy(wasm, plugins.join(wasm.file_name().expect("a name"))).expect("it is copied");
}

#[tokio::test]
async fn a_plugin_that_asks_for_hosts_waits_for_its_grant_and_says_how_to_give_it() {
    let daemon = Daemon::start_with(PLUGINS_HERE, |folder| drop_in(folder, &misfit())).await;
    assert_eq!(daemon.json("/api/v1/tts/providers").await, json!(["flite"]));
    let config = daemon.folder().join("understudy.toml");
    let listed = understudy(&["plugin", "list", "--config", config.to_str().expect("UTF-8")]).ok();
    let listed = String::from_utf8(listed.stdout).expect("text") + &listed.stderr;
    for word in ["misfit", "awaiting grant", "[providers.misfit]", "api.example.com"] {
        assert!(listed.contains(word), "{word} is not in {listed}");
    }
}

#[tokio::test]
async fn a_plugin_with_a_section_of_its_own_speaks() {
    let config = format!("{PLUGINS_HERE}[providers.misfit]\ngrants = []\n");
    let daemon = Daemon::start_with(&config, |folder| drop_in(folder, &misfit())).await;
    let body = json!({ "provider": "misfit", "text": "speak 3" });
    let take: Value = daemon.ok("/api/v1/tts/synthesize", &body).await.json().await.expect("JSON");
    // Three tenths of a second, and what an MP3 frame adds.
    assert!(take["duration"].as_f64().is_some_and(|seconds| (0.29..0.4).contains(&seconds)), "{take}");
}

#[tokio::test]
async fn a_broken_plugin_stops_nobody_else() {
    let daemon = Daemon::start_with(PLUGINS_HERE, |folder| {
        let plugins = folder.join("plugins");
        std::fs::create_dir_all(&plugins).expect("the folder is made");
        std::fs::write(plugins.join("broken.wasm"), b"\0asm\x01\0\0\0").expect("it is written");
    })
    .await;
    daemon.ok("/v1/audio/speech", &json!({ "model": "tts-1", "voice": "alloy", "input": "Hello." })).await;
    assert!(daemon.log().contains("broken"), "{}", daemon.log());
    assert_eq!(daemon.json("/api/v1/tts/providers").await, json!(["flite"]));
}

#[test]
fn inspect_tells_what_a_plugin_is_and_why_a_file_is_none() {
    let told =
        understudy(&["plugin", "inspect", misfit().to_str().expect("UTF-8"), "--json"]).ok().stdout_json();
    assert_eq!(told["manifest"]["id"], "misfit", "{told}");
    assert_eq!(told["digest"].as_str().map(str::len), Some(64), "{told}");

    let run = understudy_with(&["plugin", "inspect", "core.wasm"], b"", |folder| {
        std::fs::write(folder.join("core.wasm"), b"\0asm\x01\0\0\0").expect("it is written");
    });
    assert_eq!(run.code, 65, "{}", run.stderr);
    assert!(run.stderr.contains("hint: "), "{}", run.stderr);
}

/// Whoever is told what to paste may have pasted it wrong.
#[test]
fn inspect_and_check_do_their_work_whatever_the_configuration_is_like() {
    for command in ["inspect", "check"] {
        let run = understudy_with(&["plugin", command, "openai"], b"", |folder| {
            std::fs::write(folder.join("understudy.toml"), "[providers.openai]\ngrant = 1\n")
                .expect("written");
        });
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("understudy config check"), "{}", run.stderr);
    }
}

/// What `understudy plugin new` promises: it builds, its own tests pass, and it speaks.
#[test]
fn a_new_plugin_builds_passes_its_tests_and_speaks() {
    let sdk = root().join("plugin-sdk");
    let run = understudy(&["plugin", "new", "my-voice", "--sdk", sdk.to_str().expect("UTF-8")]).ok();
    let project = run.folder.path().join("my-voice");
    cargo(&project, &["generate-lockfile"]);
    cargo(&project, &["test"]);
    let wasm = build_guest(&root(), &project.join("Cargo.toml"), "my-voice", &[])
        .unwrap_or_else(|error| panic!("{error}"));

    // It asks for nothing, so it speaks without a line of configuration.
    let spoken = understudy_with(&["say", "-p", "my-voice", "sos", "-o", "sos.wav"], b"", |folder| {
        std::fs::write(folder.join("understudy.toml"), PLUGINS_HERE).expect("it is written");
        drop_in(folder, &wasm);
    })
    .ok();
    let pcm = crate::support::decode(&spoken.file("sos.wav"));
    assert!(pcm.samples.iter().any(|sample| sample.abs() > 0.05), "it is silent");
}

/// `cargo test` at the root runs everything; the guests' own tests are part of everything.
#[test]
fn the_plugins_pass_their_own_tests() {
    cargo(&root().join("plugins"), &["test", "--locked"]);
}

/// Runs cargo on a guest's workspace as its author would, natively.
fn cargo(project: &Path, arguments: &[&str]) {
    let mut command = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    forget_outer_build(&mut command);
    let target = root().join("target/plugins");
    let output = command.args(arguments).current_dir(project).env("CARGO_TARGET_DIR", target).output();
    let output = output.expect("cargo runs");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", said(&output.stdout), said(&output.stderr));
}
