//! WebSockets, by the same rules.

use std::time::Duration;

use understudy_sandbox::Limits;

use super::{CANARY, reaching, reaching_both};
use crate::server::Server;
use crate::support::report;

fn url(server: &Server, path: &str) -> String {
    format!("ws://{}{path}", server.address)
}

#[tokio::test]
async fn a_conversation_is_held_and_ended_in_good_order() {
    let server = Server::start().await;
    let plugin = reaching_both(&server, Limits::default()).await;
    let talk = format!("talk {}|X-Token: {{api_key}}|other speech|hello", url(&server, "/socket"));
    let answer = report(&plugin, &talk).await;
    assert!(answer.starts_with("Event::Message(Message::Text(\"heard hello\"))"), "{answer}");
    let ended = "Event::Closed(Some(CloseFrame { code: 3000, reason: \"goodbye\" })) \
                 (Err(Error::Closed), Err(Error::Closed)) Some(\"speech\")";
    assert!(answer.ends_with(ended), "{answer}");
    let seen = server.requests();
    let [handshake, message, goodbye] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(handshake.contains(&format!("x-token: {CANARY}")), "{handshake}");
    assert!(handshake.contains("sec-websocket-protocol: other, speech"), "{handshake}");
    assert!(!handshake.contains("sec-websocket-extensions"), "{handshake}");
    assert_eq!(message, "hello");
    assert_eq!(goodbye, "closed 3000 goodbye");
}

#[tokio::test]
async fn a_message_carries_no_secret() {
    let server = Server::start().await;
    let plugin = reaching_both(&server, Limits::default()).await;
    let talk = format!("talk {}|X-Token: a||the {{api_key}}", url(&server, "/socket"));
    assert_eq!(report(&plugin, &talk).await, "Error::Invalid(\"placeholder in a websocket message\")");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_read_whole() {
    let server = Server::start().await;
    let plugin = reaching_both(&server, Limits::default()).await;
    let answer = report(&plugin, &format!("talk {}", url(&server, "/socket"))).await;
    let expected = [
        "Error::Refused(Refusal { status: 403",
        "(\"date\", \"Sun, 06 Nov 1994 08:49:37 GMT\")",
        "(\"retry-after\", \"7\")",
        &format!("body: {:?}", b"no token"),
    ];
    assert!(expected.iter().all(|part| answer.contains(part)), "{answer}");
    let answer = report(&plugin, &format!("talk {}", url(&server, "/bytes/3"))).await;
    assert!(answer.contains("status: 200") && answer.contains("body: [120, 120, 120]"), "{answer}");
}

#[tokio::test]
async fn a_socket_needs_the_grants_of_a_request() {
    let server = Server::start().await;
    let (address, port) = (server.address, server.port());
    let check = async |grants: &[String], url: &str, reason: &str| {
        let plugin = reaching(grants, Limits::default(), serde_json::json!({})).await;
        let answer = report(&plugin, &format!("talk {url}|X-Token: a")).await;
        assert!(answer.starts_with("Error::Denied(") && answer.contains(reason), "{answer}");
    };
    let ws = url(&server, "/socket");
    check(&[], &ws, "host is not granted to misfit: ws://").await;
    check(&[format!("{address} private")], &ws, "plain http is not granted to misfit: ws://").await;
    check(&[format!("{address} plain")], &ws, "private address is not granted to misfit: ws://").await;
    let by_name = format!("ws://localhost:{port}/socket");
    check(&[format!("localhost:{port} plain")], &by_name, "private address is not granted to misfit: ").await;
    let both = [format!("localhost:{port} private plain"), format!("{address} private plain")];
    check(&both, &format!("{by_name}?key={{api_key}}"), "secret api_key of misfit may not be sent to").await;
    assert_eq!(server.requests().len(), 0);
    let plugin = reaching(&both, Limits::default(), serde_json::json!({})).await;
    let answer = report(&plugin, &format!("talk http://{address}/socket|X-Token: a")).await;
    assert_eq!(answer, "Error::Invalid(\"scheme is neither wss nor ws: http\")");
}

#[tokio::test]
async fn messages_silence_and_the_end_are_told_apart() {
    let server = Server::start().await;
    let check = async |limits: Limits, patience: &str, path: &str, expected: &str| {
        let plugin = reaching_both(&server, limits).await;
        let answer = report(&plugin, &format!("hear {patience} {}", url(&server, path))).await;
        assert_eq!(answer, expected);
    };
    let enough = "10005 then Ok(Event::Closed(Some(CloseFrame { code: 4001, reason: \"enough\" })))";
    check(Limits::default(), "60000", "/socket/10000", enough).await;
    check(Limits::default(), "20", "/socket/0", "5 then Err(Error::TimedOut)").await;
    let hasty = Limits { http_idle: Duration::from_millis(20), ..Limits::default() };
    check(hasty, "60000", "/socket/0", "5 then Err(Error::TimedOut)").await;
    let small = Limits { message_bytes: 1_000, ..Limits::default() };
    check(small, "60000", "/socket/10000", "5 then Err(Error::TooLarge(1000))").await;
    let small = Limits { response_bytes: 10_000, ..Limits::default() };
    check(small, "60000", "/socket/10000", "5 then Err(Error::TooLarge(10000))").await;
}
