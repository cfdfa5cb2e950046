//! The imports as the test harness plays them, one stage a thread.
//!
//! A harness puts its [`Stage`] up for the length of one call and takes it down again with what was
//! recorded. Outside of a harness the stage is empty: settings are `{}`, every host is denied, what
//! is pushed is heard and forgotten with the thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::http;
use crate::testing::{HttpHandler, LogLine, TakeEvent, WebsocketHandler};

/// What the imports answer from, and what they record.
#[derive(Default)]
pub(crate) struct Stage {
    pub(crate) settings: Option<String>,
    /// Secret values by name, and the placeholders that stand for them in the settings.
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) memo: BTreeMap<String, Vec<u8>>,
    pub(crate) http: Option<HttpHandler>,
    pub(crate) websocket: Option<WebsocketHandler>,
    /// Bytes of audio after which the listener leaves.
    pub(crate) listener_bytes_max: Option<usize>,
    pub(crate) heard_bytes: usize,
    pub(crate) events: Vec<TakeEvent>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) requests: Vec<http::Request>,
    /// How long the plugin has waited.
    pub(crate) waited: Duration,
}

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::default();
}

/// Runs `call` with `stage` up and hands the stage back with its answer. The stage before is
/// restored even when the call panics.
pub(crate) fn perform<T>(stage: Stage, call: impl FnOnce() -> T) -> (T, Stage) {
    struct Restore(Option<Stage>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = self.0.take() {
                on_stage(|stage| *stage = before);
            }
        }
    }
    let mut restore = Restore(Some(on_stage(|current| std::mem::replace(current, stage))));
    let answer = call();
    let before = restore.0.take().unwrap_or_default();
    (answer, on_stage(|current| std::mem::replace(current, before)))
}

fn on_stage<T>(act: impl FnOnce(&mut Stage) -> T) -> T {
    STAGE.with(|stage| act(&mut stage.borrow_mut()))
}

impl Stage {
    /// What stands for a secret in the settings.
    pub(crate) fn placeholder(name: &str) -> String {
        format!("placeholder-of-{name}-5d1f")
    }

    /// Puts the values of secrets where their placeholders are, as the host does on the way out.
    fn reveal(&self, text: &str) -> String {
        self.secrets
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&Self::placeholder(name), value))
    }

    fn has_placeholder(&self, bytes: &[u8]) -> bool {
        let holds = |part: &str| bytes.windows(part.len()).any(|window| window == part.as_bytes());
        self.secrets.keys().any(|name| holds(&Self::placeholder(name)))
    }

    fn reveal_request(&self, mut request: http::Request) -> http::Request {
        request.url = self.reveal(&request.url);
        for (_, value) in &mut request.headers {
            *value = self.reveal(value);
        }
        // Only a text body can carry a placeholder.
        request.body = request.body.map(|body| match String::from_utf8(body) {
            Ok(text) => self.reveal(&text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        });
        request
    }

    fn heard(&self) -> bool {
        self.listener_bytes_max.is_none_or(|maximum| self.heard_bytes < maximum)
    }
}

/// The functions every target has.
pub(crate) mod calls {
    use std::time::Duration;

    use hmac::{Hmac, Mac};
    use sha2::Sha256;

    use super::{Stage, on_stage};
    use crate::log::Level;
    use crate::testing::{LogLine, Peer, Reply, TakeEvent};
    use crate::websocket::{Event, Handshake};
    use crate::{AudioFormat, LineMark, Word, http, memo, signing, websocket};

    /// The longest memo key, in bytes, as the contract has it.
    const KEY_BYTES_MAX: usize = 256;

    fn push(event: TakeEvent) -> bool {
        on_stage(|stage| {
            let heard = stage.heard();
            if heard {
                if let TakeEvent::Audio(chunk) = &event {
                    stage.heard_bytes += chunk.len();
                }
                stage.events.push(event);
            }
            heard
        })
    }

