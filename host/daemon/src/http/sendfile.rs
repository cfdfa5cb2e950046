//! Files that the kernel sends: from its own memory to the socket, and not through ours.
//!
//! hyper knows bodies of bytes and nothing else. So a body that is a file gives it *blanks*: as many
//! bytes as the file has, all of them pieces of one array that nobody ever reads. The connection, which
//! lies below hyper, knows blanks by their address: wherever some are to be written it has the
//! kernel send as much of the file whose turn it is. A file's turn comes in the order in which the bodies
//! were asked for their frames, and that is the order of HTTP/1.
//!
//! This stands on hyper handing the slices of a body down as it got them. Over HTTP/1 it does, to
//! a connection that says it writes several at once; over HTTP/2 bodies are cut and mixed, and go
//! the other way. Should blanks ever come down as a copy, then at another address and before the file's
//! turn is over: then the connection fails. It is never the copy that is sent.
//!
//! The kernel waits for a disk when it has to, and a worker's thread with it. So a body looks first: what is
//! not in memory is read on a thread that may wait, and so is all behind it.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::serve::Listener;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use understudy_engine::cache::AudioFile;

/// Stands for bytes of a file.
static BLANKS: [u8; 256 * 1024] = [0; 256 * 1024];

/// The connections of `TcpListener`, as such that can send files.
#[derive(Debug)]
pub struct FileListener(TcpListener);

/// A connection that can send files.
#[derive(Debug)]
pub struct FileStream {
    stream: TcpStream,
    outbox: Outbox,
}

/// The files whose blanks are on their way to a connection. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox(Arc<Mutex<VecDeque<Part>>>);

/// A part of a file, from `at` to before `end`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) file: AudioFile,
    pub(crate) at: u64,
    pub(crate) end: u64,
}

impl FileListener {
    /// The same listener.
    #[must_use]
    pub const fn new(listener: TcpListener) -> Self {
        Self(listener)
    }
}

