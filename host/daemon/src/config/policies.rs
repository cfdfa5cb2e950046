//! What the operator wants of each provider, and of providers in trouble.
//!
//! `[providers.NAME]` says when a provider's turn comes and how much may be asked of it; `[breaker]`,
//! `[retry]` and `[hedge]` say what happens when it fails. The types are the engine's own, where
//! each value is explained.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use understudy_engine::{
    BreakerSettings, GlobalLimits, HedgeSettings, Probe, ProviderPolicy, RetrySettings, Tier,
};
use understudy_speech::Encoding;

use super::section::Section;

/// Priorities that anybody needs; a larger number is a misplaced port or price.
const PRIORITIES: RangeInclusive<i32> = -1_000..=1_000;
/// Most retries: each is another purchase.
const MAX_RETRIES: u32 = 10;
/// Times an attempt or a pause may take: a tenth of a second to a day.
const TIMES: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(86_400);
/// Pauses between attempts may be none.
const PAUSES: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3_600);
/// Most requests a minute and calls at once.
const MAX_CALLS: u32 = 1_000_000;
/// Most requests in the queue, or being spoken: what a process has memory for.
const MAX_REQUESTS: usize = 1_000_000;
/// Samples a second of any take.
const SAMPLE_RATES: RangeInclusive<u32> = 8_000..=192_000;
/// Dearest voice there is, in dollars a million characters, with room to spare.
const MAX_PRICE: f64 = 100_000.0;

/// Reads what `[providers.NAME]` says of a provider.
pub(super) fn provider(section: &Section<'_>) -> ProviderPolicy {
    let default = ProviderPolicy::default();
    ProviderPolicy {
        priority: section.integer("priority", default.priority, PRIORITIES),
        weight: section.optional_integer("weight", 0..=1_000),
        tier: section.choice("tier", default.tier, &TIERS),
        timeout: section.optional_seconds("timeout_seconds", TIMES),
        max_retries: section.integer("max_retries", default.max_retries, 0..=MAX_RETRIES),
        requests_per_minute: count(section, "requests_per_minute"),
        concurrent_requests: count(section, "concurrent_requests"),
        rollout_percent: section.integer("rollout_percent", default.rollout_percent, 0..=100),
        max_text_length: section.optional_integer("max_text_length", 1..=u32::MAX),
        default_sample_rate: section.optional_integer("default_sample_rate", SAMPLE_RATES),
        supported_formats: section.optional_choices("supported_formats", &encodings()),
        price_per_million_characters: section
            .optional_number("price_per_million_characters", 0.0..=MAX_PRICE),
        characters_per_day: section.optional_integer("characters_per_day", 0..=u64::MAX),
        characters_per_month: section.optional_integer("characters_per_month", 0..=u64::MAX),
    }
}

const TIERS: [(&str, Tier); 3] =
    [("primary", Tier::Primary), ("fallback", Tier::Fallback), ("emergency", Tier::Emergency)];

fn encodings() -> Vec<(&'static str, Encoding)> {
    Encoding::ALL.iter().map(|encoding| (encoding.name(), *encoding)).collect()
}

fn count(section: &Section<'_>, key: &'static str) -> Option<NonZeroU32> {
    section.optional_integer(key, 1..=MAX_CALLS).and_then(NonZeroU32::new)
}

/// Reads the keys of `[limits]` that all requests share.
pub(super) fn limits(section: &Section<'_>) -> GlobalLimits {
    let default = GlobalLimits::default();
    GlobalLimits {
        max_concurrent_syntheses: section.integer(
            "max_concurrent_syntheses",
            default.max_concurrent_syntheses,
            1..=MAX_REQUESTS,
        ),
        queue_depth: section.integer("queue_depth", default.queue_depth, 0..=MAX_REQUESTS),
        queue_deadline: section.seconds("queue_deadline_seconds", default.queue_deadline, PAUSES),
    }
}

/// Reads `[breaker]`.
pub(super) fn breaker(section: Section<'_>) -> BreakerSettings {
    let default = BreakerSettings::default();
    let breaker = BreakerSettings {
        failures: section.integer("failures", default.failures, 1..=1_000),
        window: section.seconds("window_seconds", default.window, TIMES),
        failure_percent: section.integer("failure_percent", default.failure_percent, 1..=100),
        recovery: section.seconds("recovery_seconds", default.recovery, TIMES),
        patience: section.seconds("patience_seconds", default.patience, TIMES),
        probe: section.choice(
            "probe",
            default.probe,
            &[("check", Probe::Check), ("request", Probe::Request)],
        ),
    };
    section.finish();
    breaker
}

/// Reads `[retry]`.
pub(super) fn retry(section: Section<'_>) -> RetrySettings {
    let default = RetrySettings::default();
    let retry = RetrySettings {
        backoff: section.seconds("backoff_seconds", default.backoff, PAUSES),
        backoff_max: section.seconds("backoff_max_seconds", default.backoff_max, PAUSES),
        rate_limit_hold: section.seconds("rate_limit_hold_seconds", default.rate_limit_hold, TIMES),
        quota_hold: section.seconds("quota_hold_seconds", default.quota_hold, TIMES),
        hold_max: section.seconds("hold_max_seconds", default.hold_max, TIMES),
    };
    section.finish();
    retry
}

/// Reads `[hedge]`.
pub(super) fn hedge(section: Section<'_>) -> HedgeSettings {
    let hedge = HedgeSettings {
        enabled: section.boolean("enabled", false),
        after: section.optional_seconds("after_seconds", TIMES),
    };
    section.finish();
    hedge
}
