//! Tidiness as a test: the rules of the house that no compiler checks.
//!
//! Each rule lists every offence at once, with its place, so that one run is enough to mend all.

mod files;
mod functions;
mod invariants;
mod wording;

use std::path::{Path, PathBuf};
use std::{env, fs};

/// A source file of ours.
struct Source {
    /// Relative to the repository, with forward slashes.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}

/// Every Rust file of ours, guests, templates and build scripts included.
fn rust_sources() -> Vec<Source> {
    let root = root();
    let ours = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        !(name == "target" || (entry.depth() > 0 && name.starts_with('.')))
    };
    walkdir::WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(ours)
        .map(|entry| entry.expect("the tree can be read"))
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|entry| Source {
            path: entry
                .path()
                .strip_prefix(&root)
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/"),
            text: fs::read_to_string(entry.path()).expect("sources are UTF-8"),
        })
        .collect()
}

/// Fails with every offence, one a line.
fn none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n  {}\n", offences.join("\n  "));
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.contains("/benches/")
}