    pub(crate) fn begin(format: AudioFormat) {
        on_stage(|stage| stage.events.push(TakeEvent::Begin(format)));
    }

    pub(crate) fn audio(chunk: &[u8]) -> bool {
        push(TakeEvent::Audio(chunk.to_vec()))
    }

    pub(crate) fn words(words: &[Word]) -> bool {
        // Without any it only asks whether somebody listens.
        if words.is_empty() {
            on_stage(|stage| stage.heard())
        } else {
            push(TakeEvent::Words(words.to_vec()))
        }
    }

    pub(crate) fn line(mark: LineMark) -> bool {
        push(TakeEvent::Line(mark))
    }

    pub(crate) fn settings() -> String {
        on_stage(|stage| stage.settings.clone().unwrap_or_else(|| "{}".to_owned()))
    }

    pub(crate) fn log(level: Level, message: &str, fields: &[(String, String)]) {
        on_stage(|stage| {
            stage.logs.push(LogLine { level, message: message.to_owned(), fields: fields.to_vec() });
        });
    }

    pub(crate) fn now() -> Duration {
        on_stage(|stage| stage.waited)
    }

    pub(crate) fn wait(duration: Duration) {
        on_stage(|stage| stage.waited += duration);
    }

    pub(crate) fn memo_get(key: &str) -> Option<Vec<u8>> {
        on_stage(|stage| stage.memo.get(key).cloned())
    }

