//! Compiled code on disk.
//!
//! Compiling takes 0.1 s for a small Rust plugin and ten for a JavaScript one; loading the result
//! takes under a millisecond. wasmtime's own cache would read and check every file into memory;
//! files of our own are mapped, three to seventy times faster.
//!
//! # Why there is `unsafe` here, and nowhere else
//! `Component::deserialize_file` runs what the file says as machine code. wasmtime checks that
//! the file stems from the same version and settings, not that it is harmless: whoever writes the
//! file owns the process. Hence the argument that makes the call sound, and each step is enforced
//! below: the directory belongs to us and nobody else can write to it (else it is refused); the
//! file belongs to us, is a plain file and nobody else can write to it (else it is deleted); we
//! write files only from our own compiler's output, to a temporary name in that directory, and
//! rename them. Names carry the digest of the component and a hash of the engine's settings, so a
//! file is never mistaken for another. Who can write as us already owns the process.
//!
//! A directory that was filled while an image was built and is read-only now is as good: what is there
//! is held to the same and loaded.
#![allow(unsafe_code)]

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use wasmtime::Engine;
use wasmtime::component::Component;

/// Write permission of the group or of everyone.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Files kept. Every version of a plugin leaves one behind, of up to 100 MB; past this the oldest
/// go, and a plugin that was still in use is compiled again at the next start.
const FILES_MAX: usize = 64;

/// The ending of our files.
const EXTENSION: &str = "cwasm";

/// What the name of a file begins with while it is written.
const UNFINISHED: &str = ".tmp";

/// An unfinished file that is so much older than the newest file was left by a process that ended while it
/// wrote.
const ABANDONED_AFTER: Duration = Duration::from_secs(60 * 60);

/// A private directory of compiled components.
#[derive(Debug)]
pub(crate) struct CodeCache {
    directory: PathBuf,
    /// The user we are.
    owner: u32,
    engine_hash: u64,
}

/// The directory cannot be trusted or made.
#[derive(Debug, thiserror::Error)]
pub enum CodeCacheError {
    /// It cannot be created or read.
    #[error("code cache is not usable: {}", .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// Somebody else could put machine code there.
    #[error("code cache is writable by other users: {}", .0.display())]
    Exposed(PathBuf),
}

impl CodeCache {
    /// Opens `directory`, creating it with access for this user alone. One that nothing can be written to is
    /// read.
    pub(crate) fn open(directory: &Path, engine: &Engine) -> Result<Self, CodeCacheError> {
        let unusable = |error| CodeCacheError::Io(directory.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unusable)?;
        let owner = owner(directory).map_err(unusable)?;
        let metadata = fs::metadata(directory).map_err(unusable)?;
        if metadata.uid() != owner || metadata.mode() & WRITABLE_BY_OTHERS != 0 {
            return Err(CodeCacheError::Exposed(directory.to_owned()));
        }
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { directory: directory.to_owned(), owner, engine_hash: hasher.finish() })
    }

    /// The compiled form of the component with this digest, when there is a good one. A file that
    /// is damaged, of another engine or not ours alone is deleted.
    pub(crate) fn load(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let path = self.path(digest);
        let metadata = fs::symlink_metadata(&path).ok()?;
        let trusted =
            metadata.is_file() && metadata.uid() == self.owner && metadata.mode() & WRITABLE_BY_OTHERS == 0;
        let loaded = if trusted {
            // SAFETY: the directory and the file belong to this user and nobody else can write
            // to either, and this program writes only what its own compiler made; see above.
            unsafe { Component::deserialize_file(engine, &path) }.map_err(|error| format!("{error:#}"))
        } else {
            Err("the file is not this user's alone".to_owned())
        };
        loaded
            .inspect_err(|reason| {
                tracing::warn!(file = %path.display(), reason, "compiled code discarded");
                let _ = fs::remove_file(&path);
            })
            .ok()
    }

    /// Keeps compiled code. A full disk costs the next start its time and this one nothing.
    pub(crate) fn store(&self, digest: &str, compiled: &[u8]) {
        let stored = self.write(&self.path(digest), compiled).and_then(|()| self.prune());
        if let Err(error) = stored {
            tracing::warn!(directory = %self.directory.display(), %error, "compiled code not kept");
        }
    }

    fn prune(&self) -> io::Result<()> {
        let (mut files, mut unfinished) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let path = entry.path();
            let kind = if path.extension().is_some_and(|extension| extension == EXTENSION) {
                &mut files
            } else if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                &mut unfinished
            } else {
                continue;
            };
            // A file that another process has just removed is no file of ours any more.
            kind.extend(fs::metadata(&path).and_then(|file| file.modified()).map(|time| (time, path)));
        }
        files.sort_unstable();
        let newest = files.last().map_or(SystemTime::UNIX_EPOCH, |(time, _)| *time);
        let is_abandoned = |(time, _): &&(SystemTime, PathBuf)| {
            newest.duration_since(*time).is_ok_and(|age| age > ABANDONED_AFTER)
        };
        let surplus = files.len().saturating_sub(FILES_MAX);
        let superfluous = files.iter().take(surplus).chain(unfinished.iter().filter(is_abandoned));
        superfluous.map(|(_, path)| path).try_for_each(fs::remove_file)
    }

    fn write(&self, path: &Path, compiled: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.directory)?;
        file.write_all(compiled)?;
        restrict(file.as_file())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}-{:016x}.{EXTENSION}", self.engine_hash))
    }
}

/// The user we are, by the owner of a file we have just made; where none can be made, the one we run as.
fn owner(directory: &Path) -> io::Result<u32> {
    match tempfile::tempfile_in(directory) {
        Ok(file) => Ok(file.metadata()?.uid()),
        Err(error) => match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Ok(rustix::process::geteuid().as_raw())
            }
            _ => Err(error),
        },
    }
}

fn restrict(file: &File) -> io::Result<()> {
    file.set_permissions(fs::Permissions::from_mode(0o600))
}
