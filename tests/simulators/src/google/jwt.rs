//! A JWT signed by the service account, read and verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;

use super::account::{CLIENT_EMAIL, KEY_ID, public_key};

/// How far a client's clock may be ahead.
const CLOCK_SKEW_SECONDS: i64 = 300;
/// The longest life of an assertion.
const LIFE_SECONDS_MAX: i64 = 3_600;

/// What a JWT claims.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: Option<String>,
    pub(super) aud: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) iat: i64,
    pub(super) exp: i64,
}

/// Why a JWT is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JwtError {
    #[error("Bad Request")]
    Malformed,
    #[error("Invalid grant: account not found")]
    UnknownAccount,
    #[error("Invalid JWT Signature.")]
    Signature,
    #[error(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and \
         exp values in the JWT claim."
    )]
    Timeframe,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
}

/// The claims of a token the account signed, good at `now`.
pub(super) fn verify(token: &str, now: i64) -> Result<Claims, JwtError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
    let header: Header = part(header)?;
    let claims: Claims = part(claims)?;
    if header.alg != "RS256" || header.typ.is_some_and(|kind| kind != "JWT") {
        return Err(JwtError::Malformed);
    }
    if claims.iss != CLIENT_EMAIL {
        return Err(JwtError::UnknownAccount);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwtError::Malformed)?;
    let key = public_key().ok_or(JwtError::Signature)?;
    let verified =
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(signed.as_bytes(), &signature);
    if verified.is_err() || header.kid.is_some_and(|id| id != KEY_ID) {
        return Err(JwtError::Signature);
    }
    let life = claims.exp.saturating_sub(claims.iat);
    let timely = (1..=LIFE_SECONDS_MAX).contains(&life)
        && claims.iat <= now.saturating_add(CLOCK_SKEW_SECONDS)
        && claims.exp > now;
    if timely { Ok(claims) } else { Err(JwtError::Timeframe) }
}

fn part<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, JwtError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| JwtError::Malformed)
}

#[cfg(test)]
pub(super) mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::RSA_PKCS1_SHA256;
    use serde_json::{Value, json};

    use super::*;
    use crate::google::account::key_pair;

    /// A JWT of these claims, as a client signs it.
    pub(in crate::google) fn signed(claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let body =
            format!("{}.{}", encode(&json!({"typ": "JWT", "alg": "RS256", "kid": KEY_ID})), encode(claims));
        let key = key_pair().unwrap();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body.as_bytes(), &mut signature).unwrap();
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn claims() -> Value {
        json!({"iss": CLIENT_EMAIL, "aud": "a", "scope": "s", "iat": 1_000, "exp": 4_600})
    }

    fn check(changes: &Value, now: i64, expected: Result<(), JwtError>) {
        let mut claims = claims();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        assert_eq!(verify(&signed(&claims), now).map(|_| ()), expected, "{changes} at {now}");
    }

    #[test]
    fn a_token_is_believed_within_its_hour() {
        check(&json!({}), 1_000, Ok(()));
        check(&json!({}), 4_599, Ok(()));
        check(&json!({}), 4_600, Err(JwtError::Timeframe));
        check(&json!({}), 700, Ok(()));
        check(&json!({}), 699, Err(JwtError::Timeframe));
        check(&json!({"exp": 4_601}), 1_000, Err(JwtError::Timeframe));
        check(&json!({"exp": 1_000}), 900, Err(JwtError::Timeframe));
    }

    #[test]
    fn another_account_or_another_signature_is_not_believed() {
        check(&json!({"iss": "somebody@else"}), 1_000, Err(JwtError::UnknownAccount));
        let token = signed(&claims());
        let forged = claims().to_string().replace("\"s\"", "\"t\"");
        let (_, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let head = token.split('.').next().unwrap();
        let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(forged));
        assert_eq!(verify(&forged, 1_000), Err(JwtError::Signature));
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        for token in ["", "a.b", "a.b.c", "....", "e30.e30.e30"] {
            assert_eq!(verify(token, 0), Err(JwtError::Malformed), "{token}");
        }
    }
}
