//! The connection of one take, and its turns.
//!
//! All turns of a take go over one connection: another handshake for each piece would cost time, and
//! the service counts them. When it breaks before anything of a turn has come, the turn is asked for
//! again over a new one; once audio has come it is too late for that, since what was handed on
//! cannot be taken back.

use understudy_plugin::websocket::Connection;
use understudy_plugin::{Take, log};

use crate::turn::{Interruption, listen, send};
use crate::{Track, id};

/// How often a turn is asked for.
const ATTEMPTS_MAX: u32 = 2;

/// A connection that is opened when it is needed.
pub struct Line<Open> {
    open: Open,
    connection: Option<Connection>,
    request_id: Option<String>,
}

impl<Open: FnMut() -> Result<Connection, Interruption>> Line<Open> {
    /// A line nobody has spoken on. `open` gives a connection that is ready for a turn.
    pub const fn new(open: Open) -> Self {
        Self { open, connection: None, request_id: None }
    }

    /// Has a turn spoken. `messages` are what asks for it, given its id. Says whether it had audio.
    ///
    /// # Errors
    /// Why the turn had no end, and [`Error::Unsupported`](understudy_plugin::Error::Unsupported) for one as long as the service lets a turn
    /// be, whose end is missing.
    pub fn speak(
        &mut self,
        messages: impl Fn(&str) -> Vec<String>,
        track: &mut Track<'_>,
        take: &mut Take,
    ) -> Result<bool, Interruption> {
        track.begin_turn(take)?;
        let mut attempt = 1;
        while let Err(interruption) = self.turn(&messages, track, take) {
            if attempt == ATTEMPTS_MAX || !interruption.is_cut() || !track.is_untouched() {
                return Err(interruption);
            }
            log::warn("connection broke before the turn began, connecting again", &[("attempt", &attempt)]);
            attempt += 1;
        }
        track.check_end(take)?;
        Ok(track.has_audio())
    }

    fn turn(
        &mut self,
        messages: &impl Fn(&str) -> Vec<String>,
        track: &mut Track<'_>,
        take: &mut Take,
    ) -> Result<(), Interruption> {
        // A connection with a turn that has no end is not used again.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => (self.open)()?,
        };
        let request_id = id::random();
        for message in messages(&request_id) {
            send(&mut connection, &message)?;
        }
        listen(&mut connection, &request_id, track, take)?;
        self.request_id.get_or_insert(request_id);
        self.connection = Some(connection);
        Ok(())
    }

    /// Says goodbye, and tells the id of the first turn.
    pub fn hang_up(self) -> Option<String> {
        if let Some(mut connection) = self.connection {
            // The take is complete, whatever becomes of the farewell.
            connection.close(1000, "").ok();
        }
        self.request_id
    }
}

impl<Open> std::fmt::Debug for Line<Open> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}
