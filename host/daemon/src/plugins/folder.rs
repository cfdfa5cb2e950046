//! Which files of the plugin folders are plugins.

use std::io;
use std::path::{Path, PathBuf};

/// Most files looked at in one folder: a folder with more is not a plugin folder but a mistake in
/// the configuration, and compiling all of it would take hours.
const MAX_FILES: usize = 1_000;

/// Every `*.wasm` file of `folder` by name. Hidden files are left alone: they are how editors and
/// copy programs name a file that is not whole yet. A folder that is not there is empty.
pub(crate) fn plugins_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if is_plugin(&path) && path.is_file() {
            files.push(path);
        }
        if files.len() == MAX_FILES {
            break;
        }
    }
    files.sort();
    Ok(files)
}

fn is_plugin(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    !hidden && path.extension().is_some_and(|extension| extension == "wasm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_components_of_a_folder_are_plugins() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["b.wasm", "a.wasm", ".c.wasm", "d.wasm.partial", "readme.md", "WASM"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("folder.wasm")).unwrap();
        let found = plugins_in(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(names, ["a.wasm", "b.wasm"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert!(plugins_in(&folder.path().join("nowhere")).unwrap().is_empty());
    }
}
