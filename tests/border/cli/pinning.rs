//! `plugin lock`: what is written, and what is told of it.

use std::path::Path;

use crate::support::understudy_with;

#[test]
fn nothing_is_said_to_be_pinned_before_it_is_written() {
    let config = |enabled: bool| {
        format!(
            "[providers.a]\nplugin = \"./a.wasm\"\n[providers.b]\nplugin = \"./missing.wasm\"\nenabled = {enabled}\n"
        )
    };
    let lock = |text: &str| {
        understudy_with(&["plugin", "lock"], b"", |folder: &Path| {
            std::fs::write(folder.join("a.wasm"), b"\0asm\x01\0\0\0").expect("it is written");
            std::fs::write(folder.join("understudy.toml"), text).expect("it is written");
        })
    };
    let run = lock(&config(true));
    assert_ne!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.text("understudy.toml"), config(true));
    assert!(run.stdout.is_empty(), "{}", String::from_utf8_lossy(&run.stdout));
    let run = lock(&config(false)).ok();
    assert!(run.text("understudy.toml").starts_with("[providers.a]\nplugin = \"./a.wasm\"\nsha256 = \""));
    assert!(run.stderr.contains("b is disabled and has no file: "), "{}", run.stderr);
    assert!(String::from_utf8_lossy(&run.stdout).starts_with("a is pinned to "));
}
