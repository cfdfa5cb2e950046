//! Why a provider is not asked, though it could have been.

use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::budget::Period;

/// Why a provider is not asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Withheld {
    /// It failed too often, or is proving itself.
    #[error("it failed too often and is left alone")]
    BreakerOpen {
        /// When it may be asked again.
        retry_after: Duration,
    },
    /// It said how long it wants to be left alone.
    #[error("it asked to be left alone")]
    Held {
        /// True when its account is used up, false when it asked for fewer requests.
        quota: bool,
        /// When it may be asked again.
        retry_after: Duration,
    },
    /// `requests_per_minute` are reached.
    #[error("its requests per minute are used up: {limit}")]
    Paced {
        /// The limit.
        limit: u32,
        /// When the next one may go.
        retry_after: Duration,
    },
    /// `concurrent_requests` are under way.
    #[error("its concurrent requests are used up: {limit}")]
    Full {
        /// The limit.
        limit: u32,
    },
    /// A budget is used up, or this text is longer than what is left of it.
    #[error("its characters per {} are used up: {limit}", .period.name())]
    Overdrawn {
        /// Which budget.
        period: Period,
        /// The limit.
        limit: u64,
        /// When the period ends.
        retry_after: Duration,
    },
    /// `rollout_percent` leaves this caller out.
    #[error("it is not rolled out to this caller")]
    NotRolledOut,
    /// A route or a logical voice names it, and it is not in the cast.
    #[error("it is not loaded")]
    NotLoaded,
}

impl Withheld {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BreakerOpen { .. } => "breaker_open",
            Self::Held { quota: true, .. } => "provider_quota_exhausted",
            Self::Held { quota: false, .. } => "provider_rate_limited",
            Self::Paced { .. } => "requests_per_minute_reached",
            Self::Full { .. } => "concurrent_requests_reached",
            Self::Overdrawn { .. } => "budget_used_up",
            Self::NotRolledOut => "not_rolled_out",
            Self::NotLoaded => "not_loaded",
        }
    }

    /// When it may be otherwise, if that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::BreakerOpen { retry_after }
            | Self::Held { retry_after, .. }
            | Self::Paced { retry_after, .. }
            | Self::Overdrawn { retry_after, .. } => Some(*retry_after),
            Self::Full { .. } | Self::NotRolledOut | Self::NotLoaded => None,
        }
    }

    /// True when the reason is a limit on how much may be asked, and not that something is broken.
    #[must_use]
    pub const fn is_rate_limit(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::Paced { .. } | Self::Overdrawn { .. })
    }
}

/// As its code, its words, and when it may be otherwise.
impl Serialize for Withheld {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let after = self.retry_after().map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        let mut fields = serializer.serialize_struct("Withheld", 3)?;
        fields.serialize_field("code", self.code())?;
        fields.serialize_field("reason", &self.to_string())?;
        fields.serialize_field("retry_after_ms", &after)?;
        fields.end()
    }
}
