//! A secret goes where it belongs, and nowhere else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use understudy_sandbox::{Grant, Limits, PluginConfig, Secret};

use super::{CANARY, reaching_both, reaching_server};
use crate::journal::{Fields, Lines};
use crate::server::Server;
use crate::support::{failure, misfit, report, sandbox};

/// The value is in none of its spellings in the text.
fn assert_hidden(text: &str) {
    for spelling in ["sk-canary/0123456789", "sk-canary%2F0123456789"] {
        assert!(!text.contains(spelling), "{text}");
    }
}

/// An exchange with the host of the secret: what the server saw, and what the plugin reports.
async fn exchanged(exchange: &str) -> (String, String) {
    let server = Server::start().await;
    let plugin = reaching_both(&server, Limits::default()).await;
    let report = report(&plugin, &exchange.replace("{server}", &server.url("/echo"))).await;
    (server.requests().pop().unwrap_or_default(), report)
}

#[tokio::test]
async fn the_value_reaches_its_host_in_header_query_path_and_body() {
    for door in ["fetch", "wasi-fetch"] {
        let check = async |exchange: &str, expected: &str| {
            let (seen, reported) = exchanged(&format!("{door} {exchange}")).await;
            assert!(seen.contains(expected), "{door} {exchange}: {seen}");
            assert!(reported.starts_with("200"), "{reported}");
            assert_hidden(&reported);
        };
        check("GET|{server}|Authorization: Bearer {api_key}", &format!("authorization: Bearer {CANARY}\n"))
            .await;
        let encoded = "sk-canary%2F0123456789%20%22quoted%22";
        check("GET|{server}?key={api_key}&a=b", &format!("/echo?key={encoded}&a=b")).await;
        check("GET|{server}/v1/{api_key}/voices", &format!("/echo/v1/{encoded}/voices")).await;
        let form = "POST|{server}|Content-Type: application/x-www-form-urlencoded|key={api_key}";
        check(form, &format!("\n\nkey={encoded}")).await;
        let json = "POST|{server}|Content-Type: application/json|{\"key\":\"{api_key}\"}";
        check(json, "\n\n{\"key\":\"sk-canary/0123456789 \\\"quoted\\\"\"}").await;
        check("POST|{server}|Content-Type: text/plain|{api_key}", &format!("\n\n{CANARY}")).await;
    }
}

