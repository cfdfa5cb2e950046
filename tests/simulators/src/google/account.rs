//! The service account the simulator knows.
//!
//! Its key pair was made for this file and opens nothing but this simulator; the private half has to
//! be here because a client needs the whole key file, exactly as Google's console hands it out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{KeyPair as _, RsaKeyPair};
use serde_json::{Value, json};

/// The account's address.
pub const CLIENT_EMAIL: &str = "understudy-simulator@simulated-project.iam.gserviceaccount.com";
/// The id of its key.
pub(super) const KEY_ID: &str = "5e1f51a7ed0000000000000000000000000000aa";

const PRIVATE_KEY: &str = include_str!("service_account.pem");

/// The key file of the account, for a simulator at `base_url` (`http://127.0.0.1:8080`).
#[must_use]
pub fn service_account(base_url: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": "simulated-project",
        "private_key_id": KEY_ID,
        "private_key": PRIVATE_KEY,
        "client_email": CLIENT_EMAIL,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": format!("{base_url}/token"),
        "universe_domain": "googleapis.com",
    })
}

/// The account's key pair; `None` only if the file beside this one were no key.
pub(super) fn key_pair() -> Option<RsaKeyPair> {
    let body: String = PRIVATE_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()
}

/// The public half, as `RSAPublicKey` of PKCS#1.
pub(super) fn public_key() -> Option<Vec<u8>> {
    Some(key_pair()?.public_key().as_ref().to_vec())
}
