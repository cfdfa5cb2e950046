//! Answers are bounded in time and bytes, and cost nothing when nobody reads them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use understudy_sandbox::Limits;
use understudy_speech::{Failure, TakeEvent};

use super::reaching_server;
use crate::server::Server;
use crate::support::{assert_serves, failure, report, speak};

/// How a body ends badly in `wasi:http`: wasmtime 48 loses the error's code on the way to the guest.
const NAMELESS: &str = " then None";

/// The report of an exchange with a fresh server begins and ends like this.
async fn check(limits: Limits, text: &str, begin: &str, end: &str) {
    let server = Server::start().await;
    let plugin = reaching_server(&server, limits).await;
    let answer = report(&plugin, &text.replace("{server}", &server.url(""))).await;
    assert!(answer.starts_with(begin) && answer.ends_with(end), "{text}: {answer}");
    assert_serves(&plugin).await;
}

fn small() -> Limits {
    Limits { response_bytes: 100_000, ..Limits::default() }
}

fn hasty() -> Limits {
    let short = Duration::from_millis(50);
    Limits { http_first_byte: short, http_idle: short, ..Limits::default() }
}

#[tokio::test]
async fn a_body_is_read_in_pieces_of_the_size_that_was_asked_for() {
    check(small(), "pieces 7 GET|{server}/bytes/1000", "1000 by 7", " 7").await;
    check(small(), "pieces 5000 GET|{server}/bytes/0", "0 by 0", " 0").await;
    check(small(), "pieces 0 GET|{server}/bytes/1", "0 by 0 then", "Error::Invalid(\"a read of no bytes\")")
        .await;
}

#[tokio::test]
async fn the_start_of_a_body_is_seen_and_stays_to_be_read() {
    let looked = async |text, seen, body| check(small(), text, seen, body).await;
    looked("peek 0 7 GET|{server}/bytes/50000", "7 in 1, enough", "then Ok((50000, true))").await;
    looked("peek 0 9999 GET|{server}/bytes/10", "10 in 1, all", "then Ok((10, true))").await;
    looked("peek 0 9999 GET|{server}/bytes/0", "0 in 0, all", "then Ok((0, true))").await;
    looked("peek 40000 90000 GET|{server}/bytes/90000", "90000 in ", ", enough, then Ok((90000, true))")
        .await;
    looked("peek 9 9 GET|{server}/bytes/10", "9 in 0, Error::Invalid(", "then Ok((10, true))").await;
    looked("peek 99999 100001 GET|{server}/endless", "99999 in 0, Error::TooLarge(100000)", "").await;
    looked("peek 5 9999 GET|{server}/cut", "5 in 0, Error::Protocol(", "then Ok((5, true))").await;
}

#[tokio::test]
async fn a_body_is_forwarded_into_the_take_without_its_beginning() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, small()).await;
    for (path, expected, audio) in [
        ("/bytes/50000", "7 then Ok(Some(49993)) then Ok(false)", 49_993),
        ("/bytes/7", "7 then Ok(Some(0)) then Ok(false)", 0),
        ("/cut", "5 then Err(Error::Protocol(", 0),
    ] {
        let (failed, events) = speak(&plugin, &format!("forward 7 GET|{}", server.url(path))).await;
        let report = failed.unwrap_err().to_string();
        assert!(report.contains(expected), "{path}: {report}");
        let pieces = events.iter().filter_map(|event| match event {
            TakeEvent::Audio(audio) => Some(audio.len()),
            _ => None,
        });
        assert_eq!(pieces.sum::<usize>(), audio, "{path}");
    }
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn what_is_forwarded_is_held_to_the_limits_and_rules_of_a_take() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, small()).await;
    let unbegun = failure(&plugin, &format!("forward 0 GET|{}", server.url("/bytes/10"))).await;
    let unbegun = unbegun.to_string();
    assert!(unbegun.contains("take.audio was called before take.begin"), "{unbegun}");
    let answer = report(&plugin, &format!("forward 7 GET|{}", server.url("/endless"))).await;
    assert!(answer.contains("Err(Error::TooLarge(100000))"), "{answer}");
    let short = Limits { output_bytes: 1_000, ..small() };
    let plugin = reaching_server(&server, short).await;
    let failure = failure(&plugin, &format!("forward 7 GET|{}", server.url("/bytes/5000"))).await;
    assert_eq!(failure.to_string(), "plugin misfit passed its limit of 1000 bytes of audio");
}

#[tokio::test]
async fn a_compressed_body_is_unpacked() {
    check(small(), "fetch GET|{server}/gzip", "200 hello gzip", "gzip").await;
    check(small(), "wasi-fetch GET|{server}/gzip", "200 hello gzip", "gzip").await;
}

