//! What goes wrong, on order.
//!
//! A fault belongs to the simulator and not to the request that meets it: the client under test
//! must not know. Each order says what happens, to which path, and how many times; orders may be
//! given while the server runs. Delays add up, and the first order that decides the answer wins.

mod interfere;
mod order;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;

pub(crate) use interfere::Interference;
pub use interfere::Ordered;
pub use order::{GRAMMAR, Order, OrderError};
pub(crate) use order::{duration, number};

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer begins this much later.
    Latency(Duration),
    /// 429 in the service's own words.
    RateLimited {
        /// The wait the answer names, or none.
        retry_after: Option<Duration>,
    },
    /// The account has nothing left, in the service's own words.
    QuotaExhausted,
    /// The key is refused whatever it is, in the service's own words.
    Unauthorized,
    /// A 5xx, or a 499, in the service's own words.
    Failing(StatusCode),
    /// The request is read and never answered.
    Hang,
    /// The connection breaks after this many bytes of the answer's body, or of a WebSocket's audio.
    Cut {
        /// Bytes that still arrive.
        after: usize,
    },
    /// Nothing follows these many bytes, and the connection stays open.
    Stall {
        /// Bytes that still arrive.
        after: usize,
    },
    /// The service says success and sends no audio.
    EmptyAudio,
    /// A proxy's HTML page in place of the answer.
    Html(StatusCode),
    /// The right bytes under the wrong label.
    ContentType(String),
}

/// The orders of one simulator. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Order>>>);

impl Faults {
    /// Every request meets `fault` until [`Faults::clear`].
    pub fn set(&self, fault: Fault) {
        self.order(Order { fault, path: None, times: None });
    }

    /// The next `times` requests meet `fault`.
    pub fn next(&self, times: u32, fault: Fault) {
        self.order(Order { fault, path: None, times: Some(times) });
    }

    /// Gives an order in full.
    pub fn order(&self, order: Order) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(order);
    }

    /// Takes every order back.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The faults a request for `path` meets, counted down.
    pub fn take(&self, path: &str) -> Vec<Fault> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let met = orders.iter_mut().filter_map(|order| order.meet(path)).collect();
        orders.retain(|order| order.times != Some(0));
        met
    }
}
