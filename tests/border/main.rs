//! Behaviour at the border, through public APIs only: the binary as a person runs it, the HTTP API
//! as a client calls it, and the tree as a newcomer reads it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "clippy.toml allows them in tests, and does not see that helpers of tests are tests"
)]

mod chaos;
mod cli;
mod conversations;
mod hostile;
mod http;
mod keeping;
#[path = "../../plugins/nested_cargo.rs"]
mod nested_cargo;
mod offline_voice;
mod plugins;
mod providers;
mod reload;
mod support;
mod tidy;
