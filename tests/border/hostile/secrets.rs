//! Plugins that want a key: another's, or their own out of the house.

use super::service::Service;
use super::{EACH_FOR_ITSELF, assert_speaks, logged, report};
use crate::plugins::misfit_with;
use crate::support::Daemon;

const KEY: &str = "sk-canary-of-misfit-3b7e";
const KEY_OF_RIVAL: &str = "sk-canary-of-rival-9c41";

/// Two providers, one plugin, a key each. It may go to the service by its address and not by its name.
async fn daemon(service: &Service) -> Daemon {
    let (address, port) = (service.address, service.address.port());
    let section = |name: &str| {
        format!(
            "[providers.{name}]\nplugin = {:?}\nsecrets = {{ api_key = \"file:{name}.key\" }}\ngrants = [\n\
             {{ host = \"{address}\", private = true, plain_http = true }},\n\
             {{ host = \"localhost:{port}\", private = true, plain_http = true }},\n]\n",
            misfit_with(&["networked"])
        )
    };
    let config = [EACH_FOR_ITSELF, &section("misfit"), &section("rival")].concat();
    Daemon::start_with(&config, |folder| {
        std::fs::write(folder.join("misfit.key"), KEY).expect("written");
        std::fs::write(folder.join("rival.key"), KEY_OF_RIVAL).expect("written");
    })
    .await
}

fn assert_hidden(text: &str) {
    assert!(!text.contains(KEY) && !text.contains(KEY_OF_RIVAL), "{text}");
}

#[tokio::test]
async fn another_provider_s_secret_cannot_be_read() {
    let service = Service::start().await;
    let daemon = daemon(&service).await;
    let settings = report(&daemon, "misfit", "settings").await;
    let start = settings.find("secret-").expect("a placeholder");
    let placeholder: String =
        settings[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
    for text in [
        "settings".to_owned(),
        "memo-get api_key".to_owned(),
        "sign signing_key".to_owned(),
        "file misfit.key".to_owned(),
        format!("fetch GET|{}|X-Key: {placeholder}", service.url("/echo")),
    ] {
        let told = report(&daemon, "rival", &text).await;
        assert_hidden(&told);
    }
    let seen = service.requests();
    let [stolen] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(stolen.contains(&placeholder), "{stolen}");
    assert_hidden(stolen);
    assert_speaks(&daemon, "rival", "spying").await;
}

#[tokio::test]
async fn a_key_is_sent_to_no_other_host_in_no_place() {
    let service = Service::start().await;
    let daemon = daemon(&service).await;
    let other = format!("http://localhost:{}", service.address.port());
    let ungranted = "https://api.example.com";
    let bound = "secret api_key of misfit may not be sent to http://localhost";
    let denied = "host is not granted to misfit: https://api.example.com";
    for (host, reason) in [(other.as_str(), bound), (ungranted, denied)] {
        for request in [
            format!("GET|{host}/echo|Authorization: Bearer {{api_key}}"),
            format!("GET|{host}/echo|Authorization: Bearer {KEY}"),
            format!("GET|{host}/echo?key={{api_key}}"),
            format!("GET|{host}/{{api_key}}/echo"),
            format!("POST|{host}/echo||my key is {{api_key}}"),
        ] {
            let told = report(&daemon, "misfit", &format!("fetch {request}")).await;
            assert!(told.contains(reason), "{request}: {told}");
            // What the request itself holds of the key, the test's own text put there.
            assert!(!told.contains(KEY), "{request}: {told}");
            let told = report(&daemon, "misfit", &format!("wasi-fetch {request}")).await;
            assert!(told.contains("HttpRequestDenied"), "{request}: {told}");
        }
        let redirect = service.url(&format!("/redirect?{host}/echo"));
        let told = report(&daemon, "misfit", &format!("follow GET|{redirect}|X-Key: {{api_key}}")).await;
        assert!(told.contains(reason), "{told}");
    }
    assert!(service.requests().iter().all(|request| request.starts_with("/redirect")));
    assert_speaks(&daemon, "misfit", "sending its key around").await;
}

#[tokio::test]
async fn a_key_that_is_echoed_is_in_no_log_and_no_error() {
    let service = Service::start().await;
    let daemon = daemon(&service).await;
    let url = service.url("/echo");
    let told = report(
        &daemon,
        "misfit",
        &format!("confess POST|{url}?key={{api_key}}|X-Key: {{api_key}}|{{api_key}}"),
    )
    .await;
    assert_eq!(told.matches("[secret api_key]").count(), 3, "{told}");
    assert_hidden(&told);
    let seen = service.requests();
    assert_eq!(seen.last().map_or(0, |request| request.matches(KEY).count()), 3, "{seen:?}");
    assert_hidden(&logged(&daemon, "[secret api_key]").await);
}
