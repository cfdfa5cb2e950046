//! What a spoken answer says about itself.
//!
//! | header | says |
//! |---|---|
//! | `x-understudy-provider` | who spoke |
//! | `x-understudy-voice` | with which voice, as `provider/voice` |
//! | `x-understudy-substituted` | what was asked for; only there when somebody else spoke |
//! | `x-understudy-substituted-why` | why it did not speak: an error's code |
//! | `x-understudy-casting` | how the stand-in's voice was found: `mapped`, `same-name`, `nearest`, `unnamed` |
//! | `x-understudy-score` | how alike it is, 0 to 1, when that was measured |
//! | `x-understudy-attempts` | every call: `azure;outcome=provider_unavailable;ms=12, edge;outcome=ok;ms=431` |
//! | `x-understudy-skipped` | who was passed over: `google;code=breaker_open` |
//! | `x-understudy-cache` | where the take came from: `hit`, `shared`, `miss` or `bypass` |
//! | `age` | how long it has been in the cache, in seconds; only there with a `hit` |
//! | `content-location` | where the audio can be had again, when it is kept; of audio alone |
//! | `x-understudy-duration-ms` | how long it plays; in a stream a trailer |
//! | `x-understudy-dropped` | fields the provider cannot honour; it spoke without them |
//! | `x-understudy-ignored` | fields nobody knows |
//!
//! A conversation says it of all its lines at once: `http/characters/heads.rs`.
//!
//! The lists are structured fields (RFC 9651) wherever providers have names that are tokens, which
//! the configuration sees to.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::header::{AGE, CONTENT_LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use understudy_engine::{Attempt, Skipped, Substitution, TakeSource, VoiceId};

use super::envelope::{Spoken, Who};
use super::provenance::how_name;

pub(crate) const PROVIDER: HeaderName = HeaderName::from_static("x-understudy-provider");
const VOICE: HeaderName = HeaderName::from_static("x-understudy-voice");
pub(crate) const SUBSTITUTED: HeaderName = HeaderName::from_static("x-understudy-substituted");
pub(crate) const WHY: HeaderName = HeaderName::from_static("x-understudy-substituted-why");
const CASTING: HeaderName = HeaderName::from_static("x-understudy-casting");
const SCORE: HeaderName = HeaderName::from_static("x-understudy-score");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-understudy-attempts");
const SKIPPED: HeaderName = HeaderName::from_static("x-understudy-skipped");
const CACHE: HeaderName = HeaderName::from_static("x-understudy-cache");
pub(crate) const DROPPED: HeaderName = HeaderName::from_static("x-understudy-dropped");
pub(crate) const IGNORED: HeaderName = HeaderName::from_static("x-understudy-ignored");

/// Also the name of a stream's trailer.
pub(crate) const DURATION: HeaderName = HeaderName::from_static("x-understudy-duration-ms");

/// Calls and providers named in a header. A request makes fewer unless somebody configured dozens of
/// providers; proxies refuse headers of many kilobytes.
const NAMED_MAX: usize = 32;

/// Headers of an answer, the envelope's included.
const HEADERS_USUAL: usize = 16;

/// The facts of one answer.
pub(crate) struct Reply<'answer> {
    pub(crate) provider: &'answer str,
    pub(crate) cache: TakeSource,
    pub(crate) age: Option<Duration>,
    pub(crate) voice: Option<&'answer str>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) substituted: Option<&'answer Substitution>,
    pub(crate) attempts: &'answer [Attempt],
    pub(crate) skipped: &'answer [Skipped],
    pub(crate) dropped: &'answer [String],
    pub(crate) ignored: &'answer [String],
    pub(crate) place: Option<String>,
}

/// What a [`Reply`] adds to a response.
pub(crate) struct Told {
    headers: HeaderMap,
    spoken: Spoken,
}

impl Reply<'_> {
    /// The headers, and what the log is told.
    pub(crate) fn told(&self) -> Told {
        let voice = self.voice.map(|voice| VoiceId::new(self.provider, voice).to_string());
        // With those of the answer itself.
        let mut headers = HeaderMap::with_capacity(HEADERS_USUAL);
        say(&mut headers, PROVIDER, self.provider);
        say(&mut headers, VOICE, voice.as_deref().unwrap_or_default());
        if let Some(substituted) = self.substituted {
            say(&mut headers, SUBSTITUTED, &substituted.asked);
            say(&mut headers, WHY, substituted.why);
            say(&mut headers, CASTING, how_name(substituted.casting.how));
            let score = substituted.casting.score.map(|score| format!("{score:.2}"));
            say(&mut headers, SCORE, &score.unwrap_or_default());
        }
        say(&mut headers, ATTEMPTS, &attempts(self.attempts));
        say(&mut headers, SKIPPED, &skipped(self.skipped));
        say(&mut headers, DROPPED, &self.dropped.join(","));
        say(&mut headers, IGNORED, &self.ignored.join(","));
        headers.insert(CACHE, HeaderValue::from_static(self.cache.name()));
        if let Some(age) = self.age {
            headers.insert(AGE, HeaderValue::from(age.as_secs()));
        }
        say(&mut headers, CONTENT_LOCATION, self.place.as_deref().unwrap_or_default());
        if let Some(duration) = self.duration_ms {
            headers.insert(DURATION, HeaderValue::from(duration));
        }
        Told {
            headers,
            spoken: Spoken(Arc::new(Who {
                provider: self.provider.to_owned(),
                voice,
                cache: Some(self.cache.name()),
            })),
        }
    }
}

impl Told {
    /// Writes the headers, and tells the log who spoke.
    pub(crate) fn put_on(self, response: &mut Response) {
        // Theirs are fewer than ours.
        let theirs = std::mem::replace(response.headers_mut(), self.headers);
        response.headers_mut().extend(theirs);
        response.extensions_mut().insert(self.spoken);
    }
}

/// What is empty is not said; what cannot be a header, such as a voice with a line feed in it, is
/// left out.
pub(crate) fn say(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Some(value) = HeaderValue::from_bytes(value.as_bytes()).ok().filter(|value| !value.is_empty()) {
        headers.insert(name, value);
    }
}

fn attempts(attempts: &[Attempt]) -> String {
    let mut list = String::new();
    for Attempt { provider, outcome, time } in attempts.iter().take(NAMED_MAX) {
        let separator = if list.is_empty() { "" } else { ", " };
        let _ = write!(list, "{separator}{provider};outcome={outcome};ms={}", milliseconds(*time));
    }
    list
}

fn skipped(skipped: &[Skipped]) -> String {
    let one = |skipped: &Skipped| format!("{};code={}", skipped.provider, skipped.code);
    skipped.iter().take(NAMED_MAX).map(one).collect::<Vec<_>>().join(", ")
}

/// A duration in whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
