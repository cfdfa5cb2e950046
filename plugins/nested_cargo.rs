//! Builds a guest crate from inside a build script or a test, with a second cargo.
//!
//! Guests live in workspaces of their own because a component's `cdylib` does not link natively.
//! So that one `cargo run` still builds everything, whoever needs a guest's bytes includes this
//! file (`#[path = "…/plugins/nested_cargo.rs"] mod nested_cargo;`) and asks for them. It uses
//! the standard library alone: a build script with dependencies would be compiled before all else.
//!
//! Three things break a nested cargo, and each is dealt with here. It must not share the outer
//! target folder, whose lock the outer cargo holds, nor live in `OUT_DIR`, where every profile
//! would build the guests again: all guests go to `target/plugins`. It must not inherit what the
//! outer cargo told *its* children (flags for the host, a wrapper, a jobserver), so every such
//! variable is removed. And two builds of one package with different features overwrite each
//! other's artifact: the build and the copy to a name of its own happen under one file lock.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of every guest.
const TARGET: &str = "wasm32-wasip2";

/// Said alone, so that the command to run is the last thing a person reads.
const TARGET_IS_MISSING: &str = "the wasm32-wasip2 target is missing; run: rustup target add wasm32-wasip2";

/// Variables of cargo that configure where crates come from, and whether what makes a second build quick is kept;
/// everything else it sets for its children is about the outer build.
const KEPT: [&str; 7] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_INCREMENTAL",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
];

/// Prefixes of variables that describe the outer build.
const REMOVED: [&str; 5] = ["CARGO", "DEP_", "RUSTC", "RUSTDOC", "RUSTFLAGS"];

/// Further variables that a build script gets.
const REMOVED_EXACTLY: [&str; 9] =
    ["DEBUG", "HOST", "MAKEFLAGS", "MFLAGS", "NUM_JOBS", "OPT_LEVEL", "OUT_DIR", "PROFILE", "TARGET"];

/// Builds `package` of the workspace at `manifest` as a release component and returns where it
/// lies: `<workspace_root>/target/plugins/guests/<package>[+feature…].wasm`.
///
/// The library must be named as the package is, with underscores. An unchanged guest keeps its
/// file's modification time.
///
/// # Errors
/// One line when the wasm target is not installed; else cargo's own output.
pub(crate) fn build_guest(
    workspace_root: &Path,
    manifest: &Path,
    package: &str,
    features: &[&str],
) -> Result<PathBuf, String> {
    let toolchain = Toolchain::of_this_process();
    toolchain.require_target()?;
    let target_dir = workspace_root.join("target").join("plugins");
    let guests = target_dir.join("guests");
    fs::create_dir_all(&guests).map_err(|error| format!("cannot create {}: {error}", guests.display()))?;
    let lock = File::create(guests.join(".lock"))
        .map_err(|error| format!("cannot create the guest lock: {error}"))?;
    lock.lock().map_err(|error| format!("cannot take the guest lock: {error}"))?;
    toolchain.run_cargo(manifest, package, features, &target_dir)?;
    let built = target_dir.join(TARGET).join("release").join(format!("{}.wasm", package.replace('-', "_")));
    let kept = guests.join(file_name(package, features));
    keep(&built, &kept)
        .map_err(|error| format!("cannot copy {} to {}: {error}", built.display(), kept.display()))?;
    Ok(kept)
}

/// The outer build's cargo and rustc, by path, so that the nested one is no other version.
struct Toolchain {
    cargo: OsString,
    rustc: OsString,
}

impl Toolchain {
    fn of_this_process() -> Self {
        let named = |variable, default: &str| std::env::var_os(variable).unwrap_or_else(|| default.into());
        Self { cargo: named("CARGO", "cargo"), rustc: named("RUSTC", "rustc") }
    }

    /// Looks for the target's standard library before cargo fails with `can't find crate for core`.
    fn require_target(&self) -> Result<(), String> {
        let output = Command::new(&self.rustc)
            .args(["--print", "target-libdir", "--target", TARGET])
            .output()
            .map_err(|error| format!("cannot run {}: {error}", self.rustc.display()))?;
        let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        let is_core = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with("libcore");
        let installed =
            fs::read_dir(libraries).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(is_core)));
        if installed { Ok(()) } else { Err(TARGET_IS_MISSING.to_owned()) }
    }

    fn run_cargo(
        &self,
        manifest: &Path,
        package: &str,
        features: &[&str],
        target_dir: &Path,
    ) -> Result<(), String> {
        let mut command = Command::new(&self.cargo);
        forget_outer_build(&mut command);
        let output = command
            .args([
                "build",
                "--release",
                "--locked",
                "--target",
                TARGET,
                "--package",
                package,
                "--manifest-path",
            ])
            .arg(manifest)
            .arg("--target-dir")
            .arg(target_dir)
            .args(["--features", &features.join(",")])
            .output()
            .map_err(|error| format!("cannot run {}: {error}", self.cargo.display()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("guest {package} does not build:\n{}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Keeps what the outer cargo told its children from a cargo that is to run.
pub(crate) fn forget_outer_build(command: &mut Command) {
    let variables = std::env::vars_os().map(|(name, _)| name);
    for variable in variables.filter(|name| is_of_outer_build(&name.to_string_lossy())) {
        command.env_remove(variable);
    }
}

fn is_of_outer_build(variable: &str) -> bool {
    let begins_with = |prefixes: &[&str]| prefixes.iter().any(|prefix| variable.starts_with(prefix));
    (begins_with(&REMOVED) && !begins_with(&KEPT)) || REMOVED_EXACTLY.contains(&variable)
}

fn file_name(package: &str, features: &[&str]) -> String {
    let suffixes: String = features.iter().map(|feature| format!("+{feature}")).collect();
    format!("{package}{suffixes}.wasm")
}

/// Copies when the bytes differ, so that whoever watches the copy sees a change only when there is
/// one; by rename, so that nobody reads half of it.
fn keep(built: &Path, kept: &Path) -> std::io::Result<()> {
    let bytes = fs::read(built)?;
    if fs::read(kept).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let partial = kept.with_extension("partial");
    fs::write(&partial, bytes)?;
    fs::rename(partial, kept)
}
