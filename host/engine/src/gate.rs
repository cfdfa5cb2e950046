//! Who may be asked now: what stands between a plan and a call.
//!
//! The gate outlives a cast. A reload builds another engine that shares it, so that a breaker stays
//! open, a budget stays spent and a minute's calls stay counted whatever is reloaded.

mod breaker;
mod budget;
mod calendar;
mod door;
mod pace;
mod places;
mod queue;
mod window;
mod withheld;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

pub use breaker::BreakerState;
pub use budget::{Period, Spending};
pub(crate) use calendar::Calendar;
pub(crate) use door::{Asking, CheckPass, Door, Entry, Pass};
pub(crate) use places::Place;
pub(crate) use queue::Queue;
pub use withheld::Withheld;

use crate::history::Counters;
use crate::settings::GlobalLimits;

/// Every provider's door, and the queue before all of them.
#[derive(Debug)]
pub(crate) struct Gate {
    doors: Arc<RwLock<BTreeMap<String, Arc<Door>>>>,
    queue: Arc<Queue>,
    /// Where characters are counted for good.
    counters: Option<Counters>,
}

impl Gate {
    pub(crate) fn new(limits: &GlobalLimits) -> Self {
        Self { doors: Arc::default(), queue: Arc::new(Queue::new(limits)), counters: None }
    }

    /// A gate whose characters are counted in `counters`, and were before its time.
    pub(crate) fn counting(limits: &GlobalLimits, counters: Counters) -> Self {
        Self { counters: Some(counters), ..Self::new(limits) }
    }

    /// The same doors; the same queue too, unless its limits have changed. Requests of the old
    /// queue then count in the old one until they end.
    pub(crate) fn under(&self, limits: &GlobalLimits) -> Self {
        let same = self.queue.limits() == limits;
        let queue = if same { Arc::clone(&self.queue) } else { Arc::new(Queue::new(limits)) };
        Self { doors: Arc::clone(&self.doors), queue, counters: self.counters.clone() }
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn door(&self, provider: &str) -> Arc<Door> {
        let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(door) = doors.get(provider) {
            return Arc::clone(door);
        }
        drop(doors);
        let mut doors = self.doors.write().unwrap_or_else(PoisonError::into_inner);
        let door = doors.entry(provider.to_owned());
        Arc::clone(door.or_insert_with(|| Arc::new(Door::new(provider, self.counters.clone()))))
    }

    /// What every provider has spent, those included that are no longer in the cast.
    pub(crate) fn spending(&self) -> BTreeMap<String, Spending> {
        let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
        doors.iter().map(|(name, door)| (name.clone(), door.spending())).collect()
    }
}
