//! When a file is whole.
//!
//! A copy appears in a folder long before its last byte does, and half a component is refused with
//! words that send its operator looking for the wrong mistake. So a file is believed once two looks
//! some time apart see the same; one that was renamed into its place is believed at once, for whoever
//! renames has finished writing. A file that goes has to be gone for two looks as well: many programs
//! replace a file by removing it first.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::sight::{Sight, Stamp};

/// How long a file has to stay as it is before it is believed. Longer than the pauses of a copy on
/// one machine, shorter than a person's patience.
pub(super) const SETTLED: Duration = Duration::from_millis(120);

/// What was seen, and since when.
#[derive(Debug, Default)]
pub(super) struct Settling(BTreeMap<PathBuf, Seen>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    stamp: Option<Stamp>,
    since: Instant,
    settled: bool,
}

/// What a look says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Observed {
    /// Files that are whole and were others before.
    pub(super) changed: BTreeSet<PathBuf>,
    /// Files that are still changing.
    pub(super) unsettled: BTreeSet<PathBuf>,
    /// When to look again at the latest.
    pub(super) due: Option<Instant>,
}

impl Settling {
    /// Everything as it is now is whole.
    pub(super) fn from_here(sight: Sight, now: Instant) -> Self {
        let seen = |stamp| Seen { stamp, since: now, settled: true };
        Self(sight.into_iter().map(|(path, stamp)| (path, seen(stamp))).collect())
    }

    /// Takes in a look; the files in `arrived` were renamed into their places.
    pub(super) fn observe(&mut self, mut sight: Sight, arrived: &HashSet<PathBuf>, now: Instant) -> Observed {
        for path in self.0.keys() {
            sight.entry(path.clone()).or_insert(None);
        }
        let mut observed = Observed::default();
        for (path, stamp) in sight {
            let known = self.0.get(&path).copied().unwrap_or(Seen { stamp: None, since: now, settled: true });
            let seen = if known.stamp == stamp {
                let settled = known.settled || now.duration_since(known.since) >= SETTLED;
                if settled && !known.settled {
                    observed.changed.insert(path.clone());
                }
                Seen { settled, ..known }
            } else {
                let settled = stamp.is_some() && arrived.contains(&path);
                if settled {
                    observed.changed.insert(path.clone());
                }
                Seen { stamp, since: now, settled }
            };
            if !seen.settled {
                let due = seen.since + SETTLED;
                observed.due = Some(observed.due.map_or(due, |other| other.min(due)));
                observed.unsettled.insert(path.clone());
            }
            self.0.insert(path, seen);
        }
        self.0.retain(|_, seen| seen.stamp.is_some() || !seen.settled);
        observed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(60);

    /// Looks `STEP` apart at one file: what each sees, and what is then said: `=` nothing, `~` it is
    /// changing, `!` it is whole and another.
    fn check(looks: &[(&str, bool)], expected: &str) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.wasm");
        let begin = Instant::now();
        std::fs::write(&path, "begin").unwrap();
        let sight = || Sight::from([(path.clone(), Stamp::of(&path))]);
        let mut settling = Settling::from_here(sight(), begin);
        let mut before = "begin".to_owned();
        let mut said = String::new();
        for (index, (content, renamed)) in (1..).zip(looks) {
            if *content != before {
                match *content {
                    "" => std::fs::remove_file(&path).unwrap(),
                    content => std::fs::write(&path, content).unwrap(),
                }
                before = (*content).to_owned();
            }
            let arrived = renamed.then(|| path.clone()).into_iter().collect();
            let observed = settling.observe(sight(), &arrived, begin + STEP * index);
            said.push(match (!observed.changed.is_empty(), observed.unsettled.is_empty()) {
                (true, _) => '!',
                (false, false) => '~',
                (false, true) => '=',
            });
        }
        assert_eq!(said, expected, "{looks:?}");
    }

    #[test]
    fn a_file_is_believed_when_it_has_stayed_the_same() {
        check(&[("begin", false), ("begin", false)], "==");
        check(&[("1", false), ("1", false), ("1", false), ("1", false)], "~~!=");
        check(&[("1", false), ("12", false), ("123", false), ("123", false), ("123", false)], "~~~~!");
    }

    #[test]
    fn a_file_that_was_renamed_into_place_is_believed_at_once() {
        check(&[("1", true), ("1", false)], "!=");
    }

    #[test]
    fn a_file_has_to_be_gone_for_two_looks() {
        check(&[("", false), ("", false), ("", false), ("", false)], "~~!=");
        check(&[("", false), ("1", false), ("1", false), ("1", false)], "~~~!");
        // Back as quickly as a replacing program brings it.
        check(&[("", false), ("1", true)], "~!");
    }
}
