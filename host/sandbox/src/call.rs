//! One call, from the wait for a place to the verdict.
//!
//! The frame is the same whatever is asked: a place in the pool by the deadline, the ticker
//! awake, a fresh store, the guest's code under the deadline, and whatever went wrong turned into
//! a [`Failure`] that names the plugin. Everything lives in the caller's future: dropping it drops
//! the store, and with it the instance, its memory and anything an import was waiting for.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use tokio::time::{Instant, timeout_at};
use understudy_speech::{Call, Failure, Manifest};
use wasmtime::component::ResourceTable;
use wasmtime::{AsContextMut, Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpView};

use crate::abi::v1::{self, Linked};
use crate::aside::Aside;
use crate::egress::{Access, Dispatch, Egress, Tls, WasiHttp};
use crate::journal::Journal;
use crate::limits::Limits;
use crate::load::LoadError;
use crate::memo::Memo;
use crate::meter::{Meter, within_cpu};
use crate::recording::Recording;
use crate::sandbox::Shared;
use crate::stopwatch::Stopwatch;
use crate::wasi::empty_world;

/// Whose calls these are: everything that outlives one.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) name: Arc<str>,
    pub(crate) limits: Arc<Limits>,
    /// The settings, a JSON object, with markers in place of secrets.
    pub(crate) settings: String,
    pub(crate) memo: Memo,
    pub(crate) egress: Arc<Egress>,
}

impl Tenant {
    pub(crate) fn new(name: String, limits: Limits, settings: String, access: Access, tls: Tls) -> Self {
        let (name, limits): (Arc<str>, _) = (name.into(), Arc::new(limits));
        let egress = Egress::new(Arc::clone(&name), access, tls, Arc::clone(&limits));
        Self { name, memo: Memo::new(limits.memo_bytes), limits, settings, egress: Arc::new(egress) }
    }
}

/// What the host keeps for one call; the data of its store.
pub(crate) struct CallState {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) meter: Meter,
    pub(crate) recording: Option<Recording>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) resources: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    wasi_http: WasiHttp,
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> wasmtime_wasi_http::WasiHttpCtxView<'_> {
        wasmtime_wasi_http::WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.resources,
            hooks: &mut self.wasi_http,
        }
    }
}

/// Runs `ask` with a fresh store, in so many places of the pool.
pub(crate) async fn run<Answer, Asking>(
    sandbox: &Shared,
    places: u32,
    tenant: &Arc<Tenant>,
    call: Call,
    recording: Option<Recording>,
    ask: impl FnOnce(Store<CallState>) -> Asking,
) -> Result<Answer, Failure>
where
    Asking: Future<Output = Result<Answer, Failure>>,
{
    let now = Instant::now();
    let limit = now.checked_add(tenant.limits.deadline);
    let deadline = limit.map_or(call.deadline, |limit| limit.min(call.deadline));
    let too_late = || Failure::DeadlineExceeded {
        plugin: tenant.name.to_string(),
        limit: deadline.saturating_duration_since(now),
    };
    if deadline <= now {
        return Err(too_late());
    }
    let Some(_place) = sandbox.slots.take(places, deadline).await else {
        return Err(Failure::Busy { plugin: tenant.name.to_string() });
    };
    let ticking = sandbox.ticker.enter();
    let stopwatch = Arc::new(Stopwatch::new(sandbox.ticker.counter()));
    let aside = Arc::new(Aside::default());
    let shared = (Arc::clone(&stopwatch), Arc::downgrade(&aside));
    let store = fresh_store(sandbox.linker.engine(), tenant, call.request_id, recording, shared);
    let mut asking = pin!(ask(store));
    let counted = poll_fn(|context| {
        stopwatch.begin();
        let working = ticking.work();
        let asked = poll_both(&aside, asking.as_mut(), context);
        drop(working);
        stopwatch.end();
        if asked.is_ready() {
            return asked;
        }
        // A guest that waits is not interrupted by ticks, and its host may have been at work for long.
        within_cpu(&stopwatch, &tenant.name, &tenant.limits)
            .map_or_else(|spent| Poll::Ready(Err(spent)), |()| asked)
    });
    timeout_at(deadline, counted).await.unwrap_or_else(|_| Err(too_late()))
}

/// Polls the guest, and what is done beside it. Meanwhile the guest is not woken: it waits for nothing
/// else.
fn poll_both<Answer>(
    aside: &Aside,
    mut asking: Pin<&mut impl Future<Output = Answer>>,
    context: &mut Context<'_>,
) -> Poll<Answer> {
    while aside.poll(context).is_ready() {
        let asked = asking.as_mut().poll(context);
        if asked.is_ready() || !aside.is_wanted() {
            return asked;
        }
    }
    Poll::Pending
}

/// Lets a plugin describe itself, before it has settings.
pub(crate) async fn describe(
    sandbox: &Shared,
    linked: &Linked,
    tenant: &Arc<Tenant>,
) -> Result<Manifest, LoadError> {
    // Nobody waits for less than the limit itself.
    let deadline = Instant::now() + 2 * tenant.limits.deadline;
    let call = Call { request_id: "describe".into(), deadline };
    let describing = run(sandbox, linked.places(), tenant, call, None, |store| v1::describe(linked, store));
    describing.await.map_err(LoadError::Describe)?
}

fn fresh_store(
    engine: &Engine,
    tenant: &Arc<Tenant>,
    request_id: Arc<str>,
    recording: Option<Recording>,
    (stopwatch, aside): (Arc<Stopwatch>, Weak<Aside>),
) -> Store<CallState> {
    let limits = &tenant.limits;
    let name = || Arc::clone(&tenant.name);
    let vault = Arc::clone(&tenant.egress.vault);
    let journal = Journal::new(name(), Arc::clone(&request_id), Arc::clone(limits), vault);
    let journal = Arc::new(journal);
    let dispatch = Dispatch::new(name(), request_id, Arc::clone(&tenant.egress), Arc::clone(limits), aside);
    let dispatch = Arc::new(dispatch);
    let mut resources = ResourceTable::new();
    resources.set_max_capacity(limits.resources);
    let mut store = Store::new(
        engine,
        CallState {
            tenant: Arc::clone(tenant),
            meter: Meter::new(name(), Arc::clone(limits), stopwatch),
            wasi: empty_world(&journal),
            journal,
            recording,
            resources,
            http: WasiHttpCtx::new(),
            wasi_http: WasiHttp(Arc::clone(&dispatch)),
            dispatch,
        },
    );
    store.limiter(|state| &mut state.meter);
    store.set_hostcall_fuel(limits.host_call_bytes);
    store.set_max_component_handles(limits.resources);
    // A tick that finds the guest computing holds it to its time, and lets every neighbour run. tokio's own
    // `yield_now` waits behind its timers and sockets; wasmtime's stock yield starves them.
    store.epoch_deadline_callback(|store| {
        store.data().meter.tick()?;
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    store.set_epoch_deadline(1);
    store.call_hook(|mut store, hook| {
        if store.data_mut().meter.transition(hook)? {
            store.as_context_mut().set_epoch_deadline(1);
        }
        Ok(())
    });
    store
}
