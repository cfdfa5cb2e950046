//! This provider's configuration.
//!
//! The host has validated it by the manifest's schema and filled the schema's defaults in. Secret
//! fields hold a random placeholder that is worth nothing outside a request to a granted host: use
//! it like the secret, in a header, a query or a body.

use std::fmt;
use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

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

/// The address of a service without slashes at its end, so that a path that begins with one can
/// follow it.
///
/// ```
/// # use understudy_plugin::settings::BaseUrl;
/// let address: BaseUrl = serde_json::from_str("\"https://api.example.com/v1/\"")?;
/// assert_eq!(format!("{address}/voices"), "https://api.example.com/v1/voices");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::deserialize(deserializer)?;
        text.truncate(text.trim_end_matches('/').len());
        Ok(Self(text))
    }
}

impl Deref for BaseUrl {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
