//! Audio over HTTP: whole, in part, or not at all when the client has it already.
//!
//! What is sent is named by its own SHA-256, so its `ETag` is strong and never wrong. Conditions
//! (RFC 9110, section 13) are read for `GET` and `HEAD`; those by date are not, for nothing here has one. Of a
//! `POST` only `If-None-Match` is: whoever sends it has the audio of an earlier answer and would rather not
//! have it again. A range (section 14) means something for `GET` alone; of anything else it is answered with
//! the whole.
//!
//! Audio in memory is sent as it lies there. What is in a file the kernel sends ([`sendfile`](super::sendfile)), and
//! where it does not, the file is read while it is sent, in pieces: ten listeners of an hour of speech cost some
//! megabytes.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use understudy_engine::cache::{AudioDigest, HitAudio};

use super::error::ApiError;
use super::listed::listed;
use super::sendfile::Part;

/// Audio, and what it is.
pub(crate) struct Sound {
    pub(crate) audio: HitAudio,
    /// None: nobody knows its name, and it is sent without one.
    pub(crate) digest: Option<AudioDigest>,
    pub(crate) media_type: &'static str,
}

/// The answer to a `POST` with these headers: the whole, unless the client has it.
pub(crate) fn spoken(headers: &HeaderMap, sound: Sound) -> Response {
    let tag = sound.digest.and_then(tag);
    match tag {
        Some(tag) if has(headers, &tag) => unchanged(tag),
        tag => whole(sound, tag),
    }
}

/// The answer to a `GET` or `HEAD` with these headers.
pub(crate) fn served(method: &Method, headers: &HeaderMap, sound: Sound) -> Response {
    let tag = sound.digest.and_then(tag);
    let length = sound.audio.length();
    if !is_meant(headers, tag.as_ref()) {
        let message = "audio is not the one that if-match names";
        return ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", message)
            .into_response();
    }
    if let Some(tag) = tag.clone().filter(|tag| has(headers, tag)) {
        return unchanged(tag);
    }
    let is_get = *method == Method::GET;
    let wanted = if is_get { wanted(headers, tag.as_ref(), length) } else { Wanted::Whole };
    let mut response = match wanted {
        Wanted::Whole => whole(sound, tag),
        Wanted::Part { first, last } => part(sound, tag, (first, last)),
        Wanted::Nothing => {
            let message = format!("range is not within the take of {length} bytes");
            let mut response =
                ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", message)
                    .into_response();
            say(&mut response, CONTENT_RANGE, &format!("bytes */{length}"));
            return response;
        }
    };
    response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

fn tag(digest: AudioDigest) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"{digest}\"")).ok()
}

/// False when the client means other audio alone. A weak tag names none.
fn is_meant(headers: &HeaderMap, tag: Option<&HeaderValue>) -> bool {
    let is_it = |known: &str| known == "*" || tag.is_some_and(|tag| known.as_bytes() == tag.as_bytes());
    !headers.contains_key(IF_MATCH) || listed(headers, IF_MATCH).any(is_it)
}

/// True when the client says that it has it.
fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let mut tags = listed(headers, IF_NONE_MATCH);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag.as_bytes())
}

fn unchanged(tag: HeaderValue) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    response.headers_mut().insert(ETAG, tag);
    response
}

fn whole(sound: Sound, tag: Option<HeaderValue>) -> Response {
    let length = sound.audio.length();
    answer(sound, tag, 0, length)
}

fn part(sound: Sound, tag: Option<HeaderValue>, (first, last): (u64, u64)) -> Response {
    let length = sound.audio.length();
    let mut response = answer(sound, tag, first, last + 1);
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    say(&mut response, CONTENT_RANGE, &format!("bytes {first}-{last}/{length}"));
    response
}

fn answer(sound: Sound, tag: Option<HeaderValue>, start: u64, end: u64) -> Response {
    let mut response = response(sound.audio, start, end);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(sound.media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(end.saturating_sub(start)));
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
    response
}

