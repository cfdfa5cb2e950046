//! What a plugin may remember between calls: access tokens, voice lists, clock skew.
//!
//! A cache, not a store: an entry can vanish at any time. Shared by every call of one provider,
//! and by no other.
//!
//! ```
//! use std::time::Duration;
//! use understudy_plugin::{Error, memo};
//!
//! fn token() -> Result<String, Error> {
//!     memo::remember("token", Duration::from_secs(3_000), || Ok("fetched".to_owned()))
//! }
//! ```

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host;

/// Why a value was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The value alone is past the host's limit, in bytes.
    TooLarge(u64),
    /// The key is empty or longer than 256 bytes.
    InvalidKey,
    /// The value has no JSON form.
    Unserializable(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "memo value is larger than the host keeps: {limit} bytes"),
            Self::InvalidKey => f.write_str("memo key is empty or longer than 256 bytes"),
            Self::Unserializable(reason) => write!(f, "memo value has no JSON form: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::Error {
    /// A plugin that cannot do without its memo broke its own rules.
    fn from(error: Error) -> Self {
        Self::Protocol(error.to_string())
    }
}

/// The bytes kept under a key.
#[must_use]
pub fn get(key: &str) -> Option<Vec<u8>> {
    host::memo_get(key)
}

/// Keeps bytes for at most `ttl`. When the whole is full, the oldest entries go.
///
/// # Errors
/// Why they were not kept.
pub fn set(key: &str, value: &[u8], ttl: Duration) -> Result<(), Error> {
    host::memo_set(key, value, u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX))
}

/// Forgets a key.
pub fn remove(key: &str) {
    host::memo_remove(key);
}

/// The value kept under a key, from its JSON. None as well when it is of another type.
#[must_use]
pub fn get_json<T: DeserializeOwned>(key: &str) -> Option<T> {
    serde_json::from_slice(&get(key)?).ok()
}

/// Keeps a value as JSON for at most `ttl`.
///
/// # Errors
/// Why it was not kept.
pub fn set_json<T: Serialize>(key: &str, value: &T, ttl: Duration) -> Result<(), Error> {
    let json = serde_json::to_vec(value).map_err(|error| Error::Unserializable(error.to_string()))?;
    set(key, &json, ttl)
}

/// The value kept under a key, else the one `fetch` gives, which is then kept for at most `ttl`.
/// That keeping it fails is logged and no reason to fail the call.
///
/// # Errors
/// Those of `fetch`.
pub fn remember<T: Serialize + DeserializeOwned>(
    key: &str,
    ttl: Duration,
    fetch: impl FnOnce() -> Result<T, crate::Error>,
) -> Result<T, crate::Error> {
    if let Some(value) = get_json(key) {
        return Ok(value);
    }
    let value = fetch()?;
    if let Err(error) = set_json(key, &value, ttl) {
        crate::log::warn("value was not remembered", &[("key", &key), ("reason", &error)]);
    }
    Ok(value)
}
