//! The way out: the only code that opens a connection to a provider.
//!
//! Three doors lead here, our own `http`, `wasi:http` and `websocket`, and behind each stands the
//! same function: read the URL once, judge it (`policy.rs`), put the secrets in, send it by the
//! plugin's own client (`clients.rs`), whose resolver judges the addresses (`resolve.rs`), and
//! hand back an answer that is bounded in time and bytes (`incoming.rs`). A guest that finds a
//! weaker door would use it, so there must be no second way to do any of these.
//!
//! Nothing is followed: a redirect is an answer like any other, and the request a plugin makes of
//! it is judged anew. Nothing is remembered but connections: no cookies, no credentials, no
//! cache. Connecting and waiting for the answer's head are done beside the guest (`aside.rs`).

mod address;
mod clients;
mod dispatch;
mod grant;
mod headers;
mod incoming;
mod outgoing;
mod policy;
mod refusal;
mod resolve;
mod socket;
mod target;
mod wasi_http;

use std::sync::Arc;

use self::clients::Clients;
pub(crate) use self::clients::Tls;
pub(crate) use self::dispatch::{Dispatch, destination as read_url};
pub use self::grant::{Grant, HostPattern, InvalidHost};
pub(crate) use self::headers::read as read_headers;
pub(crate) use self::outgoing::{Body, Outgoing};
use self::policy::Policy;
pub(crate) use self::policy::patterns;
pub(crate) use self::refusal::Refusal;
pub(crate) use self::socket::{Closing, Event, Handshake, Message, Opened, SocketError};
pub(crate) use self::wasi_http::WasiHttp;
#[expect(unreachable_pub, reason = "the generated bindings re-export them")]
pub use self::{incoming::Incoming, socket::Socket};
use crate::limits::Limits;
use crate::secrets::Vault;

/// What a plugin was given. By default nothing.
#[derive(Debug, Default)]
pub(crate) struct Access {
    /// What its manifest asks for.
    pub(crate) asked: Vec<HostPattern>,
    /// What the operator grants.
    pub(crate) grants: Vec<Grant>,
    /// Its secrets.
    pub(crate) vault: Vault,
}

/// What one plugin may reach, and its connections.
#[derive(Debug)]
pub(crate) struct Egress {
    policy: Policy,
    clients: Clients,
    pub(crate) vault: Arc<Vault>,
}

impl Egress {
    pub(crate) fn new(plugin: Arc<str>, access: Access, tls: Tls, limits: Arc<Limits>) -> Self {
        let Access { asked, grants, vault } = access;
        Self {
            policy: Policy::new(plugin, asked, grants),
            clients: Clients::new(tls, limits),
            vault: Arc::new(vault),
        }
    }
}
