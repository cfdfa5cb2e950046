//! What a caller has to show before it may speak.

use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::http::header::{ORIGIN, USER_AGENT};

use super::Edge;
use super::token::{TRUSTED_CLIENT_TOKEN, TokenVersion, is_current};

/// The extension of Edge that reads aloud.
const EXTENSION: &str = "chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold";

impl Edge {
    /// A WebSocket needs it all: the client token, a current clock token, the browser and its extension.
    pub(super) fn admits_socket(&self, query: &HashMap<String, String>, headers: &HeaderMap) -> bool {
        is_trusted(query, "TrustedClientToken")
            && self.has_current_token(query)
            && headers.get(ORIGIN).is_some_and(|origin| origin == EXTENSION)
            && is_browser(headers)
    }

    /// The list needs the client token and a browser; a clock token counts only where one is sent.
    pub(super) fn admits_listing(&self, query: &HashMap<String, String>, headers: &HeaderMap) -> bool {
        let dated = query.contains_key("Sec-MS-GEC") || query.contains_key("Sec-MS-GEC-Version");
        is_trusted(query, "trustedclienttoken")
            && is_browser(headers)
            && (!dated || self.has_current_token(query))
    }

    fn has_current_token(&self, query: &HashMap<String, String>) -> bool {
        let version = query.get("Sec-MS-GEC-Version").and_then(|version| TokenVersion::of(version));
        let Some((version, token)) = version.zip(query.get("Sec-MS-GEC")) else { return false };
        let alive = version == TokenVersion::V2 || self.accepts_v1;
        alive && is_current(version, token, self.clock.unix_seconds())
    }
}

/// Names of query parameters are read without regard to case, as the service's framework does.
fn is_trusted(query: &HashMap<String, String>, name: &str) -> bool {
    query.iter().any(|(known, value)| known.eq_ignore_ascii_case(name) && value == TRUSTED_CLIENT_TOKEN)
}

fn is_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.starts_with("Mozilla/5.0") && agent.contains(" Edg/")
}
