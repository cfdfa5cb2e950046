//! Idempotency keys.
//!
//! The service answers the same key and the same body with what it made the first time, and charges
//! once. A retry of this call has the key at hand. A retry by the host is another instance of the
//! plugin, so the key of an order that was not delivered yet lies in the memo, under what was ordered.
//! It is taken out when the order arrives: whoever asks for the same again wants a new take.

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use understudy_plugin::{log, memo};

use crate::chance;

/// How long an order that never arrived may be retried: longer than any request lives.
const KEPT: Duration = Duration::from_secs(15 * 60);

/// The key of one order.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub(crate) key: String,
    name: String,
}

impl Receipt {
    /// The key of an order that is not delivered yet, or a new one.
    pub(crate) fn of(path: &str, body: &Value) -> Self {
        let digest = Sha256::new().chain_update(path).chain_update(body.to_string()).finalize();
        let digest: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let name = format!("order/{digest}");
        let kept = memo::get(&name).and_then(|key| String::from_utf8(key).ok());
        let key = kept.unwrap_or_else(|| {
            let key = chance::uuid();
            if let Err(error) = memo::set(&name, key.as_bytes(), KEPT) {
                log::warn("order was not remembered, a retry may be charged", &[("reason", &error)]);
            }
            key
        });
        Self { key, name }
    }

    /// The order has arrived, or never will.
    pub(crate) fn close(self) {
        memo::remove(&self.name);
    }
}
