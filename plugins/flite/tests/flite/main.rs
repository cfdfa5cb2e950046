//! The offline voice at its border: requests in, recordings out, as a host would see them.

// A test's panic is its answer, in its helpers too.
#![allow(clippy::cast_possible_truncation, clippy::expect_used, clippy::indexing_slicing)]

mod contract;
mod harvard;
mod measure;
mod robustness;
mod voices;
