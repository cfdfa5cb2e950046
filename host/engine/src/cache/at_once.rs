//! Files that the kernel has in memory already, read without waiting for a disk.
//!
//! A thread that may block has to be woken, and that costs more than to copy what lies there. So the
//! kernel is asked to do it at once or not at all; whoever gets nothing goes the long way. Only Linux
//! can be asked.

use std::fs::File;
use std::path::Path;

use bytes::Bytes;

/// Opens a file whose name the kernel knows.
#[cfg(target_os = "linux")]
pub(super) fn open(path: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::CACHED).ok().map(File::from)
}

/// All of the `length` bytes from `start`, if the kernel has them.
#[cfg(target_os = "linux")]
pub(super) fn read(file: &File, start: u64, length: u64) -> Option<Bytes> {
    use std::io::IoSliceMut;

    use bytes::BytesMut;
    use rustix::io::{ReadWriteFlags, preadv2};
    let length = usize::try_from(length).ok()?;
    // Not `vec![0; length]`: an allocator that has zeroes from the kernel pays for them page by page.
    let mut bytes = BytesMut::with_capacity(length);
    bytes.resize(length, 0);
    let mut whole = [IoSliceMut::new(&mut bytes)];
    let read = preadv2(file, &mut whole, start, ReadWriteFlags::NOWAIT).ok()?;
    (read == length).then(|| bytes.freeze())
}

/// True when the kernel has the byte at `at`.
#[cfg(target_os = "linux")]
pub(super) fn has(file: &File, at: u64) -> bool {
    read(file, at, 1).is_some()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn open(_: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn read(_: &File, _: u64, _: u64) -> Option<Bytes> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn has(_: &File, _: u64) -> bool {
    false
}
