//! `understudy plugin new`: a plugin that builds and speaks, to begin from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use understudy_plugin::template;

use super::args::New;
use super::exit::{Exit, Fault, FileError};
use super::printer::Printer;

/// The SDK beside the sources this program was built from.
const SDK_BESIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugin-sdk");

pub(super) fn run(new: &New, printer: Printer) -> Result<(), Fault> {
    if !template::is_name(&new.name) {
        return Err(Fault::new(Exit::Usage, format!("not a name for a plugin: {}", new.name))
            .hint("use lower-case letters, digits and hyphens, begin with a letter, avoid words of Rust"));
    }
    let folder = new.path.join(&new.name);
    if folder.exists() {
        return Err(Fault::new(Exit::Usage, format!("there is something already: {}", folder.display()))
            .hint("choose another name or another --path"));
    }
    let sdk = sdk(new.sdk.as_deref(), Path::new(SDK_BESIDE))?;
    write(&folder, &template::files(&new.name, &sdk))?;
    let component = format!("target/wasm32-wasip2/release/{}.wasm", new.name.replace('-', "_"));
    printer.result(format_args!("wrote {}", folder.display()))?;
    printer.note(format_args!(
        "next:\n  cd {}\n  cargo test\n  cargo build --release --target wasm32-wasip2\n  understudy plugin inspect {component}",
        folder.display()
    ));
    Ok(())
}

/// The right-hand side of the SDK's line in `Cargo.toml`: a folder that is there, or a version that was
/// asked for. No registry has the SDK yet, so none is asked for by itself.
fn sdk(wanted: Option<&str>, beside: &Path) -> Result<String, Fault> {
    const ADVICE: &str = "give --sdk, the folder `plugin-sdk` of a clone of Understudy";
    let quoted = |text: String| toml::Value::String(text).to_string();
    let folder = |path: PathBuf| format!("{{ path = {} }}", quoted(path.display().to_string()));
    match wanted {
        Some(text) => match Path::new(text).canonicalize() {
            Ok(path) if path.join("Cargo.toml").is_file() => Ok(folder(path)),
            _ if is_version(text) => Ok(quoted(text.to_owned())),
            _ => Err(Fault::new(Exit::Usage, format!("neither a folder of the SDK nor a version: {text}"))
                .hint(ADVICE)),
        },
        None => beside.canonicalize().map(folder).map_err(|_| {
            Fault::new(Exit::Usage, format!("the SDK is not where it was: {}", beside.display())).hint(ADVICE)
        }),
    }
}

fn is_version(text: &str) -> bool {
    let digits = text.trim_start_matches(['=', '^', '~']);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|character| character.is_ascii_alphanumeric() || ".-+".contains(character))
}

fn write(folder: &Path, files: &[(&str, String)]) -> Result<(), FileError> {
    for (path, text) in files {
        let file = folder.join(path);
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| write_new(&file, text));
        written.map_err(|error| FileError::new(format!("write {}", file.display()), error))?;
    }
    Ok(())
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    io::Write::write_all(&mut fs::File::create_new(file)?, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(path: &Path, name: &str, sdk: Option<&str>) -> Result<(), Exit> {
        let new = New { name: name.to_owned(), path: path.to_owned(), sdk: sdk.map(str::to_owned) };
        run(&new, Printer::new(true, false)).map_err(|fault| fault.exit())
    }

    #[test]
    fn a_new_plugin_is_a_folder_that_depends_on_the_sdk() {
        let folder = tempfile::tempdir().unwrap();
        new(folder.path(), "my-voice", Some("0.1")).unwrap();
        let manifest = fs::read_to_string(folder.path().join("my-voice/Cargo.toml")).unwrap();
        assert!(manifest.contains("name = \"my-voice\""), "{manifest}");
        assert!(manifest.contains("understudy-plugin = \"0.1\""), "{manifest}");
    }

    #[test]
    fn without_the_sdk_there_is_no_project_that_could_not_be_built() {
        let folder = tempfile::tempdir().unwrap();
        assert!(sdk(None, Path::new(SDK_BESIDE)).is_ok());
        let refused = sdk(None, &folder.path().join("plugin-sdk"));
        assert_eq!(refused.map_err(|fault| fault.exit()), Err(Exit::Usage));
    }

    #[test]
    fn nothing_is_written_over_and_no_name_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        new(folder.path(), "twice", None).unwrap();
        assert_eq!(new(folder.path(), "twice", None), Err(Exit::Usage));
        assert_eq!(new(folder.path(), "../up", None), Err(Exit::Usage));
        assert_eq!(new(folder.path(), "fine", Some("no/such/folder")), Err(Exit::Usage));
        assert!(!folder.path().join("fine").exists());
    }
}
