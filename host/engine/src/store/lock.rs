//! One process a folder.
//!
//! Two processes that write one store would each remove what the other counts on. The lock is the
//! operating system's, so it is gone with its holder, however that ends. The file says who holds
//! it, for the message that the other process shows.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::cache::Degradation;

/// What is read of a lock file at most; a process number is shorter.
const NUMBER_BYTES_MAX: u64 = 16;

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct FolderLock {
    folder: PathBuf,
    _file: File,
}

impl FolderLock {
    pub(crate) fn take(folder: &Path) -> Result<Self, Degradation> {
        let failed = |error: io::Error| Degradation::of(folder, error.kind(), &error.to_string());
        make(folder).map_err(failed)?;
        let path = folder.join("lock");
        let options = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = read_number(&mut file);
                return Err(Degradation::Locked { folder: folder.to_path_buf(), process });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // On a full disk the message to others will lack a number; the lock holds all the same.
        file.set_len(0).and_then(|()| write!(file, "{}", process::id())).ok();
        Ok(Self { folder: folder.to_path_buf(), _file: file })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Makes a folder that only its owner can look into: what was said is in it. One that is there already
/// stays as its owner wants it.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn read_number(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(NUMBER_BYTES_MAX).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
