//! Where audio lies until it is fetched: a URL with a signature and a time it ends at.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Desk;
use super::mishap::Mishap;
use super::request::Format;
use crate::body;
use crate::fault::Ordered;

/// How long a URL is good, in seconds.
const URL_SECONDS: u64 = 3_600;
/// How much is kept; the oldest goes first.
const ITEMS_MAX: usize = 2_000;
/// What goes on past a client's patience, in bytes.
const OVERSIZE_BYTES: usize = 52 << 20;
/// An address no service of the open network has a reason to name.
const PRIVATE_URL: &str = "http://169.254.169.254/latest/meta-data/audio.mp3";

/// One piece of audio.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: u64,
    pub(super) bytes: Bytes,
    pub(super) format: Format,
}

impl Item {
    pub(super) fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.bytes))
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<(u64, VecDeque<Item>)>);

impl Shelf {
    pub(super) fn place(&self, bytes: Bytes, format: Format) -> Item {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.0 += 1;
        let item = Item { id: shelf.0, bytes, format };
        if shelf.1.len() == ITEMS_MAX {
            shelf.1.pop_front();
        }
        shelf.1.push_back(item.clone());
        item
    }

    fn find(&self, id: u64) -> Option<Item> {
        let shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.1.iter().find(|item| item.id == id).cloned()
    }
}

/// A URL of an item and when it ends, as the service's clients at `headers`' host see it.
pub(super) fn url(desk: &Desk, headers: &HeaderMap, item: &Item) -> (String, String) {
    let expired = desk.service.mishaps.meets(&Mishap::ExpiredUrl);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let ends = if expired { now - 1 } else { now + URL_SECONDS };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let file = format!("{}.{}", item.id, item.format.name);
    let signature = sign(&file, ends, 0);
    (format!("http://{host}/a/{file}?sig={signature}&exp={ends}"), timestamp(ends))
}

/// RFC 3339 in UTC, by Howard Hinnant's `civil_from_days`.
fn timestamp(seconds: u64) -> String {
    let (day, time) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60)
}

fn sign(file: &str, ends: u64, hop: u32) -> String {
    hex(&Sha256::digest(format!("simulated {file} {ends} {hop}"))).chars().take(16).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Deserialize)]
pub(super) struct Ticket {
    #[serde(default)]
    sig: String,
    #[serde(default)]
    exp: u64,
    /// Redirects so far.
    #[serde(default)]
    hop: u32,
}

/// `GET /a/{file}`: no key, the signature is enough.
pub(super) async fn fetch(
    State(desk): State<Desk>,
    Extension(ordered): Extension<Ordered>,
    Path(file): Path<String>,
    Query(ticket): Query<Ticket>,
) -> Response {
    let id = file.split('.').next().and_then(|id| id.parse().ok()).unwrap_or_default();
    let Some(item) = desk.service.shelf.find(id) else { return denied(StatusCode::NOT_FOUND, "NoSuchKey") };
    if ticket.sig != sign(&file, ticket.exp, ticket.hop) {
        return denied(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if now > ticket.exp {
        return denied(StatusCode::FORBIDDEN, "ExpiredToken");
    }
    let mishaps = &desk.service.mishaps;
    if mishaps.meets(&Mishap::PrivateRedirect) {
        return (StatusCode::FOUND, [(LOCATION, PRIVATE_URL)]).into_response();
    }
    let hops = |mishap: &Mishap| match mishap {
        Mishap::Redirects(hops) if *hops > ticket.hop => Some(()),
        _ => None,
    };
    if mishaps.meet(hops).is_some() {
        let (hop, exp) = (ticket.hop + 1, ticket.exp);
        let next = format!("/a/{file}?sig={}&exp={exp}&hop={hop}", sign(&file, exp, hop));
        return (StatusCode::FOUND, [(LOCATION, next)]).into_response();
    }
    let label = [(CONTENT_TYPE, item.format.media_type())];
    if mishaps.meets(&Mishap::OversizedAudio) {
        let filler = Bytes::from(vec![0; 1 << 20]);
        let pieces = std::iter::once(item.bytes).chain(std::iter::repeat_n(filler, OVERSIZE_BYTES >> 20));
        let pieces = stream::iter(pieces.map(Ok::<_, std::convert::Infallible>));
        return (label, Body::from_stream(pieces)).into_response();
    }
    let mut audio = ordered.audio(item.bytes);
    if mishaps.meets(&Mishap::TruncatedAudio) {
        audio.truncate(audio.len() / 2);
    }
    if desk.stage.gap().is_zero() {
        return (label, audio).into_response();
    }
    (label, body::pieces(body::cut(&audio), desk.stage.gap())).into_response()
}

fn denied(status: StatusCode, code: &str) -> Response {
    let page = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code></Error>");
    (status, [(CONTENT_TYPE, "application/xml")], page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_the_sheet_has_it() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(timestamp(1_795_348_800), "2026-11-22T12:00:00Z");
    }
}
