//! Secrets, which a plugin never sees.
//!
//! The operator writes them among the settings; the plugin gets a random placeholder in their
//! place. It is worth nothing outside of the host: a plugin that logs it, returns it or sends it
//! somewhere gives nothing away. The placeholder is new for every load, so that none can be built
//! into a plugin or guessed.

use serde_json::Value;
use understudy_speech::SecretRequest;

use crate::compile::hex;
use crate::load::LoadError;

/// Random bytes in a placeholder: enough that none is ever guessed or met twice.
const PLACEHOLDER_BYTES: usize = 16;

/// Replaces the values of `secrets` in the settings by placeholders.
pub(crate) fn conceal(secrets: &[SecretRequest], settings: &mut Value) -> Result<(), LoadError> {
    for secret in secrets {
        if let Some(value) = settings.get_mut(&secret.name).filter(|value| !value.is_null()) {
            *value = placeholder()?.into();
        }
    }
    Ok(())
}

fn placeholder() -> Result<String, LoadError> {
    let mut random = [0; PLACEHOLDER_BYTES];
    getrandom::fill(&mut random)
        .map_err(|error| LoadError::Host { reason: format!("no random numbers: {error}") })?;
    Ok(format!("secret-{}", hex(&random)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_secrets_that_are_set_are_replaced_and_never_by_the_same_text() {
        let secret = |name: &str| SecretRequest {
            name: name.to_owned(),
            reason: String::new(),
            hosts: Vec::new(),
            required: true,
        };
        let secrets = [secret("api_key"), secret("absent")];
        let concealed = || {
            let mut settings = json!({ "api_key": "sk-real", "region": "eu" });
            conceal(&secrets, &mut settings).unwrap();
            settings
        };
        let (first, second) = (concealed(), concealed());
        assert_eq!(first["region"], "eu");
        assert!(first["api_key"].as_str().unwrap().starts_with("secret-"));
        assert_ne!(first["api_key"], second["api_key"]);
        assert_eq!(first.as_object().unwrap().len(), 2);
        assert!(!first.to_string().contains("sk-real"));
    }
}
