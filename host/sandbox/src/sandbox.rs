//! The sandbox itself: one engine, and everything that calls share.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::Linker;

use crate::abi::v1;
use crate::call::CallState;
use crate::code_cache::{CodeCache, CodeCacheError};
use crate::compile::Compiler;
use crate::egress::Tls;
use crate::load::{self, Inspection, LoadError, PluginConfig};
use crate::plugin::Plugin;
use crate::runtime;
use crate::slots::{self, Slots};
use crate::ticker::Ticker;

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Calls at once, of all plugins together. The kernel's `vm.max_map_count` may lower it:
    /// six mappings a call. More calls than this wait for a place until their deadline.
    pub slots: u32,
    /// A directory for compiled code, created when missing with access for this user alone.
    /// Without one every start compiles again.
    pub code_cache: Option<PathBuf>,
    /// The largest component taken, in bytes. Python components reach 40 MiB.
    pub component_bytes_max: usize,
    /// A PEM file of certificate authorities that are trusted beside Mozilla's: a company's own,
    /// or that of a service one runs oneself.
    pub extra_roots: Option<PathBuf>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        // A thousand calls in flight need about 65 MB; the pool itself costs an idle process
        // little, and a machine that serves more says so in its configuration.
        Self { slots: 1_000, code_cache: None, component_bytes_max: 128 << 20, extra_roots: None }
    }
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The engine cannot be built on this machine.
    #[error("webassembly engine does not start: {0}")]
    Engine(String),
    /// The ticker's thread cannot be started.
    #[error("ticker thread does not start")]
    Ticker(#[source] std::io::Error),
    /// The extra certificate authorities cannot be used.
    #[error("certificate authorities cannot be read: {0}")]
    Certificates(String),
    /// The code cache cannot be used.
    #[error(transparent)]
    CodeCache(#[from] CodeCacheError),
}

/// Loads plugins and runs their calls. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Sandbox(pub(crate) Arc<Shared>);

/// What every call of a sandbox shares.
pub(crate) struct Shared {
    pub(crate) compiler: Compiler,
    pub(crate) linker: Linker<CallState>,
    pub(crate) slots: Slots,
    pub(crate) ticker: Ticker,
    pub(crate) tls: Tls,
    pub(crate) component_bytes_max: usize,
}

impl Sandbox {
    /// Builds the engine, the instance pool and the ticker.
    ///
    /// # Errors
    /// When the machine has no memory or thread for it, or the code cache's directory cannot be
    /// created or is open to other users.
    pub fn new(options: SandboxOptions) -> Result<Self, SandboxError> {
        let broken = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
        let (engine, slots) = runtime::engine(slots::affordable(options.slots)).map_err(broken)?;
        let cache = options.code_cache.map(|directory| CodeCache::open(&directory, &engine)).transpose()?;
        let ticker = Ticker::start(engine.weak()).map_err(SandboxError::Ticker)?;
        let linker = v1::linker(&engine).map_err(broken)?;
        let tls = Tls::new(options.extra_roots.as_deref()).map_err(SandboxError::Certificates)?;
        Ok(Self(Arc::new(Shared {
            linker,
            compiler: Compiler::new(engine, cache),
            slots: Slots::new(slots),
            ticker,
            tls,
            component_bytes_max: options.component_bytes_max,
        })))
    }

    /// Calls that can run at once.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.0.slots.count()
    }

    /// The largest component taken, in bytes.
    #[must_use]
    pub fn component_bytes_max(&self) -> usize {
        self.0.component_bytes_max
    }

    /// Milliseconds ticked so far while calls were in flight. It stands still when the sandbox is
    /// idle; one that stands still during a call is broken, for guests are then not preempted.
    #[must_use]
    pub fn heartbeat(&self) -> u64 {
        self.0.ticker.beats()
    }

    /// Compiles a component and lets it describe itself.
    ///
    /// # Errors
    /// When the bytes are no plugin of a contract this version knows, or its description is not
    /// valid.
    pub async fn inspect(&self, wasm: Bytes) -> Result<Inspection, LoadError> {
        load::inspect(&self.0, wasm).await
    }

    /// Loads a plugin with its configuration.
    ///
    /// # Errors
    /// As [`Sandbox::inspect`], and when the settings do not fit the plugin's schema.
    pub async fn load(&self, wasm: Bytes, config: PluginConfig) -> Result<Plugin, LoadError> {
        load::load(&self.0, wasm, config).await
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("slots", &self.slots.count()).finish_non_exhaustive()
    }
}
