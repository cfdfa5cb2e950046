//! The functions a plugin imports: the contract's in a component, the test harness's natively.
//!
//! One seam with two implementations of the very same functions, chosen by target. It is what lets
//! a plugin be unit-tested with `cargo test`: a component cannot be linked natively, because its
//! imports exist in a host alone.

#[cfg(target_family = "wasm")]
mod component;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod fake;

#[cfg(target_family = "wasm")]
pub(crate) use component::*;
#[cfg(not(target_family = "wasm"))]
pub(crate) use fake::calls::*;
