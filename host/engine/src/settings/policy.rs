//! What the operator wants of one provider: `[providers.NAME]`.
//!
//! A limit that is not set does not exist. The seed of this project shipped 100 requests a minute
//! and 10 at once for everybody; that is neither what a local engine needs nor what any service
//! grants, and a limit nobody chose is found out in production.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use understudy_speech::Encoding;

use super::seconds;

/// When a provider's turn comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Plays while it can.
    #[default]
    Primary,
    /// Steps in when no primary can.
    Fallback,
    /// Better than silence.
    Emergency,
}

/// What the operator wants of one provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderPolicy {
    /// The higher plays first inside a tier. Default 0.
    pub priority: i32,
    /// Shares requests among providers of the same tier and priority: one of weight 3 leads three
    /// times as often as one of weight 1, one of weight 0 only when the others cannot. When none of
    /// them has a weight they play in the order of the route.
    pub weight: Option<u32>,
    /// When its turn comes, in requests without a route. Default primary.
    pub tier: Tier,
    /// The most one attempt may take; the first audio of a stream. Without it an attempt may take
    /// its fair share of the request's deadline.
    #[serde(rename = "timeout_seconds", deserialize_with = "seconds::optional::deserialize")]
    pub timeout: Option<Duration>,
    /// Attempts after the first at this provider, before the next one steps in. Default 2.
    pub max_retries: u32,
    /// The most calls in any sixty seconds.
    pub requests_per_minute: Option<NonZeroU32>,
    /// The most calls under way at once.
    pub concurrent_requests: Option<NonZeroU32>,
    /// The share of users, or else of tasks, that this provider plays for, in percent. Default 100.
    pub rollout_percent: u8,
    /// The longest text it is asked to speak, in characters, when that is less than it can.
    pub max_text_length: Option<u32>,
    /// The sample rate it is asked for, in hertz, by requests that ask for none.
    pub default_sample_rate: Option<u32>,
    /// The encodings that are taken from it, of those it has. All when absent, or when it has none
    /// of these.
    pub supported_formats: Option<Vec<Encoding>>,
    /// US dollars a million characters, in place of the public price.
    pub price_per_million_characters: Option<f64>,
    /// The most characters a day, which begins at midnight UTC.
    pub characters_per_day: Option<u64>,
    /// The most characters a calendar month, UTC.
    pub characters_per_month: Option<u64>,
}

impl ProviderPolicy {
    /// What holds for a provider of which the operator said nothing.
    pub(super) const UNSAID: Self = Self {
        priority: 0,
        weight: None,
        tier: Tier::Primary,
        timeout: None,
        max_retries: 2,
        requests_per_minute: None,
        concurrent_requests: None,
        rollout_percent: 100,
        max_text_length: None,
        default_sample_rate: None,
        supported_formats: None,
        price_per_million_characters: None,
        characters_per_day: None,
        characters_per_month: None,
    };
}

impl Default for ProviderPolicy {
    fn default() -> Self {
        Self::UNSAID
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Result<ProviderPolicy, &str>) {
        let read = serde_json::from_str::<ProviderPolicy>(json);
        match (read, expected) {
            (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{json}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{json}: {error}"),
            (read, expected) => panic!("{json}: {read:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn absent_keys_are_defaults_and_unknown_ones_are_refused() {
        check("{}", Ok(ProviderPolicy::default()));
        let timeout = Some(Duration::from_millis(2_500));
        check(r#"{ "timeout_seconds": 2.5 }"#, Ok(ProviderPolicy { timeout, ..ProviderPolicy::default() }));
        check(r#"{ "timeout_seconds": -1 }"#, Err("no length of time in seconds: -1"));
        check(
            r#"{ "tier": "emergency" }"#,
            Ok(ProviderPolicy { tier: Tier::Emergency, ..Default::default() }),
        );
        check(r#"{ "requests_per_minute": 0 }"#, Err("nonzero"));
        check(r#"{ "retries": 1 }"#, Err("unknown field `retries`"));
    }
}
