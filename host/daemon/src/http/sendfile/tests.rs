//! Over real sockets: what arrives is what is in the file.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use axum::serve::IncomingStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::service_fn;

use super::*;

const PIECE: usize = BLANKS.len();

/// Bytes that differ from place to place, so that none can be mistaken for another.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 31 + at / 251) % 255 + 1).unwrap()).collect()
}

fn file(bytes: &[u8]) -> AudioFile {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    AudioFile::new(file, bytes.len() as u64)
}

fn part(file: &AudioFile) -> Part {
    Part { file: file.clone(), at: 0, end: file.length() }
}

/// A server that answers every request with `part`.
async fn serve(part: Part) -> SocketAddr {
    serve_bodies(move |outbox| part.clone().body(outbox)).await
}

/// A server that answers every request with what `body` makes.
async fn serve_bodies(body: impl Fn(Option<Outbox>) -> FileBody + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let doors = service_fn(move |connection: IncomingStream<'_, FileListener>| {
        let (outbox, body) = (connection.io().outbox(), body.clone());
        let answer = service_fn(move |_: Request| {
            let body = axum::body::Body::new(body(outbox.clone()));
            async move { Ok::<_, Infallible>(Response::new(body)) }
        });
        async move { Ok::<_, Infallible>(answer) }
    });
    tokio::spawn(axum::serve(FileListener::new(listener), doors).into_future());
    address
}

/// Everything that comes for `request` until the server closes.
async fn ask(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    // The server fills the socket and has to wait for whoever reads it.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

/// The bodies of answers that came one after another.
fn bodies(mut answers: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some(end) = answers.windows(4).position(|four| four == b"\r\n\r\n") {
        let (head, rest) = answers.split_at(end + 4);
        let head = String::from_utf8_lossy(head).to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let (body, rest) = rest.split_at(length.map_or(0, |length| length.parse().unwrap()));
        bodies.push(body);
        answers = rest;
    }
    bodies
}

#[tokio::test]
async fn what_arrives_is_what_is_in_the_file() {
    for length in [1, PIECE - 1, PIECE, PIECE + 1, 17 * PIECE + 5] {
        let expected = bytes(length);
        let address = serve(part(&file(&expected))).await;
        let answer = ask(address, "GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await;
        assert!(bodies(&answer) == [expected.as_slice()], "{length}");
        let answer = ask(address, "GET / HTTP/1.0\r\n\r\n").await;
        assert!(bodies(&answer) == [expected.as_slice()], "{length}");
    }
}

/// What had to be waited for is still in hyper's hands when the next piece is asked for, which the
/// kernel may have by then.
#[tokio::test]
async fn a_file_of_which_the_beginning_was_not_in_memory_arrives_whole() {
    for read in [1, 100, PIECE as u64] {
        let expected = bytes(3 * PIECE);
        let file = file(&expected);
        let address = serve_bodies(move |outbox| {
            let beginning = file.clone();
            let reading: BoxFuture<'static, _> = Box::pin(async move { beginning.read(0, read).await });
            FileBody { reading: Some(reading), ..part(&file).body(outbox) }
        })
        .await;
        let answer = ask(address, "GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await;
        assert!(bodies(&answer) == [expected.as_slice()], "{read}");
    }
}

#[tokio::test]
async fn requests_that_do_not_wait_for_their_answers_get_them_in_turn() {
    let expected = bytes(2 * PIECE + 3);
    let address = serve(part(&file(&expected))).await;
    let again = "GET / HTTP/1.1\r\nhost: here\r\n\r\n".repeat(9);
    let last = "GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
    let answers = ask(address, &format!("{again}{last}")).await;
    let bodies = bodies(&answers);
    assert_eq!(bodies.len(), 10);
    assert!(bodies.iter().all(|body| *body == expected));
}

#[tokio::test]
async fn a_part_is_sent_from_where_it_begins_to_where_it_ends() {
    let whole = bytes(3 * PIECE);
    let address = serve(Part { at: 7, end: 2 * PIECE as u64 + 9, ..part(&file(&whole)) }).await;
    let answer = ask(address, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(bodies(&answer) == [&whole[7..2 * PIECE + 9]]);
}

#[tokio::test]
async fn a_file_that_was_cut_is_not_made_up_for() {
    let whole = bytes(3 * PIECE);
    let file = file(&whole);
    let address = serve(part(&file)).await;
    file.file().set_len(10).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |end| end + 4);
    assert!(whole[..10].starts_with(&answer[end..]), "{} bytes", answer.len() - end);
}

#[tokio::test]
async fn a_file_system_that_cannot_send_is_read() {
    let expected = std::fs::read("/proc/self/cmdline").unwrap();
    let file = AudioFile::new(File::open("/proc/self/cmdline").unwrap(), expected.len() as u64);
    let (mut client, server) = connected().await;
    let mut part = part(&file);
    server.stream.writable().await.unwrap();
    let sent = kernel::send(&server.stream, b"head\n", &mut part, file.length()).unwrap();
    drop(server);
    let mut came = Vec::new();
    client.read_to_end(&mut came).await.unwrap();
    assert_eq!((sent, part.at), (came.len(), part.end));
    assert_eq!(came, [b"head\n", expected.as_slice()].concat());
}

/// The two ends of a connection.
async fn connected() -> (TcpStream, FileStream) {
    let mut listener = FileListener::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    let (client, (server, _)) = tokio::join!(TcpStream::connect(address), Listener::accept(&mut listener));
    (client.unwrap(), server)
}

#[tokio::test]
async fn blanks_that_were_copied_are_not_sent() {
    for copied in [&[0; 8][..], b"HTTP/1.1 200 OK\r\n\r\n\0\0\0\0\0\0\0\0", b"HTTP/1.1 200 OK\r\n\r\n"] {
        let (mut client, mut server) = connected().await;
        server.outbox.parts().push_back(part(&file(b"12345678")));
        assert_eq!(server.write(copied).await.unwrap_err().kind(), io::ErrorKind::Other);
        drop(server);
        let mut came = Vec::new();
        client.read_to_end(&mut came).await.unwrap();
        assert!(came.is_empty());
    }
}

#[tokio::test]
async fn other_bytes_are_sent_as_they_are() {
    let (mut client, mut server) = connected().await;
    server.write_all(b"before ").await.unwrap();
    server.outbox.parts().push_back(part(&file(b"12345678")));
    let written =
        server.write_vectored(&[IoSlice::new(b"head\n"), IoSlice::new(&BLANKS[..8])]).await.unwrap();
    server.write_all(&[0, 0]).await.unwrap();
    drop(server);
    let mut came = Vec::new();
    client.read_to_end(&mut came).await.unwrap();
    assert_eq!((written, came.as_slice()), (13, &b"before head\n12345678\0\0"[..]));
}
