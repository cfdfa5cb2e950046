//! From where an answer says the audio is, into the take.
//!
//! The audio is handed on while it arrives, so what goes wrong on the way cannot be undone. Instead it
//! is gone on with: a second try skips what was heard, and its first bytes must have the sum of the
//! first try's. At the end the whole is held against the size and sum the service promised.
//!
//! Where the audio is, is the service's word, so nothing is trusted in it. Each hop of a redirect leaves
//! through the host's egress and is judged there; the key goes along to the API's own address alone.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use understudy_plugin::{AudioFormat, Encoding, Error, Relay, Take, clock, http, log};

use crate::place::{resolve, same_origin};
use crate::refusal;
use crate::service::Service;

const REDIRECTS_MAX: usize = 3;
const AUDIO_BYTES_MAX: u64 = 50 << 20;
const READ_BYTES_MAX: u32 = 64 << 10;
/// The rate of samples without a header, when the answer does not say.
const SAMPLE_RATE: u32 = 24_000;

/// Where audio is, and what it is promised to be.
#[derive(Clone, Debug)]
pub(crate) struct Audio {
    source: Source,
    bytes: Option<u64>,
    sha256: Option<String>,
    raw: Option<AudioFormat>,
}

#[derive(Clone, Debug)]
enum Source {
    Url(String),
    Base64(String),
}

impl Audio {
    /// The audio of an answer, whose URL is under this name; none when there is none.
    pub(crate) fn read(answer: &Value, url: &str) -> Option<Self> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let source = match (text(url), text("audio_base64")) {
            (Some(url), _) => match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
                Some((kind, data)) if kind.starts_with("audio/") => Source::Base64(data.to_owned()),
                _ => Source::Url(url.to_owned()),
            },
            (None, Some(data)) => Source::Base64(data.to_owned()),
            (None, None) => return None,
        };
        let rate =
            answer.get("sample_rate").and_then(Value::as_u64).and_then(|rate| u32::try_from(rate).ok());
        let raw = text("audio_format").filter(|format| *format == "pcm");
        let raw = raw.map(|_| AudioFormat::mono(Encoding::PcmS16le, rate.unwrap_or(SAMPLE_RATE)));
        let bytes = answer.get("size_bytes").and_then(Value::as_u64);
        Some(Self { source, bytes, sha256: text("sha256").map(str::to_lowercase), raw })
    }
}

/// Why a try did not bring all of it.
enum Missed {
    /// The URL is not good any more.
    Expired(u16),
    Passing(Error, Option<Duration>),
    Final(Error),
}

impl From<Error> for Missed {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Hands the audio on to its end. `again` orders the same once more, for a URL that is fresh.
pub(crate) fn deliver(
    service: &Service,
    mut audio: Audio,
    take: &mut Take,
    again: &mut dyn FnMut() -> Result<Audio, Error>,
) -> Result<(), Error> {
    let mut hearing = Hearing::new(&audio);
    let (mut tries, mut fresh) = (0, false);
    loop {
        match hearing.attend(service, &audio, take) {
            Ok(()) => return hearing.finish(&audio, take),
            Err(Missed::Expired(status)) if fresh => {
                return Err(Error::protocol(format!("audio cannot be fetched, status {status}")));
            }
            Err(Missed::Expired(status)) => {
                log::info("audio has expired and is ordered again", &[("status", &status)]);
                audio = again()?;
                fresh = true;
            }
            Err(Missed::Passing(error, named)) => {
                let Some(wait) = service.wait_before(tries, named) else { return Err(error) };
                tries += 1;
                log::debug("audio is fetched again", &[("try", &tries), ("reason", &error)]);
                clock::wait(wait);
            }
            Err(Missed::Final(error)) => return Err(error),
        }
    }
}

/// What was heard so far.
struct Hearing {
    relay: Relay,
    bytes: u64,
    sum: Sha256,
}

impl Hearing {
    fn new(audio: &Audio) -> Self {
        let relay = audio.raw.map_or_else(Relay::new, Relay::raw);
        Self { relay, bytes: 0, sum: Sha256::new() }
    }

    /// One try.
    fn attend(&mut self, service: &Service, audio: &Audio, take: &mut Take) -> Result<(), Missed> {
        let mut repeated = Repeated { left: self.bytes, sum: Sha256::new() };
        match &audio.source {
            Source::Base64(data) => {
                let bytes = STANDARD
                    .decode(data.trim())
                    .map_err(|error| Error::protocol(format!("audio is not base64: {error}")))?;
                self.hear(&bytes, &mut repeated, take)?;
            }
            Source::Url(url) => {
                let mut response = open(service, url)?;
                while let Some(piece) = response.read(READ_BYTES_MAX).map_err(passing)? {
                    self.hear(&piece, &mut repeated, take)?;
                }
            }
        }
        match audio.bytes {
            Some(bytes) if self.bytes < bytes => {
                let error = format!("audio ended before its size of {bytes} bytes: {}", self.bytes);
                Err(Missed::Passing(Error::protocol(error), None))
            }
            _ if repeated.left > 0 => Err(changed().into()),
            _ => Ok(()),
        }
    }

