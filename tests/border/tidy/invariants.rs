//! The arrows between the crates, held as absences.
//!
//! `host/ARCHITECTURE.md` draws the house; these are its walls.

use std::fs;

use super::{Source, is_test, none, root, rust_sources};

/// `word` may appear only under one of `places`.
fn only_in(word: &str, places: &[&str]) {
    let offends = |source: &&Source| {
        !is_test(&source.path)
            && !places.iter().any(|place| source.path.starts_with(place))
            && source.text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word))
    };
    let offences: Vec<_> =
        rust_sources().iter().filter(offends).map(|source| format!("{}: {word}", source.path)).collect();
    none("it has one home", &offences);
}

fn never_in(folder: &str, words: &[&str]) {
    let mut offences = Vec::new();
    for source in rust_sources().iter().filter(|source| source.path.starts_with(folder)) {
        for word in words.iter().filter(|word| source.text.contains(**word)) {
            offences.push(format!("{}: {word}", source.path));
        }
    }
    none("this floor does not know that one", &offences);
}

fn depends_never(manifest: &str, crates: &[&str]) {
    let text = fs::read_to_string(root().join(manifest)).expect("the manifest can be read");
    let manifest_toml: toml::Table = text.parse().expect("the manifest is TOML");
    let dependencies = manifest_toml.get("dependencies").and_then(toml::Value::as_table);
    let offences: Vec<_> = crates
        .iter()
        .filter(|name| dependencies.is_some_and(|table| table.contains_key(**name)))
        .map(|name| format!("{manifest}: {name}"))
        .collect();
    none("arrows point one way", &offences);
}

#[test]
fn only_the_sandbox_names_wasmtime() {
    only_in("wasmtime::", &["host/sandbox/"]);
    only_in("wasmtime_wasi", &["host/sandbox/"]);
}

#[test]
fn the_engine_knows_nothing_of_webassembly_or_http_servers() {
    never_in("host/engine/src", &["wasmtime", "understudy_sandbox", "axum"]);
    depends_never("host/engine/Cargo.toml", &["understudy-sandbox", "wasmtime", "axum", "reqwest"]);
}

#[test]
fn the_vocabulary_imports_no_crate_of_ours() {
    depends_never(
        "host/speech/Cargo.toml",
        &["understudy-audio", "understudy-engine", "understudy-plugin", "understudy-sandbox", "understudy"],
    );
}

#[test]
fn audio_does_no_io() {
    never_in("host/audio/src", &["std::fs", "std::net", "tokio"]);
}

#[test]
fn only_the_daemon_reads_the_environment_and_the_wall_clock() {
    let homes = [
        "host/daemon/",
        "plugins/nested_cargo.rs",
        // What a plugin author's own tests or template do is theirs.
        "plugin-sdk/template/",
    ];
    only_in("std::env::var", &homes);
    only_in("env::vars", &homes);
    // A guest's clock is the one the sandbox gives it.
    only_in("SystemTime::now", &["host/daemon/", "plugins/"]);
}
