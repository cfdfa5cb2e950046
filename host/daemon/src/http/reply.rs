//! What a spoken answer says about itself.
//!
//! | header | says |
//! |---|---|
//! | `x-understudy-provider` | who spoke |
//! | `x-understudy-voice` | with which voice, as `provider/voice` |
//! | `x-understudy-duration-ms` | how long it plays; not in a stream |
//! | `x-understudy-dropped` | fields the provider cannot honour; it spoke without them |
//! | `x-understudy-ignored` | fields nobody knows |

use axum::response::Response;
use http::{HeaderName, HeaderValue};
use understudy_engine::VoiceId;

use super::envelope::Spoken;

const PROVIDER: HeaderName = HeaderName::from_static("x-understudy-provider");
const VOICE: HeaderName = HeaderName::from_static("x-understudy-voice");
const DURATION: HeaderName = HeaderName::from_static("x-understudy-duration-ms");
const DROPPED: HeaderName = HeaderName::from_static("x-understudy-dropped");
const IGNORED: HeaderName = HeaderName::from_static("x-understudy-ignored");

/// The facts of one answer.
pub(crate) struct Reply<'answer> {
    pub(crate) provider: &'answer str,
    pub(crate) voice: Option<&'answer str>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) dropped: &'answer [String],
    pub(crate) ignored: &'answer [String],
}

impl Reply<'_> {
    /// Writes the headers, and tells the log who spoke.
    pub(crate) fn describe(&self, response: &mut Response) {
        let voice = self.voice.map(|voice| VoiceId::new(self.provider, voice).to_string());
        let headers = response.headers_mut();
        let mut say = |name: HeaderName, value: &str| {
            // What cannot be a header, such as a voice with a line feed in it, is left out.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.insert(name, value);
            }
        };
        say(PROVIDER, self.provider);
        if let Some(voice) = &voice {
            say(VOICE, voice);
        }
        if !self.dropped.is_empty() {
            say(DROPPED, &self.dropped.join(","));
        }
        if !self.ignored.is_empty() {
            say(IGNORED, &self.ignored.join(","));
        }
        if let Some(duration) = self.duration_ms {
            headers.insert(DURATION, HeaderValue::from(duration));
        }
        response.extensions_mut().insert(Spoken { provider: self.provider.to_owned(), voice });
    }
}

/// A duration in whole milliseconds.
pub(crate) fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
