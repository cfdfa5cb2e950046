//! When a provider is left alone, when it is tried again, and when it gets a rival: `[breaker]`,
//! `[retry]`, `[hedge]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::seconds;

/// How a provider that was left alone proves itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// By its check first, which costs nobody anything, then by one request.
    #[default]
    Check,
    /// By one request; for a provider whose check is billed.
    Request,
}

/// When a provider is left alone, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSettings {
    /// So many failures open it: in a row, or within the window when they are the share below.
    /// Default 5.
    pub failures: u32,
    /// How long a failure is remembered. Default 60 s.
    #[serde(rename = "window_seconds", deserialize_with = "seconds::deserialize")]
    pub window: Duration,
    /// The share of calls in the window that must have failed, in percent. Default 50: a provider
    /// that fails one call in five is still worth asking when somebody else stands by.
    pub failure_percent: u8,
    /// How long it is left alone. Default 60 s.
    #[serde(rename = "recovery_seconds", deserialize_with = "seconds::deserialize")]
    pub recovery: Duration,
    /// A provider without a timeout of its own is blamed for a timeout only when it had this long:
    /// a client in a hurry must not silence it for everybody. Default 10 s.
    #[serde(rename = "patience_seconds", deserialize_with = "seconds::deserialize")]
    pub patience: Duration,
    /// How it proves itself afterwards. Default check.
    pub probe: Probe,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_secs(60),
            failure_percent: 50,
            recovery: Duration::from_secs(60),
            patience: Duration::from_secs(10),
            probe: Probe::Check,
        }
    }
}

/// How long to wait before asking again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrySettings {
    /// The pause before the first retry is random, up to this; each further one up to twice the
    /// one before. Default 0.1 s.
    #[serde(rename = "backoff_seconds", deserialize_with = "seconds::deserialize")]
    pub backoff: Duration,
    /// The longest pause. Default 2 s.
    #[serde(rename = "backoff_max_seconds", deserialize_with = "seconds::deserialize")]
    pub backoff_max: Duration,
    /// How long a provider that is rate limiting is left alone when it does not say. Default 5 s.
    #[serde(rename = "rate_limit_hold_seconds", deserialize_with = "seconds::deserialize")]
    pub rate_limit_hold: Duration,
    /// How long one whose account is used up is left alone when it does not say. Default 300 s.
    #[serde(rename = "quota_hold_seconds", deserialize_with = "seconds::deserialize")]
    pub quota_hold: Duration,
    /// The longest time one is left alone on its own word. Default one day: a service that asks for
    /// a year is wrong, or will be told otherwise by its operator sooner.
    #[serde(rename = "hold_max_seconds", deserialize_with = "seconds::deserialize")]
    pub hold_max: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            backoff: Duration::from_millis(100),
            backoff_max: Duration::from_secs(2),
            rate_limit_hold: Duration::from_secs(5),
            quota_hold: Duration::from_secs(300),
            hold_max: Duration::from_secs(86_400),
        }
    }
}

/// Whether a slow provider gets a rival: the next candidate is asked beside it, and whoever is
/// first speaks. It buys a text twice, so it is off unless somebody wants that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HedgeSettings {
    /// Default false.
    pub enabled: bool,
    /// How long the provider has before its rival is asked; without it, what nineteen of twenty of
    /// its calls took, once there were twenty.
    #[serde(rename = "after_seconds", deserialize_with = "seconds::optional::deserialize")]
    pub after: Option<Duration>,
}
