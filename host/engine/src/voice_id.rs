//! Public voice ids: `provider/voice`.
//!
//! A public id must survive the clients it passes through. MoneyPrinterTurbo strips `-Male` and
//! `-Female` from voice names, and several clients split lists of voices at commas; an id that
//! holds one of these would come back as a different one. So those places are percent-encoded
//! (`Jenny-Female` is `azure/Jenny%2DFemale`), and so is `%` itself, which makes the encoding
//! reversible. A bare voice id, without a provider before it, is the provider's own spelling and is
//! taken as it stands.

use std::fmt;

/// A provider's voice, written `provider/voice`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VoiceId {
    /// The provider's name in the cast.
    pub provider: String,
    /// The provider's own id of the voice.
    pub voice: String,
}

impl VoiceId {
    /// The public id of `voice` at `provider`.
    #[must_use]
    pub fn new(provider: impl Into<String>, voice: impl Into<String>) -> Self {
        Self { provider: provider.into(), voice: voice.into() }
    }

    /// Reads a public id; none when there is no provider before a slash or no voice after it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, voice) = text.split_once('/')?;
        (!provider.is_empty() && !voice.is_empty()).then(|| Self::new(provider, decode(voice)))
    }
}

impl fmt::Display for VoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.provider)?;
        for (at, character) in self.voice.char_indices() {
            match character {
                '%' => f.write_str("%25")?,
                ',' => f.write_str("%2C")?,
                '-' if begins_with_gender(self.voice.get(at + 1..).unwrap_or_default()) => {
                    f.write_str("%2D")?;
                }
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

fn begins_with_gender(rest: &str) -> bool {
    ["male", "female"]
        .iter()
        .any(|word| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
}

/// Undoes what [`VoiceId`]'s `Display` does, and nothing more: any other `%` stands for itself.
fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let (character, length) = match after.get(..2) {
            Some("25") => ('%', 2),
            Some("2C" | "2c") => (',', 2),
            Some("2D" | "2d") => ('-', 2),
            _ => ('%', 0),
        };
        decoded.push(character);
        rest = after.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(voice: &str, expected: &str) {
        assert_eq!(VoiceId::new("azure", voice).to_string(), expected);
    }

    #[test]
    fn what_clients_strip_or_split_at_is_encoded() {
        check("en-US-AriaNeural", "azure/en-US-AriaNeural");
        check("Jenny-Female", "azure/Jenny%2DFemale");
        check("Guy-male", "azure/Guy%2Dmale");
        check("a,b", "azure/a%2Cb");
        check("50%", "azure/50%25");
        check("mail-man", "azure/mail-man");
    }

    #[test]
    fn an_id_without_both_halves_is_not_public() {
        assert_eq!(VoiceId::parse("amy"), None);
        assert_eq!(VoiceId::parse("/amy"), None);
        assert_eq!(VoiceId::parse("flite/"), None);
        assert_eq!(VoiceId::parse("hub/models/amy"), Some(VoiceId::new("hub", "models/amy")));
    }

    proptest! {
        #[test]
        fn every_voice_id_survives_its_public_spelling(voice in ".{1,40}|(-?(fe)?male|[,%/-]|[0-9A-F]){1,12}") {
            let id = VoiceId::new("p", voice);
            let public = id.to_string();
            let lower = public.to_lowercase();
            prop_assert!(!lower.contains(',') && !lower.contains("-male") && !lower.contains("-female"));
            prop_assert_eq!(VoiceId::parse(&public), Some(id));
        }
    }
}
