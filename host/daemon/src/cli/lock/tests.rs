//! What a pin changes of a file, and what it leaves.

use super::*;

fn amy(is_canary: bool) -> Pinnable {
    let source = PluginSource::File("a.wasm".into());
    Pinnable { name: "amy".to_owned(), source, is_canary }
}

fn check(before: &str, expected: Option<&str>) {
    let pinned = pin(before, &amy(before.contains("canary")), "abc").unwrap();
    assert_eq!(pinned.as_deref(), expected, "{before}");
}

#[test]
fn only_the_pin_is_written() {
    check(
        "# mine\n[providers.amy] # hers\nplugin = 'a.wasm'   # odd\n\n[log]\n",
        Some("# mine\n[providers.amy] # hers\nplugin = 'a.wasm'   # odd\nsha256 = \"abc\"\n\n[log]\n"),
    );
    check(
        "[providers]\namy = { enabled = true }\n",
        Some("[providers]\namy = { enabled = true , sha256 = \"abc\" }\n"),
    );
    check(
        "providers.amy.enabled = true\n",
        Some("providers.amy.enabled = true\nproviders.amy.sha256 = \"abc\"\n"),
    );
    check(
        "[providers.amy]\nsha256 = \"old\" # of May\n",
        Some("[providers.amy]\nsha256 = \"abc\" # of May\n"),
    );
    check("[providers.amy]\nsha256 = \"abc\"\n", None);
    check(
        "[providers.amy]\ncanary = { path = 'b.wasm', percent = 5 }\n",
        Some("[providers.amy]\ncanary = { path = 'b.wasm', percent = 5 , sha256 = \"abc\" }\n"),
    );
    check(
        "[providers.amy.canary]\npath = 'b.wasm'\n",
        Some("[providers.amy.canary]\npath = 'b.wasm'\nsha256 = \"abc\"\n"),
    );
    check("[providers.bob]\n", None);
}

#[test]
fn line_ends_and_a_byte_order_mark_stay_as_they_were() {
    check(
        "\u{feff}# dü\r\n[providers.amy]\r\nplugin = 'a.wasm'\r\n\r\n[log]\r\n",
        Some("\u{feff}# dü\r\n[providers.amy]\r\nplugin = 'a.wasm'\r\nsha256 = \"abc\"\r\n\r\n[log]\r\n"),
    );
    check(
        "\u{feff}[providers.amy]\r\nsha256 = \"old\"\r\n[log]\n",
        Some("\u{feff}[providers.amy]\r\nsha256 = \"abc\"\r\n[log]\n"),
    );
    check("\u{feff}[providers.amy]\n", Some("\u{feff}[providers.amy]\nsha256 = \"abc\"\n"));
    check("[providers.amy]", Some("[providers.amy]\nsha256 = \"abc\"\n"));
}

#[cfg(unix)]
#[test]
fn whoever_owned_the_file_owns_it_still() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("understudy.toml");
    std::fs::write(&file, "before").unwrap();
    // To give a file away takes a privilege; without it the file is one's own, and stays that.
    let _ = chown(&file, Some(4_321), Some(4_321));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    let who = || {
        let found = std::fs::metadata(&file).unwrap();
        (found.uid(), found.gid(), found.permissions().mode())
    };
    let before = who();
    replace(&file, "after").unwrap();
    assert_eq!((who(), std::fs::read_to_string(&file).unwrap().as_str()), (before, "after"));
}
