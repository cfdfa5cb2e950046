//! Signatures with secrets that stay in the host.
//!
//! A secret is named as in the manifest. The plugin gets the signature and never the key.

use std::fmt;

use crate::host;

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No such secret in the manifest, or the operator has not set it. Carries the name.
    UnknownSecret(String),
    /// The secret is no key of this kind.
    UnfitSecret(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSecret(name) => write!(f, "secret is not set: {name}"),
            Self::UnfitSecret(reason) => write!(f, "secret is no key of this kind: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::Error {
    /// Only a change of the configuration helps, which is what `unauthorized` waits for.
    fn from(error: Error) -> Self {
        Self::Unauthorized(error.to_string())
    }
}

/// HMAC-SHA-256 of `message` with the key `key_prefix` ‖ secret; 32 bytes. AWS Signature Version 4
/// needs the prefix `AWS4`, everything else an empty one.
///
/// # Errors
/// Why there is no signature.
pub fn hmac_sha256(secret: &str, key_prefix: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
    host::hmac_sha256(secret, key_prefix, message)
}

/// RSASSA-PKCS1-v1_5 with SHA-256 of `message`, for JWT `RS256`. The secret is a PEM private key,
/// or a JSON object with one in `private_key`.
///
/// # Errors
/// Why there is no signature.
pub fn rs256(secret: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
    host::rs256(secret, message)
}
