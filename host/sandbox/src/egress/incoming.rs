//! An answer, bounded in time and bytes.
//!
//! A body is read when the guest asks for it and not before, so a guest that stops reading stops
//! the sender. Reading is done inside the import: the connection has a task of its own, from which
//! finished pieces are taken. A body that is never read costs its connection and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use tokio::time::timeout;

use super::dispatch::{Dispatch, Open};
use super::headers;
use super::refusal::Refusal;
use crate::limits::POOL_MEMORY_BYTES;
use crate::recording::CHUNK_BYTES_MAX;
use crate::secrets::{Placeholders, Vault};

/// The answer to a request.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Incoming {
    status: StatusCode,
    headers: HeaderMap,
    /// None after its end.
    body: Option<Response>,
    /// What was received and not yet asked for.
    rest: Bytes,
    /// Bytes that may still come.
    allowance: u64,
    idle: Duration,
    dispatch: Arc<Dispatch>,
    _open: Open,
}

impl Incoming {
    pub(super) fn new(mut response: Response, dispatch: Arc<Dispatch>, open: Open, idle: Duration) -> Self {
        let mut headers = std::mem::take(response.headers_mut());
        conceal(dispatch.vault(), dispatch.issued(), &mut headers);
        Self {
            status: response.status(),
            headers,
            body: Some(response),
            rest: Bytes::new(),
            allowance: dispatch.limits().response_bytes,
            idle,
            dispatch,
            _open: open,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(super) fn status_code(&self) -> StatusCode {
        self.status
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(headers::shown)
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        headers::listed(&self.headers)
    }

    pub(super) fn header_map(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn take_headers(&mut self) -> HeaderMap {
        std::mem::take(&mut self.headers)
    }

    /// The connection below, when the server has changed protocols on it.
    pub(super) fn into_response(self) -> (Option<Response>, Arc<Dispatch>, Open) {
        (self.body, self.dispatch, self._open)
    }

    /// The next piece of the body, as it came. Nothing: it has ended.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        if !self.rest.is_empty() {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        self.next().await
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let piece = self.receive().await;
        if !matches!(piece, Ok(Some(_))) {
            self.body = None;
        }
        piece
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Refusal> {
        let Some(body) = &mut self.body else { return Ok(None) };
        let piece = timeout(self.idle, body.chunk()).await.map_err(|_| Refusal::TimedOut)?;
        let piece = piece.map_err(|error| Refusal::of_client(error, self.dispatch.vault()))?;
        if let Some(piece) = &piece {
            self.allowance = self
                .allowance
                .checked_sub(piece.len() as u64)
                .ok_or_else(|| Refusal::TooLarge(self.dispatch.limits().response_bytes))?;
        }
        Ok(piece)
    }

    /// The next piece, at most `maximum` bytes of it.
    pub(crate) async fn read(&mut self, maximum: usize) -> Result<Option<Bytes>, Refusal> {
        if maximum == 0 {
            return Err(Refusal::Invalid("a read of no bytes".to_owned()));
        }
        // An empty piece says nothing, and a guest would take it for a stall.
        let mut piece = self.piece().await?;
        while piece.as_ref().is_some_and(Bytes::is_empty) {
            piece = self.piece().await?;
        }
        Ok(piece.map(|mut piece| {
            self.rest = piece.split_off(maximum.min(piece.len()));
            piece
        }))
    }

    /// The start of what is still to be read, at most `maximum` bytes of it, when there is more than
    /// `known` or the body has ended. What came in one piece goes on in one piece.
    pub(crate) async fn peek(&mut self, known: usize, maximum: usize) -> Result<Bytes, Refusal> {
        if maximum <= known {
            return Err(Refusal::Invalid("a look at no more than is known".to_owned()));
        }
        while self.rest.len() <= known && self.rest.len() < CHUNK_BYTES_MAX {
            let Some(piece) = self.next().await? else { break };
            self.rest = joined(std::mem::take(&mut self.rest), piece);
        }
        Ok(self.rest.slice(..self.rest.len().min(maximum).min(CHUNK_BYTES_MAX)))
    }

    /// The rest of the body, when that is at most `maximum` bytes. It is put together in the host before
    /// it goes into the guest's memory, so no more is than would fit there.
    pub(crate) async fn read_all(&mut self, maximum: usize) -> Result<Vec<u8>, Refusal> {
        let maximum = maximum.min(self.dispatch.limits().memory_bytes).min(POOL_MEMORY_BYTES);
        let mut whole = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            if piece.len() > maximum - whole.len() {
                self.body = None;
                return Err(Refusal::TooLarge(maximum as u64));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }
}

fn joined(start: Bytes, piece: Bytes) -> Bytes {
    if start.is_empty() {
        return piece;
    }
    let mut joined = BytesMut::from(start);
    joined.extend_from_slice(&piece);
    joined.freeze()
}

/// Takes secrets out of an answer's headers: a redirect that repeats a key in its query would
/// otherwise hand it to the guest. A value may hold any bytes; what is no UTF-8 beside a secret is
/// replaced, as it is when the guest reads it.
fn conceal(vault: &Vault, issued: Option<&Placeholders>, headers: &mut HeaderMap) {
    if vault.is_empty() {
        return;
    }
    for (_, value) in headers.iter_mut() {
        let text = String::from_utf8_lossy(value.as_bytes());
        let concealed = match issued {
            Some(placeholders) => placeholders.conceal(vault, text.to_string()),
            None => vault.redact(text.to_string()),
        };
        if concealed != text {
            *value = HeaderValue::from_bytes(concealed.as_bytes())
                .unwrap_or_else(|_| HeaderValue::from_static(""));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use serde_json::Map;
    use understudy_speech::SecretRequest;

    use super::*;
    use crate::egress::{Access, Egress, Tls};
    use crate::limits::Limits;
    use crate::secrets::Secret;

    fn check(value: &[u8], expected: &[u8]) {
        let asked = [SecretRequest {
            name: "key".to_owned(),
            reason: "to test".to_owned(),
            hosts: Vec::new(),
            required: true,
        }];
        let given = [("key".to_owned(), Secret::new("sk-canary".to_owned()))].into();
        let vault = Vault::fill(&asked, given, &mut Map::new()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_bytes(value).unwrap());
        conceal(&vault, None, &mut headers);
        assert_eq!(headers["location"].as_bytes(), expected, "{}", String::from_utf8_lossy(value));
    }

    #[test]
    fn a_secret_is_concealed_beside_bytes_of_any_kind() {
        check(b"/?key=sk-canary", b"/?key=[secret key]");
        check("/größe?key=sk-canary".as_bytes(), "/größe?key=[secret key]".as_bytes());
        check(b"\xff sk-canary", "\u{fffd} [secret key]".as_bytes());
        // What holds none stays as it came.
        check(b"\xff", b"\xff");
    }

    /// An answer with so many bytes, to a guest that may have so much memory.
    fn answer(bytes: usize, memory_bytes: usize) -> Incoming {
        let limits = Arc::new(Limits { memory_bytes, ..Limits::default() });
        let egress = Egress::new("a".into(), Access::default(), Tls::new(None).unwrap(), Arc::clone(&limits));
        let dispatch = Dispatch::new("a".into(), "1".into(), Arc::new(egress), limits, Weak::new());
        let open = dispatch.count().unwrap();
        let response = http::Response::new(vec![7; bytes]).into();
        Incoming::new(response, Arc::new(dispatch), open, Duration::from_secs(1))
    }

    #[tokio::test]
    async fn no_more_is_put_together_than_the_guest_has_memory() {
        assert_eq!(answer(1_000, 1_000).read_all(5_000).await.unwrap().len(), 1_000);
        let refused = answer(1_001, 1_000).read_all(5_000).await.unwrap_err();
        assert!(matches!(refused, Refusal::TooLarge(1_000)), "{refused:?}");
        let refused = answer(1_001, 5_000).read_all(1_000).await.unwrap_err();
        assert!(matches!(refused, Refusal::TooLarge(1_000)), "{refused:?}");
    }
}