    pub(crate) fn memo_set(key: &str, value: &[u8], _ttl_ms: u64) -> Result<(), memo::Error> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(memo::Error::InvalidKey);
        }
        on_stage(|stage| stage.memo.insert(key.to_owned(), value.to_vec()));
        Ok(())
    }

    pub(crate) fn memo_remove(key: &str) {
        on_stage(|stage| stage.memo.remove(key));
    }

    fn secret(name: &str) -> Result<String, signing::Error> {
        on_stage(|stage| stage.secrets.get(name).cloned())
            .ok_or_else(|| signing::Error::UnknownSecret(name.to_owned()))
    }

    pub(crate) fn hmac_sha256(name: &str, prefix: &str, message: &[u8]) -> Result<Vec<u8>, signing::Error> {
        let key = format!("{prefix}{}", secret(name)?);
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
            .map_err(|error| signing::Error::UnfitSecret(error.to_string()))?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }

    /// A stand-in: the HMAC of the message, which a test can compute too. An RSA implementation in
    /// every author's dev-build would cost more than such a test is worth.
    pub(crate) fn rs256(name: &str, message: &[u8]) -> Result<Vec<u8>, signing::Error> {
        hmac_sha256(name, "", message)
    }

    pub(crate) fn http_send(request: http::Request) -> Result<Response, http::Error> {
        let (request, handler) = on_stage(|stage| {
            let request = stage.reveal_request(request);
            stage.requests.push(request.clone());
            (request, stage.http.take())
        });
        // The handler runs with the stage free, so that it may use the imports itself.
        let Some(mut handler) = handler else {
            return Err(http::Error::Denied(format!("no http handler in this test: {}", request.url)));
        };
        let reply = handler(&request);
        on_stage(|stage| stage.http = Some(handler));
        reply.map(Response)
    }

    /// A canned response, read piece by piece.
    #[derive(Debug)]
    pub(crate) struct Response(Reply);

    impl Response {
        pub(crate) fn status(&self) -> u16 {
            self.0.status
        }

        pub(crate) fn header(&self, name: &str) -> Option<String> {
            let found = self.0.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        }

        pub(crate) fn headers(&self) -> Vec<(String, String)> {
            self.0.headers.clone()
        }

        pub(crate) fn read(&mut self, maximum: u32) -> Result<Option<Vec<u8>>, http::Error> {
            let Some(mut piece) = self.0.pieces.pop_front() else {
                return self.0.fault.clone().map_or(Ok(None), Err);
            };
            let maximum = (maximum as usize).max(1);
            if piece.len() > maximum {
                self.0.pieces.push_front(piece.split_off(maximum));
            }
            Ok(Some(piece))
        }

        pub(crate) fn peek(&mut self, known: u32, maximum: u32) -> Result<Vec<u8>, http::Error> {
            let (known, maximum) = (known as usize, maximum as usize);
            if maximum <= known {
                return Err(http::Error::Invalid("a look at no more than is known".to_owned()));
            }
            let pieces = &mut self.0.pieces;
            let mut start = pieces.pop_front().unwrap_or_default();
            while start.len() <= known
                && let Some(piece) = pieces.pop_front()
            {
                start.extend(piece);
            }
            let seen = start.get(..maximum).unwrap_or(&start).to_vec();
            if !start.is_empty() {
                pieces.push_front(start);
            }
            match &self.0.fault {
                Some(fault) if seen.len() <= known => Err(fault.clone()),
                _ => Ok(seen),
            }
        }

        pub(crate) fn read_all(&mut self, maximum: u32) -> Result<Vec<u8>, http::Error> {
            let mut body = Vec::new();
            while let Some(piece) = self.read(u32::MAX)? {
                body.extend(piece);
                if body.len() > maximum as usize {
                    return Err(http::Error::TooLarge(u64::from(maximum)));
                }
            }
            Ok(body)
        }

        pub(crate) fn forward(&mut self) -> Result<Option<u64>, http::Error> {
            let mut bytes = 0;
            while let Some(piece) = self.read(u32::MAX)? {
                if !audio(&piece) {
                    return Ok(None);
                }
                bytes += piece.len() as u64;
            }
            Ok(Some(bytes))
        }
    }

    pub(crate) fn websocket_connect(mut handshake: Handshake) -> Result<Connection, websocket::Error> {
        let handler = on_stage(|stage: &mut Stage| {
            handshake.url = stage.reveal(&handshake.url);
            for (_, value) in &mut handshake.headers {
                *value = stage.reveal(value);
            }
            stage.websocket.take()
        });
        let Some(mut handler) = handler else {
            let reason = format!("no websocket handler in this test: {}", handshake.url);
            return Err(websocket::Error::Denied(reason));
        };
        let peer = handler(&handshake);
        on_stage(|stage| stage.websocket = Some(handler));
        Ok(Connection { peer: peer?, closed: false })
    }

    /// A connection to a scripted peer.
    #[derive(Debug)]
    pub(crate) struct Connection {
        peer: Peer,
        closed: bool,
    }

    impl Connection {
        pub(crate) fn send_text(&mut self, text: &str) -> Result<(), websocket::Error> {
            self.send(&Event::Text(text.to_owned()), text.as_bytes())
        }

        pub(crate) fn send_binary(&mut self, bytes: &[u8]) -> Result<(), websocket::Error> {
            self.send(&Event::Binary(bytes.to_vec()), bytes)
        }

        fn send(&mut self, message: &Event, bytes: &[u8]) -> Result<(), websocket::Error> {
            if self.closed {
                return Err(websocket::Error::Closed);
            }
            // The host replaces placeholders in a handshake and in no message.
            if on_stage(|stage| stage.has_placeholder(bytes)) {
                return Err(websocket::Error::Invalid("placeholder in a websocket message".to_owned()));
            }
            self.peer.hear(message);
            Ok(())
        }

        /// A peer with nothing to say keeps silent, so waiting for it times out.
        pub(crate) fn receive(&mut self, _timeout: Option<Duration>) -> Result<Event, websocket::Error> {
            if self.closed {
                return Err(websocket::Error::Closed);
            }
            self.peer.say().ok_or(websocket::Error::TimedOut)
        }

        pub(crate) fn close(&mut self, _code: u16, _reason: &str) -> Result<(), websocket::Error> {
            match std::mem::replace(&mut self.closed, true) {
                true => Err(websocket::Error::Closed),
                false => Ok(()),
            }
        }

        pub(crate) fn header(&self, name: &str) -> Option<String> {
            self.peer.header(name)
        }
    }
}
