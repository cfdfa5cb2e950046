//! The template `understudy plugin new` writes, compiled and tested as the plugin it becomes.
//!
//! Its sources hold no placeholder, so they are a module here and their unit tests run with the
//! SDK's: a change of the SDK that breaks what authors start from is seen at once, without a
//! nested build.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::cast_possible_truncation)]

#[path = "../template/src/lib.rs"]
mod plugin;
