//! The plugin at its border: requests in, a scripted Speech resource in between, a take out.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "what only tests call is a test too")]
#![allow(clippy::needless_pass_by_value, reason = "what a test expects is written where it is checked")]

mod account;
mod document;
mod errors;
mod refused;
mod service;
mod speech;
mod style;
mod words;
