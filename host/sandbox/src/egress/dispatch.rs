//! The way out of one call.
//!
//! What a call has asked for so far is counted here, and what it was given in place of its secrets
//! is known here. Shared by the three doors and by what they wait for.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use http::HeaderMap;
use reqwest::Request;
use tokio::time::timeout;
use understudy_speech::Failure;
use url::Url;

use super::clients::Purpose;
use super::incoming::Incoming;
use super::outgoing::{Outgoing, PlaceholderInStream};
use super::policy::{Denial, Permit};
use super::refusal::{Refusal, find};
use super::resolve::OnlyPrivate;
use super::{Egress, headers, target};
use crate::aside::{Aside, beside};
use crate::limits::Limits;
use crate::secrets::{Placeholders, Vault};

/// Denials of one call that are told to the operator; the rest are more of the same.
const DENIALS_LOGGED_MAX: u32 = 8;

/// What one call does with the network.
#[derive(Debug)]
pub(crate) struct Dispatch {
    plugin: Arc<str>,
    request_id: Arc<str>,
    egress: Arc<Egress>,
    limits: Arc<Limits>,
    pub(super) aside: Weak<Aside>,
    placeholders: OnceLock<Placeholders>,
    requests: AtomicU32,
    open: Arc<AtomicU32>,
    denials: AtomicU32,
    /// The first of them.
    denied: OnceLock<Failure>,
    /// The limit that was passed where the guest's door has no way to say so.
    passed: OnceLock<Failure>,
}

/// A request that was judged and counted.
pub(super) struct Admitted {
    outgoing: Outgoing,
    permit: Permit,
    open: Open,
}

impl Admitted {
    /// What a handshake changes after the judgement.
    pub(super) fn url_and_headers(&mut self) -> (&mut Url, &mut HeaderMap) {
        (&mut self.outgoing.url, &mut self.outgoing.headers)
    }
}

