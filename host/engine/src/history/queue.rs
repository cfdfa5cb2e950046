//! Records on their way to the one thread that writes.
//!
//! A hit from memory costs some microseconds, and waking a thread costs as much again. So a record
//! wakes the writer only when the queue was empty, and the writer then waits a moment for others to
//! come: under load one wake serves hundreds of records, which are written together as well. However
//! few they are, sled writes several pieces for them, on threads of its own that wake each other.
//! Whoever wants to read what waits has it written at once.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::record::{Repeat, RequestRecord};

/// How long the writer waits for more.
const GATHER: Duration = Duration::from_millis(250);
/// Records written together at most.
const BATCH_MAX: usize = 1024;

pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    told: Condvar,
    records_max: usize,
}

/// A record on its way.
pub(super) enum Entry {
    New(Box<RequestRecord>),
    Repeat(Repeat),
}

#[derive(Default)]
struct Waiting {
    records: VecDeque<Entry>,
    /// All there ever were.
    pushed: u64,
    /// With how many records came before each.
    orders: VecDeque<(u64, Order)>,
    closed: bool,
}

/// Answered when everything before it was written, or was dropped.
pub(super) struct Order {
    pub(super) done: SyncSender<()>,
    /// Not before it is on the disk.
    pub(super) synced: bool,
}

/// What the writer does next.
pub(super) struct Batch {
    pub(super) records: Vec<Entry>,
    /// None while records wait that came before them.
    pub(super) orders: Vec<Order>,
    /// Nothing is left, and nothing will come.
    pub(super) over: bool,
}

impl Queue {
    pub(super) fn new(records_max: usize) -> Self {
        Self { waiting: Mutex::default(), told: Condvar::new(), records_max: records_max.max(1) }
    }

    /// Takes a record along; false when there is no place for it. Never waits.
    pub(super) fn push(&self, entry: Entry) -> bool {
        let mut waiting = self.waiting();
        if waiting.closed || waiting.records.len() >= self.records_max {
            return false;
        }
        waiting.records.push_back(entry);
        waiting.pushed += 1;
        let is_first = waiting.records.len() == 1;
        drop(waiting);
        if is_first {
            self.told.notify_one();
        }
        true
    }

    pub(super) fn order(&self, order: Order) {
        let mut waiting = self.waiting();
        // Dropped when nobody writes any more, which answers as well.
        if !waiting.closed {
            let before = waiting.pushed;
            waiting.orders.push_back((before, order));
        }
        drop(waiting);
        self.told.notify_one();
    }

    /// Nothing comes any more; what waits is still written.
    pub(super) fn close(&self) {
        self.waiting().closed = true;
        self.told.notify_one();
    }

    /// Nobody writes any more: whoever waits for that waits no longer.
    pub(super) fn abandon(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        waiting.orders.clear();
    }

    /// What there is to do, after `patience` perhaps nothing.
    pub(super) fn next(&self, patience: Duration) -> Batch {
        let is_idle = |waiting: &mut Waiting| {
            waiting.records.is_empty() && waiting.orders.is_empty() && !waiting.closed
        };
        let is_gathering = |waiting: &mut Waiting| {
            !waiting.records.is_empty()
                && waiting.records.len() < BATCH_MAX
                && waiting.orders.is_empty()
                && !waiting.closed
        };
        let waiting = self.told.wait_timeout_while(self.waiting(), patience, is_idle);
        let (waiting, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        let waiting = self.told.wait_timeout_while(waiting, GATHER, is_gathering);
        let (mut waiting, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        let count = waiting.records.len().min(BATCH_MAX);
        let records = waiting.records.drain(..count).collect();
        let taken = waiting.pushed - waiting.records.len() as u64;
        let due = waiting.orders.iter().take_while(|(before, _)| *before <= taken).count();
        let orders = waiting.orders.drain(..due).map(|(_, order)| order).collect();
        Batch { records, orders, over: waiting.records.is_empty() && waiting.closed }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::sync_channel;
    use std::thread::spawn;

    use super::super::record::RequestStatus;
    use super::*;

    fn record() -> Entry {
        Entry::New(Box::new(RequestRecord::new("r", 0, "Hello.", RequestStatus::Completed)))
    }

    fn order() -> Order {
        Order { done: sync_channel(1).0, synced: false }
    }

    #[test]
    fn what_came_is_given_in_batches_and_orders_come_after_it() {
        let queue = Queue::new(10_000);
        for number in 0..BATCH_MAX + 7 {
            assert!(queue.push(record()));
            if number == 2 {
                queue.order(order());
            }
        }
        queue.order(order());
        queue.order(order());
        let sizes = [(); 2].map(|()| {
            let Batch { records, orders, over } = queue.next(Duration::ZERO);
            (records.len(), orders.len(), over)
        });
        assert_eq!(sizes, [(BATCH_MAX, 1, false), (7, 2, false)]);
        assert!(queue.next(Duration::ZERO).records.is_empty());
    }

    #[test]
    fn what_finds_no_place_or_comes_too_late_is_refused() {
        let queue = Queue::new(1);
        assert!(queue.push(record()));
        assert!(!queue.push(record()));
        queue.close();
        assert!(!queue.push(record()));
        let (done, is_done) = sync_channel(1);
        queue.order(Order { done, synced: true });
        assert!(is_done.recv().is_err(), "nobody is left who would answer");
        let Batch { records, over, .. } = queue.next(Duration::ZERO);
        assert_eq!((records.len(), over), (1, true));
    }

    #[test]
    fn a_writer_that_waits_is_woken_by_a_record_an_order_and_the_end() {
        let queue = Arc::new(Queue::new(9));
        let long = Duration::from_secs(600);
        let wake: [fn(&Queue); 3] =
            [|queue| assert!(queue.push(record())), |queue| queue.order(order()), |queue| queue.close()];
        for wake in wake {
            let writer = Arc::clone(&queue);
            let writer = spawn(move || writer.next(long));
            wake(&queue);
            let batch = writer.join().unwrap();
            assert!(!batch.records.is_empty() || !batch.orders.is_empty() || batch.over);
        }
    }
}
