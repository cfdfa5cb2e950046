//! One way to ask the service anything: with its headers, and again when that may help.

use std::time::Duration;

use serde_json::Value;
use understudy_plugin::http::{self, Complaint};
use understudy_plugin::{Error, clock, log};

use crate::chance;
use crate::refusal;
use crate::settings::Settings;

/// The first backoff, and the longest.
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(8);
/// The longest answer of JSON: audio may be in it, in Base64.
const ANSWER_BYTES_MAX: u32 = 80 << 20;
const USER_AGENT: &str = concat!("Understudy/", env!("CARGO_PKG_VERSION"));

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service said no, and why.
    Refused(Box<Complaint>),
    /// It could not be asked, or what it said makes no sense.
    Failed(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Failure {
    /// The error a refusal of anything means.
    pub(crate) fn of_account(self) -> Error {
        match self {
            Self::Refused(complaint) => refusal::of_account(&complaint),
            Self::Failed(error) => error,
        }
    }
}

/// What a try came to when it was not a success.
#[derive(Debug)]
enum Miss {
    /// Another try will come to the same.
    Final(Failure),
    /// Another may not, after the wait the service named or one of our own.
    Passing(Failure, Option<Duration>),
}

impl Miss {
    fn of_transport(error: http::Error) -> Self {
        match error {
            http::Error::Unreachable(_) | http::Error::TimedOut | http::Error::Protocol(_) => {
                Self::Passing(error.into(), None)
            }
            _ => Self::Final(error.into()),
        }
    }

    /// Of an answer that is no success.
    fn of_status(response: http::Response) -> Self {
        let reset = response.header("x-ratelimit-reset");
        let mut complaint = response.complaint();
        complaint.retry_after = refusal::named_wait(&complaint, reset.as_deref());
        let wait = complaint.retry_after;
        let complaint = Box::new(complaint);
        match complaint.status {
            408 | 429 | 500 | 502..=599 => Self::Passing(Failure::Refused(complaint), wait),
            _ => Self::Final(Failure::Refused(complaint)),
        }
    }
}

/// An answer that was read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) document: Value,
    pub(crate) request_id: Option<String>,
}

/// The service of the settings.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) settings: Settings,
}

impl Service {
    pub(crate) fn read() -> Result<Self, Error> {
        Ok(Self { settings: Settings::read()? })
    }

    /// A request to a path of the API.
    pub(crate) fn request(&self, method: &str, path: &str) -> http::Request {
        let Settings { base_url, .. } = &self.settings;
        self.authorized(http::Request::new(method, format!("{base_url}{path}")))
            .header("accept", "application/json")
            .header("x-request-id", chance::uuid())
    }

    /// With what every request has.
    pub(crate) fn plain(&self, request: http::Request) -> http::Request {
        request.header("user-agent", USER_AGENT).timeout(self.settings.timeout())
    }

    /// With the account's key as well.
    pub(crate) fn authorized(&self, request: http::Request) -> http::Request {
        self.plain(request).header("authorization", format!("Bearer {}", self.settings.api_key))
    }

    /// Asks, until there is an answer or no sense in trying on.
    pub(crate) fn ask(&self, request: &http::Request) -> Result<Answer, Failure> {
        let mut tries = 0;
        loop {
            let (failure, named) = match attempt(request.clone()) {
                Ok(answer) => return Ok(answer),
                Err(Miss::Final(failure)) => return Err(failure),
                Err(Miss::Passing(failure, named)) => (failure, named),
            };
            let Some(wait) = self.wait_before(tries, named) else { return Err(failure) };
            tries += 1;
            log::debug("service is asked again", &[("try", &tries), ("wait_ms", &wait.as_millis())]);
            clock::wait(wait);
        }
    }

    /// Orders something, as often as it takes, under one key.
    pub(crate) fn post(&self, path: &str, body: &Value, key: &str) -> Result<Answer, Failure> {
        let request = self.request("POST", path).header("idempotency-key", key).json(body);
        self.ask(&request)
    }

    /// How long to wait after this many retries; none when that was enough.
    pub(crate) fn wait_before(&self, tries: u32, named: Option<Duration>) -> Option<Duration> {
        if tries >= self.settings.max_retries {
            return None;
        }
        let own = || chance::up_to(BACKOFF.saturating_mul(1 << tries.min(8)).min(BACKOFF_MAX));
        let wait = named.unwrap_or_else(|| own().min(self.settings.max_retry_wait()));
        (wait <= self.settings.max_retry_wait()).then_some(wait)
    }
}

fn attempt(request: http::Request) -> Result<Answer, Miss> {
    let mut response = request.send().map_err(Miss::of_transport)?;
    if !response.is_success() {
        return Err(Miss::of_status(response));
    }
    let request_id = response.header("x-request-id");
    let body = response.bytes(ANSWER_BYTES_MAX).map_err(Miss::of_transport)?;
    let document = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let document = document.map_err(|error| {
        let start = String::from_utf8_lossy(body.get(..120).unwrap_or(&body)).trim().to_owned();
        Miss::Final(Error::protocol(format!("answer is not the expected json, {error}: {start}")).into())
    })?;
    Ok(Answer { document, request_id })
}
