//! What was bought under which `Idempotency-Key`, so that a retry is not paid for twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};

use super::speech::Spoken;
use super::trouble::Trouble;

/// What a key was spent on.
#[derive(Clone, Debug)]
pub(super) enum Bought {
    Speech(Arc<Spoken>),
    Conversation(u64),
}

/// The purchases of a day.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<HashMap<String, (Vec<u8>, Bought)>>);

/// One request's entry: its key, if it has one, and what it asks for.
#[derive(Debug)]
pub(super) struct Entry {
    key: Option<String>,
    digest: Vec<u8>,
}

impl Entry {
    pub(super) fn of(path: &str, headers: &HeaderMap, body: &[u8]) -> Self {
        let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
        Self { key, digest: Sha256::new().chain_update(path).chain_update(body).finalize().to_vec() }
    }
}

impl Ledger {
    /// What was bought under this key before, if it was the same.
    pub(super) fn look(&self, entry: &Entry) -> Result<Option<Bought>, Trouble> {
        let Some(key) = &entry.key else { return Ok(None) };
        let ledger = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ledger.get(key) {
            Some((digest, bought)) if *digest == entry.digest => Ok(Some(bought.clone())),
            Some(_) => {
                Err(Trouble::conflict("idempotency_conflict", "Idempotency-Key was used for another request"))
            }
            None => Ok(None),
        }
    }

    pub(super) fn write(&self, entry: Entry, bought: Bought) {
        if let Some(key) = entry.key {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (entry.digest, bought));
        }
    }
}
