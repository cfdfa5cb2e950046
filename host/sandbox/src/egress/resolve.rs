//! Names to addresses, judged before one is dialled.
//!
//! Whoever owns a granted name decides what it resolves to, and can answer differently each time.
//! So there is one resolution a connection, every address in its answer is judged, and the
//! connector dials what is left of that answer: between the judgement and the dialling there is
//! no second look-up to lie to. The HTTP client asks here for every new connection, whichever
//! interface the request came by. Literal addresses never come here; the policy judges them.
//!
//! The system's resolver holds a thread until it is done, whoever has given up on it. Names that take
//! long, asked for again and again, would have all the threads the process has for such work, and
//! files, keys and other plugins' names wait behind them. So there are only so many look-ups at once,
//! one that was given up counts until it is over, and whoever waits for a place does so within the
//! time a connection may take.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::address::{Reach, reach};

/// Look-ups of one plugin at once.
const LOOK_UPS_MAX: usize = 32;

/// Look-ups of the whole process at once, a quarter of the threads there are for what blocks.
static ALL: Semaphore = Semaphore::const_new(128);

/// Resolves names by the system's resolver and drops what may not be reached.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    /// Keeps private addresses too.
    pub(crate) private: bool,
    pub(crate) look_ups: LookUps,
}

/// The places for one plugin's look-ups.
#[derive(Clone, Debug)]
pub(crate) struct LookUps(Arc<Semaphore>);

impl Default for LookUps {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOK_UPS_MAX)))
    }
}

impl LookUps {
    /// Does this on a thread that may be blocked. Its place is free again when it is done, and not when
    /// nobody waits for it any more.
    async fn run<Done: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<Done> + Send + 'static,
    ) -> io::Result<Done> {
        let own = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
        let of_all = ALL.acquire().await.map_err(io::Error::other)?;
        let done = spawn_blocking(move || {
            let _places = (own, of_all);
            work()
        });
        done.await.map_err(io::Error::other)?
    }
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
        let resolver = self.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            // Port 0: the connector puts in the URL's.
            let asked = (name.clone(), 0);
            let look_up = move || asked.to_socket_addrs().map(Vec::from_iter);
            let found = match resolver.look_ups.run(look_up).await {
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
    fn allowed(&self, mut found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, OnlyPrivate> {
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
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn resolver(private: bool) -> Resolver {
        Resolver { private, look_ups: LookUps::default() }
    }

    fn check(private: bool, found: &[&str], expected: Result<&[&str], &str>) {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
        };
        let allowed = resolver(private).allowed(parse(found)).map_err(|refused| refused.address);
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
        let resolve = async |private| resolver(private).resolve("localhost".parse().unwrap()).await;
        let error = resolve(false).await.err().unwrap();
        assert!(error.downcast_ref::<OnlyPrivate>().unwrap().address.is_loopback());
        assert!(resolve(true).await.unwrap().all(|address| address.ip().is_loopback()));
    }

    #[tokio::test]
    async fn a_look_up_that_was_given_up_keeps_its_place_until_it_is_over() {
        let look_ups = LookUps(Arc::new(Semaphore::new(1)));
        let (answer, answered) = mpsc::channel::<()>();
        let slow = look_ups.run(move || answered.recv().map_err(io::Error::other));
        assert!(timeout(Duration::from_millis(20), slow).await.is_err());
        let hasty = timeout(Duration::from_millis(20), look_ups.run(|| Ok(()))).await;
        assert!(hasty.is_err(), "a second look-up was begun");
        answer.send(()).unwrap();
        timeout(Duration::from_secs(20), look_ups.run(|| Ok(()))).await.unwrap().unwrap();
    }
}