#[tokio::test]
async fn a_body_past_the_limit_is_too_large_and_so_is_one_without_end() {
    check(small(), "count GET|{server}/bytes/100000", "Ok(100000)", "").await;
    check(small(), "wasi-count GET|{server}/bytes/100000", "Ok(100000)", "").await;
    for path in ["/bytes/100001", "/endless"] {
        let own = format!("fetch GET|{{server}}{path}");
        check(small(), &own, "Error::TooLarge(100000)", "").await;
        let wasi = format!("wasi-fetch GET|{{server}}{path}");
        check(small(), &wasi, "", NAMELESS).await;
    }
    // What the guest set itself a limit of is the guest's to hear.
    check(Limits::default(), "fetch GET|{server}/bytes/1048577", "Error::TooLarge(1048576)", "").await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    check(hasty(), "fetch GET|{server}/silent", "Error::TimedOut", "").await;
    check(hasty(), "wasi-fetch GET|{server}/silent", "ErrorCode::HttpResponseTimeout", "").await;
    check(hasty(), "pieces 100 GET|{server}/stall", "5 by 5 then Error::TimedOut", "").await;
    check(hasty(), "wasi-fetch GET|{server}/stall", "5", NAMELESS).await;
}

/// A machine that lets nobody in: its queue is as long as the kernel allows for one, and full.
#[tokio::test]
async fn a_connection_that_is_not_made_is_given_up() {
    let server = Server::start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let full = Server { address: listener.local_addr().unwrap(), seen: server.seen };
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(200), TcpStream::connect(full.address)).await {
        queued.push(stream);
        assert!(queued.len() < 100, "the queue has no end");
    }
    let plugin =
        reaching_server(&full, Limits { http_connect: Duration::from_millis(50), ..Limits::default() }).await;
    let answer = report(&plugin, &format!("fetch GET|{}", full.url("/"))).await;
    assert_eq!(answer, "Error::TimedOut");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_end() {
    check(small(), "fetch GET|{server}/cut", "Error::Protocol(", ")").await;
    check(small(), "wasi-fetch GET|{server}/cut", "5", NAMELESS).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let server = Server::start().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone = Server { address: gone, seen: server.seen };
    let plugin = reaching_server(&gone, Limits::default()).await;
    let answer = report(&plugin, &format!("fetch GET|{}", gone.url("/"))).await;
    assert!(answer.starts_with("Error::Unreachable(\"") && answer.contains("refused"), "{answer}");
    let answer = report(&plugin, &format!("wasi-fetch GET|{}", gone.url("/"))).await;
    assert_eq!(answer, "ErrorCode::DestinationUnavailable");
}

#[tokio::test]
async fn ten_thousand_requests_are_too_many() {
    let server = Server::start().await;
    let limits = Limits { requests: 50, open_requests: 8, ..Limits::default() };
    let plugin = reaching_server(&server, limits).await;
    let exchange = format!("GET|{}", server.url("/echo"));
    for door in ["flood", "wasi-flood"] {
        let failure = failure(&plugin, &format!("{door} {exchange}")).await;
        assert_eq!(failure.to_string(), "plugin misfit passed its limit of 50 requests", "{door}");
    }
    assert_eq!(server.requests().len(), 100);
    let failure = failure(&plugin, &format!("hold {exchange}")).await;
    assert_eq!(failure.to_string(), "plugin misfit passed its limit of 8 open requests");
    assert_serves(&plugin).await;
}

async fn assert_abandoned(server: &Server, bodies: usize) {
    let all = async {
        while server.seen.abandoned.load(SeqCst) < bodies {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), all).await.unwrap();
}

#[tokio::test]
async fn a_body_that_nobody_reads_ends_with_its_guest() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, Limits::default()).await;
    for _ in 0..20 {
        assert_eq!(report(&plugin, &format!("unread GET|{}", server.url("/endless"))).await, "None");
    }
    assert_abandoned(&server, 20).await;
    // The same when the guest itself is cut off in mid-read.
    let limits = Limits { deadline: Duration::from_millis(100), ..Limits::default() };
    let plugin = reaching_server(&server, limits).await;
    let failure = failure(&plugin, &format!("pieces 1 GET|{}", server.url("/endless"))).await;
    assert!(matches!(failure, Failure::DeadlineExceeded { .. }), "{failure}");
    assert_abandoned(&server, 21).await;
}

#[tokio::test]
async fn connections_are_kept_between_calls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server { address: listener.local_addr().unwrap(), seen: Arc::default() };
    let accepted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&accepted);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, SeqCst);
            tokio::spawn(async move {
                let mut request = vec![0; 10_000];
                while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
                }
            });
        }
    });
    let plugin = reaching_server(&server, Limits::default()).await;
    for door in ["fetch", "wasi-fetch", "fetch", "wasi-fetch"] {
        assert_eq!(report(&plugin, &format!("{door} GET|{}", server.url("/"))).await, "200 ok");
    }
    assert_eq!(accepted.load(SeqCst), 1);
}
