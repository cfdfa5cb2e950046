//! What goes wrong, on order.
//!
//! A fault belongs to the simulator and not to the request that meets it: the client under test
//! must not know. Each order says what happens, to which path, and how many times; orders may be
//! given while the server runs. Delays add up, and the first order that decides the answer wins. A
//! *schedule* says what happens to one purchase after the other, whenever they come.

mod interfere;
mod order;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
pub struct Faults(Arc<Mutex<Orders>>);

#[derive(Debug, Default)]
struct Orders {
    standing: Vec<Order>,
    scheduled: VecDeque<Option<Fault>>,
}

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
        self.orders().standing.push(order);
    }

    /// The first request for speech from now on meets the first of these, or nothing, the second the
    /// second, and so on. Lists of voices and the like meet none of them.
    pub fn schedule(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.orders().scheduled = faults.into_iter().collect();
    }

    /// Takes every order back, and the schedule.
    pub fn clear(&self) {
        *self.orders() = Orders::default();
    }

    /// The faults a request for `path` meets, counted down; `for_speech` says what kind it is.
    pub(crate) fn take(&self, path: &str, for_speech: bool) -> Vec<Fault> {
        let mut orders = self.orders();
        let mut met: Vec<Fault> = orders.standing.iter_mut().filter_map(|order| order.meet(path)).collect();
        orders.standing.retain(|order| order.times != Some(0));
        if for_speech {
            met.extend(orders.scheduled.pop_front().flatten());
        }
        met
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
