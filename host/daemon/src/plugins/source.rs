//! Where a plugin comes from, and its bytes.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use understudy_engine::nearest;
use understudy_sandbox::LoadError;

use super::PluginState;
use crate::built_in;

/// Where a plugin came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// Inside the program, under this name.
    BuiltIn(String),
    /// A file.
    File(PathBuf),
    /// `NAME.wasm`, which is neither in a plugin folder nor inside the program.
    Missing(String),
}

impl PluginSource {
    /// The file, when it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::BuiltIn(_) | Self::Missing(_) => None,
        }
    }
}

impl fmt::Display for PluginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(_) => f.write_str("built in"),
            Self::File(path) => path.display().fmt(f),
            Self::Missing(name) => write!(f, "{name}.wasm"),
        }
    }
}

/// Why there are no bytes.
#[derive(Clone, Debug)]
pub(crate) enum Unread {
    /// There is nothing.
    Missing(PluginState),
    /// There is something that cannot be taken.
    Refused(PluginState),
}

impl Unread {
    pub(crate) fn state(self) -> PluginState {
        match self {
            Self::Missing(state) | Self::Refused(state) => state,
        }
    }
}

/// The component's bytes, at most `bytes_max` of them. A larger file is not read.
pub(crate) async fn read_component(source: &PluginSource, bytes_max: usize) -> Result<Bytes, Unread> {
    match source {
        PluginSource::BuiltIn(name) => built_in::component(name).map(Bytes::from_static).ok_or_else(|| {
            Unread::Missing(unreadable(
                format!("this program was built without the plugin: {name}"),
                "build it without UNDERSTUDY_SKIP_PLUGINS, or name a plugin file",
            ))
        }),
        PluginSource::Missing(name) => Err(Unread::Missing(unreadable(
            format!("neither a plugin folder nor the program has it: {name}.wasm"),
            &nearest(name, built_in::names()).map_or_else(
                || "set plugin to the path of the file; `understudy doctor` lists the folders".to_owned(),
                |meant| format!("did you mean {meant}?"),
            ),
        ))),
        PluginSource::File(path) => read_file(path, bytes_max).await,
    }
}

async fn read_file(path: &Path, bytes_max: usize) -> Result<Bytes, Unread> {
    let failed = |error: std::io::Error| {
        let state = unreadable(format!("file cannot be read: {error}"), "check the path and who may read it");
        if error.kind() == std::io::ErrorKind::NotFound {
            Unread::Missing(state)
        } else {
            Unread::Refused(state)
        }
    };
    let bytes = tokio::fs::metadata(path).await.map_err(failed)?.len();
    if bytes > bytes_max as u64 {
        return Err(Unread::Refused(rejected(&LoadError::TooLarge { bytes, limit: bytes_max as u64 })));
    }
    tokio::fs::read(path).await.map(Bytes::from).map_err(failed)
}

fn unreadable(reason: String, hint: &str) -> PluginState {
    PluginState::Rejected { code: "plugin_unreadable", reason, hint: Some(hint.to_owned()) }
}

pub(crate) fn rejected(error: &LoadError) -> PluginState {
    PluginState::Rejected {
        code: error.code(),
        reason: error.to_string(),
        hint: Some(error.hint().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wasm");
        std::fs::write(&path, [0; 9]).unwrap();
        let source = PluginSource::File(path);
        let read = |bytes_max| read_component(&source, bytes_max);
        assert_eq!(read(9).await.unwrap().len(), 9);
        let Unread::Refused(PluginState::Rejected { code, reason, .. }) = read(8).await.unwrap_err() else {
            panic!("it was read");
        };
        assert_eq!((code, reason.as_str()), ("plugin_too_large", "component is larger than 8 bytes: 9"));
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_missing_and_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read = async |path: &Path| read_component(&PluginSource::File(path.to_owned()), 100).await;
        assert!(matches!(read(&folder.path().join("a.wasm")).await, Err(Unread::Missing(_))));
        assert!(matches!(read(folder.path()).await, Err(Unread::Refused(_))));
    }
}
