//! `understudy serve`: bind, load, serve until told to stop, drain.
//!
//! Addresses are bound first: a port that is taken is found out in a millisecond, not after the
//! plugins are compiled, and a supervisor that asks early gets "alive, not ready" instead of a
//! refused connection. The first signal stops taking requests and lets those under way finish; the
//! second, or the end of the drain time, cuts them off: whoever waits is told, and what a service
//! performs for them is taken back. A further one ends that as well. SIGHUP reloads.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::IncomingStream;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower_service::Service;
use tracing::{info, warn};

use super::args::Serve;
use super::exit::{Exit, Fault, FileError};
use crate::config::Config;
use crate::reload::Trigger;
use crate::understudy::Overrides;
use crate::{Understudy, http};

/// How long it may take to tell those who were cut off.
const FAREWELL: Duration = Duration::from_secs(1);

pub(super) async fn run(serve: Serve, locked: bool, config: Config) -> Result<(), Fault> {
    let understudy = Understudy::prepare_with(config, Overrides { listen: serve.listen, locked });
    let mut signals = Signals::listen().map_err(|error| FileError::new("listen for signals", error))?;
    let listeners = bind(&understudy.config().server.listen).await?;
    let stop = CancellationToken::new();
    tell_of_no_file(&understudy.config());
    let mut servers = accept(listeners, &http::service(&understudy), &stop);
    tokio::select! {
        loaded = understudy.load() => loaded?,
        () = signals.stop() => return Ok(()),
    }
    understudy.follow();
    signals.stop_or_reload(&understudy).await;
    drain(&understudy, &mut signals, &mut servers, &stop).await;
    tokio::select! {
        () = understudy.settle() => {}
        () = signals.stop() => warn!("stopped at once by a signal, not all that was bought is kept"),
    }
    Ok(())
}

/// A server without a configuration takes one that appears, and says where.
fn tell_of_no_file(config: &Config) {
    let places: Vec<String> = config.looked_for.iter().map(|place| place.display().to_string()).collect();
    if !places.is_empty() {
        info!(places = places.join(", "), "no configuration file, one that appears there is taken");
    }
}

/// Binds every address or none.
async fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Fault> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        let listener = TcpListener::bind(address).await.map_err(|error| cannot_bind(*address, error))?;
        let bound = listener.local_addr().map_err(|error| cannot_bind(*address, error))?;
        info!(address = %bound, "listening");
        if !bound.ip().is_loopback() {
            warn!(address = %bound, "whoever reaches this address can use it");
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

fn cannot_bind(address: SocketAddr, error: io::Error) -> Fault {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse if address.is_ipv6() && address.ip().is_unspecified() => {
            "on Linux [::] is IPv4 as well: leave out 0.0.0.0 with this port; else another program listens \
             there, and --listen chooses another port"
        }
        io::ErrorKind::AddrInUse => {
            "another program listens there; stop it, or choose another port with --listen"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need privileges; choose a higher one with --listen"
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address; 0.0.0.0 is every one it has",
        _ => "choose another address with --listen",
    };
    Fault::new(Exit::Failed, FileError::new(format!("listen on {address}"), error)).hint(advice)
}

fn accept(
    listeners: Vec<TcpListener>,
    service: &http::Envelope,
    stop: &CancellationToken,
) -> JoinSet<io::Result<()>> {
    let mut servers = JoinSet::new();
    for listener in listeners {
        let server = axum::serve(http::FileListener::new(listener), Doors(service.clone()));
        servers.spawn(server.with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
    }
    servers
}

/// A door for every connection, which knows who stands before it: requests need not be told one by one.
struct Doors(http::Envelope);

impl Service<IncomingStream<'_, http::FileListener>> for Doors {
    type Response = http::Envelope;
    type Error = Infallible;
    type Future = Ready<Result<http::Envelope, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, connection: IncomingStream<'_, http::FileListener>) -> Self::Future {
        ready(Ok(self.0.of(*connection.remote_addr(), connection.io())))
    }
}

async fn drain(
    understudy: &Understudy,
    signals: &mut Signals,
    servers: &mut JoinSet<io::Result<()>>,
    stop: &CancellationToken,
) {
    let limit = understudy.config().server.drain;
    info!(drain_seconds = limit.as_secs_f64(), "stopping, requests under way may finish");
    understudy.retire();
    stop.cancel();
    tokio::select! {
        () = all_over(servers) => info!("stopped"),
        () = sleep(limit) => warn!("stopped, the drain time is over"),
        () = signals.stop() => warn!("stopped at once by a second signal"),
    }
    understudy.cut_off();
    // Who does not read will not read this either.
    let _ = timeout(FAREWELL, all_over(servers)).await;
}

async fn all_over(servers: &mut JoinSet<io::Result<()>>) {
    while servers.join_next().await.is_some() {}
}

/// Requests to stop.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    /// Reloads at every SIGHUP until a signal to stop. A reload may wait for a file that is never whole,
    /// and a signal to stop does not wait with it.
    async fn stop_or_reload(&mut self, understudy: &Understudy) {
        let mut wish = self.next().await;
        while wish == Wish::Reload {
            wish = match self.during(reload(understudy)).await {
                Some(wish) => wish,
                None => self.next().await,
            };
        }
    }

    /// What signals want while something is under way. One to stop ends the wait for it; one to reload is
    /// remembered.
    async fn during(&mut self, under_way: impl Future<Output = ()>) -> Option<Wish> {
        let mut under_way = pin!(under_way);
        let mut wish = None;
        while wish != Some(Wish::Stop) {
            tokio::select! {
                () = &mut under_way => break,
                next = self.next() => wish = Some(next),
            }
        }
        wish
    }

    /// Waits for a signal to stop. There is nothing to reload before the start or after the end.
    async fn stop(&mut self) {
        while self.next().await == Wish::Reload {}
    }
}

async fn reload(understudy: &Understudy) {
    match understudy.reload(Trigger::Signal).await {
        Ok(report) => info!(number = report.number, outcome = ?report.outcome, "reloaded"),
        Err(error) => warn!(%error, "not reloaded"),
    }
}

/// What a signal wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Stop,
    Reload,
}

#[cfg(unix)]
impl Signals {
    /// From here on a signal no longer ends the process by itself.
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Wish {
        let (name, wish) = tokio::select! {
            _ = self.interrupt.recv() => ("SIGINT", Wish::Stop),
            _ = self.terminate.recv() => ("SIGTERM", Wish::Stop),
            _ = self.hang_up.recv() => ("SIGHUP", Wish::Reload),
        };
        info!(signal = name, "signal received");
        wish
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) -> Wish {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Wish::Stop
    }
}
