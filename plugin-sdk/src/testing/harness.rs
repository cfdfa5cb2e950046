//! The harness itself.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{HttpHandler, LogLine, Peer, Recording, Reply, WebsocketHandler};
use crate::host::fake::{Stage, perform};
use crate::websocket::{self, Handshake};
use crate::{
    Character, CharacterPlugin, Error, Manifest, Plugin, Request, Script, Take, Utterance, Voice, http,
};

/// Runs a plugin natively. See the [module](crate::testing).
pub struct Harness<P> {
    settings: Map<String, Value>,
    secrets: BTreeMap<String, String>,
    memo: BTreeMap<String, Vec<u8>>,
    http: Option<HttpHandler>,
    websocket: Option<WebsocketHandler>,
    listener_bytes_max: Option<usize>,
    logs: Vec<LogLine>,
    requests: Vec<http::Request>,
    waited: Duration,
    plugin: PhantomData<P>,
}

impl<P: Plugin> Default for Harness<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Plugin> Harness<P> {
    /// A host that grants nothing, with the schema's defaults for settings.
    #[must_use]
    pub fn new() -> Self {
        Self {
            settings: Map::new(),
            secrets: BTreeMap::new(),
            memo: BTreeMap::new(),
            http: None,
            websocket: None,
            listener_bytes_max: None,
            logs: Vec::new(),
            requests: Vec::new(),
            waited: Duration::ZERO,
            plugin: PhantomData,
        }
    }

    /// Sets the operator's settings, an object. Fields it leaves out take the schema's defaults.
    #[must_use]
    pub fn settings(mut self, settings: Value) -> Self {
        if let Value::Object(settings) = settings {
            self.settings = settings;
        }
        self
    }

    /// Sets a secret. The settings get a placeholder, and what is sent gets the value.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// Puts an entry into the memo.
    #[must_use]
    pub fn memo(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.memo.insert(key.into(), value.into());
        self
    }

    /// Plays the servers behind HTTP.
    #[must_use]
    pub fn http(
        mut self,
        handler: impl FnMut(&http::Request) -> Result<Reply, http::Error> + 'static,
    ) -> Self {
        self.http = Some(Box::new(handler));
        self
    }

    /// Plays the servers behind WebSockets.
    #[must_use]
    pub fn websocket(
        mut self,
        handler: impl FnMut(&Handshake) -> Result<Peer, websocket::Error> + 'static,
    ) -> Self {
        self.websocket = Some(Box::new(handler));
        self
    }

    /// Lets the listener leave once so many bytes of audio were pushed.
    #[must_use]
    pub fn listener_leaves_after(mut self, bytes: usize) -> Self {
        self.listener_bytes_max = Some(bytes);
        self
    }

    /// What is in the memo now.
    #[must_use]
    pub fn remembered(&self, key: &str) -> Option<&[u8]> {
        self.memo.get(key).map(Vec::as_slice)
    }

    /// What the last call logged, however it ended.
    #[must_use]
    pub fn logs(&self) -> &[LogLine] {
        &self.logs
    }

    /// The HTTP requests of the last call, as the servers saw them.
    #[must_use]
    pub fn requests(&self) -> &[http::Request] {
        &self.requests
    }

    /// How long the last call waited by [`clock::wait`](crate::clock::wait); none of it really passed.
    #[must_use]
    pub const fn waited(&self) -> Duration {
        self.waited
    }

    /// Describes the plugin.
    #[must_use]
    pub fn describe(&mut self) -> Manifest {
        self.run(P::describe).0
    }

