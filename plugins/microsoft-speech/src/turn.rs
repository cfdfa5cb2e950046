//! One turn: a document is sent, and audio and word boundaries come back until `turn.end`.
//!
//! The last boundaries come after the last audio, so a turn ends at `turn.end` and nowhere else; a
//! connection that closes before it is a failure even when audio has come. What the turn holds is
//! bounded by the host, which counts what a call receives.

use std::time::Duration;

use understudy_plugin::websocket::{self, CloseFrame, Connection, Event};
use understudy_plugin::{Error, Take};

use crate::boundary;
use crate::frame::{Binary, Text};
use crate::track::Track;

/// How long the service may be silent within a turn.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Why a turn has no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The service closed the connection; what that means is the plugin's to say.
    Closed(Option<CloseFrame>),
    /// Anything else.
    Failed(Error),
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<websocket::Error> for Interruption {
    fn from(error: websocket::Error) -> Self {
        match error {
            // This side closes nothing within a turn.
            websocket::Error::Closed => Self::Closed(None),
            error => Self::Failed(error.into()),
        }
    }
}

impl Interruption {
    /// True when the line just broke, which another connection may not.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Closed(None) => true,
            Self::Closed(Some(frame)) => matches!(frame.code, 1000 | 1001 | 1005 | 1006),
            Self::Failed(_) => false,
        }
    }
}

/// Sends a message. To a service that has closed it is lost without a word: why it closed is heard by
/// [`listen`].
///
/// # Errors
/// Why it was not sent.
pub fn send(connection: &mut Connection, message: &str) -> Result<(), Interruption> {
    match connection.send_text(message) {
        Ok(()) | Err(websocket::Error::Closed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Hands on all of a turn, as it comes, up to its end.
///
/// # Errors
/// Why it has none.
pub fn listen(
    connection: &mut Connection,
    request_id: &str,
    track: &mut Track<'_>,
    take: &mut Take,
) -> Result<(), Interruption> {
    loop {
        match connection.receive(Some(SILENCE_MAX))? {
            Event::Closed(frame) => return Err(Interruption::Closed(frame)),
            Event::Binary(message) => play(&Binary::read(&message)?, request_id, track, take)?,
            Event::Text(message) => {
                let message = Text::read(&message)?;
                match message.path() {
                    _ if !message.is_of(request_id) => {}
                    "audio.metadata" => track.hear(&boundary::words(message.body)?, take)?,
                    "turn.end" => return Ok(()),
                    // turn.start, response, and what the service may think of next.
                    _ => {}
                }
            }
        }
    }
}

fn play(message: &Binary<'_>, request_id: &str, track: &mut Track<'_>, take: &mut Take) -> Result<(), Error> {
    // The closing message of a stream has no payload.
    if message.path() != "audio" || !message.is_of(request_id) || message.body.is_empty() {
        return Ok(());
    }
    if !message.has_media_type() {
        return Err(Error::protocol("audio message does not say its type"));
    }
    track.audio(message.body, take)
}
