//! What a call that ended badly ended of.
//!
//! wasmtime answers everything with one error type. Here it becomes one of the host's verdicts,
//! in order of what is known best: a [`Failure`] the host raised itself; a resource of the engine
//! that ran out; a trap of the guest's code; and, whatever is left, data that does not follow the
//! component model's rules, which only a broken or hostile guest produces.

use std::sync::Arc;

use understudy_speech::Failure;
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::limits::Limits;

/// The longest reason kept, in bytes: function names are the plugin's to choose.
const REASON_BYTES_MAX: usize = 500;

/// wasmtime has no types for these; their wording is pinned with its version and by tests.
const FUEL_EXHAUSTED: &str = "fuel allocated for hostcalls has been exhausted";
const COUNT_TOO_HIGH: [(&str, &str); 3] = [
    ("instance count too high", "core instances"),
    ("memory count too high", "memories"),
    ("table count too high", "tables"),
];
const HANDLES_EXHAUSTED: &str = "store handle limit exceeded";

/// Turns an error of a call into the host's verdict.
pub(crate) fn verdict(plugin: &Arc<str>, limits: &Limits, error: &wasmtime::Error) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.clone();
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return Failure::Busy { plugin: plugin.to_string() };
    }
    if let Some((what, limit)) = exhausted(limits, error) {
        return Failure::LimitExceeded { plugin: plugin.to_string(), what, limit };
    }
    let plugin = plugin.to_string();
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return Failure::Trapped { plugin, reason: with_frame(&trap.to_string(), error) };
    }
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return Failure::Trapped { plugin, reason: format!("exited with code {code}") };
    }
    Failure::BrokenContract { plugin, reason: with_frame(&error.root_cause().to_string(), error) }
}

/// The limit of ours that the engine kept for us.
fn exhausted(limits: &Limits, error: &wasmtime::Error) -> Option<(&'static str, u64)> {
    if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
        return Some(("open resources", limits.resources as u64));
    }
    let cause = error.root_cause().to_string();
    if cause.contains(FUEL_EXHAUSTED) {
        return Some(("bytes in one host call", limits.host_call_bytes as u64));
    }
    if cause.contains(HANDLES_EXHAUSTED) {
        return Some(("open resources", limits.resources as u64));
    }
    let (_, what) = COUNT_TOO_HIGH.into_iter().find(|(wording, _)| cause.contains(wording))?;
    let limit = if what == "core instances" { limits.instances } else { limits.memories_and_tables };
    Some((what, limit as u64))
}

/// The reason, with the innermost guest function that its author wrote and that has a name.
fn with_frame(reason: &str, error: &wasmtime::Error) -> String {
    let names = error.downcast_ref::<WasmBacktrace>().into_iter().flat_map(|backtrace| {
        backtrace.frames().iter().filter_map(|frame| frame.func_name()).map(without_hash)
    });
    let text = match names.into_iter().find(|name| !is_of_a_runtime(name)) {
        Some(name) => format!("{reason} in {name}"),
        None => reason.to_owned(),
    };
    bounded(text.trim_start_matches("wasm trap: "), REASON_BYTES_MAX)
}

/// Rust symbols end in a hash that says nothing to a reader.
fn without_hash(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// Every panic ends in the same few functions of Rust's or C's library.
fn is_of_a_runtime(name: &str) -> bool {
    const LIBRARIES: [&str; 8] =
        ["abort", "alloc::", "core::", "dlmalloc", "rust_", "std::", "__rust", "__rdl_"];
    LIBRARIES.iter().any(|library| name.trim_start_matches('<').starts_with(library))
}

/// At most `maximum` bytes of `text`, cut at a character, without control characters. For text
/// that a plugin chose and a person or a log will read.
pub(crate) fn bounded(text: &str, maximum: usize) -> String {
    let end = text.floor_char_boundary(maximum);
    let kept = text.get(..end).unwrap_or_default();
    let mut clean: String =
        kept.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    if end < text.len() {
        clean.push('…');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_plugin_is_cut_at_a_character_and_cannot_steer_a_terminal() {
        assert_eq!(bounded("plain", 5), "plain");
        assert_eq!(bounded("größer", 3), "gr…");
        assert_eq!(bounded("a\u{1b}[2Jb\nc", 100), "a [2Jb c");
        assert_eq!(bounded("", 0), "");
    }
}
