//! What the service's errors mean.
//!
//! Over REST the gateway in front answers for keys and quotas in JSON, and the service behind it says
//! nothing: a bad request has an empty body. On the WebSocket the reason of the close says it, cut to
//! 123 bytes, so only its first words are looked at.

use std::time::Duration;

use understudy_microsoft_speech::Interruption;
use understudy_plugin::http::Complaint;
use understudy_plugin::websocket::CloseFrame;
use understudy_plugin::{Error, TextLimit};

/// The longest message of the service, in bytes.
const MESSAGE_BYTES_MAX: u32 = 64 << 10;

/// What a refused request for speech means.
pub(crate) fn of_speech(complaint: &Complaint) -> Error {
    match complaint.status {
        400 => bad_request(&complaint.message),
        413 => Error::TextTooLong(TextLimit::bytes(MESSAGE_BYTES_MAX)),
        _ => of_account(complaint),
    }
}

/// What a refusal of any kind means, by the account and the service's health.
pub(crate) fn of_account(complaint: &Complaint) -> Error {
    let message = &complaint.message;
    match complaint.status {
        403 if complaint.says("quota") => {
            Error::QuotaExhausted { resets_in: replenished_in(message).or(complaint.retry_after) }
        }
        404 => Error::unauthorized(format!("no such service in the region or at base_url: {message}")),
        _ => complaint.by_status(),
    }
}

/// A turn on the WebSocket that had no end.
pub(crate) fn of_turn(interruption: Interruption, voice: Option<&str>) -> Error {
    let frame = match interruption {
        Interruption::Failed(error) => return error,
        Interruption::Closed(None) => return Error::unavailable("connection broke before the turn ended"),
        Interruption::Closed(Some(frame)) => frame,
    };
    let CloseFrame { code, reason } = &frame;
    let says = |words: &str| reason.to_lowercase().contains(words);
    match code {
        // Names the service does not know are taken for those of voices it had once.
        1007 if says("unsupported voice") || says("standard voices will no longer") => {
            Error::voice_not_found(voice.unwrap_or(reason))
        }
        _ if says("quota exceeded") => Error::QuotaExhausted { resets_in: None },
        _ if says("message size cannot exceed") => Error::TextTooLong(TextLimit::bytes(MESSAGE_BYTES_MAX)),
        4429 => Error::RateLimited { retry_after: None },
        _ if says("throttled") => Error::RateLimited { retry_after: None },
        4401 => Error::unauthorized(format!("closed with 4401: {reason}")),
        1007 => bad_request(reason),
        _ => Error::unavailable(format!("connection closed before the turn ended, {code}: {reason}")),
    }
}

/// The service does not understand the document, and rarely says why. Another service may, whoever
/// wrote it.
fn bad_request(message: &str) -> Error {
    let said = if message.is_empty() { "it does not say why" } else { message };
    Error::unsupported(format!("what was asked: {said}"))
}

/// The time in `Quota will be replenished in 12.04:33:07.`: days, when there are any, and a time.
fn replenished_in(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("replenished in ")?;
    let end = rest.find(|character: char| !character.is_ascii_digit() && !".:".contains(character));
    let time = rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches('.');
    let (days, time) = time.split_once('.').unwrap_or(("0", time));
    let mut seconds = days.parse::<u64>().ok()?;
    let mut parts = time.split(':');
    for scale in [24, 60, 60] {
        let part = parts.next()?.parse().ok()?;
        seconds = seconds.checked_mul(scale)?.checked_add(part)?;
    }
    parts.next().is_none().then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, seconds: Option<u64>) {
        assert_eq!(replenished_in(message), seconds.map(Duration::from_secs), "{message}");
    }

    #[test]
    fn the_time_until_a_quota_returns_is_read() {
        check("Quota will be replenished in 12.04:33:07.", Some(((12 * 24 + 4) * 60 + 33) * 60 + 7));
        check(
            "Out of call volume quota. Quota will be replenished in 04:33:07.",
            Some((4 * 60 + 33) * 60 + 7),
        );
        check("Quota will be replenished in a while.", None);
        check("Quota will be replenished in 04:33.", None);
        check("Quota will be replenished in 1:2:3:4.", None);
        check("Quota will be replenished in 99999999999999999999.00:00:00", None);
        check("", None);
    }
}
