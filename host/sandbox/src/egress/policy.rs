//! Who may reach what.
//!
//! A plugin reaches a host when two people said so: its author, in the manifest, and the
//! operator, in a grant. The author's list keeps an operator's generous `*.example.com` from
//! handing a plugin more than it was reviewed for; the operator's keeps the author from deciding
//! at all. A request is judged by its parsed URL, which is also the one that is sent, so that no
//! second parser can read it differently.
//!
//! A denial is the one error here that a person must act on. It says who asked for what, why it
//! was refused, and as a hint the line of TOML that would grant it, whole, with the grants that
//! are there already.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;
use understudy_speech::Host;
use url::Url;

use super::address::{Reach, reach};
use super::grant::{Grant, HostPattern};
use super::target;
use crate::load::LoadError;

/// What one plugin may reach.
#[derive(Debug)]
pub(crate) struct Policy {
    plugin: Arc<str>,
    asked: Vec<HostPattern>,
    grants: Vec<Grant>,
}

/// A request that may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permit {
    /// Its host may be, or resolve to, a private address.
    pub(crate) private: bool,
}

/// A request that may not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    plugin: Arc<str>,
    /// Scheme, host and port; never the path or query, which carry the caller's text.
    target: String,
    reason: Reason,
    hint: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    NotAsked,
    NotGranted,
    PlainHttp,
    Private { address: IpAddr, place: &'static str },
    Secret { name: String },
}

impl Policy {
    pub(crate) fn new(plugin: Arc<str>, asked: Vec<HostPattern>, grants: Vec<Grant>) -> Self {
        Self { plugin, asked, grants }
    }

    /// Whether a request to this URL may leave. Addresses that a name resolves to are judged
    /// later, by the permit.
    pub(crate) fn judge(&self, url: &Url) -> Result<Permit, Denial> {
        if !self.asked.iter().any(|asked| asked.covers_host(url)) {
            let hint = "no grant helps: the plugin's manifest does not name this host".to_owned();
            return Err(self.denial(url, Reason::NotAsked, hint));
        }
        let covering = || self.grants.iter().filter(|grant| grant.host.covers(url));
        if covering().next().is_none() {
            return Err(self.ungranted(url, Reason::NotGranted));
        }
        let plain = target::is_plain(url);
        let mut usable = covering().filter(|grant| grant.plain_http || !plain).peekable();
        if usable.peek().is_none() {
            return Err(self.ungranted(url, Reason::PlainHttp));
        }
        let permit = Permit { private: usable.any(|grant| grant.private) };
        match target::address(url).map(|address| (address, reach(address))) {
            Some((address, Reach::Private(place))) if !permit.private => {
                Err(self.private(url, address, place))
            }
            _ => Ok(permit),
        }
    }

    /// A host whose address is private without a grant for that.
    pub(crate) fn private(&self, url: &Url, address: IpAddr, place: &'static str) -> Denial {
        self.ungranted(url, Reason::Private { address, place })
    }

    /// A secret on its way to a host it is not bound to.
    pub(crate) fn misdirected(&self, url: &Url, name: &str) -> Denial {
        let hint = "a secret goes to the hosts its manifest entry names, and no other".to_owned();
        self.denial(url, Reason::Secret { name: name.to_owned() }, hint)
    }

    fn denial(&self, url: &Url, reason: Reason, hint: String) -> Denial {
        Denial { plugin: Arc::clone(&self.plugin), target: target::origin(url), reason, hint }
    }

    fn ungranted(&self, url: &Url, reason: Reason) -> Denial {
        let hint = self.grants_with(url, &reason);
        let hint = hint.map(|grants| format!("under [providers.{}] write grants = [{grants}]", self.plugin));
        self.denial(url, reason, hint.unwrap_or_default())
    }

    /// The grants as they would have to be.
    fn grants_with(&self, url: &Url, reason: &Reason) -> Option<String> {
        let needed = Grant::reaching_url(url)?;
        let mut grants = self.grants.clone();
        let known = grants.iter().position(|grant| grant.host == needed.host);
        let wanted = match known.and_then(|index| grants.get_mut(index)) {
            Some(grant) => grant,
            None => grants.push_mut(Grant { host: needed.host, private: false, plain_http: false }),
        };
        wanted.private |= needed.private || matches!(reason, Reason::Private { .. });
        wanted.plain_http |= needed.plain_http;
        Some(grants.iter().map(Grant::to_string).collect::<Vec<_>>().join(", "))
    }
}

/// The hosts a manifest means, with those of settings looked up in them.
pub(crate) fn patterns<'host>(
    hosts: impl IntoIterator<Item = &'host Host>,
    settings: &Value,
) -> Result<Vec<HostPattern>, LoadError> {
    hosts.into_iter().filter_map(|host| pattern(host, settings).transpose()).collect()
}

/// Nothing for a field that is not set: the plugin then has no such host.
fn pattern(host: &Host, settings: &Value) -> Result<Option<HostPattern>, LoadError> {
    let field = match host {
        Host::Name(name) => {
            let invalid = |error: super::grant::InvalidHost| LoadError::BadManifest {
                field: "hosts.name".to_owned(),
                reason: error.to_string(),
            };
            return name.parse().map(Some).map_err(invalid);
        }
        Host::Setting(field) => field,
    };
    let Some(text) = settings.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let url = target::parse(text).map_err(|reason| LoadError::Settings {
        pointer: format!("/{field}"),
        message: format!("must be the address of a service: {reason}"),
    })?;
    Ok(HostPattern::of_url(&url))
}

impl Denial {
    pub(crate) fn is_about_an_address(&self) -> bool {
        matches!(self.reason, Reason::Private { .. })
    }

    /// What would help.
    pub(crate) fn hint(&self) -> &str {
        &self.hint
    }

    /// The denial without its hint, in one line.
    pub(crate) fn summary(&self) -> String {
        let Self { plugin, target, reason, .. } = self;
        match reason {
            Reason::NotAsked => format!("host is not in the manifest of {plugin}: {target}"),
            Reason::NotGranted => format!("host is not granted to {plugin}: {target}"),
            Reason::PlainHttp => format!("plain http is not granted to {plugin}: {target}"),
            Reason::Private { address, place } => {
                format!("private address is not granted to {plugin}: {target} is {address}, {place}")
            }
            Reason::Secret { name } => format!("secret {name} of {plugin} may not be sent to {target}"),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.summary(), self.hint)
    }
}

#[cfg(test)]
mod tests;
