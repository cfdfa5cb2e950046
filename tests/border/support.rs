//! Running the program under test, and judging what it wrote.

mod daemon;
mod program;
mod recording;

pub(crate) use daemon::{Daemon, client};
pub(crate) use program::{Outcome, command, command_among, understudy, understudy_with};
pub(crate) use recording::{cues, decode, mp3_duration};

/// Lists 1 and 2 of the Harvard sentences (IEEE Recommended Practice for Speech Quality, 1969).
pub(crate) fn harvard() -> impl Iterator<Item = &'static str> + Clone {
    include_str!("../fixtures/harvard.txt").lines()
}