    /// Checks the plugin.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn check(&mut self) -> Result<(), Error> {
        self.run(P::check).0
    }

    /// Lists the voices.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn voices(&mut self) -> Result<Vec<Voice>, Error> {
        self.run(P::voices).0
    }

    /// Speaks a request.
    ///
    /// # Errors
    /// The plugin's own; [`Error::Stopped`] when it noticed that the listener left.
    pub fn synthesize(&mut self, request: Request) -> Result<Recording, Error> {
        let text = request.utterance.source().to_owned();
        let plain = matches!(request.utterance, Utterance::Text(_));
        let (summary, stage) = self.run(|| P::synthesize(request, &mut Take::new()));
        let mut recording = Recording::new(text, plain, summary?, stage.events);
        recording.logs.clone_from(&self.logs);
        Ok(recording)
    }

    /// Runs `call` on this harness's stage, which comes back with its events.
    fn run<T>(&mut self, call: impl FnOnce() -> T) -> (T, Stage) {
        let stage = Stage {
            settings: Some(self.effective_settings().to_string()),
            secrets: self.secrets.clone(),
            memo: std::mem::take(&mut self.memo),
            http: self.http.take(),
            websocket: self.websocket.take(),
            listener_bytes_max: self.listener_bytes_max,
            ..Stage::default()
        };
        let (answer, mut stage) = perform(stage, call);
        self.memo = std::mem::take(&mut stage.memo);
        self.http = stage.http.take();
        self.websocket = stage.websocket.take();
        self.logs = std::mem::take(&mut stage.logs);
        self.requests = std::mem::take(&mut stage.requests);
        self.waited = stage.waited;
        (answer, stage)
    }

    /// The settings as the host hands them out: defaults filled in, placeholders for secrets.
    fn effective_settings(&self) -> Value {
        let mut settings = Value::Object(self.settings.clone());
        fill_defaults(&P::describe().settings_schema, &mut settings);
        if let Value::Object(settings) = &mut settings {
            for name in self.secrets.keys() {
                settings.insert(name.clone(), Stage::placeholder(name).into());
            }
        }
        settings
    }
}

impl<P: CharacterPlugin> Harness<P> {
    /// Lists the characters.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn characters(&mut self) -> Result<Vec<Character>, Error> {
        self.run(P::characters).0
    }

    /// Performs a script.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn converse(&mut self, script: Script) -> Result<Recording, Error> {
        let (text, lines) = (script.source(), script.lines.len());
        let (summary, stage) = self.run(|| P::converse(script, &mut Take::new()));
        let mut recording = Recording::new(text, true, summary?, stage.events);
        recording.script_lines = Some(lines);
        recording.logs.clone_from(&self.logs);
        Ok(recording)
    }
}

/// Writes the `default`s of a schema's properties into the object it describes, at every depth.
fn fill_defaults(schema: &Value, value: &mut Value) {
    let (Some(Value::Object(properties)), Value::Object(object)) = (schema.get("properties"), value) else {
        return;
    };
    for (name, property) in properties {
        if let Some(default) = property.get("default") {
            object.entry(name.clone()).or_insert_with(|| default.clone());
        }
        if let Some(inner) = object.get_mut(name) {
            fill_defaults(property, inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Summary, clock};

    /// Waits a second at a time while somebody listens.
    struct Patient;

    impl Plugin for Patient {
        fn describe() -> Manifest {
            Manifest::new("patient", "Patient", "1.0.0")
        }
        fn voices() -> Result<Vec<Voice>, Error> {
            Ok(Vec::new())
        }
        fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
            let begun = clock::now();
            while clock::now() - begun < Duration::from_secs(600) {
                take.heard()?;
                clock::wait(Duration::from_secs(1));
            }
            Err(Error::TimedOut)
        }
    }

    #[test]
    fn a_wait_is_over_at_once_and_an_empty_house_is_noticed() {
        let mut harness = Harness::<Patient>::new();
        assert_eq!(harness.synthesize(Request::text("a")).unwrap_err(), Error::TimedOut);
        assert_eq!(harness.waited(), Duration::from_secs(600));
        let mut harness = harness.listener_leaves_after(0);
        assert_eq!(harness.synthesize(Request::text("a")).unwrap_err(), Error::Stopped);
        assert_eq!(harness.waited(), Duration::ZERO);
    }
}
