//! What clients sent, for a test to read afterwards.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::UPGRADE;
use axum::http::{HeaderMap, Method, Uri};
use bytes::Bytes;
use tokio::time::Instant;

/// How many requests are remembered; the oldest are forgotten first.
pub const RECEIVED_MAX: usize = 10_000;

/// One request as it arrived, and the status it was answered with.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Every header.
    pub headers: HeaderMap,
    /// The whole body; empty for a WebSocket handshake.
    pub body: Bytes,
    /// When it arrived.
    pub at: Instant,
    /// The status of the answer; none while it is not decided, for ever when the request hangs.
    pub status: Option<u16>,
    sequence: u64,
}

impl Received {
    /// The body as JSON, or null when it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Its place in the order of arrival, from 0.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Something was to be spoken, as far as can be told from outside: a list is asked for with `GET`.
    #[must_use]
    pub fn is_for_speech(&self) -> bool {
        self.method == Method::POST || self.headers.contains_key(UPGRADE)
    }

    /// A header as text, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The requests of one simulator, shared between its server and its handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    requests: VecDeque<Received>,
    next: u64,
}

impl Log {
    pub(crate) fn arrived(&self, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> u64 {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = entries.next;
        entries.next += 1;
        if entries.requests.len() == RECEIVED_MAX {
            entries.requests.pop_front();
        }
        let at = Instant::now();
        entries.requests.push_back(Received { method, uri, headers, body, at, status: None, sequence });
        sequence
    }

    pub(crate) fn answered(&self, sequence: u64, status: u16) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(request) = entries.requests.iter_mut().rev().find(|entry| entry.sequence == sequence) {
            request.status = Some(status);
        }
    }

    pub(crate) fn since(&self, sequence: u64) -> Vec<Received> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.requests.iter().filter(|entry| entry.sequence >= sequence).cloned().collect()
    }
}
