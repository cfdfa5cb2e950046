//! Which records are wanted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::record::{RequestRecord, RequestStatus};

/// The most records of one page.
pub const PAGE_MAX: usize = 1_000;

/// What to look for; of no conditions, everything. All must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Not before this, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Before this.
    pub until_ms: Option<u64>,
    /// Of this provider.
    pub provider: Option<String>,
    /// Ended like this.
    pub status: Option<RequestStatus>,
    /// Of this route.
    pub route: Option<String>,
    /// Of this task.
    pub task_id: Option<String>,
    /// Older than the page that gave this.
    pub after: Option<Cursor>,
}

impl HistoryQuery {
    pub(super) fn matches(&self, record: &RequestRecord) -> bool {
        let same = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        same(&self.provider, &record.provider)
            && same(&self.route, &record.route)
            && same(&self.task_id, &record.task_id)
            && self.status.is_none_or(|status| status == record.status)
    }

    /// The places this may be found in: not before the first, before the second.
    pub(super) fn places(&self) -> (Cursor, Cursor) {
        let first = Cursor { at_ms: self.from_ms.unwrap_or(0), number: 0 };
        let end = Cursor { at_ms: self.until_ms.unwrap_or(u64::MAX), number: 0 };
        (first, self.after.map_or(end, |after| after.min(end)))
    }
}

/// A place in the history: opaque to clients, text in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    at_ms: u64,
    /// Tells apart what came in the same millisecond.
    number: u64,
}

/// The text is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cursor is not one of ours: {0}")]
pub struct CursorError(String);

impl Cursor {
    pub(super) const fn new(at_ms: u64, number: u64) -> Self {
        Self { at_ms, number }
    }

    pub(super) const fn number(self) -> u64 {
        self.number
    }

    /// As a key whose order is that of the cursors.
    pub(super) fn key(self) -> [u8; 16] {
        (u128::from(self.at_ms) << 64 | u128::from(self.number)).to_be_bytes()
    }

    pub(super) fn of_key(key: &[u8]) -> Option<Self> {
        let place = u128::from_be_bytes(key.try_into().ok()?);
        let half = |place: u128| u64::try_from(place & u128::from(u64::MAX)).ok();
        Some(Self { at_ms: half(place >> 64)?, number: half(place)? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.at_ms, self.number)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |text| u64::from_str_radix(text, 16).ok();
        text.split_once('-')
            .and_then(|(at, number)| Some(Self { at_ms: part(at)?, number: part(number)? }))
            .ok_or_else(|| CursorError(text.to_owned()))
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HistoryPage {
    /// Newest first.
    pub records: Vec<RequestRecord>,
    /// For [`HistoryQuery::after`]; none when this is the last page.
    pub next: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_and_its_key_has_its_order(left in any::<(u64, u64)>(), right in any::<(u64, u64)>()) {
            let (left, right) = (Cursor::new(left.0, left.1), Cursor::new(right.0, right.1));
            prop_assert_eq!(left.to_string().parse(), Ok(left));
            prop_assert_eq!(Cursor::of_key(&left.key()), Some(left));
            prop_assert_eq!(left.key().cmp(&right.key()), left.cmp(&right));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "-", "1", "x-1", "1-1-1", "10000000000000000-0"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
