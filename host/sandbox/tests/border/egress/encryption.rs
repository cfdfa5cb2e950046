//! Encrypted connections, to a server whose authority is the test's own.
//!
//! The certificates in `keys` were made with openssl for a hundred years; they vouch for
//! `localhost` and `127.0.0.1` and for nothing else.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tracing_subscriber::layer::SubscriberExt;
use understudy_sandbox::{Grant, PluginConfig, Sandbox, SandboxError, SandboxOptions, Secret};

use super::CANARY;
use super::secrets::Everything;
use crate::support::{misfit, report};

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("keys/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("keys/server_key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Says which version of HTTP was agreed on, and talks by WebSocket.
async fn server() -> SocketAddr {
    let version = async |request: axum::extract::Request| format!("{:?}", request.version());
    let hello = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            let _ = socket.send("hello".into()).await;
        })
    };
    let router = Router::new().route("/", get(version)).route("/socket", get(hello));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = acceptor();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(router.clone()));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let builder = Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

fn sandbox(extra_roots: Option<&str>) -> Result<Sandbox, SandboxError> {
    let extra_roots = extra_roots.map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    Sandbox::new(SandboxOptions { slots: 4, extra_roots, ..SandboxOptions::default() })
}

async fn check(sandbox: &Sandbox, host: &str, text: &str, expected: &str) {
    let grant = Grant { host: host.parse().unwrap(), private: true, plain_http: false };
    let secrets = [("api_key".to_owned(), Secret::new(CANARY.to_owned()))].into();
    let config = PluginConfig { grants: vec![grant], secrets, ..PluginConfig::named("misfit") };
    let plugin = sandbox.load(misfit(&["networked"]), config).await.unwrap();
    let answer = report(&plugin, text).await;
    assert!(answer.starts_with(expected), "{text}: {answer}");
}

#[tokio::test]
async fn http_2_is_agreed_on_and_a_websocket_keeps_to_http_1() {
    let address = server().await;
    let sandbox = sandbox(Some("tests/border/egress/keys/authority.pem")).unwrap();
    for host in [address.to_string(), format!("localhost:{}", address.port())] {
        check(&sandbox, &host, &format!("fetch GET|https://{host}/"), "200 HTTP/2.0").await;
        check(&sandbox, &host, &format!("wasi-fetch GET|https://{host}/"), "200 HTTP/2.0").await;
        check(&sandbox, &host, &format!("hear 10000 wss://{host}/socket"), "5 then Ok(Event::Closed").await;
    }
}

/// HTTP/2 is another library with a trace of its own.
#[tokio::test]
async fn a_key_sent_by_http_2_is_in_no_library_s_trace() {
    let host = server().await.to_string();
    let sandbox = sandbox(Some("tests/border/egress/keys/authority.pem")).unwrap();
    let everything = Everything::default();
    let subscriber = tracing_subscriber::registry().with(everything.clone());
    let recording = tracing::subscriber::set_default(subscriber);
    let exchange = format!("https://{host}/?key={{api_key}}|Authorization: Bearer {{api_key}}");
    for door in ["fetch", "wasi-fetch"] {
        check(&sandbox, &host, &format!("{door} GET|{exchange}"), "200 HTTP/2.0").await;
    }
    drop(recording);
    everything.assert_hidden("h2::");
}

#[tokio::test]
async fn an_authority_nobody_named_is_not_trusted() {
    let host = server().await.to_string();
    let untrusting = sandbox(None).unwrap();
    let refused = "Error::Unreachable(\"invalid peer certificate";
    check(&untrusting, &host, &format!("fetch GET|https://{host}/"), refused).await;
    check(&untrusting, &host, &format!("hear 10000 wss://{host}/socket"), refused).await;
    for (file, reason) in [("Cargo.toml", "no certificate in the file"), ("no-such-file", "No such file")] {
        let error = sandbox(Some(file)).unwrap_err().to_string();
        assert!(
            error.starts_with("certificate authorities cannot be read") && error.contains(reason),
            "{error}"
        );
    }
}
