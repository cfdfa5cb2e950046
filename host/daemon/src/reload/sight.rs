//! What can be seen of the files without reading them.
//!
//! A look is a handful of `stat` calls, so it is cheap enough to be made after every event and once
//! a second besides; whatever an event says, only two looks that differ make anything happen. That
//! is also why the program keeps up on file systems that send no events.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::config::{Config, PluginChoice, SecretSource};
use crate::plugins::plugins_in;

/// What tells one version of a file from another. The time of change is the kernel's own and, unlike
/// that of modification, cannot be set by a copy that keeps times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    changed: (i64, i64),
    modified: (i64, i64),
    file: (u64, u64),
}

impl Stamp {
    /// The stamp of the file a path leads to; none when there is none.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::from)
    }
}

impl From<&Metadata> for Stamp {
    fn from(found: &Metadata) -> Self {
        Self {
            length: found.len(),
            changed: (found.ctime(), found.ctime_nsec()),
            modified: (found.mtime(), found.mtime_nsec()),
            file: (found.dev(), found.ino()),
        }
    }
}

/// One look at everything a reload depends on.
pub(super) type Sight = BTreeMap<PathBuf, Option<Stamp>>;

/// Looks at the configuration file, the plugin folders, and the plugins and secrets it names.
pub(super) fn look(config: &Config) -> Sight {
    let folders = config.plugins.folders.iter();
    let dropped = folders.flat_map(|folder| plugins_in(folder).unwrap_or_default());
    named(config)
        .chain(dropped)
        .map(|path| (Stamp::of(&path), path))
        .map(|(stamp, path)| (path, stamp))
        .collect()
}

/// The files a configuration names.
fn named(config: &Config) -> impl Iterator<Item = PathBuf> {
    let plugins = config.providers.iter().filter_map(|provider| match &provider.plugin {
        PluginChoice::File(path) => Some(path.clone()),
        PluginChoice::Named(_) => None,
    });
    let canaries = config.providers.iter().filter_map(|provider| provider.canary.as_ref());
    let canaries = canaries.map(|canary| canary.path.clone());
    let secrets = config.providers.iter().flat_map(|provider| provider.secrets.values());
    let secrets = secrets.filter_map(|source| match source {
        SecretSource::File(path) => Some(path.clone()),
        SecretSource::Environment(_) => None,
    });
    config.file.iter().chain(&config.looked_for).cloned().chain(plugins).chain(canaries).chain(secrets)
}

/// The folders in which something can change.
pub(super) fn folders(config: &Config) -> Vec<PathBuf> {
    let parents = named(config).filter_map(|path| path.parent().map(nearest));
    let mut folders: Vec<PathBuf> =
        parents.chain(config.plugins.folders.iter().map(|folder| nearest(folder))).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The folder, or the nearest above it that is there, in which it would appear.
fn nearest(folder: &Path) -> PathBuf {
    let found = folder.ancestors().find(|folder| folder.is_dir());
    found.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_awaited_where_it_would_appear() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(nearest(&root.path().join("a/b")), root.path());
        std::fs::create_dir(root.path().join("a")).unwrap();
        assert_eq!(nearest(&root.path().join("a/b")), root.path().join("a"));
    }

    #[test]
    fn a_file_written_anew_looks_different_whatever_its_times_say() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.wasm");
        std::fs::write(&path, "one").unwrap();
        let before = Stamp::of(&path).unwrap();
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        let newer = root.path().join("b");
        std::fs::write(&newer, "two").unwrap();
        std::fs::File::options().write(true).open(&newer).unwrap().set_modified(modified).unwrap();
        std::fs::rename(&newer, &path).unwrap();
        assert_ne!(Stamp::of(&path).unwrap(), before);
        assert_eq!(Stamp::of(&root.path().join("nothing")), None);
    }
}
