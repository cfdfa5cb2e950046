//! The sandbox at its border: real components, a misbehaving one above all.
// clippy excuses test functions alone; here the functions beside them are tests too.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod contract;
mod egress;
mod isolation;
mod journal;
mod limits;
mod loading;
mod memory;
mod server;
mod speaking;
mod support;