#[tokio::test]
async fn neither_value_nor_placeholder_leaves_for_another_host() {
    let server = Server::start().await;
    let plugin = reaching_both(&server, Limits::default()).await;
    let other = format!("http://localhost:{}/echo", server.port());
    for exchange in [
        format!("GET|{other}|X-Key: {{api_key}}"),
        format!("GET|{other}?key={{api_key}}"),
        format!("GET|{other}/{{api_key}}"),
        format!("POST|{other}||{{api_key}}"),
        format!("GET|{other}|X-Key: {CANARY}"),
    ] {
        let answer = report(&plugin, &format!("fetch {exchange}")).await;
        let denied =
            format!("secret api_key of misfit may not be sent to http://localhost:{}", server.port());
        assert!(answer.contains("Denied") && answer.contains(&denied), "{exchange}: {answer}");
        assert_hidden(&answer);
        let answer = report(&plugin, &format!("wasi-fetch {exchange}")).await;
        assert_eq!(answer, "ErrorCode::HttpRequestDenied", "{exchange}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
    // The same host without the key is no secret.
    let answer = report(&plugin, &format!("fetch GET|{other}")).await;
    assert!(answer.starts_with("200"), "{answer}");
}

#[tokio::test]
async fn a_placeholder_in_a_long_body_is_refused() {
    let server = Server::start().await;
    let limits = Limits { input_bytes: 8 << 20, ..Limits::default() };
    let plugin = reaching_both(&server, limits).await;
    let long = "x".repeat(1_000_000);
    let exchange = format!("POST|{}||{long}{long}{{api_key}}", server.url("/echo"));
    let plain = format!("POST|{}||{long}{long}", server.url("/echo"));
    for (door, refused) in [
        ("fetch", "Error::Invalid(\"placeholder in a body of more than 1048576 bytes\")"),
        ("wasi-fetch", "ErrorCode::InternalError"),
    ] {
        let answer = report(&plugin, &format!("{door} {exchange}")).await;
        assert!(answer.starts_with(refused), "{door}: {answer}");
        let answer = report(&plugin, &format!("{door} {plain}")).await;
        assert!(answer.starts_with("200") && answer.ends_with("  2000000"), "{door}: {answer}");
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_echoed_value_is_in_no_log_and_no_error() {
    let server = Server::start().await;
    let plugin = reaching_both(&server, Limits::default()).await;
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    let exchange = format!("confess GET|{}?key={{api_key}}|X-Key: {{api_key}}", server.url("/echo"));
    let failure = async { failure(&plugin, &exchange).await }.with_subscriber(subscriber).await.to_string();
    assert!(
        failure.contains("x-key: [secret api_key]") && failure.contains("key=[secret api_key]"),
        "{failure}"
    );
    assert_hidden(&failure);
    let lines = lines.0.lock().unwrap().join("\n");
    assert!(lines.matches("[secret api_key]").count() >= 4, "{lines}");
    assert_hidden(&lines);
}

/// A plugin that looks through all of its memory after it has used its key. Only a service that hands
/// the value back puts it there, which shows that the search would find it.
#[tokio::test]
async fn the_value_is_nowhere_in_the_memory_of_the_plugin() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, Limits::default()).await;
    let backwards: String = "canary/0123456789".chars().rev().collect();
    assert!(CANARY.contains("canary/0123456789"));
    let found = async |path: &str| {
        let ask = format!("remember {backwards} GET|{}|X-Key: {{api_key}}", server.url(path));
        report(&plugin, &ask).await
    };
    let quiet = found("/bytes/10").await;
    assert!(quiet.starts_with("0 in ") && quiet.ends_with(" after 200"), "{quiet}");
    let echoed = found("/echo").await;
    assert!(!echoed.starts_with("0 in ") && echoed.ends_with(" after 200"), "{echoed}");
}

/// Every event of every library, as it would be written.
#[derive(Clone, Default)]
pub(super) struct Everything(Arc<Mutex<String>>);

impl Everything {
    /// What was recorded has this in it, and no secret.
    pub(super) fn assert_hidden(&self, but: &str) {
        let everything = self.0.lock().unwrap();
        assert!(everything.contains(but), "{everything}");
        assert_hidden(&everything);
    }
}

impl<S: tracing::Subscriber> Layer<S> for Everything {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(event.metadata().target().to_owned());
        event.record(&mut fields);
        self.0.lock().unwrap().push_str(&format!("{}\n", fields.0));
    }
}

#[tokio::test]
async fn the_value_is_in_no_library_s_trace() {
    let everything = Everything::default();
    let subscriber = tracing_subscriber::registry().with(everything.clone());
    // For the whole thread, on which the tasks of the connections run as well.
    let recording = tracing::subscriber::set_default(subscriber);
    let headers = "Authorization: Bearer {api_key}, Content-Type: text/plain";
    for door in ["fetch", "wasi-fetch"] {
        exchanged(&format!("{door} POST|{{server}}?key={{api_key}}|{headers}|{{api_key}}")).await;
    }
    drop(recording);
    everything.assert_hidden("hyper_util::client");
}

#[tokio::test]
async fn a_redirect_hands_back_the_placeholder() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, Limits::default()).await;
    let exchange = format!("GET|{}", server.url("/redirect?key={api_key}&to=http://localhost/"));
    let answer = report(&plugin, &format!("header location {exchange}")).await;
    assert!(answer.starts_with("302 Some(\"http://localhost/?key=secret-"), "{answer}");
    assert_hidden(&answer);
    // With bytes beside it that are no ASCII.
    let exchange = format!("GET|{}", server.url("/redirect?key={api_key}&as-utf8=ue&to=http://localhost/"));
    let answer = report(&plugin, &format!("header location {exchange}")).await;
    assert!(answer.starts_with("302 Some(\"http://localhost/ü?key=secret-"), "{answer}");
    assert_hidden(&answer);
}

#[tokio::test]
async fn placeholders_are_new_for_every_call_and_useless_in_the_next() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, Limits::default()).await;
    let placeholder = async || {
        let settings = report(&plugin, "settings").await;
        let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
        settings["api_key"].as_str().unwrap().to_owned()
    };
    let (first, second) = (placeholder().await, placeholder().await);
    assert_ne!(first, second);
    let answer = report(&plugin, &format!("fetch GET|{}|X-Key: {first}", server.url("/echo"))).await;
    assert!(answer.contains(&format!("x-key: {first}")), "{answer}");
}

#[tokio::test]
async fn what_is_kept_in_a_memo_is_a_placeholder_that_nobody_can_use() {
    let server = Server::start().await;
    let plugin = reaching_server(&server, Limits::default()).await;
    assert_eq!(report(&plugin, "memo-keep key").await, "Ok(())");
    let kept = report(&plugin, "memo-show key").await;
    assert_hidden(&kept);
    let placeholder = kept.split(['"', '\\']).find(|text| text.starts_with("secret-")).unwrap();
    report(&plugin, &format!("fetch GET|{}|X-Key: {placeholder}", server.url("/echo"))).await;
    let seen = server.requests().pop().unwrap_or_default();
    assert!(seen.contains(&format!("x-key: {placeholder}")), "{seen}");
}

