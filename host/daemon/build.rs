//! Builds the offline voice, which travels inside the binary.
//!
//! One command from a fresh clone has to speak, and a binary copied alone to another folder has
//! to speak as well. So the component of `plugins/flite` is built here with a nested cargo and its
//! bytes are included by `src/plugins/offline.rs`, plain: a compressed copy would be unpacked at
//! every start for the sake of a few megabytes of disk.
//!
//! `UNDERSTUDY_SKIP_PLUGINS=1` builds without it, for packagers who ship plugins as files and for
//! documentation builds; the program then says that it has no offline voice.
#![allow(clippy::print_stdout, reason = "cargo reads its directives from stdout")]

use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../../plugins/nested_cargo.rs"]
mod nested_cargo;

/// What the guest is built from, relative to the workspace.
const SOURCES: [&str; 4] = ["plugins", "plugin-sdk/Cargo.toml", "plugin-sdk/src", "wit"];

/// Set to 1: no offline voice.
const SKIP: &str = "UNDERSTUDY_SKIP_PLUGINS";

/// The commit, for packagers whose sources are no git clone.
const COMMIT: &str = "UNDERSTUDY_COMMIT";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(offline_voice)");
    println!("cargo::rerun-if-env-changed={SKIP}");
    tell_version();
    if std::env::var_os(SKIP).is_some_and(|value| value == "1") {
        return;
    }
    match offline_voice() {
        Ok(wasm) => {
            println!("cargo::rustc-cfg=offline_voice");
            println!("cargo::rustc-env=UNDERSTUDY_OFFLINE_VOICE={}", wasm.display());
        }
        Err(error) => error.lines().for_each(|line| println!("cargo::error={line}")),
    }
}

fn offline_voice() -> Result<PathBuf, String> {
    let root = workspace_root()?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    nested_cargo::build_guest(&root, &root.join("plugins/Cargo.toml"), "understudy-flite", &[])
}

fn workspace_root() -> Result<PathBuf, String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .ok_or_else(|| format!("no workspace above {}", package.display()))
}

/// `--version` names the commit of a release build. Others do not ask git: every commit would
/// relink every developer's binary.
fn tell_version() {
    println!("cargo::rerun-if-env-changed={COMMIT}");
    let asked = || {
        let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
        let git = Command::new("git").args(["rev-parse", "--short=9", "HEAD"]).output().ok()?;
        (release && git.status.success()).then(|| String::from_utf8_lossy(&git.stdout).trim().to_owned())
    };
    let commit = std::env::var(COMMIT).ok().or_else(asked).filter(|commit| !commit.is_empty());
    let commit = commit.map(|commit| format!(" ({commit})")).unwrap_or_default();
    println!("cargo::rustc-env=UNDERSTUDY_VERSION={}{commit}", env!("CARGO_PKG_VERSION"));
}