/// The bytes from `start` to before `end`, both inside the audio. Those of a file leave a [`Part`] as well, for
/// a connection that can send it.
pub(super) fn response(audio: HitAudio, start: u64, end: u64) -> Response {
    match audio {
        HitAudio::Memory(bytes) => {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
            Response::new(Body::from(bytes.slice(place(start)..place(end))))
        }
        HitAudio::File(file) => {
            let part = Part { file, at: start, end };
            let mut response = Response::new(Body::new(part.clone().body(None)));
            response.extensions_mut().insert(part);
            response
        }
    }
}

/// What of the audio is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// From the first of these bytes to the last, both included.
    Part {
        first: u64,
        last: u64,
    },
    /// What is not there.
    Nothing,
}

/// Several ranges at once, other units and what is no range are passed over, as RFC 9110 allows.
fn wanted(headers: &HeaderMap, tag: Option<&HeaderValue>, length: u64) -> Wanted {
    let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else { return Wanted::Whole };
    // The rest of what a client has is only wanted while it is the rest of that.
    if headers.get(IF_RANGE).is_some_and(|known| Some(known) != tag) {
        return Wanted::Whole;
    }
    let bounds = range.trim().strip_prefix("bytes=").filter(|bounds| !bounds.contains(','));
    let Some((first, last)) = bounds.and_then(|bounds| bounds.split_once('-')) else { return Wanted::Whole };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More bytes than can be counted are more than there are.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let end = length.saturating_sub(1);
    match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            None => Wanted::Whole,
            Some(0) => Wanted::Nothing,
            Some(_) if length == 0 => Wanted::Nothing,
            Some(count) => Wanted::Part { first: length.saturating_sub(count), last: end },
        },
        (first, last) => match (number(first), number(last), last.is_empty()) {
            (Some(first), _, _) if first >= length && (last.is_empty() || number(last).is_some()) => {
                Wanted::Nothing
            }
            (Some(first), None, true) => Wanted::Part { first, last: end },
            (Some(first), Some(last), _) if first <= last => Wanted::Part { first, last: last.min(end) },
            _ => Wanted::Whole,
        },
    }
}

fn say(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: &str, length: u64, expected: Wanted) {
        let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_str(range).unwrap())]);
        assert_eq!(wanted(&headers, None, length), expected, "{range} of {length}");
    }

    #[test]
    fn a_range_is_what_it_says_as_far_as_there_is_audio() {
        let part = |first, last| Wanted::Part { first, last };
        check("bytes=0-9", 100, part(0, 9));
        check("bytes=90-", 100, part(90, 99));
        check("bytes=90-1000", 100, part(90, 99));
        check("bytes=99-99", 100, part(99, 99));
        check("bytes=-10", 100, part(90, 99));
        check("bytes=-1000", 100, part(0, 99));
        check("bytes=0-99999999999999999999999", 100, part(0, 99));
    }

    #[test]
    fn what_is_not_there_is_refused_and_what_is_no_range_is_passed_over() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=99999999999999999999999-", "bytes=-0"] {
            check(range, 100, Wanted::Nothing);
        }
        check("bytes=0-", 0, Wanted::Nothing);
        check("bytes=-5", 0, Wanted::Nothing);
        for range in ["", "bytes", "bytes=", "bytes=-", "bytes=9-3", "bytes=a-", "bytes=1-b", "bytes=+1-2"] {
            check(range, 100, Wanted::Whole);
        }
        for range in ["lines=0-9", "bytes=0-1,5-9", "bytes=200-a"] {
            check(range, 100, Wanted::Whole);
        }
    }

    #[test]
    fn the_rest_is_only_the_rest_of_the_same_audio() {
        let tag = HeaderValue::from_static("\"a\"");
        let check = |known: &'static str, expected| {
            let headers = HeaderMap::from_iter([
                (RANGE, HeaderValue::from_static("bytes=5-")),
                (IF_RANGE, HeaderValue::from_static(known)),
            ]);
            assert_eq!(wanted(&headers, Some(&tag), 10), expected, "{known}");
        };
        check("\"a\"", Wanted::Part { first: 5, last: 9 });
        check("\"b\"", Wanted::Whole);
        check("W/\"a\"", Wanted::Whole);
        check("Mon, 23 Nov 2026 00:00:00 GMT", Wanted::Whole);
    }
}
