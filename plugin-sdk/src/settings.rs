//! This provider's configuration.
//!
//! The host has validated it by the manifest's schema and filled the schema's defaults in. Secret
//! fields hold a random placeholder that is worth nothing outside a request to a granted host: use
//! it like the secret, in a header, a query or a body.

use serde::de::DeserializeOwned;

use crate::{Error, host};

/// The settings as a type.
///
/// # Errors
/// [`Error::Protocol`] when the type does not fit what the manifest's schema allows, which is a
/// fault of the plugin.
pub fn get<T: DeserializeOwned>() -> Result<T, Error> {
    serde_json::from_str(&host::settings())
        .map_err(|error| Error::Protocol(format!("settings do not fit the plugin's type: {error}")))
}
