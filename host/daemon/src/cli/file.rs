//! Writes whole files or none.
//!
//! Whoever watches a folder for audio must never see half a file under its final name, and a
//! failed run must not destroy the last good one: bytes go into a temporary file beside the
//! target, which then takes its name.

use std::io::Write;
use std::path::Path;

use super::exit::FileError;

/// Replaces `path` by a file of `bytes`.
///
/// # Errors
/// The folder is not there or cannot be written to, or the disk is full; `path` is then as it was.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |error| FileError::new(format!("write {}", path.display()), error);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".understudy-");
    // What a program creates is for whoever the umask says, not for the user alone as temporary
    // files are by default.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nowhere").join("a.mp3");
        let error = write_whole(&path, b"one").unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write {}", path.display()));
    }
}
