//! Audio in files, one for each distinct content, named by its SHA-256.
//!
//! A file appears under its name only when it is whole and on the disk: written beside, synced,
//! renamed, and the folder synced. Whoever finds one may believe its length; its bytes are checked
//! against its name at the first read after each start, because between two starts a disk can do
//! anything. Files lie in 256 folders by their first byte: two levels of 256 would cost a block of
//! folder for nearly every file.
//!
//! Putting a file in place and taking one away exclude each other. Otherwise one thread could
//! remove what another, storing the same audio for another request, has just found in place.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::at_once;
use super::take::AudioDigest;

/// What is read at once while a file is checked.
const CHECK_BYTES: usize = 256 * 1024;

/// What has to fit before a full disk counts as one that has room: half a minute of speech.
const TRIAL_BYTES: usize = 256 * 1024;

pub(super) struct Blobs {
    folder: PathBuf,
    temporary: PathBuf,
    next: AtomicU64,
    moving: Mutex<()>,
    #[cfg(test)]
    pub(super) fault: Mutex<Option<io::ErrorKind>>,
}

/// A file found in the folders.
pub(super) struct Found {
    pub(super) digest: AudioDigest,
    pub(super) length: u64,
}

impl Blobs {
    /// Makes the folders and empties the one for files under way; says how many were left there.
    pub(super) fn open(root: &Path) -> io::Result<(Self, usize)> {
        let (folder, temporary) = (root.join("audio"), root.join("under-way"));
        fs::create_dir_all(&temporary)?;
        for first in 0..=u8::MAX {
            fs::create_dir_all(folder.join(format!("{first:02x}")))?;
        }
        let mut left = 0;
        for entry in fs::read_dir(&temporary)? {
            fs::remove_file(entry?.path())?;
            left += 1;
        }
        sync_folder(&folder)?;
        sync_folder(root)?;
        let blobs = Self {
            folder,
            temporary,
            next: AtomicU64::new(0),
            moving: Mutex::new(()),
            #[cfg(test)]
            fault: Mutex::new(None),
        };
        Ok((blobs, left))
    }

    /// Stores `audio`; when this returns it is on the disk.
    pub(super) fn write(&self, digest: AudioDigest, audio: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        if let Some(kind) = *self.fault.lock().unwrap() {
            return Err(kind.into());
        }
        let beside = self.temporary.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let place = self.path(digest);
        let written = write_synced(&beside, audio).and_then(|()| {
            let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
            fs::rename(&beside, &place)
        });
        if written.is_err() {
            fs::remove_file(&beside).ok();
        }
        written?;
        place.parent().map_or(Ok(()), sync_folder)
    }

    /// Writes something of a usual size and removes it again: fails while nothing can be stored.
    pub(super) fn try_out(&self) -> io::Result<()> {
        #[cfg(test)]
        if let Some(kind) = *self.fault.lock().unwrap() {
            return Err(kind.into());
        }
        let beside = self.temporary.join("trial");
        let written = write_synced(&beside, &vec![0; TRIAL_BYTES]);
        fs::remove_file(&beside).ok();
        written
    }

    /// Removes a file unless `is_held` says that someone has come to need it meanwhile.
    pub(super) fn remove(&self, digest: AudioDigest, is_held: impl FnOnce() -> bool) {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        if is_held() {
            return;
        }
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                // It is an orphan now, which the next start removes.
                tracing::warn!(%digest, %error, "cached audio could not be removed");
            }
            _ => {}
        }
    }

    /// Opens a file; fails when its length is not `length`.
    pub(super) fn open_file(&self, digest: AudioDigest, length: u64) -> io::Result<File> {
        let file = File::open(self.path(digest))?;
        if file.metadata()?.len() == length { Ok(file) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// As [`Blobs::open_file`], where that waits for no disk: none when it would.
    pub(super) fn open_at_once(&self, digest: AudioDigest, length: u64) -> Option<File> {
        let file = at_once::open(&self.path(digest))?;
        (file.metadata().ok()?.len() == length).then_some(file)
    }

    /// Reads a whole file; fails when its length is not `length`.
    pub(super) fn read(&self, digest: AudioDigest, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.open_file(digest, length)?.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads a file through and compares it with its name; one that is gone is not sound. An error says
    /// nothing about the file: a process that may open no more files, say, cannot read the best of them.
    pub(super) fn is_sound(&self, digest: AudioDigest) -> io::Result<bool> {
        match self.has_its_name(digest) {
            Err(error) if is_damage(&error) => Ok(false),
            looked => looked,
        }
    }

    fn has_its_name(&self, digest: AudioDigest) -> io::Result<bool> {
        let mut file = File::open(self.path(digest))?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; CHECK_BYTES]);
        loop {
            let read = file.read(&mut buffer)?;
            match buffer.get(..read) {
                Some([]) | None => return Ok(AudioDigest(hash.finalize().into()) == digest),
                Some(bytes) => hash.update(bytes),
            }
        }
    }

    /// Every file there is. What has no digest for a name is removed: nothing of ours is.
    pub(super) fn list(&self) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for folder in fs::read_dir(&self.folder)? {
            let folder = folder?;
            let first = folder.file_name();
            for entry in fs::read_dir(folder.path())? {
                let entry = entry?;
                let name = format!("{}{}", first.to_string_lossy(), entry.file_name().to_string_lossy());
                match AudioDigest::try_from(name) {
                    Ok(digest) => found.push(Found { digest, length: entry.metadata()?.len() }),
                    Err(_) => fs::remove_file(entry.path())?,
                }
            }
        }
        Ok(found)
    }

    fn path(&self, digest: AudioDigest) -> PathBuf {
        let name = digest.to_string();
        let (first, rest) = name.split_at_checked(2).unwrap_or(("", &name));
        self.folder.join(first).join(rest)
    }
}

/// True when a file is to blame for an error, and not whoever reads it or what it lies on.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename in `folder` last. Only Unix can sync a folder.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_come_to_be_needed_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (blobs, _) = Blobs::open(folder.path()).unwrap();
        let digest = AudioDigest::of(b"audio");
        blobs.write(digest, b"audio").unwrap();
        blobs.remove(digest, || true);
        assert_eq!(blobs.read(digest, 5).unwrap(), b"audio");
        blobs.remove(digest, || false);
        assert_eq!(blobs.read(digest, 5).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(blobs.list().unwrap().is_empty());
    }

    #[test]
    fn a_file_is_sound_only_if_its_bytes_and_length_are_those_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (blobs, _) = Blobs::open(folder.path()).unwrap();
        let digest = AudioDigest::of(b"audio");
        blobs.write(digest, b"audio").unwrap();
        assert!(blobs.is_sound(digest).unwrap());
        assert!(blobs.open_file(digest, 4).is_err());
        fs::write(blobs.path(digest), b"noise").unwrap();
        assert!(!blobs.is_sound(digest).unwrap());
        assert!(blobs.open_file(digest, 5).is_ok());
        fs::remove_file(blobs.path(digest)).unwrap();
        assert!(!blobs.is_sound(digest).unwrap());
    }
}