    fn hear(&mut self, piece: &[u8], repeated: &mut Repeated, take: &mut Take) -> Result<(), Error> {
        let fresh = repeated.skip(piece, &self.sum)?;
        self.bytes += fresh.len() as u64;
        if self.bytes > AUDIO_BYTES_MAX {
            return Err(Error::protocol(format!("audio is longer than {AUDIO_BYTES_MAX} bytes")));
        }
        self.sum.update(fresh);
        if fresh.is_empty() { Ok(()) } else { self.relay.push(fresh, take) }
    }

    fn finish(self, audio: &Audio, take: &mut Take) -> Result<(), Error> {
        if let Some(bytes) = audio.bytes.filter(|bytes| *bytes != self.bytes) {
            return Err(Error::protocol(format!(
                "audio is longer than its size of {bytes} bytes: {}",
                self.bytes
            )));
        }
        let sum: String = self.sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if audio.sha256.as_ref().is_some_and(|promised| *promised != sum) {
            return Err(Error::protocol(format!("audio has another sha256 than was promised: {sum}")));
        }
        self.relay.finish(take)
    }
}

/// The start of a further try, which was heard before.
struct Repeated {
    left: u64,
    sum: Sha256,
}

impl Repeated {
    /// What of the piece is new. Where the new begins, the rest must have the sum of what was heard.
    fn skip<'piece>(&mut self, piece: &'piece [u8], heard: &Sha256) -> Result<&'piece [u8], Error> {
        if self.left == 0 {
            return Ok(piece);
        }
        let known = usize::try_from(self.left).unwrap_or(usize::MAX).min(piece.len());
        let (known, fresh) = piece.split_at(known);
        self.sum.update(known);
        self.left -= known.len() as u64;
        if self.left == 0 && self.sum.clone().finalize() != heard.clone().finalize() {
            return Err(changed());
        }
        Ok(fresh)
    }
}

fn changed() -> Error {
    Error::protocol("audio changed between two tries")
}

fn passing(error: http::Error) -> Missed {
    match error {
        http::Error::TooLarge(_) | http::Error::Denied(_) | http::Error::Invalid(_) => {
            Missed::Final(error.into())
        }
        passing => Missed::Passing(passing.into(), None),
    }
}

/// Opens a URL, by way of where it leads to.
fn open(service: &Service, url: &str) -> Result<http::Response, Missed> {
    let base = &service.settings.base_url;
    let mut url = resolve(base, url);
    for hop in 0..=REDIRECTS_MAX {
        let request = http::Request::get(&url).header("accept", "audio/*, application/octet-stream");
        let is_api = same_origin(&url, base);
        let request = if is_api { service.authorized(request) } else { service.plain(request) };
        let response = request.send().map_err(|error| match error {
            // The address came from the service, and no grant should follow where it leads.
            http::Error::Denied(reason) if hop > 0 => Missed::Final(Error::protocol(format!(
                "audio was redirected where nothing is granted: {reason}"
            ))),
            other => passing(other),
        })?;
        match response.status() {
            200..=299 => return audible(response),
            301 | 302 | 303 | 307 | 308 => match response.header("location") {
                Some(location) => url = resolve(&url, &location),
                None => return Err(Error::protocol("audio was redirected to nowhere").into()),
            },
            status @ (403 | 404 | 410) => return Err(Missed::Expired(status)),
            _ => return Err(refused(response)),
        }
    }
    Err(Error::protocol(format!("audio was redirected more than {REDIRECTS_MAX} times")).into())
}

/// A response that may be audio.
fn audible(response: http::Response) -> Result<http::Response, Missed> {
    let label = response.header("content-type").unwrap_or_default().to_lowercase();
    let kind = label.split(';').next().unwrap_or_default().trim();
    let fits = kind.is_empty() || kind.starts_with("audio/") || kind.ends_with("/octet-stream");
    if fits { Ok(response) } else { Err(Error::protocol(format!("audio has another type: {kind}")).into()) }
}

fn refused(response: http::Response) -> Missed {
    let mut complaint = response.complaint();
    complaint.retry_after = refusal::named_wait(&complaint, None);
    let error = match complaint.status {
        401 => Error::protocol(format!("audio asks for another key, status 401: {}", complaint.message)),
        _ => complaint.by_status(),
    };
    match complaint.status {
        408 | 429 | 500..=599 => Missed::Passing(error, complaint.retry_after),
        _ => Missed::Final(error),
    }
}
