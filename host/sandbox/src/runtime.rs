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

/// What a guest of any language takes of the pool. A JavaScript guest has two memories, a Python
/// one fourteen core instances; totals of one a slot would run out at a fraction of the slots.
const MEMORIES_PER_SLOT: u32 = 2;
const TABLES_PER_SLOT: u32 = 4;
const CORE_INSTANCES_PER_SLOT: u32 = 40;

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
        .total_memories(slots.saturating_mul(MEMORIES_PER_SLOT))
        .total_tables(slots.saturating_mul(TABLES_PER_SLOT))
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_PER_SLOT))
        .max_memory_size(POOL_MEMORY_BYTES)
        .table_elements(POOL_TABLE_ELEMENTS)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto)
        .max_unused_warm_slots(100);
    pool
}
