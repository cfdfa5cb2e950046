//! Where the next page begins, in a form nobody should read.
//!
//! The key of the last voice shown and the digest of the filters, as JSON in URL-safe base 64. It
//! is no secret and gives no right: whoever forges one gets a page of what is public.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::Key;
use super::query::{Query, QueryError};

/// Longer than any key; what is longer is not decoded.
const CURSOR_BYTES_MAX: usize = 4096;
/// Raised when the form changes.
const VERSION: u8 = 1;

/// Version, filters, then the key.
#[derive(Serialize, Deserialize)]
pub(super) struct Cursor(u8, u64, String, String, String, String);

impl Cursor {
    /// The cursor of the page behind `key`.
    pub(super) fn write(key: &Key, query: &Query) -> String {
        let Key { provider, language, name, id } = key.clone();
        let cursor = Self(VERSION, query.digest(), provider, language, name, id);
        // Numbers and strings always serialize.
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    }

    /// The key that `cursor` stands behind.
    pub(super) fn read(cursor: &str, query: &Query) -> Result<Key, QueryError> {
        let decoded =
            if cursor.len() <= CURSOR_BYTES_MAX { BASE64_URL_SAFE_NO_PAD.decode(cursor).ok() } else { None };
        let cursor = decoded.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match cursor {
            Some(Self(VERSION, digest, provider, language, name, id)) if digest == query.digest() => {
                Ok(Key { provider, language, name, id })
            }
            Some(Self(VERSION, ..)) => Err(QueryError::Cursor("belongs to a query with other filters")),
            _ => Err(QueryError::Cursor("is not one that was given out here")),
        }
    }
}
