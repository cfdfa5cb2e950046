//! The HTTP clients of one plugin.
//!
//! A client is a connection pool. Plugins do not share one: a connection says who opened it to
//! the service at its other end, and one plugin's flood must not wait on another's. A plugin has
//! up to four, built when first needed, because two things are decided by connection and not by
//! request: whether the resolver may keep private addresses, and whether HTTP/2 may be agreed on
//! (a WebSocket handshake needs HTTP/1.1).
//!
//! TLS is rustls with ring, which builds with a C compiler alone. Roots are Mozilla's, compiled
//! in, and what the operator adds: the system's store would make the same binary trust other
//! authorities on every machine, and is missing in the small containers this runs in. The price
//! is that a company's own authority has to be named once.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::resolve::{LookUps, Resolver};
use crate::limits::Limits;

/// Idle connections kept for each host, and for how long. More than this at once is a burst,
/// whose connections are closed when it is over.
const IDLE_CONNECTIONS_MAX: usize = 128;
const IDLE_CONNECTION_TIME: Duration = Duration::from_secs(60);

/// The largest header section of a response over HTTP/2, in bytes.
const HEADER_BYTES_MAX: u32 = 64 << 10;

/// How connections are encrypted; shared by every plugin.
#[derive(Clone, Debug)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts Mozilla's authorities and those in the PEM file, when one is given.
    pub(crate) fn new(extra_roots: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(file) = extra_roots {
            let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
            let before = roots.len();
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| broken(&error))? {
                let certificate = certificate.map_err(|error| broken(&error))?;
                roots.add(certificate).map_err(|error| broken(&error))?;
            }
            if roots.len() == before {
                return Err(broken(&"no certificate in the file"));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Requests.
    Http,
    /// One handshake, and then another protocol.
    Upgrade,
}

/// The clients of one plugin.
#[derive(Debug)]
pub(crate) struct Clients {
    tls: Tls,
    limits: Arc<Limits>,
    look_ups: LookUps,
    public: Pair,
    private: Pair,
}

#[derive(Debug, Default)]
struct Pair {
    http: OnceLock<Client>,
    upgrade: OnceLock<Client>,
}

impl Clients {
    pub(crate) fn new(tls: Tls, limits: Arc<Limits>) -> Self {
        let (public, private) = (Pair::default(), Pair::default());
        Self { tls, limits, look_ups: LookUps::default(), public, private }
    }

    /// The client for a request.
    pub(crate) fn get(&self, private: bool, purpose: Purpose) -> Result<&Client, String> {
        let pair = if private { &self.private } else { &self.public };
        let built = match purpose {
            Purpose::Http => &pair.http,
            Purpose::Upgrade => &pair.upgrade,
        };
        if let Some(client) = built.get() {
            return Ok(client);
        }
        let client = self.build(private, purpose).map_err(|error| error.to_string())?;
        // Two calls at once build two, and one pool is kept.
        Ok(built.get_or_init(|| client))
    }

    fn build(&self, private: bool, purpose: Purpose) -> reqwest::Result<Client> {
        let mut tls = ClientConfig::clone(&self.tls.0);
        tls.alpn_protocols = match purpose {
            Purpose::Http => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Purpose::Upgrade => vec![b"http/1.1".to_vec()],
        };
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Resolver { private, look_ups: self.look_ups.clone() })
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.limits.http_connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_CONNECTION_TIME)
            .http2_max_header_list_size(HEADER_BYTES_MAX);
        match purpose {
            Purpose::Http => builder,
            Purpose::Upgrade => builder.http1_only(),
        }
        .build()
    }
}
