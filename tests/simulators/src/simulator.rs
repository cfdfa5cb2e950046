//! A running simulator: a listener, a thread, and what it saw.
//!
//! The server has a thread and a runtime of its own instead of a task in the caller's. A test that
//! pauses tokio's clock would otherwise freeze or fast-forward the provider with the program under
//! test, one that blocks would starve it, and dropping a task does not close the connections it
//! spawned. Dropping a runtime does, which is what "the provider is down" means to a client.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::serve::ListenerExt;
use tokio::sync::oneshot;

use crate::fault::{Faults, Interference};
use crate::received::{Log, Received};
use crate::service::{Service, Stage};

/// The key every simulator asks for unless [`Options::key`] says another.
pub const KEY: &str = "sk-simulated-0123456789abcdef";

/// How a simulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen: a loopback address, port 0 for a free one. Default `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// The key clients must send; none means [`KEY`] where the service demands one, and no check
    /// where the service's own default is to ask for nothing.
    pub key: Option<String>,
    /// The pause between two pieces of a streamed answer. Default none.
    pub gap: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), key: None, gap: Duration::ZERO }
    }
}

/// A service running on loopback; stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    key: String,
    faults: Faults,
    log: Log,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts a service. It accepts connections when this returns.
    ///
    /// # Errors
    /// The address is not a loopback address, cannot be bound, or the thread cannot be started.
    pub fn start(service: impl Service, options: Options) -> io::Result<Self> {
        Self::start_shared(&(Arc::new(service) as Arc<dyn Service>), options)
    }

    /// The same for a service picked at run time, for example from [`crate::CATALOGUE`].
    ///
    /// # Errors
    /// As [`Simulator::start`].
    pub fn start_shared(service: &Arc<dyn Service>, options: Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            let message = format!("simulators listen on loopback only: {}", options.listen);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;

        let key_is_chosen = options.key.is_some();
        let key = options.key.unwrap_or_else(|| KEY.to_owned());
        let (faults, log) = (Faults::default(), Log::default());
        let stage = Stage { key: key.clone(), key_is_chosen, gap: options.gap };
        let interference = Interference::new(faults.clone(), log.clone(), Arc::clone(service));
        let router = interference.around(service.router(stage)).layer(DefaultBodyLimit::disable());

        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread =
            std::thread::Builder::new().name(format!("simulator {}", service.name())).spawn(move || {
                runtime.block_on(serve(listener, router, stopped));
                runtime.shutdown_background();
            })?;
        Ok(Self { address, key, faults, log, stop: Some(stop), thread: Some(thread) })
    }

    /// The bound address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address, with no slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key it accepts.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What goes wrong, settable while it runs.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What has been asked so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.log.since(0)
    }

    /// What has been asked from the request numbered `sequence` on.
    #[must_use]
    pub fn requests_since(&self, sequence: u64) -> Vec<Received> {
        self.log.since(sequence)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread ends as soon as it hears the stop; it waits for no request.
            thread.join().ok();
        }
    }
}

async fn serve(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    tokio::select! {
        _ = axum::serve(listener, router).into_future() => {}
        _ = stopped => {}
    }
}

#[cfg(test)]
mod tests;
