//! Signatures with keys that stay in the host.
//!
//! AWS signs requests with an HMAC, Google's service accounts sign a token with RSA. Both need the
//! key itself, not a placeholder, so the host signs and the plugin gets the signature. A signature
//! is bound to what was signed and, in both schemes, to minutes.

use ring::rand::SystemRandom;
use ring::{hmac, signature};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use zeroize::Zeroizing;

use crate::secrets::Secret;

/// The secret is no key of the kind that is needed; says why, and nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfit(pub(crate) &'static str);

/// HMAC-SHA-256 (RFC 2104) with the key `prefix` ‖ secret.
pub(crate) fn hmac_sha256(secret: &Secret, prefix: &str, message: &[u8]) -> Vec<u8> {
    let key = Zeroizing::new([prefix, secret.expose()].concat());
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hmac::sign(&key, message).as_ref().to_vec()
}

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2).
///
/// The secret is a PEM private key, PKCS#8 or PKCS#1, of 2048 to 4096 bits, or a JSON object with
/// one in `private_key`, as Google hands them out.
pub(crate) fn rs256(secret: &Secret, message: &[u8]) -> Result<Vec<u8>, Unfit> {
    let key = rsa_key(secret)?;
    let mut signed = vec![0; key.public().modulus_len()];
    key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signed)
        .map_err(|_| Unfit("rsa key does not sign"))?;
    Ok(signed)
}

fn rsa_key(secret: &Secret) -> Result<signature::RsaKeyPair, Unfit> {
    let text = secret.expose().trim();
    let in_json = text.starts_with('{').then(|| private_key_of(text)).transpose()?;
    let pem = in_json.as_ref().map_or(text, |pem| pem.as_str());
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| Unfit("secret is neither a pem private key nor json with one"))?;
    match &der {
        PrivateKeyDer::Pkcs8(key) => signature::RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(key) => signature::RsaKeyPair::from_der(key.secret_pkcs1_der()),
        _ => return Err(Unfit("private key is not rsa")),
    }
    .map_err(|_| Unfit("private key is not rsa of 2048 to 4096 bits"))
}

fn private_key_of(json: &str) -> Result<Zeroizing<String>, Unfit> {
    #[derive(serde::Deserialize)]
    struct Account {
        private_key: Zeroizing<String>,
    }
    let account: Account =
        serde_json::from_str(json).map_err(|_| Unfit("json of the secret has no private_key"))?;
    Ok(account.private_key)
}

#[cfg(test)]
mod tests;
