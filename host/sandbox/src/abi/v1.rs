//! Contract version 1: bindings, links, and one guest's session.
//!
//! The bindings are generated from `wit/v1` and stay in here. One world's bindings serve both
//! worlds: the exports of `characters` are looked up beside those of `provider`, and a plugin
//! without them is a plugin without characters. Only imports that can wait are `async`; the
//! others return at once, and a call of theirs costs half as much.

mod answers;
mod imports;
mod network;
mod scrub;
mod words;

use std::sync::Arc;

use understudy_speech::{Character, Failure, Manifest, ProviderError, Request, Script, Summary, Voice};
use wasmtime::component::{Component, HasSelf, Instance, InstancePre, Linker};
use wasmtime::{Engine, Store};

use self::bindings::CharacterProvider;
use self::bindings::exports::understudy::provider::{characters, provider};
use crate::call::CallState;
use crate::load::LoadError;
use crate::runtime::places;
use crate::secrets::Vault;
use crate::trap;

/// The version of this contract.
pub(crate) const VERSION: &str = "1.0.0-draft";

#[allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing
)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v1",
        world: "character-provider",
        imports: {
            "understudy:provider/take": async | trappable,
            "understudy:provider/http": async | trappable,
            "understudy:provider/websocket": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        with: {
            "understudy:provider/http.response": crate::egress::Incoming,
            "understudy:provider/websocket.connection": crate::egress::Socket,
        },
    });
}

/// A linker with everything a plugin of this contract may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    CharacterProvider::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// A component with its imports resolved and its exports found.
pub(crate) struct Linked {
    pre: InstancePre<CallState>,
    provider: provider::GuestIndices,
    characters: Option<characters::GuestIndices>,
    places: u32,
}

impl Linked {
    /// The places in the pool that an instance takes.
    pub(crate) fn places(&self) -> u32 {
        self.places
    }
}

/// Links a component of this contract.
pub(crate) fn link(linker: &Linker<CallState>, component: &Component) -> Result<Linked, LoadError> {
    let pre = linker.instantiate_pre(component).map_err(|error| unknown_import(&error))?;
    let missing = |error: wasmtime::Error| LoadError::WrongWorld { missing: quoted_export(&error) };
    let provider = provider::GuestIndices::new(&pre).map_err(missing)?;
    let characters = characters::GuestIndices::new(&pre).ok();
    let required = component.resources_required();
    let places = required.map_or(1, |required| places(required.num_memories, required.num_tables));
    Ok(Linked { pre, provider, characters, places })
}

/// A guest that was made for one call.
pub(crate) struct Session {
    store: Store<CallState>,
    provider: provider::Guest,
    characters: Option<characters::Guest>,
}

/// Makes an instance and lets the plugin describe itself. The inner error is about what it is,
/// the outer about how it fared.
pub(crate) async fn describe(
    linked: &Linked,
    mut store: Store<CallState>,
) -> Result<Result<Manifest, LoadError>, Failure> {
    let instance = instantiate(linked, &mut store).await?;
    let mut session = match Session::new(linked, store, &instance) {
        Ok(session) => session,
        Err(Mistyped(what)) => return Ok(Err(LoadError::WrongWorld { missing: what })),
    };
    let answer = session.provider.call_describe(&mut session.store).await;
    let manifest = answer.map_err(|error| verdict(&session.store, &error))?;
    // Nothing can be granted yet, so whoever asks for a host here is denied; that it asked is enough.
    if let Some(denial) = session.store.data().dispatch.denial() {
        return Err(denial.clone());
    }
    Ok(answers::manifest(manifest, session.characters.is_some()))
}

async fn instantiate(linked: &Linked, store: &mut Store<CallState>) -> Result<Instance, Failure> {
    let instance = linked.pre.instantiate_async(&mut *store).await;
    instance.map_err(|error| match verdict(store, &error) {
        // Types were checked at load: what no instance can be made for is the machine's fault.
        Failure::BrokenContract { plugin, reason } => {
            tracing::error!(plugin, reason, "no instance can be made");
            Failure::Busy { plugin }
        }
        failure => failure,
    })
}

/// An export that is there, with another type than the contract's.
struct Mistyped(String);

impl Session {
    /// Makes an instance for one call.
    pub(crate) async fn open(linked: &Linked, mut store: Store<CallState>) -> Result<Self, Failure> {
        let instance = instantiate(linked, &mut store).await?;
        let plugin = store.data().tenant.name.to_string();
        Self::new(linked, store, &instance)
            .map_err(|Mistyped(what)| Failure::BrokenContract { plugin, reason: format!("no export {what}") })
    }