/// One of the answers and connections a call may have at once.
#[derive(Debug)]
pub(crate) struct Open(Arc<AtomicU32>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Dispatch {
    pub(crate) fn new(
        plugin: Arc<str>,
        request_id: Arc<str>,
        egress: Arc<Egress>,
        limits: Arc<Limits>,
        aside: Weak<Aside>,
    ) -> Self {
        Self {
            plugin,
            request_id,
            egress,
            limits,
            aside,
            placeholders: OnceLock::new(),
            requests: AtomicU32::new(0),
            open: Arc::default(),
            denials: AtomicU32::new(0),
            denied: OnceLock::new(),
            passed: OnceLock::new(),
        }
    }

    /// The settings with this call's placeholders in.
    pub(crate) fn settings(&self, template: &str) -> Result<String, getrandom::Error> {
        if self.vault().is_empty() {
            return Ok(template.to_owned());
        }
        let placeholders = match self.placeholders.get() {
            Some(placeholders) => placeholders,
            None => {
                let fresh = Placeholders::new(self.vault())?;
                self.placeholders.get_or_init(|| fresh)
            }
        };
        Ok(placeholders.settings(self.vault(), template))
    }

    /// The limit that a request passed, when the guest could not be told by a trap.
    pub(crate) fn passed(&self) -> Option<&Failure> {
        self.passed.get()
    }

    /// What the guest was denied, when it was.
    pub(crate) fn denial(&self) -> Option<&Failure> {
        self.denied.get()
    }

    pub(super) fn vault(&self) -> &Arc<Vault> {
        &self.egress.vault
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The placeholders, when this call's guest has seen any.
    pub(super) fn issued(&self) -> Option<&Placeholders> {
        self.placeholders.get()
    }

    /// Sends a request and waits for the head of its answer, beside the guest.
    pub(crate) async fn send(self: &Arc<Self>, outgoing: Outgoing) -> Result<Incoming, Refusal> {
        let admitted = self.admit(outgoing)?;
        let dispatch = Arc::clone(self);
        beside(&self.aside, async move { dispatch.perform(admitted, Purpose::Http).await }).await
    }

    /// Judges and counts a request and puts the secrets into its head.
    pub(super) fn admit(&self, mut outgoing: Outgoing) -> Result<Admitted, Refusal> {
        let permit = self.egress.policy.judge(&outgoing.url).map_err(|denial| self.denied(denial))?;
        let open = self.count()?;
        headers::admit(&mut outgoing.headers, &outgoing.url).map_err(Refusal::Invalid)?;
        self.fill_head(&mut outgoing)?;
        Ok(Admitted { outgoing, permit, open })
    }

    /// Sends what was admitted and waits for the head of the answer.
    pub(super) async fn perform(
        self: &Arc<Self>,
        admitted: Admitted,
        purpose: Purpose,
    ) -> Result<Incoming, Refusal> {
        let Admitted { outgoing, permit, open } = admitted;
        let Outgoing { method, url, mut headers, body, first_byte, idle } = outgoing;
        let client = self.egress.clients.get(permit.private, purpose).map_err(Refusal::Unreachable)?;
        let limit = shorter(self.limits.http_first_byte, first_byte);
        let exchange = async {
            let body = self.fill_body(&url, &mut headers, body).await?;
            let mut request = Request::new(method, url.clone());
            *request.headers_mut() = headers;
            *request.body_mut() = Some(body);
            client.execute(request).await.map_err(|error| self.refused(&url, error))
        };
        let response = timeout(limit, exchange).await.unwrap_or(Err(Refusal::TimedOut))?;
        let idle = shorter(self.limits.http_idle, idle);
        Ok(Incoming::new(response, Arc::clone(self), open, idle))
    }

    /// One more request, one more open answer.
    pub(super) fn count(&self) -> Result<Open, Refusal> {
        let passed = |what, limit: u32| {
            let failure =
                Failure::LimitExceeded { plugin: self.plugin.to_string(), what, limit: limit.into() };
            Err(Refusal::Over(self.passed.get_or_init(|| failure).clone()))
        };
        if self.requests.fetch_add(1, Relaxed) >= self.limits.requests {
            return passed("requests", self.limits.requests);
        }
        let open = Open(Arc::clone(&self.open));
        if self.open.fetch_add(1, Relaxed) >= self.limits.open_requests {
            return passed("open requests", self.limits.open_requests);
        }
        Ok(open)
    }

    /// Sorts an error of the client, in which a denial of the resolver can be.
    fn refused(&self, url: &Url, error: reqwest::Error) -> Refusal {
        if let Some(OnlyPrivate { address, place }) = find::<OnlyPrivate>(&error) {
            return self.denied(self.egress.policy.private(url, *address, place));
        }
        if let Some(misplaced) = find::<PlaceholderInStream>(&error) {
            return Refusal::Invalid(misplaced.to_string());
        }
        Refusal::of_client(error, self.vault())
    }

    /// What a server said goes into a reason, and it may have been told a secret.
    pub(super) fn redacted(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Unreachable(reason) => Refusal::Unreachable(self.vault().redact(reason)),
            Refusal::Protocol(reason) => Refusal::Protocol(self.vault().redact(reason)),
            other => other,
        }
    }

    pub(super) fn misdirected(&self, url: &Url, name: &str) -> Refusal {
        self.denied(self.egress.policy.misdirected(url, name))
    }

    /// Tells the operator, who alone can help.
    fn denied(&self, denial: Denial) -> Refusal {
        let (reason, hint) = (denial.summary(), denial.hint().to_owned());
        if self.denials.fetch_add(1, Relaxed) < DENIALS_LOGGED_MAX {
            let (plugin, request) = (&*self.plugin, &*self.request_id);
            tracing::warn!(plugin, request, reason, hint, "request denied");
        }
        let _ = self.denied.set(Failure::NotGranted { plugin: self.plugin.to_string(), reason, hint });
        Refusal::Denied(denial)
    }
}

/// Reads a URL for a request by this plugin.
pub(crate) fn destination(text: &str) -> Result<Url, Refusal> {
    target::parse(text).map_err(Refusal::Invalid)
}

/// The host's time limit, or the guest's when that is shorter.
pub(super) fn shorter(ours: Duration, theirs: Option<Duration>) -> Duration {
    theirs.map_or(ours, |theirs| theirs.min(ours))
}
