//! The sandbox: bytes of a component in, a running [`Provider`](understudy_speech::Provider) out.
//!
//! This is the only crate that names wasmtime. A plugin is somebody else's code; here it gets a
//! fresh instance for every call, a few imports and a budget for everything it could use up, and
//! whatever it does past that costs it this one call. Nothing it does costs a neighbour.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use understudy_sandbox::{PluginConfig, Sandbox, SandboxOptions};
//!
//! let sandbox = Sandbox::new(SandboxOptions::default())?;
//! let wasm = std::fs::read("voice.wasm")?;
//! let plugin = sandbox.load(wasm.into(), PluginConfig::named("voice")).await?;
//! println!("{} speaks contract {}", plugin.name(), plugin.contract());
//! # Ok(()) }
//! ```
//!
//! From the outside in: [`Sandbox`] (`sandbox.rs`) owns the engine (`runtime.rs`), the places in
//! its pool (`slots.rs`), the clock that preempts guests (`ticker.rs`) and the code cache
//! (`code_cache.rs`, the one file with `unsafe`). `load.rs` turns bytes into a [`Plugin`]
//! (`plugin.rs`). `call.rs` frames one call: its place, its deadline, what is done beside the guest
//! (`aside.rs`) and its verdict (`trap.rs`).
//! `abi/v1` speaks contract version 1 with the guest; what the guest asks of the host ends in
//! `recording.rs`, `journal.rs`, `memo.rs`, `settings.rs`, `signing.rs` and `egress`, none of which
//! knows the contract. `egress` is the only way to a network, and `secrets` fills the requests that
//! take it.

mod abi;
mod aside;
mod call;
mod code_cache;
mod compile;
mod egress;
mod journal;
mod limits;
mod load;
mod manifest;
mod memo;
mod meter;
mod plugin;
mod recording;
mod runtime;
mod sandbox;
mod secrets;
mod settings;
mod shape;
mod signing;
mod slots;
mod stopwatch;
mod ticker;
mod trap;
mod wasi;

pub use compile::{CompileOutcome, digest};
pub use egress::{Grant, HostPattern, InvalidHost};
pub use limits::Limits;
pub use load::{Inspection, LoadError, PluginConfig, Uses};
pub use plugin::Plugin;
pub use sandbox::{Sandbox, SandboxError, SandboxOptions};
pub use secrets::Secret;
pub use settings::{SettingFault, SettingFaultKind, setting_faults, with_defaults};
