//! Plugins that go where they should not, or do not know when to stop.

use std::time::Duration;

use super::service::Service;
use super::{EACH_FOR_ITSELF, assert_fails, assert_speaks, logged, report};
use crate::plugins::misfit_with;
use crate::support::Daemon;

/// A plugin whose operator granted every host it asks for, and none that is private but the
/// service's own address.
async fn daemon(service: &Service) -> Daemon {
    let (address, port) = (service.address, service.address.port());
    let config = format!(
        "{EACH_FOR_ITSELF}[providers.misfit]\nplugin = {:?}\ngrants = [\n\
         {{ host = \"{address}\", private = true, plain_http = true }},\n\
         {{ host = \"127.0.0.1:1\", plain_http = true }},\n\
         {{ host = \"169.254.169.254\", plain_http = true }},\n\
         {{ host = \"localhost:{port}\", plain_http = true }},\n\
         {{ host = \"[::ffff:127.0.0.1]:{port}\", plain_http = true }},\n]\n\
         settings = {{ base_url = \"http://[::ffff:127.0.0.1]:{port}\" }}\n",
        misfit_with(&["networked"])
    );
    Daemon::start_with(&config, |_| ()).await
}

#[tokio::test]
async fn private_addresses_are_reached_by_no_spelling_no_name_and_no_redirect() {
    let service = Service::start().await;
    let port = service.address.port();
    let daemon = daemon(&service).await;
    for (host, what) in [
        ("127.0.0.1:1".to_owned(), "is 127.0.0.1, this machine"),
        ("169.254.169.254".to_owned(), "is 169.254.169.254, a cloud metadata service"),
        (format!("[::ffff:127.0.0.1]:{port}"), "is ::ffff:127.0.0.1, this machine"),
        // A name that resolves to one.
        (format!("localhost:{port}"), "1, this machine"),
    ] {
        let redirect = service.url(&format!("/redirect?http://{host}/latest/meta-data/"));
        for text in [
            format!("fetch GET|http://{host}/"),
            format!("http http://{host}/"),
            format!("talk ws://{host}/"),
            format!("follow GET|{redirect}"),
        ] {
            let told = report(&daemon, "misfit", &text).await;
            assert!(told.contains("private address is not granted to misfit"), "{text}: {told}");
            assert!(told.contains(what) && told.contains("private = true"), "{text}: {told}");
        }
        let told = report(&daemon, "misfit", &format!("wasi-fetch GET|http://{host}/")).await;
        assert!(told.contains("DestinationIpProhibited"), "{host}: {told}");
    }
    assert!(service.requests().iter().all(|request| request.starts_with("/redirect")));
    assert_speaks(&daemon, "misfit", "private addresses").await;
    logged(&daemon, "request denied").await;
}

#[tokio::test]
async fn ten_thousand_requests_end_at_the_limit() {
    let service = Service::start().await;
    let daemon = daemon(&service).await;
    let exchange = format!("GET|{}", service.url("/echo"));
    for (text, says) in [
        (format!("flood {exchange}"), "passed its limit of 200 requests"),
        (format!("wasi-flood {exchange}"), "passed its limit of 200 requests"),
        (format!("hold {exchange}"), "passed its limit of 32 open requests"),
    ] {
        assert_fails(&daemon, "misfit", &text, "plugin_limit_exceeded", says).await;
        assert_speaks(&daemon, "misfit", &text).await;
    }
    assert_eq!(service.requests().len(), 200 + 200 + 32);
}

#[tokio::test]
async fn a_body_that_is_never_read_ends_with_its_call() {
    let service = Service::start().await;
    let daemon = daemon(&service).await;
    for _ in 0..20 {
        let told = report(&daemon, "misfit", &format!("unread GET|{}", service.url("/endless"))).await;
        assert!(told.contains("None"), "{told}");
    }
    let all_ended = async {
        while service.endless() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all_ended).await.expect("nobody reads them");
    assert_speaks(&daemon, "misfit", "bodies").await;
}
