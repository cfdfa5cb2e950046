//! `POST /conversations`, and what follows when it takes longer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use super::cast::Character;
use super::field::Fields;
use super::job::{Job, State};
use super::ledger::{Bought, Entry};
use super::mishap::Mishap;
use super::performance::{Order, perform};
use super::request::{Format, Line, refuse_blocked};
use super::trouble::Trouble;
use super::{Desk, Profile, script};
use crate::fault::Ordered;

const LINES_MAX: usize = 200;
const LINE_CHARACTERS_MAX: usize = 2_000;
const SCRIPT_CHARACTERS_MAX: usize = 20_000;
const SEED: [&str; 3] = ["characters", "script", "conversation_type"];
const SHEET: [&str; 10] = [
    "characters",
    "script",
    "conversation_type",
    "lines",
    "output_format",
    "language_code",
    "scene",
    "gap",
    "combine",
    "timestamps",
];

pub(super) async fn open(
    Extract(desk): Extract<Desk>,
    Extension(ordered): Extension<Ordered>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    desk.admit(&headers)?;
    if desk.service.mishaps.meets(&Mishap::NoConversations) {
        return Err(desk.refuse(Trouble::not_supported(StatusCode::NOT_IMPLEMENTED)));
    }
    let number = bought(&desk, &ordered, &headers, &body).await.map_err(|trouble| desk.refuse(trouble))?;
    let job = desk.service.jobs.find(number);
    job.map(|job| told(&desk, &headers, number, &job)).ok_or_else(|| desk.refuse(unknown()))
}

async fn bought(desk: &Desk, ordered: &Ordered, headers: &HeaderMap, body: &[u8]) -> Result<u64, Trouble> {
    let service = &desk.service;
    let fields = Fields::read(headers, body)?;
    let order = judge(&fields, desk)?;
    let entry = Entry::of("/conversations", headers, body);
    if let Some(Bought::Conversation(number)) = service.ledger.look(&entry)? {
        return Ok(number);
    }
    let _place = service.account.enter()?;
    service.account.pay(order.characters())?;
    let state = fate(desk, order.lines.len());
    let performance = Arc::new(perform(desk, ordered, order).await);
    let number = service.jobs.begin(Job { performance, state });
    service.ledger.write(entry, Bought::Conversation(number));
    Ok(number)
}

/// What is going to become of a conversation.
fn fate(desk: &Desk, lines: usize) -> State {
    let mishaps = &desk.service.mishaps;
    let dies_at = mishaps.meet(|mishap| match mishap {
        Mishap::DiesAtLine(line) if *line < lines => Some(*line),
        _ => None,
    });
    let slow = mishaps.meet(|mishap| match mishap {
        Mishap::SlowConversations { polls, poll_after } => Some((*polls, *poll_after)),
        _ => None,
    });
    match (slow, dies_at) {
        (None, None) => State::Completed,
        (slow, dies_at) => {
            let (polls, poll_after) = slow.unwrap_or((1, Duration::from_millis(50)));
            State::Processing { left: polls.max(1), polls: polls.max(1), poll_after, dies_at }
        }
    }
}

fn judge(fields: &Fields, desk: &Desk) -> Result<Order, Trouble> {
    let profile = desk.service.profile;
    match profile {
        Profile::Full => fields.only(&SHEET)?,
        Profile::StrictSeed => {
            fields.only(&SEED)?;
            fields.all(&SEED)?;
        }
        Profile::LegacyHint => {}
    }
    let kind = fields.one_of("conversation_type", &["dialogue", "monologue", "narration"])?;
    let cast = cast(fields, desk, kind)?;
    let lines = match fields.objects("lines")? {
        Some(lines) if profile == Profile::Full => listed(&lines, desk, &cast)?,
        _ => {
            if !fields.has("script") {
                return Err(fields.missing("script"));
            }
            script::read(fields.needed_text("script")?, &cast)?
        }
    };
    check_size(&lines)?;
    if let Some(language) = fields.text("language_code")? {
        cast.iter().try_for_each(|character| character.can_speak(language))?;
    }
    fields.text("scene")?;
    Ok(Order {
        lines,
        kind,
        gap: fields.number("gap", 0.0..=10.0)?.unwrap_or(0.35),
        combine: fields.flag("combine", true)?,
        words: fields.one_of("timestamps", &["none", "word"])? == "word",
        format: Format::read(fields, profile)?,
    })
}

