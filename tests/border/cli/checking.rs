//! What is found wrong with a configuration, and what is not.

use std::path::Path;

use tempfile::TempDir;

use crate::plugins::root;
use crate::support::{Outcome, command, understudy_with};

fn check(config: &str, arguments: &[&str]) -> Outcome {
    understudy_with(&[&["config", "check"], arguments].concat(), b"", |folder| {
        std::fs::write(folder.join("understudy.toml"), config).expect("it is written");
        std::fs::write(folder.join("broken.wasm"), b"\0asm\x01\0\0\0").expect("it is written");
    })
}

/// Checks a configuration with every secret of it where it says; the exit code and what was said.
pub(crate) fn check_with_secrets(config: &str) -> (i32, String) {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("key"), "sk-canary").expect("it is written");
    let config = config.replace("file:/run/secrets/elevenlabs", "file:key");
    std::fs::write(folder.path().join("understudy.toml"), &config).expect("it is written");
    let variables = config.split("\"env:").skip(1).filter_map(|rest| rest.split('"').next());
    let output = command(folder.path())
        .args(["config", "check"])
        .envs(variables.map(|variable| (variable, "sk-canary")))
        .output()
        .expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn every_example_is_right_all_the_way_to_its_plugins() {
    let examples = std::fs::read_dir(root().join("config/examples")).expect("the examples");
    let files = examples.map(|entry| entry.expect("an entry").path());
    for file in files.filter(|file| file.extension() == Some("toml".as_ref())) {
        let (code, said) = check_with_secrets(&std::fs::read_to_string(&file).expect("text"));
        assert_eq!(code, 0, "{}: {said}", file.display());
    }
}

#[test]
fn certificate_authorities_that_cannot_be_read_hide_no_other_mistake() {
    let config = "[sandbox]\ncertificate_authorities = \"company.pem\"\n[server]\nlisten = \"localhost:1\"\n\
                  [providers.flite]\npriorty = 1\n";
    let run = check(config, &[]);
    assert_eq!(run.code, 64, "{}", run.stderr);
    for told in [
        "error: certificate authorities cannot be read: ",
        "understudy.toml:2:1\n",
        "understudy.toml:4:10\n",
        "understudy.toml:6:1\n",
        "error: configuration has 3 problems: ",
    ] {
        assert!(run.stderr.contains(told), "{told} is not in {}", run.stderr);
    }
    let doctor = understudy_with(&["doctor"], b"", |folder: &Path| {
        std::fs::write(
            folder.join("understudy.toml"),
            "[sandbox]\ncertificate_authorities = \"company.pem\"\n",
        )
        .expect("it is written");
    });
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("set sandbox.certificate_authorities to a PEM file"), "{said}");
}

#[test]
fn a_canary_that_cannot_be_tried_is_a_mistake_at_its_key() {
    let run = check("[providers.a]\nplugin = \"flite\"\ncanary = { path = \"missing.wasm\" }\n", &[]);
    assert_eq!(run.code, 64, "{}", run.stderr);
    let told = "error: canary of [providers.a] cannot be tried: file cannot be read";
    assert!(run.stderr.contains(told) && run.stderr.contains("understudy.toml:3:12\n"), "{}", run.stderr);
    let run = check("[providers.a]\nplugin = \"flite\"\ncanary = { path = \"broken.wasm\" }\n", &[]);
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(run.stderr.contains("understudy.toml:3:1\n"), "{}", run.stderr);
}

#[test]
fn with_locked_a_section_without_a_pin_is_a_mistake() {
    let config = "[providers.a]\nplugin = \"flite\"\ncanary = { path = \"broken.wasm\" }\n";
    let run = check(config, &["--locked"]);
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(run.stderr.contains("cannot be tried: file is not pinned"), "{}", run.stderr);
}

#[test]
fn whoever_plays_for_a_section_is_named_and_so_is_who_does_not_yet() {
    let run = check(
        "[providers.azure]\nsettings.region = \"eastus\"\n[providers.voice]\nplugin = \"flite\"\n",
        &[],
    )
    .ok();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(said.contains(" is right: 2 providers\nazure is awaiting grant: built in\n"), "{said}");
    assert!(said.ends_with("voice is ready: built in\n"), "{said}");
    assert!(run.stderr.contains("azure cannot play: it awaits a grant"), "{}", run.stderr);
}
