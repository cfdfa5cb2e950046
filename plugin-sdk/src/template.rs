//! The files of a new plugin, as `understudy plugin new` writes them.

/// The files of a plugin called `name`: each one's path inside of the new folder, with forward
/// slashes, and its text.
///
/// `sdk_dependency` is the right-hand side of the SDK's line in `Cargo.toml`, for example
/// `"0.1"` with its quotes, or `{ path = "/src/understudy/plugin-sdk" }`. Check the name with
/// [`is_name`] first.
#[must_use]
pub fn files(name: &str, sdk_dependency: &str) -> Vec<(&'static str, String)> {
    let fill = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{file}}", &name.replace('-', "_"))
            .replace("{{sdk}}", sdk_dependency)
    };
    [
        ("Cargo.toml", include_str!("../template/Cargo.toml.in")),
        ("README.md", include_str!("../template/README.md")),
        ("rust-toolchain.toml", include_str!("../template/rust-toolchain.toml")),
        ("rustfmt.toml", include_str!("../template/rustfmt.toml")),
        (".gitignore", include_str!("../template/gitignore")),
        ("src/lib.rs", include_str!("../template/src/lib.rs")),
        ("src/morse.rs", include_str!("../template/src/morse.rs")),
        ("src/tests.rs", include_str!("../template/src/tests.rs")),
    ]
    .map(|(path, text)| (path, fill(text)))
    .into()
}

/// True for a name that is both a plugin's id and a package's name: lower-case letters, digits and
/// hyphens, starting with a letter, at most 64 bytes, no hyphen at its end, and no word of Rust.
#[must_use]
pub fn is_name(name: &str) -> bool {
    /// Words cargo refuses as a package's name.
    const TAKEN: &str = " abstract alloc as async await become box break const continue core crate do dyn else \
                         enum extern false final fn for gen if impl in let loop macro match mod move mut override \
                         priv proc-macro pub ref return self static std struct super test trait true try type \
                         typeof unsafe unsized use virtual where while yield ";
    let spelled = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    spelled
        && name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !TAKEN.contains(&format!(" {name} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_placeholder_is_left() {
        let files = files("my-voice", "\"0.1\"");
        assert!(files.iter().all(|(_, text)| !text.contains("{{")), "{files:?}");
        let manifest = files.iter().find(|(path, _)| *path == "Cargo.toml").map(|(_, text)| text.as_str());
        assert!(manifest.is_some_and(|text| text.contains("name = \"my-voice\"\n")));
        assert!(manifest.is_some_and(|text| text.contains("understudy-plugin = \"0.1\"\n")));
        assert!(files.iter().any(|(_, text)| text.contains("release/my_voice.wasm")));
    }

    #[test]
    fn a_name_is_an_id_and_a_package() {
        let check = |name: &str, expected: bool| assert_eq!(is_name(name), expected, "{name}");
        check("my-voice2", true);
        check("My-voice", false);
        check("2voice", false);
        check("voice-", false);
        check("", false);
        check("match", false);
        check("../up", false);
        check(&"a".repeat(65), false);
    }
}
