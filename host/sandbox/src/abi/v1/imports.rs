//! What a guest may ask of the host, apart from the network.

use std::time::Duration;

use understudy_speech::Failure;
use wasmtime::component::ResourceTable;

use super::answers;
use super::bindings::understudy::provider::{log, memo, settings, signing, take, types};
use crate::call::CallState;
use crate::journal::Level;
use crate::memo::MemoError;
use crate::recording::Recording;
use crate::signing::{Unfit, hmac_sha256, rs256};

/// The longest message the host signs, in bytes: what services have signed is a digest or a short text.
const SIGNED_BYTES_MAX: usize = 1 << 20;

impl types::Host for CallState {}

impl take::Host for CallState {
    async fn begin(&mut self, format: types::AudioFormat) -> wasmtime::Result<()> {
        let format = answers::audio_format(format);
        Ok(self.recording("take.begin")?.begin(format).await?)
    }

    async fn audio(&mut self, chunk: Vec<u8>) -> wasmtime::Result<bool> {
        Ok(self.recording("take.audio")?.audio(chunk.into()).await?)
    }

    async fn words(&mut self, marks: Vec<types::Word>) -> wasmtime::Result<bool> {
        let words = marks.into_iter().map(answers::word).collect();
        Ok(self.recording("take.words")?.words(words).await?)
    }

    async fn line(&mut self, mark: types::LineMark) -> wasmtime::Result<bool> {
        let mark = answers::line_mark(mark);
        Ok(self.recording("take.line")?.line(mark).await?)
    }
}

impl CallState {
    /// The take of this call. Only calls that speak have one.
    fn recording(&mut self, function: &str) -> Result<&mut Recording, Failure> {
        self.recording_and_resources(function).map(|(recording, _)| recording)
    }

    /// The same, beside what the guest holds open.
    pub(super) fn recording_and_resources(
        &mut self,
        function: &str,
    ) -> Result<(&mut Recording, &mut ResourceTable), Failure> {
        match &mut self.recording {
            Some(recording) => Ok((recording, &mut self.resources)),
            None => Err(Failure::BrokenContract {
                plugin: self.tenant.name.to_string(),
                reason: format!("{function} was called outside of synthesize and converse"),
            }),
        }
    }
}

impl settings::Host for CallState {
    fn get(&mut self) -> wasmtime::Result<String> {
        let settings = self.dispatch.settings(&self.tenant.settings);
        settings.map_err(|error| wasmtime::Error::msg(format!("no random numbers: {error}")))
    }
}

impl memo::Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.tenant.memo.get(&key).map(Vec::from))
    }

    fn set(&mut self, key: String, value: Vec<u8>, ttl_ms: u64) -> wasmtime::Result<Result<(), memo::Error>> {
        let kept = self.tenant.memo.set(key, value.into(), Duration::from_millis(ttl_ms));
        Ok(kept.map_err(|error| match error {
            MemoError::TooLarge(limit) => memo::Error::TooLarge(limit),
            MemoError::InvalidKey => memo::Error::InvalidKey,
        }))
    }

    fn remove(&mut self, key: String) -> wasmtime::Result<()> {
        self.tenant.memo.remove(&key);
        Ok(())
    }
}

impl log::Host for CallState {
    fn write(
        &mut self,
        level: log::Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Trace => Level::Trace,
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        self.journal.write(level, &message, &fields);
        Ok(())
    }
}

impl CallState {
    fn check_signed(&self, message: &[u8]) -> Result<(), Failure> {
        let limit = SIGNED_BYTES_MAX;
        if message.len() > limit { Err(self.meter.passed("bytes to sign", limit as u64)) } else { Ok(()) }
    }
}

impl signing::Host for CallState {
    fn hmac_sha256(
        &mut self,
        secret: String,
        key_prefix: String,
        message: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, signing::Error>> {
        self.check_signed(&message)?;
        let Some(key) = self.tenant.egress.vault.value(&secret) else {
            return Ok(Err(signing::Error::UnknownSecret(secret)));
        };
        Ok(Ok(hmac_sha256(key, &key_prefix, &message)))
    }

    fn rs256(
        &mut self,
        secret: String,
        message: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, signing::Error>> {
        self.check_signed(&message)?;
        let Some(key) = self.tenant.egress.vault.value(&secret) else {
            return Ok(Err(signing::Error::UnknownSecret(secret)));
        };
        let signed = rs256(key, &message);
        Ok(signed.map_err(|Unfit(reason)| signing::Error::UnfitSecret(format!("{secret}: {reason}"))))
    }
}