/// A secret of the manifest, its value, and what signing with it says.
async fn check_signing(value: &str, hmac: &str, rs256: &str) {
    let secrets = BTreeMap::from([("signing_key".to_owned(), Secret::new(value.to_owned()))]);
    let config = PluginConfig { secrets, ..PluginConfig::named("misfit") };
    let plugin = sandbox().load(misfit(&["networked"]), config).await.unwrap();
    assert!(report(&plugin, "sign signing_key").await.starts_with(hmac));
    assert_eq!(report(&plugin, "sign-rs256 signing_key").await, rs256);
    assert_eq!(report(&plugin, "sign api_key").await, "Err(Error::UnknownSecret(\"api_key\"))");
}

#[tokio::test]
async fn signatures_are_made_with_keys_the_guest_never_sees() {
    let unfit =
        "Err(Error::UnfitSecret(\"signing_key: secret is neither a pem private key nor json with one\"))";
    // HMAC-SHA-256 of `message` with the key `key`: 6e9ef29b75fffc5b…
    check_signing("key", "Ok([110, 158, 242, 155, 117, 255, 252, 91,", unfit).await;
    let pem = include_str!("keys/signing.pem");
    check_signing(pem, "Ok([", "Ok(256)").await;
}

#[tokio::test]
async fn what_is_signed_is_short_and_costs_processor_time_though_the_guest_waits() {
    let secrets = BTreeMap::from([("signing_key".to_owned(), Secret::new("key".to_owned()))]);
    let limits = Limits { cpu: Duration::from_millis(500), ..Limits::default() };
    let config = PluginConfig { secrets, limits, ..PluginConfig::named("misfit") };
    let plugin = sandbox().load(misfit(&["networked"]), config).await.unwrap();
    assert_eq!(report(&plugin, "sign-much signing_key 1000 10").await, "signed");
    let long = failure(&plugin, "sign-much signing_key 1048577 1").await.to_string();
    assert_eq!(long, "plugin misfit passed its limit of 1048576 bytes to sign");
    let often = failure(&plugin, "sign-much signing_key 1048576 5000").await.to_string();
    assert_eq!(often, "plugin misfit used up its processor time of 500 ms");
}

/// Two providers of one plugin, each with a key of its own.
#[tokio::test]
async fn a_provider_finds_nothing_of_another_s_secret() {
    let server = Server::start().await;
    let one = reaching_server(&server, Limits::default()).await;
    let secrets = BTreeMap::from([("api_key".to_owned(), Secret::new("sk-another-key".to_owned()))]);
    let grants =
        vec![Grant { host: server.address.to_string().parse().unwrap(), private: true, plain_http: true }];
    let config = PluginConfig { secrets, grants, ..PluginConfig::named("another") };
    let another = sandbox().load(misfit(&["networked"]), config).await.unwrap();
    report(&another, &format!("fetch GET|{}|X-Key: {{api_key}}", server.url("/echo"))).await;
    assert!(server.requests().pop().unwrap_or_default().contains("x-key: sk-another-key"));
    // What the one was given in its place is worth nothing in the hands of the other.
    let settings = report(&one, "settings").await;
    let placeholder = settings.split('"').find(|text| text.starts_with("secret-")).unwrap();
    let stolen = format!("fetch GET|{}|X-Key: {placeholder}", server.url("/echo"));
    report(&another, &stolen).await;
    let seen = server.requests().pop().unwrap_or_default();
    assert!(seen.contains(&format!("x-key: {placeholder}")) && !seen.contains(CANARY), "{seen}");
    for text in ["settings", "memo-get api_key", "sign signing_key"] {
        let told = report(&another, text).await;
        assert!(!told.contains(CANARY) && !told.contains(placeholder), "{text}: {told}");
    }
}

#[tokio::test]
async fn a_secret_that_does_not_fit_is_refused_without_its_value() {
    let load = async |name: &str, value: &str| {
        let secrets = BTreeMap::from([(name.to_owned(), Secret::new(value.to_owned()))]);
        let config = PluginConfig { secrets, ..PluginConfig::named("misfit") };
        sandbox().load(misfit(&[]), config).await.unwrap_err().to_string()
    };
    let refused = load("api_key", "sk-canary!").await;
    assert!(
        refused.starts_with("settings do not fit the plugin at /api_key: \"[secret api_key]\""),
        "{refused}"
    );
    let unknown = load("apikey", "sk-canary").await;
    assert_eq!(unknown, "settings do not fit the plugin at /apikey: is no secret of the plugin's manifest");
}
