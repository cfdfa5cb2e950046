//! Bytes to code, off the runtime.
//!
//! Cranelift takes up to ten seconds of pure computing and hundreds of megabytes for a large
//! component. On a tokio worker it would stall every call on that worker, and tokio's blocking
//! pool would start dozens at once; so each compilation has a plain thread, a gate lets few run,
//! and the caller awaits a oneshot. A caller that leaves lets the thread finish: the result is in
//! the cache when it comes back.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::code_cache::CodeCache;
use crate::load::LoadError;

/// Compilations at once. Each uses every core already, and up to half a gigabyte.
const COMPILATIONS_AT_ONCE: usize = 2;

/// Where a component's machine code came from, and how long that took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileOutcome {
    /// From the code cache.
    Cached(Duration),
    /// Compiled just now.
    Compiled(Duration),
}

/// A component ready to be linked.
pub(crate) struct Compiled {
    pub(crate) component: Component,
    /// SHA-256 of the wasm, in hex.
    pub(crate) digest: String,
    pub(crate) outcome: CompileOutcome,
}

/// The compiler and its cache.
#[derive(Debug)]
pub(crate) struct Compiler {
    engine: Engine,
    cache: Option<Arc<CodeCache>>,
    gate: Semaphore,
}

impl Compiler {
    pub(crate) fn new(engine: Engine, cache: Option<CodeCache>) -> Self {
        Self { engine, cache: cache.map(Arc::new), gate: Semaphore::new(COMPILATIONS_AT_ONCE) }
    }

    pub(crate) async fn compile(&self, wasm: Bytes) -> Result<Compiled, LoadError> {
        let _turn = self.gate.acquire().await;
        let (engine, cache) = (self.engine.clone(), self.cache.clone());
        let (sender, receiver) = oneshot::channel();
        thread::Builder::new()
            .name("sandbox-compile".to_owned())
            .spawn(move || {
                let _ = sender.send(compile_here(&engine, cache.as_deref(), &wasm));
            })
            .map_err(|error| LoadError::Host { reason: format!("no thread to compile on: {error}") })?;
        receiver.await.map_err(|_| LoadError::Host { reason: "the compiler crashed".to_owned() })?
    }
}

fn compile_here(engine: &Engine, cache: Option<&CodeCache>, wasm: &[u8]) -> Result<Compiled, LoadError> {
    let started = Instant::now();
    let digest = digest(wasm);
    if let Some(component) = cache.and_then(|cache| cache.load(engine, &digest)) {
        return Ok(Compiled { component, digest, outcome: CompileOutcome::Cached(started.elapsed()) });
    }
    let malformed = |error: wasmtime::Error| LoadError::Malformed { reason: format!("{error:#}") };
    let component = Component::from_binary(engine, wasm).map_err(malformed)?;
    if let Some(cache) = cache {
        match component.serialize() {
            Ok(compiled) => cache.store(&digest, &compiled),
            Err(error) => tracing::warn!(%error, "compiled code not kept"),
        }
    }
    Ok(Compiled { component, digest, outcome: CompileOutcome::Compiled(started.elapsed()) })
}

/// What a component is known by: SHA-256 of its bytes, in lower-case hexadecimal digits.
#[must_use]
pub fn digest(wasm: &[u8]) -> String {
    hex(&Sha256::digest(wasm))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
