//! Who may come in: a subscription key, or a token bought with one.
//!
//! A token lives ten minutes and is good on the host that issued it. The WebSocket also takes both
//! as query parameters, because a browser cannot set headers there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::Instant;

/// The header, and the query parameter, of a subscription key.
pub(crate) const KEY: &str = "Ocp-Apim-Subscription-Key";
/// How long a token is good.
const TOKEN_LIFE: Duration = Duration::from_mins(10);
/// Tokens remembered at once; the expired ones are dropped first.
const TOKENS_MAX: usize = 1_000;

/// The key and the tokens it bought.
#[derive(Debug)]
pub(crate) struct Access {
    key: String,
    tokens: Mutex<HashMap<String, Instant>>,
}

impl Access {
    pub(crate) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), tokens: Mutex::default() }
    }

    /// Whether the key in these headers is the right one.
    pub(crate) fn has_key(&self, headers: &HeaderMap) -> bool {
        headers.get(KEY).is_some_and(|key| key.as_bytes() == self.key.as_bytes())
    }

    /// Whether these headers let a caller in. A wrong key is not made good by a right token.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        match headers.get(AUTHORIZATION) {
            _ if headers.contains_key(KEY) => self.has_key(headers),
            Some(bearer) => bearer.to_str().is_ok_and(|bearer| self.admits_bearer(bearer)),
            None => false,
        }
    }

    /// The same for the query of a WebSocket's address.
    pub(crate) fn admits_query(&self, query: &HashMap<String, String>) -> bool {
        match query.get("Authorization") {
            _ if query.contains_key(KEY) => query.get(KEY) == Some(&self.key),
            Some(bearer) => self.admits_bearer(bearer),
            None => false,
        }
    }

    fn admits_bearer(&self, bearer: &str) -> bool {
        let Some(token) = bearer.strip_prefix("Bearer ") else { return false };
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(token).is_some_and(|expiry| Instant::now() < *expiry)
    }

    /// A new token.
    pub(crate) fn issue(&self) -> String {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if tokens.len() >= TOKENS_MAX {
            tokens.retain(|_, expiry| now < *expiry);
        }
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let claims =
            format!(r#"{{"region":"loopback","product-id":"SpeechServices.S0","serial":{}}}"#, tokens.len());
        let token = format!("{head}.{}.c2ltdWxhdGVk", URL_SAFE_NO_PAD.encode(claims));
        tokens.insert(token.clone(), now + TOKEN_LIFE);
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(access: &Access, headers: &[(&'static str, &str)], admitted: bool) {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>();
        assert_eq!(access.admits(&headers), admitted, "{headers:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_good_for_ten_minutes_and_no_longer() {
        let access = Access::new("key");
        let bearer = format!("Bearer {}", access.issue());
        check(&access, &[("authorization", &bearer)], true);
        tokio::time::advance(TOKEN_LIFE - Duration::from_secs(1)).await;
        check(&access, &[("authorization", &bearer)], true);
        tokio::time::advance(Duration::from_secs(1)).await;
        check(&access, &[("authorization", &bearer)], false);
    }

    #[tokio::test]
    async fn a_key_or_a_token_admits_and_nothing_else_does() {
        let access = Access::new("key");
        let token = access.issue();
        let bearer = format!("Bearer {token}");
        check(&access, &[("ocp-apim-subscription-key", "key")], true);
        check(&access, &[("ocp-apim-subscription-key", "other")], false);
        check(&access, &[("ocp-apim-subscription-key", "other"), ("authorization", &bearer)], false);
        check(&access, &[("authorization", &token)], false);
        check(&access, &[("authorization", "Bearer key")], false);
        check(&access, &[], false);
    }
}
