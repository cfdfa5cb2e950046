//! Characters a day and a month.
//!
//! Characters are spent when a call is let through and given back when the provider refused it, so
//! that a hundred calls at once cannot overdraw what one of them would have been refused for. The
//! counts can be carried over a restart as a [`Spending`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::calendar::Today;
use crate::settings::ProviderPolicy;

/// The characters one provider was asked to speak, for the day and the month it was last asked in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// The day, counted as Julian days.
    pub day: i32,
    /// Characters on that day.
    pub day_characters: u64,
    /// The month, counted as twelve times the year and the month from 1.
    pub month: i32,
    /// Characters in that month.
    pub month_characters: u64,
}

/// A budget that is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overdrawn {
    pub(crate) period: Period,
    pub(crate) limit: u64,
    pub(crate) retry_after: Duration,
}

/// What a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// From midnight to midnight, UTC.
    Day,
    /// A calendar month, UTC.
    Month,
}

impl Period {
    /// The word a person reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

impl Spending {
    /// The same on another day.
    pub(crate) fn on(self, today: Today) -> Self {
        Self {
            day: today.day,
            day_characters: if self.day == today.day { self.day_characters } else { 0 },
            month: today.month,
            month_characters: if self.month == today.month { self.month_characters } else { 0 },
        }
    }

    /// Whether so many characters more are within the budget.
    pub(crate) fn allows(
        self,
        characters: u64,
        policy: &ProviderPolicy,
        today: Today,
    ) -> Result<(), Overdrawn> {
        let spent = self.on(today);
        let periods = [
            (Period::Day, policy.characters_per_day, spent.day_characters, today.until_tomorrow),
            (Period::Month, policy.characters_per_month, spent.month_characters, today.until_next_month),
        ];
        for (period, limit, spent, retry_after) in periods {
            if let Some(limit) = limit.filter(|limit| spent.saturating_add(characters) > *limit) {
                return Err(Overdrawn { period, limit, retry_after });
            }
        }
        Ok(())
    }

    pub(crate) fn spend(&mut self, characters: u64, today: Today) {
        *self = self.on(today);
        self.day_characters = self.day_characters.saturating_add(characters);
        self.month_characters = self.month_characters.saturating_add(characters);
    }

    /// Gives back what was spent on `day` in `month`, unless that is over.
    pub(crate) const fn give_back(&mut self, characters: u64, spent_on: Today) {
        if self.day == spent_on.day {
            self.day_characters = self.day_characters.saturating_sub(characters);
        }
        if self.month == spent_on.month {
            self.month_characters = self.month_characters.saturating_sub(characters);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn day(day: i32, month: i32) -> Today {
        let left = Duration::from_secs(60);
        Today { day, month, until_tomorrow: left, until_next_month: Duration::from_secs(120) }
    }

    #[test]
    fn a_budget_ends_with_its_period_and_not_before() {
        let policy = ProviderPolicy {
            characters_per_day: Some(10),
            characters_per_month: Some(15),
            ..ProviderPolicy::default()
        };
        let mut spending = Spending::default();
        let refused = |spending: Spending, characters, today| {
            spending
                .allows(characters, &policy, today)
                .err()
                .map(|over| (over.period, over.retry_after.as_secs()))
        };
        spending.spend(10, day(1, 1));
        assert_eq!(refused(spending, 1, day(1, 1)), Some((Period::Day, 60)));
        assert_eq!(refused(spending, 5, day(2, 1)), None);
        assert_eq!(refused(spending, 6, day(2, 1)), Some((Period::Month, 120)));
        assert_eq!(refused(spending, 10, day(2, 2)), None);
        spending.spend(3, day(2, 1));
        spending.give_back(3, day(2, 1));
        assert_eq!(refused(spending, 5, day(2, 1)), None);
        spending.spend(1, day(3, 2));
        spending.give_back(5, day(2, 1));
        assert_eq!((spending.day_characters, spending.month_characters), (1, 1), "that day is over");
    }
}
