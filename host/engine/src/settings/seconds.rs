//! Durations as the configuration spells them: seconds, whole or not.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| D::Error::custom(format!("no length of time in seconds: {seconds}")))
}

/// The same, of a key that has no default.
pub(super) mod optional {
    use super::{Deserializer, Duration};

    pub(in crate::settings) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        super::deserialize(deserializer).map(Some)
    }
}
