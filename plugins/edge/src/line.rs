//! The connection of one take, and its turns.
//!
//! All turns of a take go over one connection: another handshake for each piece would cost time, and
//! the service counts them. When it breaks before anything of a turn has come, the turn is asked for
//! again over a new one; once audio has come it is too late for that, since what was handed on
//! cannot be taken back.

use serde_json::json;
use understudy_microsoft_speech::{Interruption, Track, clock, frame, id, turn};
use understudy_plugin::websocket::Connection;
use understudy_plugin::{Error, Take, log};

use crate::door;
use crate::refusal;
use crate::settings::Settings;

/// How often a turn is asked for.
const ATTEMPTS_MAX: u32 = 2;

/// The connection, as far as there is one.
pub(crate) struct Line<'settings> {
    settings: &'settings Settings,
    connection: Option<Connection>,
    /// The first turn's id.
    pub(crate) request_id: Option<String>,
}

impl<'settings> Line<'settings> {
    pub(crate) const fn new(settings: &'settings Settings) -> Self {
        Self { settings, connection: None, request_id: None }
    }

    /// Speaks a document.
    pub(crate) fn speak(
        &mut self,
        document: &str,
        voice: &str,
        track: &mut Track<'_>,
        take: &mut Take,
    ) -> Result<(), Error> {
        track.begin_turn(take)?;
        let mut attempt = 1;
        while let Err(interruption) = self.turn(document, track, take) {
            if attempt == ATTEMPTS_MAX || !interruption.is_cut() || !track.is_untouched() {
                return Err(refusal::of_turn(interruption, voice));
            }
            log::warn("connection broke before the turn began, connecting again", &[("attempt", &attempt)]);
            self.connection = None;
            attempt += 1;
        }
        match track.has_audio() {
            false => Err(refusal::of_silence(self.settings, voice)),
            true if track.is_cut_off(take) => Err(Error::unsupported(
                "speech of more than ten minutes in a turn, which the service cuts off",
            )),
            true => Ok(()),
        }
    }

    fn turn(&mut self, document: &str, track: &mut Track<'_>, take: &mut Take) -> Result<(), Interruption> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => open(self.settings, track.wants_words())?,
        };
        let request_id = id::random();
        turn::send(&mut connection, &ssml(&request_id, document))?;
        turn::listen(&mut connection, &request_id, track, take)?;
        self.request_id.get_or_insert(request_id);
        self.connection = Some(connection);
        Ok(())
    }

    /// Says goodbye.
    pub(crate) fn hang_up(self) {
        if let Some(mut connection) = self.connection {
            // The take is complete, whatever becomes of the farewell.
            connection.close(1000, "").ok();
        }
    }
}

/// A new connection that knows what is wanted.
fn open(settings: &Settings, words: bool) -> Result<Connection, Interruption> {
    let mut connection = door::connect(settings)?;
    turn::send(&mut connection, &config(settings, words))?;
    Ok(connection)
}

/// The switches are texts, and one of them is always on: every known client sends it so.
fn config(settings: &Settings, words: bool) -> String {
    let body = json!({ "context": { "synthesis": { "audio": {
        "metadataoptions": {
            "sentenceBoundaryEnabled": (!words).to_string(),
            "wordBoundaryEnabled": words.to_string(),
        },
        "outputFormat": settings.output_format,
    } } } });
    let headers = [
        ("X-Timestamp", clock::for_browser(door::now())),
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Path", "speech.config".to_owned()),
    ];
    message(&headers, &format!("{body}\r\n"))
}

fn ssml(request_id: &str, document: &str) -> String {
    let headers = [
        ("X-RequestId", request_id.to_owned()),
        ("Content-Type", "application/ssml+xml".to_owned()),
        // The browser appends a Z to a time that has its zone already.
        ("X-Timestamp", format!("{}Z", clock::for_browser(door::now()))),
        ("Path", "ssml".to_owned()),
    ];
    message(&headers, document)
}

fn message(headers: &[(&str, String)], body: &str) -> String {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    frame::write(&headers, ":", body)
}
