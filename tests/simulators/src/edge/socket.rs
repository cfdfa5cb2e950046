//! The free WebSocket: a configuration, then documents, each a turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Studio;
use super::judge::{Accepted, judge};
use crate::azure::AUDIO_SECONDS_MAX;
use crate::azure::config::Settings;
use crate::azure::frame::{Message, is_compact_id};
use crate::azure::line::{Closing, End, Line};
use crate::azure::socket::send;
use crate::fault::Ordered;
use crate::performance::perform;
use crate::ssml::Beat;

/// Silence before the first word: the first offset of a turn is 1,000,000 ticks.
const LEAD_MS: u32 = 100;
/// Silence after the last word.
const TAIL_MS: u32 = 800;
/// The formats free callers get; the service hangs up on any other.
const FORMATS: [&str; 3] =
    ["audio-24khz-48kbitrate-mono-mp3", "audio-24khz-96kbitrate-mono-mp3", "webm-24khz-16bit-mono-opus"];

/// The handshake.
pub(super) async fn open(
    State(studio): State<Arc<Studio>>,
    Extension(ordered): Extension<Ordered>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let identified = query.get("ConnectionId").is_some_and(|id| is_compact_id(id));
    match upgrade {
        _ if !studio.options.admits_socket(&query, &headers) => studio.options.forbid(),
        Ok(upgrade) if identified => upgrade.on_upgrade(async move |socket| {
            converse(Line::new(socket, ordered, studio.gap)).await;
        }),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn converse(mut line: Line) {
    let mut settings = None;
    loop {
        let end = match line.hear().await {
            Ok(message) => act(&mut line, &mut settings, &message).await,
            Err(end) => Err(end),
        };
        match end {
            Ok(()) => {}
            Err(End::Gone) => return,
            Err(End::Closing(closing)) => return line.hang_up(closing).await,
        }
    }
}

async fn act(line: &mut Line, settings: &mut Option<Settings>, message: &Message) -> Result<(), End> {
    match (message.path(), message.media_type()) {
        ("speech.config", "application/json") => {
            let read = Settings::of_config(&message.body).map_err(refuse)?;
            let read = read.ok_or_else(|| refuse("speech.config has no audio settings"))?;
            if !FORMATS.contains(&read.format.name) {
                return Err(refuse(format!("Unsupported output format: {}", read.format.name)));
            }
            *settings = Some(read);
            Ok(())
        }
        ("ssml", "application/ssml+xml") => {
            let settings = settings.as_ref().ok_or_else(|| refuse("speech.config is missing"))?;
            let id = message.request_id().ok_or_else(|| refuse("Invalid X-RequestId"))?;
            turn(line, settings, id, judge(&message.body).map_err(refuse)?).await
        }
        (path, media_type) => Err(refuse(format!("Unexpected message {path} of type {media_type}"))),
    }
}

/// Speaks one document. A voice that is not there, a text in a script it does not read, or nothing to say
/// is a turn without audio.
async fn turn(line: &mut Line, settings: &Settings, id: &str, accepted: Accepted) -> Result<(), End> {
    let Accepted { cast, mut beats } = accepted;
    let texts = beats
        .iter()
        .filter_map(|beat| if let Beat::Text(text, _) = beat { Some(text.as_str()) } else { None });
    if !cast.is_listed || !cast.reads(&texts.collect::<String>()) {
        beats.clear();
    }
    beats.insert(0, Beat::Pause(LEAD_MS));
    beats.push(Beat::Pause(TAIL_MS));
    let spoken = tokio::task::spawn_blocking(move || {
        let mut performance = perform(beats, &cast.short_name);
        performance.truncate(Duration::from_secs(AUDIO_SECONDS_MAX));
        performance
    });
    let performance = spoken.await.map_err(|_| End::Gone)?;
    send(line, id, settings.format, settings.wanted, &performance).await
}

fn refuse(reason: impl Into<String>) -> End {
    End::Closing(Closing::bad_request(reason))
}
