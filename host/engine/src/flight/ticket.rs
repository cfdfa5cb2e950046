//! A listener's end of a flight.

use std::sync::Arc;

use understudy_speech::TakeEvent;

use super::FlightLost;
use super::Phase;
use super::board::{Board, Next};

/// A place to listen from. Dropping it is leaving.
#[derive(Debug)]
pub struct Ticket<O: Clone> {
    board: Arc<Board<O>>,
    place: usize,
    begun: bool,
}

/// Events were forgotten before this listener came to them. The outcome still comes, and holds the
/// whole: continue from there, at the byte after the last one heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("listener fell behind the replay buffer")]
pub struct Overrun;

impl<O: Clone> Ticket<O> {
    pub(super) fn new(board: &Arc<Board<O>>, begun: bool) -> Self {
        board.enter();
        Self { board: Arc::clone(board), place: 0, begun }
    }

    /// True for the one whose asking began the work.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.begun
    }

    /// True when the work has come to `phase`, or has landed.
    #[must_use]
    pub fn has_reached(&self, phase: Phase) -> bool {
        self.board.has_reached(phase)
    }

    /// Returns when that is so. Safe to cancel.
    pub async fn reached(&self, phase: Phase) {
        self.board.until(true, |board| board.has_reached(phase).then_some(())).await;
    }

    /// The outcome, when it comes. Safe to cancel.
    ///
    /// # Errors
    /// The work panicked or was ended.
    pub async fn outcome(&self) -> Result<O, FlightLost> {
        self.board.until(false, Board::landing).await
    }

    /// The next event, from the beginning on; none when all have been heard and the work has
    /// landed. Safe to cancel.
    ///
    /// # Errors
    /// The event is forgotten; later calls say the same.
    pub async fn next(&mut self) -> Result<Option<TakeEvent>, Overrun> {
        let place = self.place;
        let heard = self.board.until(true, |board| match board.next(place) {
            Next::Event(event) => Some(Ok(Some(event))),
            Next::Forgotten => Some(Err(Overrun)),
            Next::Landed => Some(Ok(None)),
            Next::NotYet => None,
        });
        let heard = heard.await;
        if let Ok(Some(_)) = heard {
            self.place += 1;
        }
        heard
    }
}

impl<O: Clone> Drop for Ticket<O> {
    fn drop(&mut self) {
        self.board.leave();
    }
}
