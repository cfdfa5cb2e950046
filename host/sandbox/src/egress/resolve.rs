//! Names to addresses, judged before one is dialled.
//!
//! Whoever owns a granted name decides what it resolves to, and can answer differently each time.
//! So there is one resolution a connection, every address in its answer is judged, and the
//! connector dials what is left of that answer: between the judgement and the dialling there is
//! no second look-up to lie to. The HTTP client asks here for every new connection, whichever
//! interface the request came by. Literal addresses never come here; the policy judges them.

use std::io;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Reach, reach};

/// Resolves names by the system's resolver and drops what may not be reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver {
    /// Keeps private addresses too.
    pub(crate) private: bool,
}

/// A name led to private addresses alone; the first of them.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("name resolves to a private address: {address}")]
pub(crate) struct OnlyPrivate {
    pub(crate) address: IpAddr,
    pub(crate) place: &'static str,
}

/// A name led nowhere.
#[derive(Debug, thiserror::Error)]
#[error("name does not resolve: {name}")]
pub(crate) struct Unresolved {
    name: String,
    #[source]
    source: Option<io::Error>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = *self;
        Box::pin(async move {
            let name = name.as_str().to_owned();
            // Port 0: the connector puts in the URL's.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map(Vec::from_iter);
            let found = match found {
                Ok(found) => found,
                Err(source) => return Err(Unresolved { name, source: Some(source) }.into()),
            };
            if found.is_empty() {
                return Err(Unresolved { name, source: None }.into());
            }
            let allowed = resolver.allowed(found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

impl Resolver {
    fn allowed(self, mut found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, OnlyPrivate> {
        if self.private {
            return Ok(found);
        }
        let mut refused = None;
        found.retain(|address| match reach(address.ip()) {
            Reach::Public => true,
            Reach::Private(place) => {
                refused.get_or_insert(OnlyPrivate { address: address.ip(), place });
                false
            }
        });
        refused.filter(|_| found.is_empty()).map_or(Ok(found), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(private: bool, found: &[&str], expected: Result<&[&str], &str>) {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
        };
        let allowed = Resolver { private }.allowed(parse(found)).map_err(|refused| refused.address);
        assert_eq!(allowed, expected.map(parse).map_err(|address| address.parse().unwrap()), "{found:?}");
    }

    #[test]
    fn private_addresses_are_dropped_and_the_public_ones_kept() {
        check(false, &["1.1.1.1", "2606:4700::1"], Ok(&["1.1.1.1", "2606:4700::1"]));
        check(false, &["10.0.0.1", "1.1.1.1", "::ffff:127.0.0.1"], Ok(&["1.1.1.1"]));
        check(true, &["10.0.0.1", "1.1.1.1"], Ok(&["10.0.0.1", "1.1.1.1"]));
    }

    #[test]
    fn a_name_that_leads_to_private_addresses_alone_is_refused_by_the_first() {
        check(false, &["127.0.0.1", "::1"], Err("127.0.0.1"));
        check(false, &["169.254.169.254"], Err("169.254.169.254"));
        check(false, &["::ffff:10.0.0.1"], Err("::ffff:10.0.0.1"));
    }

    #[tokio::test]
    async fn localhost_is_judged_by_what_it_resolves_to() {
        let resolve = async |private| Resolver { private }.resolve("localhost".parse().unwrap()).await;
        let error = resolve(false).await.err().unwrap();
        assert!(error.downcast_ref::<OnlyPrivate>().unwrap().address.is_loopback());
        assert!(resolve(true).await.unwrap().all(|address| address.ip().is_loopback()));
    }
}
