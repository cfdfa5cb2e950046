//! Who is calling: an API key, or a service account with an access token.
//!
//! An account signs a statement about itself, which the token endpoint exchanges for a token of an
//! hour. The key that signs stays in the host. The token is kept in the memo until shortly before its
//! end, and a fresh one is asked for when the service no longer takes it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use understudy_plugin::http::Complaint;
use understudy_plugin::{Error, http, log, memo, signing};

use crate::settings::Settings;

const SECRET: &str = "service_account";
const TOKEN: &str = "access-token";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The longest life the token endpoint allows a statement, in seconds.
const STATEMENT_SECONDS: u64 = 3_600;
/// A token is renewed this long before its end, as Google's own library does.
const RENEWAL: Duration = Duration::from_secs(225);

/// The credentials of the settings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access<'settings> {
    Key(&'settings str),
    Account(Account<'settings>),
}

/// A service account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account<'settings> {
    client_email: &'settings str,
    private_key_id: Option<&'settings str>,
    token_url: &'settings str,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

impl<'settings> Access<'settings> {
    /// The account goes before the key.
    pub(crate) fn of(settings: &'settings Settings) -> Result<Self, Error> {
        match (&settings.service_account, &settings.client_email, &settings.api_key) {
            (Some(_), Some(client_email), _) => Ok(Self::Account(Account {
                client_email,
                private_key_id: settings.private_key_id.as_deref(),
                token_url: &settings.token_url,
            })),
            (Some(_), None, _) => {
                Err(Error::unauthorized("service_account needs client_email in the settings"))
            }
            (None, _, Some(key)) => Ok(Self::Key(key)),
            (None, _, None) => Err(Error::unauthorized("neither api_key nor service_account is set")),
        }
    }
}

impl Account<'_> {
    /// The token of an earlier call.
    pub(crate) fn kept_token() -> Option<String> {
        String::from_utf8(memo::get(TOKEN)?).ok()
    }

    /// Buys a token, and keeps it for as long as it is good.
    pub(crate) fn new_token(&self) -> Result<String, Error> {
        memo::remove(TOKEN);
        let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
        let mut response = http::Request::post(self.token_url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("{grant}{}", self.statement()?))
            .send()?;
        if !response.is_success() {
            return Err(refusal(&response.complaint()));
        }
        let token: Token = response.json()?;
        let life = Duration::from_secs(token.expires_in).saturating_sub(RENEWAL);
        if !life.is_zero()
            && let Err(error) = memo::set(TOKEN, token.access_token.as_bytes(), life)
        {
            log::warn("access token was not kept", &[("reason", &error)]);
        }
        Ok(token.access_token)
    }

    /// A JWT (RFC 7519) signed by the account, as RFC 7523 wants it for a grant.
    fn statement(&self) -> Result<String, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut header = json!({ "alg": "RS256", "typ": "JWT" });
        if let (Some(id), Some(fields)) = (self.private_key_id, header.as_object_mut()) {
            fields.insert("kid".to_owned(), id.into());
        }
        let claims = json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": self.token_url,
            "iat": now,
            "exp": now + STATEMENT_SECONDS,
        });
        let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = signing::rs256(SECRET, signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// What a refused exchange means: RFC 6749 §5.2, and what Google's library tries again.
fn refusal(complaint: &Complaint) -> Error {
    let text = |name: &str| complaint.document.as_ref()?.get(name)?.as_str();
    let code = text("error").unwrap_or_default();
    let message = match text("error_description") {
        Some(description) => format!("{code}: {description}"),
        None => complaint.message.clone(),
    };
    match (code, complaint.status) {
        ("internal_failure" | "server_error" | "temporarily_unavailable", status) => {
            Error::unavailable(format!("token endpoint, status {status}: {message}"))
        }
        (_, 408 | 429 | 500..) => complaint.by_status(),
        (_, status) => Error::unauthorized(format!("token endpoint, status {status}: {message}")),
    }
}
