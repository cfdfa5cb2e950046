//! The WebSocket: one connection, one configuration, turn after turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, get};

use super::boundary::{self, Wanted};
use super::config::Settings;
use super::format::Format;
use super::frame::{self, Message};
use super::judge::{Accepted, judge, unknown_voice};
use super::line::{Closing, End, Line};
use super::refusal::{bad_request, unauthorized};
use super::turn::Turn;
use super::{Studio, rest, voice};
use crate::fault::Ordered;
use crate::performance::Performance;
use crate::ssml::{Beat, Delivery};

/// Silence before the first word.
const LEAD_MS: u32 = 50;
/// The most text one turn takes in pieces.
const PIECES_BYTES_MAX: usize = 64 * 1024;

pub(super) fn door() -> MethodRouter<Arc<Studio>> {
    get(open)
}

async fn open(
    State(studio): State<Arc<Studio>>,
    Extension(ordered): Extension<Ordered>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    if !studio.access.admits(&headers) && !studio.access.admits_query(&query) {
        return unauthorized();
    }
    let connection = headers.get("X-ConnectionId").and_then(|id| id.to_str().ok());
    let connection = connection.or_else(|| query.get("X-ConnectionId").map(String::as_str));
    match upgrade {
        Err(_) => bad_request("Bad Request"),
        Ok(_) if !connection.is_some_and(frame::is_compact_id) => bad_request("Invalid X-ConnectionId"),
        Ok(upgrade) => upgrade.on_upgrade(async move |socket| {
            let line = Line::new(socket, ordered, studio.gap);
            Session { studio, line, configured: false, settings: None }.run().await;
        }),
    }
}

/// A connection and what it was told.
struct Session {
    studio: Arc<Studio>,
    line: Line,
    configured: bool,
    /// From the configuration, or from the latest context with the turn it is for.
    settings: Option<(Option<String>, Settings)>,
}

impl Session {
    async fn run(mut self) {
        loop {
            let end = match self.line.hear().await {
                Ok(message) => self.act(&message).await,
                Err(end) => Err(end),
            };
            match end {
                Ok(()) => {}
                Err(End::Gone) => return,
                Err(End::Closing(closing)) => return self.line.hang_up(closing).await,
            }
        }
    }

    async fn act(&mut self, message: &Message) -> Result<(), End> {
        let id = message.request_id().ok_or_else(|| refuse("Invalid X-RequestId"))?;
        if message.header("X-Timestamp").is_none_or(str::is_empty) {
            return Err(refuse("X-Timestamp is missing"));
        }
        match (message.path(), message.media_type()) {
            ("speech.config", "application/json") => {
                let settings = Settings::of_config(&message.body).map_err(refuse)?;
                self.settings = settings.map(|settings| (None, settings));
                self.configured = true;
                Ok(())
            }
            (_, _) if !self.configured => Err(refuse("speech.config is missing")),
            ("synthesis.context", "application/json") => {
                let settings = Settings::of_context(&message.body).map_err(refuse)?;
                self.settings = Some((Some(id.to_owned()), settings));
                Ok(())
            }
            ("ssml", "application/ssml+xml") => {
                let accepted = judge(&message.body).map_err(refuse)?;
                self.turn(id, accepted).await
            }
            ("text.piece", "text/plain") => self.pieces(id, message.body.clone()).await,
            ("synthesis.control", _) => Ok(()),
            (path, media_type) => Err(refuse(format!("Unexpected message {path} of type {media_type}"))),
        }
    }

    /// The settings that hold for a turn.
    fn settings(&self, id: &str) -> Result<&Settings, End> {
        match &self.settings {
            Some((None, settings)) => Ok(settings),
            Some((Some(turn), settings)) if turn.eq_ignore_ascii_case(id) => Ok(settings),
            _ => Err(refuse("synthesis.context is missing for this turn")),
        }
    }

    /// Text that arrives in pieces is one turn of the voice its context names.
    async fn pieces(&mut self, id: &str, mut text: String) -> Result<(), End> {
        let input = self.settings(id)?.input.clone().filter(|input| input.bidirectional_streaming_mode);
        let name = input.ok_or_else(|| refuse("bidirectionalStreamingMode is not enabled"))?.voice_name;
        let voice = voice::find(&name).ok_or_else(|| refuse(unknown_voice(&name)))?;
        loop {
            let message = self.line.hear().await?;
            match message.path() {
                "text.piece" if text.len() + message.body.len() <= PIECES_BYTES_MAX => {
                    text.push_str(&message.body);
                }
                "text.end" => break,
                path => return Err(refuse(format!("Unexpected message {path} in a streamed text"))),
            }
        }
        self.turn(id, Accepted { voice, beats: vec![Beat::Text(text, Delivery::PLAIN)] }).await
    }

    async fn turn(&mut self, id: &str, mut accepted: Accepted) -> Result<(), End> {
        let Settings { format, wanted, .. } = self.settings(id)?.clone();
        let _place = Place::take(&self.studio.turns, self.studio.options.concurrent_turns_max)?;
        if !self.studio.options.has_quota {
            return Err(refuse("Quota exceeded. Cid: 00000000000000000000000000000000"));
        }
        // HD voices report no words: only the end of the turn.
        let wanted = match accepted.voice.is_hd() {
            true => Wanted { session_end: wanted.session_end, ..Wanted::default() },
            false => wanted,
        };
        accepted.beats.insert(0, Beat::Pause(LEAD_MS));
        let performance = rest::speak(accepted).await.ok_or(End::Gone)?;
        send(&mut self.line, id, format, wanted, &performance).await
    }
}

/// Sends a spoken turn.
pub(crate) async fn send(
    line: &mut Line,
    request_id: &str,
    format: Format,
    wanted: Wanted,
    performance: &Performance,
) -> Result<(), End> {
    let audio = format.encode(&performance.spoken).ok_or_else(|| {
        End::Closing(Closing {
            code: 1011,
            reason: "The simulator has no encoder for this format".to_owned(),
        })
    })?;
    let heard = !line.is_silenced() && !performance.is_silent();
    let audio = if heard { audio } else { Vec::new() };
    let turn = Turn {
        request_id,
        stream_id: &stream_id(),
        media_type: format.media_type,
        audio: &audio,
        seconds: performance.spoken.seconds(),
        entries: &boundary::entries(performance, wanted),
    };
    turn.send(line).await
}

/// A new 32-digit id.
fn stream_id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    format!("{:032X}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn refuse(reason: impl Into<String>) -> End {
    End::Closing(Closing::bad_request(reason))
}

/// One of the turns that may run at once.
struct Place<'turns>(&'turns AtomicUsize);

impl<'turns> Place<'turns> {
    fn take(turns: &'turns AtomicUsize, most: usize) -> Result<Self, End> {
        let place = Self(turns);
        if turns.fetch_add(1, Ordering::AcqRel) < most {
            return Ok(place);
        }
        let reason = "The request is throttled because you have exceeded the concurrent request limit allowed for \
             your sub";
        Err(End::Closing(Closing { code: 4429, reason: reason.to_owned() }))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
