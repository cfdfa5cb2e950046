//! What a call has used up so far.
//!
//! wasmtime asks here before it gives a guest memory or table space, at every transition between
//! guest and host, and at every tick that finds the guest computing. A limit that is passed ends
//! the call by an error that carries the [`Failure`] itself: no plugin can produce one.

use std::sync::Arc;

use understudy_speech::Failure;
use wasmtime::{CallHook, ResourceLimiter};

use crate::limits::{Limits, POOL_MEMORY_BYTES, POOL_TABLE_ELEMENTS};
use crate::stopwatch::Stopwatch;
use crate::ticker::TICK;

/// The budgets of one call.
#[derive(Debug)]
pub(crate) struct Meter {
    plugin: Arc<str>,
    limits: Arc<Limits>,
    memory_bytes: usize,
    table_elements: usize,
    host_calls: u64,
    stopwatch: Arc<Stopwatch>,
    polls_at_host_entry: u32,
}

impl Meter {
    /// `stopwatch` is held while the call's future is polled.
    pub(crate) fn new(plugin: Arc<str>, limits: Arc<Limits>, stopwatch: Arc<Stopwatch>) -> Self {
        Self {
            plugin,
            limits,
            memory_bytes: 0,
            table_elements: 0,
            host_calls: 0,
            stopwatch,
            polls_at_host_entry: 0,
        }
    }

    /// A limit that was passed.
    pub(crate) fn passed(&self, what: &'static str, limit: u64) -> Failure {
        Failure::LimitExceeded { plugin: self.plugin.to_string(), what, limit }
    }

    /// Holds the processor time against its limit, at a tick that found the guest computing.
    pub(crate) fn tick(&self) -> Result<(), Failure> {
        within_cpu(&self.stopwatch, &self.plugin, &self.limits)
    }

    /// Notes a transition between guest and host. True when the guest was parked: ticks that
    /// passed meanwhile are not its own.
    pub(crate) fn transition(&mut self, hook: CallHook) -> Result<bool, Failure> {
        match hook {
            CallHook::CallingHost => {
                self.polls_at_host_entry = self.stopwatch.polls();
                self.host_calls += 1;
                if self.host_calls > self.limits.host_calls {
                    return Err(self.passed("host calls", self.limits.host_calls));
                }
                Ok(false)
            }
            CallHook::ReturningFromHost => Ok(self.parked()),
            CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(false),
        }
    }

    /// True when the host call that is returning has waited. A call that waits hands its thread
    /// back and is polled again later; one that only worked was polled once. Forgiving the second
    /// kind too would let a guest spin on a cheap import for nothing.
    fn parked(&self) -> bool {
        self.stopwatch.polls() != self.polls_at_host_entry
    }

    fn memory_limit(&self) -> usize {
        self.limits.memory_bytes.min(POOL_MEMORY_BYTES)
    }
}

/// Whether a call has processor time left.
pub(crate) fn within_cpu(stopwatch: &Stopwatch, plugin: &str, limits: &Limits) -> Result<(), Failure> {
    if u128::from(stopwatch.ticks()) * TICK.as_millis() > limits.cpu.as_millis() {
        return Err(Failure::CpuExceeded { plugin: plugin.to_owned(), limit: limits.cpu });
    }
    Ok(())
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // What passes the memory's own declared maximum fails in the guest, by the specification.
        if maximum.is_some_and(|maximum| desired > maximum && maximum < POOL_MEMORY_BYTES) {
            return Ok(false);
        }
        let total = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if total > self.memory_limit() {
            return Err(self.passed("bytes of memory", self.memory_limit() as u64).into());
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!(plugin = &*self.plugin, %error, "memory did not grow");
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum && maximum < POOL_TABLE_ELEMENTS) {
            return Ok(false);
        }
        let total = self.table_elements.saturating_add(desired.saturating_sub(current));
        if total > self.limits.table_elements {
            return Err(self.passed("table elements", self.limits.table_elements as u64).into());
        }
        self.table_elements = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.memories_and_tables
    }

    fn memories(&self) -> usize {
        self.limits.memories_and_tables
    }
}
