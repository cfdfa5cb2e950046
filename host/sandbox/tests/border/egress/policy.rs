//! Granted works, and everything beside it does not.

use serde_json::json;
use understudy_sandbox::Limits;

use super::{reaching, reaching_both, reaching_server};
use crate::server::Server;
use crate::support::report;

/// What our own interface and `wasi:http` report of the same exchange.
async fn check(grants: &[String], url: &str, own: &str, wasi: &str) {
    let plugin = reaching(grants, Limits::default(), json!({})).await;
    let answer = report(&plugin, &format!("fetch GET|{url}")).await;
    assert!(answer.starts_with(own), "{grants:?} {url}: {answer}");
    let answer = report(&plugin, &format!("wasi-fetch GET|{url}")).await;
    assert!(answer.starts_with(wasi), "{grants:?} {url}: {answer}");
}

async fn check_denied(server: &Server, grants: &[String], url: &str, reason: &str) {
    let kind =
        if reason.starts_with("private address") { "DestinationIpProhibited" } else { "HttpRequestDenied" };
    check(grants, url, &format!("Error::Denied(\"{reason}"), &format!("ErrorCode::{kind}")).await;
    assert_eq!(server.requests().len(), 0, "{url}");
}

#[tokio::test]
async fn a_granted_host_is_reached_by_both_doors() {
    let server = Server::start().await;
    let grants = [format!("{} private plain", server.address)];
    check(&grants, &server.url("/echo?a=b"), "200 GET /echo?a=b ", "200 GET /echo?a=b ").await;
    let plugin = reaching_server(&server, Limits::default()).await;
    for door in ["fetch", "wasi-fetch"] {
        let text = format!("{door} POST|{}|X-One: 1, Content-Type: text/plain|the body", server.url("/echo"));
        let answer = report(&plugin, &text).await;
        let host = format!("host: {}", server.address);
        let expected = ["200 POST /echo", "x-one: 1", "content-type: text/plain", "content-length: 8", &host];
        assert!(expected.iter().all(|part| answer.contains(part)), "{answer}");
        assert!(answer.ends_with("  the body"), "{answer}");
    }
}

#[tokio::test]
async fn another_port_scheme_or_name_is_not_what_was_granted() {
    let server = Server::start().await;
    let (address, port) = (server.address, server.port());
    let url = server.url("/echo");
    check_denied(&server, &[], &url, &format!("host is not granted to misfit: http://{address}")).await;
    let default_port = ["127.0.0.1 private plain".to_owned()];
    check_denied(&server, &default_port, &url, &format!("host is not granted to misfit: http://{address}"))
        .await;
    let encrypted = [format!("{address} private")];
    check_denied(
        &server,
        &encrypted,
        &url,
        &format!("plain http is not granted to misfit: http://{address}"),
    )
    .await;
    let by_address = [format!("{address} private plain")];
    let by_name = format!("http://localhost:{port}/echo");
    let reason = format!("host is not granted to misfit: http://localhost:{port}");
    check_denied(&server, &by_address, &by_name, &reason).await;
    let unasked = [format!("example.org:{port} private plain")];
    let reason = "host is not in the manifest of misfit: http://example.org";
    check_denied(&server, &unasked, &format!("http://example.org:{port}/"), reason).await;
}

#[tokio::test]
async fn a_private_address_needs_its_grant_whatever_leads_to_it() {
    let server = Server::start().await;
    let (address, port) = (server.address, server.port());
    let reason =
        format!("private address is not granted to misfit: http://{address} is 127.0.0.1, this machine");
    check_denied(&server, &[format!("{address} plain")], &server.url("/echo"), &reason).await;
    // A name is judged by what it resolves to.
    let by_name = format!("http://localhost:{port}/echo");
    let reason = format!("private address is not granted to misfit: http://localhost:{port} is ");
    check_denied(&server, &[format!("localhost:{port} plain")], &by_name, &reason).await;
    let metadata = "http://169.254.169.254/latest/meta-data/";
    let reason = "private address is not granted to misfit: http://169.254.169.254 is 169.254.169.254, \
                  a cloud metadata service";
    check_denied(&server, &["169.254.169.254 plain".to_owned()], metadata, reason).await;
    check(&[format!("localhost:{port} private plain")], &by_name, "200 GET", "200 GET").await;
}

