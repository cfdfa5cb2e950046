//! The front door: what is shown there, and what happens when it stays shut.
//!
//! A token is a reading of the clock, so a machine whose clock is off is refused with 403. That
//! answer carries the service's own time, and by it the clock is corrected, once: a second refusal
//! has another reason, and knocking on would only look like an attack. How far the clock is off is
//! kept in the memo, so that one call in a day pays for it and not each.

use std::time::Duration;

use understudy_microsoft_speech::{clock, id};
use understudy_plugin::websocket::{self, Connection, Handshake};
use understudy_plugin::{Error, http, log, memo};

use crate::refusal;
use crate::settings::Settings;
use crate::token::token;

/// How long a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// A clock drifts by a second a day; a wrong one is corrected when it is refused.
const SKEW_TTL: Duration = Duration::from_secs(24 * 60 * 60);
const SKEW: &str = "clock-skew";

const PATH: &str = "/consumer/speech/synthesize/readaloud";

/// What the door said, when it said no.
pub(crate) enum Refused {
    /// 403, with its `Date`.
    Forbidden(Option<String>),
    Otherwise(Error),
}

/// Seconds since 1970 by the service's clock, as far as that is known.
pub(crate) fn now() -> i64 {
    clock::unix_seconds().saturating_add(memo::get_json(SKEW).unwrap_or(0))
}

/// Opens a connection for speech.
pub(crate) fn connect(settings: &Settings) -> Result<Connection, Error> {
    knock(|| {
        handshake(settings).connect().map_err(|error| match error {
            websocket::Error::Refused(refusal) if refusal.status == 403 => {
                Refused::Forbidden(refusal.header("date").map(str::to_owned))
            }
            error => Refused::Otherwise(error.into()),
        })
    })
}

/// Asks for the voice list.
pub(crate) fn voices(settings: &Settings) -> Result<http::Response, Error> {
    knock(|| {
        let response = listing(settings).send().map_err(|error| Refused::Otherwise(error.into()))?;
        match response.status() {
            403 => Err(Refused::Forbidden(response.header("date"))),
            _ => response.error_for_status().map_err(Refused::Otherwise),
        }
    })
}

/// Tries, and once more by the service's clock when it refuses and says what time it is.
fn knock<T>(mut attempt: impl FnMut() -> Result<T, Refused>) -> Result<T, Error> {
    let date = match attempt() {
        Ok(opened) => return Ok(opened),
        Err(Refused::Otherwise(error)) => return Err(error),
        Err(Refused::Forbidden(date)) => date,
    };
    let Some(time) = date.as_deref().and_then(clock::of_http) else {
        return Err(refusal::forbidden("and does not tell its time"));
    };
    let skew = time.saturating_sub(clock::unix_seconds());
    log::info("clock was corrected by the service's", &[("skew_s", &skew)]);
    memo::set_json(SKEW, &skew, SKEW_TTL)?;
    attempt().map_err(|refused| match refused {
        Refused::Forbidden(_) => refusal::forbidden("by its own clock too"),
        Refused::Otherwise(error) => error,
    })
}

fn handshake(settings: &Settings) -> Handshake {
    let address = settings.base_url.replacen("http", "ws", 1);
    let url = format!(
        "{address}{PATH}/edge/v1?TrustedClientToken={}&ConnectionId={}&{}",
        settings.client_token,
        id::random(),
        clock_token(settings)
    );
    let own = [
        ("Pragma", "no-cache".to_owned()),
        ("Cache-Control", "no-cache".to_owned()),
        ("Origin", settings.origin.clone()),
    ];
    let headers = headers(settings, own);
    headers.into_iter().fold(Handshake::new(url).timeout(CONNECT_MAX), |handshake, (name, value)| {
        handshake.header(name, value)
    })
}

fn listing(settings: &Settings) -> http::Request {
    let url = format!(
        "{}{PATH}/voices/list?trustedclienttoken={}&{}",
        settings.base_url,
        settings.client_token,
        clock_token(settings)
    );
    let major = settings.chromium_major();
    let brands =
        format!("\" Not;A Brand\";v=\"99\", \"Microsoft Edge\";v=\"{major}\", \"Chromium\";v=\"{major}\"");
    let own = [
        ("Sec-CH-UA", brands),
        ("Sec-CH-UA-Mobile", "?0".to_owned()),
        ("Accept", "*/*".to_owned()),
        ("Sec-Fetch-Site", "none".to_owned()),
        ("Sec-Fetch-Mode", "cors".to_owned()),
        ("Sec-Fetch-Dest", "empty".to_owned()),
    ];
    let headers = headers(settings, own);
    headers.into_iter().fold(http::Request::get(url).timeout(CONNECT_MAX), |request, (name, value)| {
        request.header(name, value)
    })
}

/// The two query parameters that prove a right clock.
fn clock_token(settings: &Settings) -> String {
    let token = token(settings.recipe(), now(), &settings.client_token);
    format!("Sec-MS-GEC={token}&Sec-MS-GEC-Version={}", settings.token_version())
}

/// A request's own headers and those of every request, with the operator's in their place. Encodings
/// of the answer are the host's to ask for, since it decodes them.
fn headers(
    settings: &Settings,
    own: impl IntoIterator<Item = (&'static str, String)>,
) -> Vec<(String, String)> {
    let major = settings.chromium_major();
    let agent = format!(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/{major}.0.0.0 Safari/537.36 Edg/{major}.0.0.0"
    );
    let of_all = [
        ("User-Agent", agent),
        ("Accept-Language", "en-US,en;q=0.9".to_owned()),
        ("Cookie", format!("muid={};", id::random().to_uppercase())),
    ];
    let replaced = |name: &str| settings.headers.keys().any(|other| other.eq_ignore_ascii_case(name));
    let plugins = own.into_iter().chain(of_all).filter(|(name, _)| !replaced(name));
    let plugins = plugins.map(|(name, value)| (name.to_owned(), value));
    plugins.chain(settings.headers.clone()).collect()
}