fn cast(fields: &Fields, desk: &Desk, kind: &str) -> Result<Vec<&'static Character>, Trouble> {
    let ids = fields.texts("characters")?;
    let unique = ids.iter().enumerate().all(|(at, id)| !ids.iter().take(at).any(|before| before == id));
    let least = if kind == "monologue" { 1 } else { 2 };
    if !unique || !(least..=10).contains(&ids.len()) {
        return Err(fields.invalid("characters", "must be 2 to 10 different ids, 1 for a monologue"));
    }
    ids.iter().map(|id| Character::playing(id, desk.service.premium)).collect()
}

fn listed(lines: &[Fields], desk: &Desk, cast: &[&'static Character]) -> Result<Vec<Line>, Trouble> {
    let line = |fields: &Fields| {
        fields.only(&["character_id", "text", "emotion", "voice_settings", "pause_after"])?;
        let line = Line::read(fields, desk.service.profile, desk.service.premium)?;
        if !cast.iter().any(|character| character.id == line.character.id) {
            return Err(fields.invalid("character_id", "is not among characters"));
        }
        Ok(Line { pause_after: fields.number("pause_after", 0.0..=10.0)?, ..line })
    };
    lines.iter().map(line).collect()
}

fn check_size(lines: &[Line]) -> Result<(), Trouble> {
    let lengths = || lines.iter().map(|line| line.text.chars().count());
    if lines.iter().any(|line| line.text.trim().is_empty()) || lines.is_empty() {
        return Err(Trouble::field("script", "empty_text", "a line is empty"));
    }
    if lines.len() > LINES_MAX {
        return Err(Trouble::too_large("script_too_long", "lines", LINES_MAX, lines.len()));
    }
    if let Some(longest) = lengths().max().filter(|longest| *longest > LINE_CHARACTERS_MAX) {
        return Err(Trouble::too_large("text_too_long", "lines", LINE_CHARACTERS_MAX, longest));
    }
    let all: usize = lengths().sum();
    if all > SCRIPT_CHARACTERS_MAX {
        return Err(Trouble::too_large("script_too_long", "script", SCRIPT_CHARACTERS_MAX, all));
    }
    lines.iter().try_for_each(|line| refuse_blocked(&line.text))
}

fn told(desk: &Desk, headers: &HeaderMap, number: u64, job: &Job) -> Response {
    let id = format!("conv_{number:08}");
    let status = job.state.name();
    match &job.state {
        State::Completed => Json(job.performance.told(desk, headers, number)).into_response(),
        State::Canceled => Json(json!({ "conversation_id": id, "status": status })).into_response(),
        State::Failed(line) => {
            let error = Trouble::died_at(*line).object();
            Json(json!({ "conversation_id": id, "status": status, "error": error })).into_response()
        }
        State::Processing { left, polls, poll_after, .. } => {
            let body = json!({
                "conversation_id": id, "status": status, "poll_after": poll_after.as_secs_f64(),
                "progress": 1.0 - f64::from(*left) / f64::from(*polls),
            });
            (StatusCode::ACCEPTED, [(LOCATION, format!("/conversations/{id}"))], Json(body)).into_response()
        }
    }
}

fn number(id: &str) -> Option<u64> {
    id.strip_prefix("conv_")?.parse().ok()
}

fn unknown() -> Trouble {
    Trouble::not_found("conversation_not_found", "No such conversation")
}

/// `GET /conversations/{id}`.
pub(super) async fn poll(
    Extract(desk): Extract<Desk>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    desk.admit(&headers)?;
    let found = number(&id).and_then(|number| Some((number, desk.service.jobs.poll(number)?)));
    let (number, job) = found.ok_or_else(|| desk.refuse(unknown()))?;
    let mut answer = told(&desk, &headers, number, &job);
    if answer.status() == StatusCode::ACCEPTED {
        *answer.status_mut() = StatusCode::OK;
    }
    Ok(answer)
}

/// `DELETE /conversations/{id}`.
pub(super) async fn cancel(
    Extract(desk): Extract<Desk>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Response> {
    desk.admit(&headers)?;
    let canceled = number(&id).is_some_and(|number| desk.service.jobs.cancel(number));
    if canceled { Ok(StatusCode::NO_CONTENT) } else { Err(desk.refuse(unknown())) }
}
