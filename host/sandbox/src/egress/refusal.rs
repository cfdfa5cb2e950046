//! Why a request has no answer.

use std::error::Error;

use understudy_speech::Failure;

use super::policy::Denial;
use super::resolve::Unresolved;
use crate::secrets::Vault;
use crate::trap::bounded;

/// The longest reason from below, in bytes.
const REASON_BYTES_MAX: usize = 300;

/// Why a request has no answer, or an answer no end.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Not granted.
    Denied(Denial),
    /// Malformed before it left.
    Invalid(String),
    /// No connection.
    Unreachable(String),
    /// A time limit of the host or of the request.
    TimedOut,
    /// The body or message is past this many bytes.
    TooLarge(u64),
    /// The server broke the protocol, or off.
    Protocol(String),
    /// The call itself is over.
    Over(Failure),
}

impl Refusal {
    /// Sorts an error of the HTTP client. Its text never holds the URL, which can hold a secret; and what
    /// a server said loses its secrets before it is cut, or half of one could be left.
    pub(crate) fn of_client(error: reqwest::Error, vault: &Vault) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            return Self::TimedOut;
        }
        if let Some(unresolved) = find::<Unresolved>(&error) {
            return Self::Unreachable(unresolved.to_string());
        }
        let reason = bounded(&vault.redact(root_cause(&error)), REASON_BYTES_MAX);
        if error.is_connect() { Self::Unreachable(reason) } else { Self::Protocol(reason) }
    }
}

/// The error of this type among an error's causes.
pub(crate) fn find<'error, Wanted: Error + 'static>(
    error: &'error (dyn Error + 'static),
) -> Option<&'error Wanted> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes<'error>(
    error: &'error (dyn Error + 'static),
) -> impl Iterator<Item = &'error (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'error (dyn Error + 'static) = *error;
        error.source()
    })
}
