//! What a client could do about an error.

use understudy_speech::{Failure, ProviderError};

use super::SpeechError;

impl SpeechError {
    /// What the client could do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownProvider { suggestion: Some(name), .. } => Some(format!("did you mean {name}?")),
            Self::UnknownProvider { known, .. } | Self::NoProviderChosen { known } => {
                Some(format!("the providers are {}", list(known)))
            }
            Self::UnknownRoute { suggestion: Some(name), .. } => Some(format!("did you mean {name}?")),
            Self::UnknownRoute { known, .. } if known.is_empty() => Some("there are no routes".to_owned()),
            Self::UnknownRoute { known, .. } => Some(format!("the routes are {}", list(known))),
            Self::AllFailed { decisive, .. } => decisive.hint(),
            Self::Script(error) => error.hint(),
            Self::Line { error, .. } | Self::Tried { error, .. } => error.hint(),
            Self::NoProviders => Some("load a plugin; `understudy doctor` tells why none is".to_owned()),
            Self::UnknownVoice { suggestion: Some(voice), .. } => Some(format!("did you mean {voice}?")),
            Self::UnknownVoice { provider, known, .. } if known.is_empty() => {
                Some(format!("list the voices of {provider}"))
            }
            Self::UnknownVoice { provider, known, .. } => {
                Some(format!("the voices of {provider} are {}", list(known)))
            }
            Self::UnknownCharacter { suggestion: Some(name), .. } => Some(format!("did you mean {name}?")),
            Self::UnknownCharacter { known, .. } if known.is_empty() => {
                Some("there are no characters; write one as [characters.NAME]".to_owned())
            }
            Self::UnknownCharacter { known, .. } => Some(format!("the characters are {}", list(known))),
            Self::TextTooLong { .. }
            | Self::Failed { failure: Failure::Provider(ProviderError::TextTooLong(_)), .. } => {
                Some("split the text".to_owned())
            }
            Self::CannotEncode { .. } => Some("ask for mp3, opus, aac, flac, wav or pcm".to_owned()),
            Self::TooLarge { .. } => Some(
                "ask for a lower sample_rate or a compressed encoding, split the text, or raise limits.max_audio_bytes"
                    .to_owned(),
            ),
            Self::DeadlineExceeded { .. } => Some("send a shorter text, or raise the deadline".to_owned()),
            Self::Failed { failure: Failure::Provider(ProviderError::Unauthorized(_)), .. } => {
                Some("check the provider's credentials in the configuration".to_owned())
            }
            Self::Failed { failure: Failure::NotGranted { hint, .. }, .. } => Some(hint.clone()),
            _ => None,
        }
    }
}

/// At most this many names in a hint; a hundred of them help nobody.
const LISTED_MAX: usize = 12;

fn list(names: &[String]) -> String {
    let shown = names.iter().take(LISTED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(LISTED_MAX) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}
