//! `plugin lock` and `plugin inspect`: what is written, and what is told to be written.

use std::path::Path;

use crate::plugins::misfit;
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

#[test]
fn the_section_of_a_file_names_it_wherever_the_section_is_pasted() {
    let run = understudy_with(&["plugin", "inspect", "misfit.wasm"], b"", |folder: &Path| {
        std::fs::copy(misfit(), folder.join("misfit.wasm")).expect("it is copied");
    })
    .ok();
    let told = String::from_utf8_lossy(&run.stdout).into_owned();
    let (_, section) = told.split_once("add this to the configuration:").expect("a section");
    let config =
        understudy::Config::parse(section, Path::new("/elsewhere/understudy.toml")).expect("it is right");
    let Some(understudy::config::PluginChoice::File(path)) = config.provider("misfit").map(|one| &one.plugin)
    else {
        panic!("{section}");
    };
    let here = run.folder.path().canonicalize().expect("it is there");
    assert_eq!(path.canonicalize().expect("it is there"), here.join("misfit.wasm"));
}
