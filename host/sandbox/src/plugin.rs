//! A loaded plugin: the sandbox's side of the seam.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use understudy_speech::{
    Call, Character, Failure, Manifest, Provider, ProviderError, Request, Script, Summary, TakeSink,
    TextLimit, TextUnit, Voice,
};

use crate::abi::v1::{Linked, Session};
use crate::call::{self, Tenant};
use crate::compile::CompileOutcome;
use crate::load::Inspection;
use crate::recording::{Recording, Source};
use crate::sandbox::Shared;

/// A plugin that speaks. Cheap to clone; clones share its memo. Code and memo go when the last
/// clone and the last call are gone.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    sandbox: Arc<Shared>,
    linked: Linked,
    tenant: Arc<Tenant>,
    inspection: Inspection,
}

impl Plugin {
    pub(crate) fn new(sandbox: Arc<Shared>, linked: Linked, tenant: Tenant, inspection: Inspection) -> Self {
        Self(Arc::new(Loaded { sandbox, linked, tenant: Arc::new(tenant), inspection }))
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

    /// Refuses a text of so many bytes that comes with so many bytes of names and options. That is about
    /// the request: the plugin is not called, and has not failed.
    fn check_input(&self, text: usize, rest: usize) -> Result<(), ProviderError> {
        let limit = self.0.tenant.limits.input_bytes;
        let Some(room) = limit.checked_sub(rest) else {
            return Err(ProviderError::Unsupported(format!("names and options of more than {limit} bytes")));
        };
        if text <= room {
            return Ok(());
        }
        let maximum = u32::try_from(room).unwrap_or(u32::MAX);
        Err(ProviderError::TextTooLong(TextLimit { maximum, unit: TextUnit::Bytes }))
    }

    async fn run<Answer, Asking>(
        &self,
        call: Call,
        recording: Option<Recording>,
        ask: impl FnOnce(Session) -> Asking,
    ) -> Result<Answer, Failure>
    where
        Asking: Future<Output = Result<Answer, Failure>>,
    {
        let Loaded { sandbox, linked, tenant, .. } = &*self.0;
        let asking = async |store| ask(Session::open(linked, store).await?).await;
        call::run(sandbox, linked.places(), tenant, call, recording, asking).await
    }
}

#[async_trait]
impl Provider for Plugin {
    fn manifest(&self) -> &Manifest {
        &self.0.inspection.manifest
    }

    async fn check(&self, call: Call) -> Result<(), Failure> {
        self.run(call, None, Session::check).await
    }

    async fn voices(&self, call: Call) -> Result<Vec<Voice>, Failure> {
        self.run(call, None, Session::voices).await
    }

    async fn synthesize(
        &self,
        call: Call,
        request: Arc<Request>,
        take: TakeSink,
    ) -> Result<Summary, Failure> {
        let options = request.options.as_ref().map(options_json);
        let names = [&request.voice, &request.style, &request.emotion, &request.character, &options];
        self.check_input(request.utterance.source().len(), bytes_of(names))?;
        let recording = self.recording(take, Source::Request(Arc::clone(&request)));
        self.run(call, Some(recording), move |session| session.synthesize(request, options)).await
    }

    async fn characters(&self, call: Call) -> Result<Vec<Character>, Failure> {
        self.run(call, None, Session::characters).await
    }

    async fn converse(&self, call: Call, script: Arc<Script>, take: TakeSink) -> Result<Summary, Failure> {
        let options = script.options.as_ref().map(options_json);
        let source = Source::of_script(&script);
        let names = script.lines.iter().map(|line| line.character.len() + bytes_of([&line.emotion]));
        self.check_input(source.text().len(), names.sum::<usize>() + bytes_of([&options]))?;
        let recording = self.recording(take, source);
        self.run(call, Some(recording), move |session| session.converse(script, options)).await
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
