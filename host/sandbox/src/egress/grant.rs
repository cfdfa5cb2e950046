//! What an operator grants: a host, and how far the grant goes.
//!
//! A grant is the shortest text that says it: `"api.example.com"`, `"*.example.com"`,
//! `"localhost:8880"`. What is dangerous is spelled out beside it: `private = true` lets the name
//! lead to a machine that is not on the public Internet, `plain_http = true` lets requests leave
//! without encryption. Neither follows from the other, because a plain connection to a local
//! engine and an encrypted one to a neighbour's machine are different decisions.
//!
//! Names are compared as they are dialled: lower-case, in the ASCII form of IDNA, without the
//! trailing dot. A grant without a port is for the scheme's own port alone, since another port
//! of a machine is another service. An address is matched by itself only, never by a suffix.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use super::address::{Reach, reach};
use super::target;

/// One host a plugin may reach, and how.
///
/// In a configuration file a text is enough: `"api.example.com"`; the long form is
/// `{ host = "localhost:8880", private = true, plain_http = true }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Which host.
    pub host: HostPattern,
    /// It may be, or resolve to, an address that is not on the public Internet.
    pub private: bool,
    /// It may be reached by `http:` and `ws:`.
    pub plain_http: bool,
}

/// Which hosts: a name, every name below one, or an address; on one port or on the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPattern {
    name: Name,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Exact(String),
    /// The part after `*.`.
    Below(String),
    Address(IpAddr),
}

/// The text names no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("host is not a name, *.suffix or address with an optional port: {text:?}")]
pub struct InvalidHost {
    text: String,
}

impl HostPattern {
    /// The host of a URL, on any port.
    pub(crate) fn of_url(url: &Url) -> Option<Self> {
        let name = match url.host()? {
            Host::Domain(name) => Name::Exact(without_dot(name).to_owned()),
            Host::Ipv4(address) => Name::Address(address.into()),
            Host::Ipv6(address) => Name::Address(address.into()),
        };
        Some(Self { name, port: None })
    }

    /// The pattern with this port in place of its own.
    pub(crate) fn with_port(self, port: Option<u16>) -> Self {
        Self { port, ..self }
    }

    /// Whether it covers the URL's host, whatever the port.
    pub(crate) fn covers_host(&self, url: &Url) -> bool {
        match (&self.name, url.host()) {
            (Name::Exact(name), Some(Host::Domain(host))) => name == without_dot(host),
            (Name::Below(suffix), Some(Host::Domain(host))) => {
                let above = without_dot(host).strip_suffix(suffix.as_str());
                above.and_then(|above| above.strip_suffix('.')).is_some_and(|above| !above.is_empty())
            }
            (Name::Address(address), Some(Host::Ipv4(host))) => *address == host,
            (Name::Address(address), Some(Host::Ipv6(host))) => *address == host,
            _ => false,
        }
    }

    /// Whether it covers the URL's host and port.
    pub(crate) fn covers(&self, url: &Url) -> bool {
        let port = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            // The parser leaves out the scheme's own port, so one that is left is another.
            None => url.port().is_none(),
        };
        port && self.covers_host(url)
    }
}

fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

impl FromStr for HostPattern {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        parse(text).ok_or_else(|| InvalidHost { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<HostPattern> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(HostPattern { name: Name::Address(address.into()), port: None });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(parse_port(port)?)),
        _ => (text, None),
    };
    // `url` would decode these, and a grant is to mean what it looks like.
    if host.is_empty() || host.contains(['%', '/', '@', '?', '#', '\\']) {
        return None;
    }
    let (below, host) = host.strip_prefix("*.").map_or((false, host), |suffix| (true, suffix));
    let name = match (Host::parse(host).ok()?, below) {
        (Host::Domain(name), below) => {
            let name = without_dot(&name).to_owned();
            if name.is_empty() || name.contains('*') {
                return None;
            }
            if below { Name::Below(name) } else { Name::Exact(name) }
        }
        (Host::Ipv4(address), false) => Name::Address(address.into()),
        (Host::Ipv6(address), false) => Name::Address(address.into()),
        (Host::Ipv4(_) | Host::Ipv6(_), true) => return None,
    };
    Some(HostPattern { name, port })
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Exact(name) => f.write_str(name)?,
            Name::Below(suffix) => write!(f, "*.{suffix}")?,
            Name::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            Name::Address(address) => write!(f, "{address}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Grant {
    /// The grant that lets a plugin reach the service at this address and nothing more; none when
    /// the text is no web address. A private machine is recognised by its address or by the name
    /// `localhost`; for other names that lead to one, `private` has to be added by hand.
    #[must_use]
    pub fn reaching(service: &str) -> Option<Self> {
        target::parse(service).ok().and_then(|url| Self::reaching_url(&url))
    }

    pub(super) fn reaching_url(url: &Url) -> Option<Self> {
        let private = url.host_str() == Some("localhost")
            || target::address(url).is_some_and(|address| reach(address) != Reach::Public);
        let host = HostPattern::of_url(url)?.with_port(url.port());
        Some(Self { host, private, plain_http: target::is_plain(url) })
    }
}

impl FromStr for Grant {
    type Err = InvalidHost;

    /// A grant of a host and nothing more.
    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        Ok(Self { host: text.parse()?, private: false, plain_http: false })
    }
}

impl fmt::Display for Grant {
    /// As it is written in TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.private && !self.plain_http {
            return write!(f, "\"{}\"", self.host);
        }
        write!(f, "{{ host = \"{}\"", self.host)?;
        if self.private {
            f.write_str(", private = true")?;
        }
        if self.plain_http {
            f.write_str(", plain_http = true")?;
        }
        f.write_str(" }")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantTable {
    host: HostPattern,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    plain_http: bool,
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for HostPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By hand rather than as an untagged enum, which forgets what was wrong.
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Grant;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a host or a table with host, private and plain_http")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Grant, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Grant, A::Error> {
                let GrantTable { host, private, plain_http } =
                    GrantTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Grant { host, private, plain_http })
            }
        }

        deserializer.deserialize_any(Form)
    }
}

impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.private && !self.plain_http {
            return self.host.serialize(serializer);
        }
        let mut table = serializer.serialize_struct("Grant", 3)?;
        table.serialize_field("host", &self.host)?;
        table.serialize_field("private", &self.private)?;
        table.serialize_field("plain_http", &self.plain_http)?;
        table.end()
    }
}

#[cfg(test)]
mod tests;