#[tokio::test]
async fn a_mapped_spelling_is_the_address_it_spells() {
    let server = Server::start().await;
    let mapped = format!("[::ffff:127.0.0.1]:{}", server.port());
    let url = format!("http://{mapped}/echo");
    let settings = json!({ "base_url": url });
    let plugin = reaching(&[format!("{mapped} plain")], Limits::default(), settings.clone()).await;
    let answer = report(&plugin, &format!("fetch GET|{url}")).await;
    assert!(answer.contains("private address") && answer.contains("this machine"), "{answer}");
    assert_eq!(server.requests().len(), 0);
    // The grant of the IPv4 address is for that spelling, and the manifest's for the other.
    let plugin = reaching(&[format!("{} private plain", server.address)], Limits::default(), settings).await;
    let answer = report(&plugin, &format!("fetch GET|{url}")).await;
    assert!(answer.contains("host is not granted"), "{answer}");
}

#[tokio::test]
async fn a_setting_names_the_host_of_a_service_one_runs_oneself() {
    let server = Server::start().await;
    let by_name = format!("http://localhost.localdomain:{}/v1", server.port());
    let plugin = reaching(&[], Limits::default(), json!({ "base_url": by_name })).await;
    let answer = report(&plugin, &format!("fetch GET|{by_name}")).await;
    let hint =
        format!("grants = [{{ host = \\\"localhost.localdomain:{}\\\", plain_http = true }}]", server.port());
    assert!(answer.contains("host is not granted") && answer.contains(&hint), "{answer}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_its_target_is_judged_anew() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, Limits::default()).await;
    let target = format!("http://localhost:{}/echo", server.port());
    let answer =
        report(&plugin, &format!("header location GET|{}", server.url(&format!("/redirect?to={target}"))))
            .await;
    assert_eq!(answer, format!("302 Some(\"{target}?to={target}\")"));
    assert_eq!(server.requests().len(), 1);
    let answer = report(&plugin, &format!("fetch GET|{target}")).await;
    assert!(answer.contains("host is not granted"), "{answer}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn headers_of_the_connection_are_the_host_s() {
    let server = Server::start().await;
    let plugin = reaching_both(&server, Limits::default()).await;
    let url = server.url("/echo");
    let answer = report(
        &plugin,
        &format!("fetch POST|{url}|Connection: x-a, Transfer-Encoding: gzip, Upgrade: h2c|b"),
    )
    .await;
    assert!(answer.starts_with("200") && !answer.contains("gzip,") && !answer.contains("h2c"), "{answer}");
    let answer = report(&plugin, &format!("fetch GET|{url}|Host: internal.example")).await;
    assert_eq!(answer, "Error::Invalid(\"host header differs from the url: internal.example\")");
    for (request, reason) in [
        ("GET|ftp://127.0.0.1/", "scheme is not https, http, wss or ws: ftp"),
        ("GET|wss://127.0.0.1/", "scheme is neither https nor http: wss"),
        ("GET|http://user@127.0.0.1/", "url carries a user name or password"),
        ("GET|127.0.0.1", "url is not absolute and valid: relative URL without a base"),
        ("CONNECT|http://127.0.0.1/", "method is not for requests: CONNECT"),
        ("G T|http://127.0.0.1/", "method is not for requests: G T"),
    ] {
        let answer = report(&plugin, &format!("fetch {request}")).await;
        assert_eq!(answer, format!("Error::Invalid(\"{reason}\")"));
    }
    assert_eq!(server.requests().len(), 1);
}
