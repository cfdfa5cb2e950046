//! Builds the plugins that travel inside the binary.
//!
//! One command from a fresh clone has to speak, and a binary copied alone to another folder has
//! to speak as well, through every provider of this repository. So the components of `plugins/`
//! are built here with a nested cargo and their bytes are included by `src/built_in.rs`, plain: a
//! compressed copy would be unpacked at every start for the sake of a few megabytes of disk.
//!
//! `UNDERSTUDY_SKIP_PLUGINS=1` builds without them, for packagers who ship plugins as files and for
//! documentation builds; the program then says that it has no offline voice.
#![allow(clippy::print_stdout, reason = "cargo reads its directives from stdout")]

use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../../plugins/nested_cargo.rs"]
mod nested_cargo;

/// What the guests are built from, relative to the workspace.
const SOURCES: [&str; 4] = ["plugins", "plugin-sdk/Cargo.toml", "plugin-sdk/src", "wit"];

/// Set to 1: no plugins inside.
const SKIP: &str = "UNDERSTUDY_SKIP_PLUGINS";

/// The commit, for packagers whose sources are no git clone.
const COMMIT: &str = "UNDERSTUDY_COMMIT";

fn main() {
    println!("cargo::rerun-if-env-changed={SKIP}");
    tell_version();
    let built = if std::env::var_os(SKIP).is_some_and(|value| value == "1") {
        write_table(&[])
    } else {
        build_plugins().and_then(|built| write_table(&built))
    };
    if let Err(error) = built {
        error.lines().for_each(|line| println!("cargo::error={line}"));
    }
}

/// Names and files of the components, in the order of names.
fn build_plugins() -> Result<Vec<(String, PathBuf)>, String> {
    let root = workspace_root()?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let plugins = root.join("plugins");
    let build = |name: String| {
        let package = format!("understudy-{name}");
        let wasm = nested_cargo::build_guest(&root, &plugins.join("Cargo.toml"), &package, &[])?;
        Ok((name, wasm))
    };
    components_in(&plugins)?.into_iter().map(build).collect()
}

/// The folders whose crates become components; others are libraries these share.
fn components_in(plugins: &Path) -> Result<Vec<String>, String> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", plugins.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(plugins).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?;
        let manifest = std::fs::read_to_string(folder.path().join("Cargo.toml")).unwrap_or_default();
        if manifest.contains("\"cdylib\"") {
            names.push(folder.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn write_table(built: &[(String, PathBuf)]) -> Result<(), String> {
    let rows: String =
        built.iter().map(|(name, wasm)| format!("    ({name:?}, include_bytes!({wasm:?})),\n")).collect();
    let table = format!("static COMPONENTS: &[(&str, &[u8])] = &[\n{rows}];\n");
    let file = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("built_in.rs");
    std::fs::write(&file, table).map_err(|error| format!("cannot write {}: {error}", file.display()))
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
