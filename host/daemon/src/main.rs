//! The `understudy` program; everything it does is in the library.

use std::process::ExitCode;

/// Why not the system's: see `Cargo.toml`.
#[cfg(all(feature = "jemalloc", unix, not(target_env = "musl")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    understudy::cli::main()
}
