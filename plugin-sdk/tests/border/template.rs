//! The template `understudy plugin new` writes, compiled and tested as the plugin it becomes.
//!
//! Its sources hold no placeholder, so they are a module here and their unit tests run with the
//! SDK's: a change of the SDK that breaks what authors start from is seen at once, without a
//! nested build.

#[allow(dead_code, reason = "the exported type is used by the component alone")]
#[allow(
    unreachable_pub,
    clippy::cast_possible_truncation,
    reason = "lints of this workspace, not of the author's"
)]
#[path = "../../template/src/lib.rs"]
mod plugin;

#[allow(dead_code, reason = "shared with build scripts")]
#[path = "../../../plugins/nested_cargo.rs"]
mod nested_cargo;

use std::path::{Path, PathBuf};
use std::process::Command;

use understudy_plugin::template::files;

/// Writes a new plugin where the next run finds it again, with the versions this workspace has
/// locked, so that nothing is fetched that is not there.
fn write_plugin(name: &str) -> PathBuf {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    for (path, text) in files(name, &format!("{{ path = {:?} }}", sdk.display().to_string())) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // An unchanged file keeps its time, and the build its cache.
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            std::fs::write(path, text).unwrap();
        }
    }
    std::fs::copy(sdk.join("../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let manifest = folder.join("Cargo.toml");
    let mut cargo = Command::new(env!("CARGO"));
    let output =
        cargo.args(["metadata", "--format-version=1", "--manifest-path"]).arg(&manifest).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    manifest
}

#[test]
fn a_new_plugin_builds_to_a_component_of_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built =
        nested_cargo::build_guest(&root, &write_plugin("template-probe"), "template-probe", &[]).unwrap();
    let wasm = std::fs::read(built).unwrap();
    // Layer 1 is a component; a core module has 0 there.
    assert_eq!(wasm.get(..8), Some(b"\0asm\x0d\0\x01\0".as_slice()));
    let names = |name: &str| wasm.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    assert!(names("understudy:provider/provider@"));
    assert!(!names("understudy:provider/characters@"), "a plugin of voices alone must not export characters");
}
