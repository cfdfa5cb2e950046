//! Versions of one plugin, and files that are none.

use std::path::Path;
use std::sync::OnceLock;

use crate::nested_cargo::build_guest;
use crate::plugins::root;

/// Where the version and the temper stand in the fixture, see its own source.
const MARKER: &[u8] = b"herald-version=";
const MARKER_BYTES: usize = 40;

/// What the fixture speaks.
const CONTRACT: &[u8] = b"understudy:provider/provider@1.0.0-draft";

/// Larger than any component taken.
const OVERSIZE: u64 = 129 << 20;

fn built() -> &'static [u8] {
    static BUILT: OnceLock<Vec<u8>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let manifest = root().join("tests/fixtures/guests/Cargo.toml");
        let wasm = build_guest(&root(), &manifest, "herald", &[]).unwrap_or_else(|error| panic!("{error}"));
        std::fs::read(wasm).expect("it is built")
    })
}

/// The fixture as this version, with this temper.
pub(crate) fn herald(version: u32, temper: &str) -> Vec<u8> {
    let mut wasm = built().to_vec();
    let at = wasm.windows(MARKER.len()).position(|window| window == MARKER).expect("the marker is there");
    let marker = format!("herald-version={version:06};temper={temper:.<11}");
    assert_eq!(marker.len(), MARKER_BYTES);
    wasm[at..at + MARKER_BYTES].copy_from_slice(marker.as_bytes());
    wasm
}

/// A version that must not come to play, and the code it is refused with; another way for each number.
pub(crate) fn broken(version: u32) -> (Vec<u8>, &'static str) {
    let whole = herald(version, "calm");
    match version % 8 {
        0 => (whole[..whole.len() / 2].to_vec(), "plugin_truncated"),
        1 => (b"\0asm\x01\0\0\0".to_vec(), "plugin_not_a_component"),
        2 => (b"\0asm\x0d\0\x01\0".to_vec(), "plugin_wrong_world"),
        3 => (of_another_contract(whole), "plugin_unknown_contract"),
        4 => (herald(version, "shy"), "plugin_describe_failed"),
        5 => (herald(version, "vain"), "plugin_bad_manifest"),
        6 => (herald(version, "lost"), "plugin_check_failed"),
        _ => (format!("no component at all, {version}").into_bytes(), "plugin_not_wasm"),
    }
}

/// How many ways there are.
pub(crate) const BROKEN_WAYS: u32 = 8;

fn of_another_contract(mut wasm: Vec<u8>) -> Vec<u8> {
    let version = CONTRACT.len() - "1.0.0-draft".len();
    let places: Vec<usize> =
        (0..wasm.len() - CONTRACT.len()).filter(|at| wasm[*at..].starts_with(CONTRACT)).collect();
    for at in places {
        wasm[at + version] = b'9';
    }
    wasm
}

/// Puts a file into its place as a careful program does: whole, by its name's last step.
pub(crate) fn rename_into(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::create_dir_all(folder).expect("the folder is made");
    let partial = folder.join(format!(".{name}.partial"));
    std::fs::write(&partial, bytes).expect("it is written");
    std::fs::rename(partial, folder.join(name)).expect("it is renamed");
}

/// A file too large to be taken, which takes no room on the disk.
pub(crate) fn oversize(folder: &Path, name: &str) {
    let file = std::fs::File::create(folder.join(format!(".{name}"))).expect("it is made");
    file.set_len(OVERSIZE).expect("it is long");
    std::fs::rename(folder.join(format!(".{name}")), folder.join(name)).expect("it is renamed");
}
