//! The task of one WebSocket connection.

use std::io::ErrorKind;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use super::{Closing, Event, Message};
use crate::egress::refusal::Refusal;
use crate::trap::bounded;

/// How long the last words to a server may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// The longest reason from below, in bytes.
const REASON_BYTES_MAX: usize = 300;

/// A frame to send, and who wants to know.
pub(super) struct Command {
    pub(super) frame: Frame,
    pub(super) done: oneshot::Sender<Result<(), Refusal>>,
}

/// Carries frames both ways until one side is gone.
pub(super) async fn serve(
    mut stream: WebSocketStream<reqwest::Upgraded>,
    mut commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Result<Event, Refusal>>,
    patience: Duration,
    message_bytes: usize,
) {
    loop {
        // A message is read when there is room for it, so that back-pressure reaches the server.
        let arriving = async {
            let room = events.reserve().await.ok()?;
            Some((room, stream.next().await))
        };
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command { frame, done }) => {
                    let sent = match timeout(patience, stream.send(frame)).await {
                        Ok(sent) => sent.map_err(|error| refusal(&error, message_bytes)),
                        Err(_) => Err(Refusal::TimedOut),
                    };
                    let _ = done.send(sent);
                }
                None => break,
            },
            arrived = arriving => match arrived {
                Some((room, arrived)) => {
                    let Some(event) = event(arrived, message_bytes) else { continue };
                    let last = !matches!(event, Ok(Event::Message(_)));
                    room.send(event);
                    if last {
                        break;
                    }
                }
                None => break,
            },
        }
    }
    let _ = timeout(GOODBYE, stream.close(None)).await;
}

/// What the guest hears of it; nothing of pings and pongs.
fn event(arrived: Option<Result<Frame, Error>>, message_bytes: usize) -> Option<Result<Event, Refusal>> {
    Some(match arrived {
        Some(Ok(Frame::Text(text))) => Ok(Event::Message(Message::Text(text.as_str().to_owned()))),
        Some(Ok(Frame::Binary(bytes))) => Ok(Event::Message(Message::Binary(bytes.into()))),
        Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => return None,
        Some(Ok(Frame::Close(frame))) => Ok(Event::Closed(
            frame.map(|frame| Closing { code: frame.code.into(), reason: frame.reason.as_str().to_owned() }),
        )),
        None
        | Some(Err(
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
        )) => Ok(Event::Closed(None)),
        // Servers that just hang up are common, over TLS too.
        Some(Err(Error::Io(error))) if hung_up(error.kind()) => Ok(Event::Closed(None)),
        Some(Err(error)) => Err(refusal(&error, message_bytes)),
    })
}

fn hung_up(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

fn refusal(error: &Error, message_bytes: usize) -> Refusal {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Refusal::TooLarge(message_bytes as u64),
        error => Refusal::Protocol(bounded(&error.to_string(), REASON_BYTES_MAX)),
    }
}
