//! Who may call: an API key, an access token, or a JWT the account signed itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use tokio::time::Instant;

use super::jwt;
use super::status::Status;
use super::{Project, Strangers};

/// How long an access token is said to be good.
pub(super) const TOKEN_SECONDS: u64 = 3_599;
/// Tokens remembered at once; the expired ones are forgotten first.
const TOKENS_MAX: usize = 1_000;
/// The audience of a JWT used without the token endpoint; the slash belongs to it.
const AUDIENCE: &str = "https://texttospeech.googleapis.com/";
/// The scope that allows everything.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// What lets a caller in.
#[derive(Debug)]
pub(super) struct Access {
    key: String,
    project: Project,
    strangers: Strangers,
    tokens: Mutex<HashMap<String, Instant>>,
}

impl Access {
    pub(super) fn new(key: &str, project: Project, strangers: Strangers) -> Self {
        Self { key: key.to_owned(), project, strangers, tokens: Mutex::default() }
    }

    /// A new access token.
    pub(super) fn issue(&self) -> String {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if tokens.len() >= TOKENS_MAX {
            tokens.retain(|_, expiry| now < *expiry);
        }
        let token = format!("ya29.c.simulated-{:08}", tokens.len());
        tokens.insert(token.clone(), now + Duration::from_secs(TOKEN_SECONDS));
        token
    }

    /// Lets a request in, or says why not. A bearer token is looked at before a key.
    pub(super) fn admit(&self, headers: &HeaderMap, query: &HashMap<String, String>) -> Result<(), Status> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer =
            header(AUTHORIZATION.as_str()).map(|value| value.strip_prefix("Bearer ").unwrap_or_default());
        let bearer = bearer
            .or_else(|| query.get("access_token").or_else(|| query.get("oauth_token")).map(String::as_str));
        let key = header("X-Goog-Api-Key").or_else(|| query.get("key").map(String::as_str));
        match (bearer, key) {
            (Some(token), _) => self.check_token(token)?,
            (None, Some(_)) if self.project == Project::KeysUnsupported => {
                return Err(Status::keys_unsupported());
            }
            (None, Some(key)) if key == self.key => {}
            (None, Some(_)) => return Err(Status::key_invalid()),
            (None, None) => {
                return Err(match self.strangers {
                    Strangers::Unauthenticated => Status::credentials_missing(),
                    Strangers::Unregistered => Status::unregistered(),
                });
            }
        }
        match self.project {
            Project::ServiceDisabled => Err(Status::service_disabled()),
            Project::BillingDisabled => Err(Status::billing_disabled()),
            Project::KeyBlocked if bearer.is_none() => Err(Status::key_blocked()),
            _ => Ok(()),
        }
    }

    fn check_token(&self, token: &str) -> Result<(), Status> {
        let expiry = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied();
        match expiry {
            Some(expiry) if Instant::now() < expiry => return Ok(()),
            Some(_) => return Err(Status::credentials_invalid("ACCESS_TOKEN_EXPIRED")),
            None => {}
        }
        let claims = jwt::verify(token, unix_seconds()).map_err(|error| match error {
            jwt::JwtError::Timeframe => Status::credentials_invalid("ACCESS_TOKEN_EXPIRED"),
            _ => Status::credentials_invalid("ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        })?;
        let own = claims.sub.as_deref() == Some(claims.iss.as_str());
        let meant = match (&claims.scope, &claims.aud) {
            (Some(scope), _) => scope.split(' ').any(|scope| scope == SCOPE),
            (None, audience) => audience.as_deref() == Some(AUDIENCE),
        };
        if own && meant { Ok(()) } else { Err(Status::credentials_invalid("ACCESS_TOKEN_TYPE_UNSUPPORTED")) }
    }
}

/// The machine's clock.
pub(super) fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}
