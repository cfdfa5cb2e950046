//! What form of an answer a client would rather have, by its `Accept` (RFC 9110, section 12.5.1).
//!
//! What it weighs highest decides, and of two alike the first. That a range is more or less specific is not
//! looked at: `audio/*` leaves the encoding to the request and to its provider.

use std::cmp::Reverse;

use http::HeaderMap;
use http::header::ACCEPT;
use understudy_speech::Encoding;

use super::listed::listed;

/// `Some` when the client prefers audio to JSON, and the encoding when it says which.
#[allow(clippy::option_option, reason = "whether, and which")]
pub(crate) fn accepted(headers: &HeaderMap) -> Option<Option<Encoding>> {
    let known = listed(headers, ACCEPT).map(|part| (media(part), weight(part))).filter(|(media, weight)| {
        let is_json = matches!(media.as_str(), "application/json" | "*/*" | "application/*");
        *weight > 0 && (is_json || media.starts_with("audio/"))
    });
    // Of those alike the first: `max_by_key` would take the last.
    let (preferred, _) = known.min_by_key(|(_, weight)| Reverse(*weight))?;
    let subtype = preferred.strip_prefix("audio/")?;
    Some(match subtype {
        "mpeg" | "mp3" => Some(Encoding::Mp3),
        "wav" | "wave" | "x-wav" => Some(Encoding::Wav),
        "flac" | "x-flac" => Some(Encoding::Flac),
        "ogg" | "opus" => Some(Encoding::OggOpus),
        "aac" => Some(Encoding::Aac),
        "pcm" | "l16" => Some(Encoding::PcmS16le),
        _ => None,
    })
}

fn media(part: &str) -> String {
    part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// How much it is wished for, in thousandths: `audio/wav;q=0.5`. Nothing or nonsense said is all.
fn weight(part: &str) -> u16 {
    let mut parameters = part.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let weight = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    let said = weight.and_then(|(_, weight)| weight.trim().parse::<f32>().ok());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
    said.filter(|weight| (0.0..=1.0).contains(weight))
        .map_or(1_000, |weight| (weight * 1_000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[allow(clippy::option_option, reason = "as the function")]
    fn check(accept: &'static str, expected: Option<Option<Encoding>>) {
        let lines = accept.split('\n').map(|line| (ACCEPT, HeaderValue::from_static(line)));
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(name, line);
        }
        assert_eq!(accepted(&headers), expected, "{accept}");
    }

    #[test]
    fn the_first_that_can_be_had_decides_between_json_and_audio() {
        check("*/*", None);
        check("application/json", None);
        check("text/html, application/json, audio/wav", None);
        check("audio/*", Some(None));
        check("text/plain, Audio/MPEG", Some(Some(Encoding::Mp3)));
        check("application/json, text/html\naudio/wav", None);
        check("text/html\naudio/wav, */*", Some(Some(Encoding::Wav)));
    }

    #[test]
    fn what_is_wished_for_more_goes_before() {
        check("audio/wav;q=0.9, */*", None);
        check("application/json;q=0.5, audio/wav", Some(Some(Encoding::Wav)));
        check("audio/wav;q=0.8, audio/flac;q=0.9, */*;q=0.1", Some(Some(Encoding::Flac)));
        check("audio/wav;q=0.8\naudio/flac;q=0.9", Some(Some(Encoding::Flac)));
        check("audio/wav;q=0.5, application/json; q=0.5", Some(Some(Encoding::Wav)));
        check("audio/wav;q=0.001, application/json;q=0.002", None);
    }

    #[test]
    fn what_weighs_nothing_is_not_sent() {
        check("audio/wav;q=0, application/json", None);
        check("application/json; Q=0.000, audio/wav;q=0.5", Some(Some(Encoding::Wav)));
        check("audio/wav;q=0", None);
        check("application/json, audio/wav;q=7", None);
    }
}