    fn new(linked: &Linked, mut store: Store<CallState>, instance: &Instance) -> Result<Self, Mistyped> {
        let mistyped = |interface: &str, error: &wasmtime::Error| {
            let reason = error.root_cause().to_string();
            Mistyped(format!("{interface} as contract {VERSION} types it: {}", trap::bounded(&reason, 200)))
        };
        let provider = linked.provider.load(&mut store, instance);
        let provider = provider.map_err(|error| mistyped("provider", &error))?;
        let characters = linked.characters.as_ref().map(|indices| indices.load(&mut store, instance));
        let characters = characters.transpose().map_err(|error| mistyped("characters", &error))?;
        Ok(Self { store, provider, characters })
    }

    pub(crate) async fn check(mut self) -> Result<(), Failure> {
        let answer = self.provider.call_check(&mut self.store).await;
        self.judge(answer)
    }

    pub(crate) async fn voices(mut self) -> Result<Vec<Voice>, Failure> {
        let answer = self.provider.call_voices(&mut self.store).await;
        let mut voices = self.judge(answer)?;
        voices.iter_mut().for_each(|voice| scrub::voice(self.vault(), voice));
        answers::voices(voices).map_err(|reason| self.broken(reason))
    }

    pub(crate) async fn characters(mut self) -> Result<Vec<Character>, Failure> {
        let Some(guest) = &self.characters else { return Err(no_characters()) };
        let answer = guest.call_characters(&mut self.store).await;
        let mut characters = self.judge(answer)?;
        characters.iter_mut().for_each(|character| scrub::character(self.vault(), character));
        answers::characters(characters).map_err(|reason| self.broken(reason))
    }

    pub(crate) async fn synthesize(
        mut self,
        request: Arc<Request>,
        options: Option<String>,
    ) -> Result<Summary, Failure> {
        let request = words::request(&request, options);
        let answer = self.provider.call_synthesize(&mut self.store, &request).await;
        self.finish(answer)
    }

    pub(crate) async fn converse(
        mut self,
        script: Arc<Script>,
        options: Option<String>,
    ) -> Result<Summary, Failure> {
        let Some(guest) = &self.characters else { return Err(no_characters()) };
        let script = words::script(&script, options);
        let answer = guest.call_converse(&mut self.store, &script).await;
        self.finish(answer)
    }

    /// A take is whole when its summary and its recording agree.
    fn finish(
        &self,
        answer: Answer<bindings::understudy::provider::types::Summary>,
    ) -> Result<Summary, Failure> {
        let mut summary = self.judge(answer)?;
        scrub::summary(self.vault(), &mut summary);
        let summary = answers::summary(summary).map_err(|reason| self.broken(reason))?;
        if let Some(recording) = &self.store.data().recording {
            recording.finish(&summary)?;
        }
        Ok(summary)
    }

    fn judge<T>(&self, answer: Answer<T>) -> Result<T, Failure> {
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(mut error)) => {
                // A guest that passed a limit in `wasi:http` got an error without a name for it.
                if let Some(passed) = self.store.data().dispatch.passed() {
                    return Err(passed.clone());
                }
                scrub::error(self.vault(), &mut error);
                let error = answers::error(error);
                match self.store.data().dispatch.denial() {
                    // The plugin's words for a denial are guesses; the operator needs the grant.
                    Some(denial) if blames_the_service(&error) => Err(denial.clone()),
                    _ => Err(error.into()),
                }
            }
            Err(error) => Err(verdict(&self.store, &error)),
        }
    }

    fn vault(&self) -> &Vault {
        &self.store.data().tenant.egress.vault
    }

    fn broken(&self, reason: String) -> Failure {
        Failure::BrokenContract { plugin: self.store.data().tenant.name.to_string(), reason }
    }
}

/// What a guest's function gives: an answer, the plugin's own error, or the end of the call.
type Answer<T> = wasmtime::Result<Result<T, bindings::understudy::provider::types::Error>>;

fn verdict(store: &Store<CallState>, error: &wasmtime::Error) -> Failure {
    let tenant = &store.data().tenant;
    trap::verdict(&tenant.name, &tenant.limits, error)
}

/// Whether an error says that the service did not do its part.
const fn blames_the_service(error: &ProviderError) -> bool {
    matches!(
        error,
        ProviderError::Unauthorized(_)
            | ProviderError::Unavailable(_)
            | ProviderError::TimedOut
            | ProviderError::Protocol(_)
            | ProviderError::NoAudio
    )
}

fn no_characters() -> Failure {
    ProviderError::Unsupported("characters".to_owned()).into()
}

/// wasmtime quotes the import in backticks; the rest of its message is for embedders.
fn unknown_import(error: &wasmtime::Error) -> LoadError {
    let text = format!("{error:#}");
    let quoted = text.split('`').nth(1).unwrap_or(&text);
    LoadError::UnknownImport { import: trap::bounded(quoted, 200) }
}

/// The export a lookup did not find: the function when the interface is there.
fn quoted_export(error: &wasmtime::Error) -> String {
    let text = error.to_string();
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    trap::bounded(&quoted.join("."), 200)
}
