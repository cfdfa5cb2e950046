//! A loaded plugin: the sandbox's side of the seam.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;
use understudy_speech::{
    Call, Character, Failure, Manifest, Provider, Request, Script, Summary, TakeSink, Voice,
};

use crate::abi::v1::{Linked, Session};
use crate::call::{self, Calling, Tenant};
use crate::compile::CompileOutcome;
use crate::load::Inspection;
use crate::recording::{Recording, Source};
use crate::sandbox::Shared;
use crate::wings::Wings;

/// A plugin that speaks. Cheap to clone; clones share its memo. Code and memo go when the last
/// clone and the last call are gone.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    sandbox: Arc<Shared>,
    linked: Linked,
    tenant: Arc<Tenant>,
    inspection: Inspection,
    wings: Wings,
}

impl Plugin {
    pub(crate) fn new(sandbox: Arc<Shared>, linked: Linked, tenant: Tenant, inspection: Inspection) -> Self {
        let (tenant, wings) = (Arc::new(tenant), Wings::default());
        Self(Arc::new(Loaded { sandbox, linked, tenant, inspection, wings }))
    }

    /// SHA-256 of the component, in hex.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.0.inspection.digest
    }

    /// The provider's name in logs and errors.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.tenant.name
    }

    /// The contract version it was built for.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.0.inspection.contract
    }

    /// The component's size in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.0.inspection.size_bytes
    }

    /// Whether it had to be compiled, and how long that took.
    #[must_use]
    pub fn compile(&self) -> CompileOutcome {
        self.0.inspection.compile
    }

    fn recording(&self, take: TakeSink, source: Source) -> Recording {
        let tenant = &self.0.tenant;
        Recording::new(Arc::clone(&tenant.name), Arc::clone(&tenant.limits), take, source)
    }

    fn check_input(&self, bytes: usize) -> Result<(), Failure> {
        let limit = self.0.tenant.limits.input_bytes;
        if bytes <= limit {
            return Ok(());
        }
        let plugin = self.name().to_owned();
        Err(Failure::LimitExceeded { plugin, what: "bytes of input", limit: limit as u64 })
    }

    async fn run<Answer, Asking>(
        &self,
        call: Call,
        recording: Option<Recording>,
        ask: impl FnOnce(Session) -> Asking,
    ) -> Result<Answer, Failure>
    where
        Asking: Future<Output = (Session, Result<Answer, Failure>)>,
    {
        let Loaded { sandbox, linked, tenant, wings, .. } = &*self.0;
        let calling = Calling { call, recording, spare: wings.take() };
        let asking = async |guest| Ok(ask(Session::open(linked, guest).await?).await);
        let called = call::run(sandbox, linked.memories(), tenant, calling, asking).await;
        let (mut session, answer) = called?;
        session.room().end();
        if let Some(turn) = wings.turn() {
            let loaded = Arc::downgrade(&self.0);
            tokio::spawn(async move {
                drop(session);
                if let Some(loaded) = loaded.upgrade() {
                    loaded.prepare().await;
                }
                drop(turn);
            });
        }
        answer
    }
}

impl Loaded {
    /// Makes a guest for the next call, when there is none and most places are free.
    async fn prepare(&self) {
        let Self { sandbox, linked, tenant, wings, .. } = self;
        if wings.are_taken() || !sandbox.slots.has_room() {
            return;
        }
        let call = Call { request_id: "prepared".into(), deadline: Instant::now() + tenant.limits.deadline };
        let calling = Calling { call, recording: None, spare: None };
        let making = |guest| Session::open(linked, guest);
        // Why there is none will be told to the call that has to make its own.
        if let Ok(session) = call::run(sandbox, linked.memories(), tenant, calling, making).await {
            wings.put(session);
        }
    }
}

#[async_trait]
impl Provider for Plugin {
    fn manifest(&self) -> &Manifest {
        &self.0.inspection.manifest
    }

    async fn check(&self, call: Call) -> Result<(), Failure> {
        let ask = |mut session: Session| async move {
            let answer = session.check().await;
            (session, answer)
        };
        self.run(call, None, ask).await
    }

    async fn voices(&self, call: Call) -> Result<Vec<Voice>, Failure> {
        let ask = |mut session: Session| async move {
            let answer = session.voices().await;
            (session, answer)
        };
        self.run(call, None, ask).await
    }

    async fn synthesize(
        &self,
        call: Call,
        request: Arc<Request>,
        take: TakeSink,
    ) -> Result<Summary, Failure> {
        let options = request.options.as_ref().map(options_json);
        let names = [&request.voice, &request.style, &request.emotion, &request.character, &options];
        self.check_input(request.utterance.source().len() + bytes_of(names))?;
        let recording = self.recording(take, Source::Request(Arc::clone(&request)));
        let ask = |mut session: Session| async move {
            let answer = session.synthesize(request, options).await;
            (session, answer)
        };
        self.run(call, Some(recording), ask).await
    }

    async fn characters(&self, call: Call) -> Result<Vec<Character>, Failure> {
        let ask = |mut session: Session| async move {
            let answer = session.characters().await;
            (session, answer)
        };
        self.run(call, None, ask).await
    }

    async fn converse(&self, call: Call, script: Arc<Script>, take: TakeSink) -> Result<Summary, Failure> {
        let options = script.options.as_ref().map(options_json);
        let source = Source::of_script(&script);
        let names = script.lines.iter().map(|line| line.character.len() + bytes_of([&line.emotion]));
        self.check_input(source.text().len() + names.sum::<usize>() + bytes_of([&options]))?;
        let recording = self.recording(take, source);
        let ask = |mut session: Session| async move {
            let answer = session.converse(script, options).await;
            (session, answer)
        };
        self.run(call, Some(recording), ask).await
    }
}

fn bytes_of<const COUNT: usize>(texts: [&Option<String>; COUNT]) -> usize {
    texts.into_iter().flatten().map(String::len).sum()
}

fn options_json(options: &serde_json::Map<String, serde_json::Value>) -> String {
    serde_json::to_string(options).unwrap_or_default()
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("digest", &self.digest())
            .field("contract", &self.contract())
            .finish_non_exhaustive()
    }
}
