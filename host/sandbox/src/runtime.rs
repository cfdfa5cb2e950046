//! How wasmtime is set up.
//!
//! Every value here was measured: a whole call in a fresh instance costs 8–15 µs with this pool
//! and 26–30 µs without `pagemap_scan` and resident pages, or on demand. A fresh instance for
//! every call is then cheaper than any scheme that would clean and reuse one, and nothing can
//! leak from one request into the next.
//!
//! The pool reserves address space, not memory: 256 MiB a slot and its guard. Where address space
//! is short (small virtual addresses, `ulimit -v`) the pool is halved until it fits, and at the
//! end instances are allocated on demand, which is slower and otherwise the same.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits::{POOL_MEMORY_BYTES, POOL_TABLE_ELEMENTS};

/// Below this many slots a pool is not worth having.
const POOL_SLOTS_MIN: u32 = 16;

/// Calls at once when instances are allocated on demand.
const ON_DEMAND_SLOTS_MAX: u32 = 64;

/// The tables of a slot. A JavaScript guest has two; totals of one a slot would run out at a fraction
/// of the slots. A call of a guest with more takes more slots, or its neighbours would find the pool
/// empty with places free.
///
/// Memories are not to spare: a slot *is* one memory, and a call of a guest with two takes two
/// slots. Each memory that was ever used keeps four mappings of the kernel's, and with memories to
/// spare the pool's shards drift over all of them: 10,000 calls twice over were measured to pass
/// `vm.max_map_count` the second time.
const TABLES_PER_SLOT: u32 = 4;

/// However few slots there are, one call of any guest can run.
const POOL_MEMORIES_MIN: u32 = 16;
const POOL_TABLES_MIN: u32 = 16;

/// Core instances are no places: nothing is reserved for one, a call may have so many
/// (`Limits::instances`), and all of a component together so many bytes.
const POOL_CORE_INSTANCES: u32 = u32::MAX;
const COMPONENT_INSTANCES_BYTES_MAX: usize = 4 << 20;

/// The stack of a call: what the guest may use, and on top of it room for the host's imports.
const GUEST_STACK_BYTES: usize = 512 << 10;
const CALL_STACK_BYTES: usize = 2 << 20;

/// Builds the engine with room for `slots` calls, or for as many as fit; returns how many.
pub(crate) fn engine(slots: u32) -> wasmtime::Result<(Engine, u32)> {
    let mut pool_slots = slots;
    while pool_slots >= POOL_SLOTS_MIN.min(slots) && pool_slots > 0 {
        let mut config = configuration();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(pool_slots)));
        match Engine::new(&config) {
            Ok(engine) => return Ok((engine, pool_slots)),
            Err(error) => tracing::warn!(slots = pool_slots, %error, "instance pool does not fit"),
        }
        pool_slots /= 2;
    }
    let mut config = configuration();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    tracing::warn!("instances are allocated on demand");
    Ok((Engine::new(&config)?, slots.min(ON_DEMAND_SLOTS_MAX)))
}

/// The slots that an instance with so many memories and tables takes of the pool.
pub(crate) fn places(memories: u32, tables: u32) -> u32 {
    memories.max(tables.div_ceil(TABLES_PER_SLOT)).max(1)
}

fn configuration() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .async_stack_size(CALL_STACK_BYTES)
        .max_wasm_stack(GUEST_STACK_BYTES)
        .memory_init_cow(true)
        .memory_reservation(POOL_MEMORY_BYTES as u64)
        .memory_guard_size(32 << 20)
        .memory_reservation_for_growth(0);
    config
}

fn pool(slots: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_stacks(slots)
        .total_memories(slots.max(POOL_MEMORIES_MIN))
        .total_tables(slots.saturating_mul(TABLES_PER_SLOT).max(POOL_TABLES_MIN))
        .total_core_instances(POOL_CORE_INSTANCES)
        .max_memory_size(POOL_MEMORY_BYTES)
        .table_elements(POOL_TABLE_ELEMENTS)
        .max_component_instance_size(COMPONENT_INSTANCES_BYTES_MAX)
        .max_core_instance_size(COMPONENT_INSTANCES_BYTES_MAX)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto)
        .max_unused_warm_slots(100);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_takes_the_places_of_its_memories_or_of_its_tables_whichever_are_more() {
        for (memories, tables, expected) in
            [(1, 1, 1), (0, 0, 1), (2, 2, 2), (1, 4, 1), (1, 5, 2), (1, 16, 4)]
        {
            assert_eq!(places(memories, tables), expected, "{memories} memories, {tables} tables");
        }
    }
}
