//! How files are named, sized and introduced.

use super::{none, root, rust_sources};

const LINES_MAX: usize = 600;
const LINES_USUAL: usize = 400;

/// Names that say nothing about what a file decides.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "common", "helpers", "types", "manager", "core", "misc"];

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let offences: Vec<_> = rust_sources()
        .iter()
        .filter(|source| source.text.lines().count() > LINES_MAX)
        .map(|source| format!("{}: {} lines, at most {LINES_MAX}", source.path, source.text.lines().count()))
        .collect();
    none("files are short", &offences);
}

#[test]
fn nine_files_in_ten_are_short() {
    let sources = rust_sources();
    let long = sources.iter().filter(|source| source.text.lines().count() > LINES_USUAL).count();
    assert!(long * 10 <= sources.len(), "{long} of {} files pass {LINES_USUAL} lines", sources.len());
}

#[test]
fn every_file_says_what_it_is() {
    let offences: Vec<_> = rust_sources()
        .into_iter()
        .filter(|source| !source.text.lines().any(|line| line.starts_with("//! ")))
        .map(|source| source.path)
        .collect();
    none("every file opens with //!", &offences);
}

#[test]
fn every_file_is_named_for_what_it_decides() {
    let stem = |path: &str| path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs").to_owned();
    let offences: Vec<_> = rust_sources()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| stem(path) == "mod" || EMPTY_NAMES.contains(&stem(path).as_str()))
        .collect();
    none("no mod.rs, no name that says nothing", &offences);
}

#[test]
fn the_top_level_is_the_one_we_agreed_on() {
    let allowed = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "clippy.toml",
        "config",
        "deny.toml",
        "host",
        "plugin-sdk",
        "plugins",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "target",
        "tests",
        "wit",
    ];
    let offences: Vec<_> = std::fs::read_dir(root())
        .expect("the root can be read")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !allowed.contains(&name.as_str()))
        // What README's first command leaves behind.
        .filter(|name| name != "speech.mp3")
        .collect();
    none("nothing else lies at the top", &offences);
}