impl Listener for FileListener {
    type Io = FileStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (FileStream, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small pieces of a stream go out when they are there, not when a packet is full.
        let _ = stream.set_nodelay(true);
        (FileStream { stream, outbox: Outbox::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl FileStream {
    /// Where bodies put the files to be sent; nothing where the kernel does not send any.
    pub(crate) fn outbox(&self) -> Option<Outbox> {
        cfg!(target_os = "linux").then(|| self.outbox.clone())
    }
}

impl Outbox {
    fn parts(&self) -> MutexGuard<'_, VecDeque<Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body that is a part of a file.
pub(crate) struct FileBody {
    part: Part,
    /// Absent when it goes out as bytes.
    outbox: Option<Outbox>,
    /// A piece that has to be waited for.
    reading: Option<BoxFuture<'static, io::Result<Bytes>>>,
}

impl Part {
    /// Its body, sent by the kernel through `outbox` or else read in pieces.
    pub(crate) const fn body(self, outbox: Option<Outbox>) -> FileBody {
        FileBody { part: self, outbox, reading: None }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Self { part, outbox, reading } = self.get_mut();
        loop {
            if let Some(read) = reading {
                let bytes = ready!(read.as_mut().poll(context))?;
                *reading = None;
                // These bytes may still wait to be written when the next are asked for, and blanks are told
                // from a copy by standing behind a head alone. So the rest is read as well.
                *outbox = None;
                part.at += bytes.len() as u64;
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if part.at >= part.end {
                return Poll::Ready(None);
            }
            let length = (part.end - part.at).min(BLANKS.len() as u64);
            if let Some(outbox) = outbox
                && let Some(blanks) = BLANKS.get(..usize::try_from(length).unwrap_or(usize::MAX))
                && part.file.is_in_memory(part.at + length - 1)
            {
                let end = part.at + length;
                outbox.parts().push_back(Part { end, ..part.clone() });
                part.at = end;
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(blanks)))));
            }
            let (file, at) = (part.file.clone(), part.at);
            *reading = Some(Box::pin(async move { file.read(at, length).await }));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.part.at >= self.part.end
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.part.end.saturating_sub(self.part.at))
    }
}

impl AsyncRead for FileStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for FileStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, outbox } = self.get_mut();
        let mut parts = outbox.parts();
        let Some(part) = parts.front_mut() else {
            drop(parts);
            return Pin::new(stream).poll_write_vectored(context, slices);
        };
        let (head, blanks) = split(slices)?;
        let length = blanks.min(part.end - part.at);
        loop {
            ready!(stream.poll_write_ready(context))?;
            let sent = stream.try_io(Interest::WRITABLE, || kernel::send(stream, head, part, length));
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(sent) => {
                    if part.at >= part.end {
                        parts.pop_front();
                    }
                    return Poll::Ready(Ok(sent));
                }
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

fn is_blank(slice: &IoSlice<'_>) -> bool {
    BLANKS.as_ptr_range().contains(&slice.as_ptr())
}

/// What is to be written while a file is on its way: at most the rest of a head, and then blanks, so many
/// in a row.
///
/// # Errors
/// It is something else, and not what the file would be sent for.
fn split<'a>(slices: &'a [IoSlice<'_>]) -> io::Result<(&'a [u8], u64)> {
    let mut slices = slices.iter().filter(|slice| !slice.is_empty()).peekable();
    let head = slices.next_if(|slice| !is_blank(slice)).map_or(&[][..], |head| head);
    let is_head = head.is_empty() || head.ends_with(b"\n");
    let blanks: u64 = slices.map_while(|slice| is_blank(slice).then_some(slice.len() as u64)).sum();
    if is_head && blanks > 0 {
        return Ok((head, blanks));
    }
    Err(io::Error::other("bytes that stand for a file were copied on their way to the connection"))
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::io::{self, ErrorKind};
    use std::os::unix::fs::FileExt;

    use rustix::fs::sendfile;
    use rustix::io::Errno;
    use rustix::net::{SendFlags, send as send_bytes};
    use tokio::net::TcpStream;

    use super::Part;

    /// What is copied at once of a file that has to be copied.
    const COPY_BYTES: usize = 64 * 1024;

    /// Sends `head` and then `length` bytes of `part`, or as much of it as the socket takes: how much that is.
    pub(super) fn send(stream: &TcpStream, head: &[u8], part: &mut Part, length: u64) -> io::Result<usize> {
        let mut sent = 0;
        if !head.is_empty() {
            sent = send_bytes(stream, head, SendFlags::MORE | SendFlags::NOSIGNAL)?;
            if sent < head.len() {
                return Ok(sent);
            }
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let more = match sendfile(stream, part.file.file(), Some(&mut part.at), length) {
            // Some file systems cannot.
            Err(Errno::INVAL | Errno::NOSYS) => copy(stream, part, length),
            sent => sent.map_err(io::Error::from),
        };
        match more {
            Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "a file was cut while it was sent")),
            Ok(more) => Ok(sent + more),
            Err(error) if sent > 0 && error.kind() == ErrorKind::WouldBlock => Ok(sent),
            Err(error) => Err(error),
        }
    }

    fn copy(stream: &TcpStream, part: &mut Part, length: usize) -> io::Result<usize> {
        let mut bytes = vec![0; length.min(COPY_BYTES)];
        let read = part.file.file().read_at(&mut bytes, part.at)?;
        bytes.truncate(read);
        if bytes.is_empty() {
            return Ok(0);
        }
        let sent = send_bytes(stream, &bytes, SendFlags::NOSIGNAL)?;
        part.at += sent as u64;
        Ok(sent)
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use std::io;

    use tokio::net::TcpStream;

    use super::Part;

    pub(super) fn send(_: &TcpStream, _: &[u8], _: &mut Part, _: u64) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
