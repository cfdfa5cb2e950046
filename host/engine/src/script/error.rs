//! What is wrong with a script, and where.

use super::{PAUSE_MAX, Place};

/// A script cannot be performed as it is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("script line {}, column {}: {fault}", .place.line, .place.column)]
pub struct ScriptError {
    /// Where.
    pub place: Place,
    /// What.
    pub fault: ScriptFault,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFault {
    /// Nobody is known by this name.
    #[error("no such speaker: {speaker}")]
    UnknownSpeaker {
        /// As the script names them.
        speaker: String,
        /// The one that was probably meant.
        suggestion: Option<String>,
        /// The characters there are.
        known: Vec<String>,
    },
    /// There is text, and nobody to say it.
    #[error("nobody says this line")]
    NobodySpeaks,
    /// Nothing in the line can be spoken.
    #[error("nothing is said by {0}")]
    NothingSaid(String),
    /// There is no line.
    #[error("script has no lines")]
    NoLines,
    /// It has more lines than are performed.
    #[error("script has more than {0} lines")]
    TooManyLines(usize),
    /// The silence is no number of seconds.
    #[error("pause is no number of seconds: {0}")]
    NoPause(String),
    /// How strongly something is felt is not said as it has to be.
    #[error("emotion_intensity {0}")]
    NoStrength(String),
    /// The line is no object of a script.
    #[error("line is not the expected json, {0}")]
    Json(String),
}

impl ScriptFault {
    pub(crate) const fn at(self, place: Place) -> ScriptError {
        ScriptError { place, fault: self }
    }
}

impl ScriptError {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.fault {
            ScriptFault::UnknownSpeaker { .. } => "unknown_speaker",
            ScriptFault::NothingSaid(_) | ScriptFault::NoLines => "empty_text",
            ScriptFault::TooManyLines(_) => "script_too_long",
            ScriptFault::NobodySpeaks
            | ScriptFault::NoPause(_)
            | ScriptFault::NoStrength(_)
            | ScriptFault::Json(_) => "invalid_script",
        }
    }

    /// What its author could do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            ScriptFault::UnknownSpeaker { suggestion: Some(name), .. } => {
                Some(format!("did you mean {name}?"))
            }
            ScriptFault::UnknownSpeaker { known, .. } if known.is_empty() => {
                Some("there are no characters; write one as [characters.NAME]".to_owned())
            }
            ScriptFault::UnknownSpeaker { known, .. } => {
                let shown = known.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ");
                Some(format!("the characters are {shown}; a colon that names nobody is written \\:"))
            }
            ScriptFault::NobodySpeaks => {
                Some("write `Name: what is said`, or name the characters".to_owned())
            }
            ScriptFault::NothingSaid(_) => {
                Some("write words after the colon, or leave the line out".to_owned())
            }
            ScriptFault::NoLines => Some("write `Name [feeling]: what is said`, a line each".to_owned()),
            ScriptFault::TooManyLines(_) => {
                Some("perform it in scenes, or raise conversation.max_lines".to_owned())
            }
            ScriptFault::NoPause(_) => Some(format!("write (pause 0.5), at most {} s", PAUSE_MAX.as_secs())),
            ScriptFault::NoStrength(_) => {
                Some("write emotion_intensity from 0 to 1, or intensity from 0 to 2".to_owned())
            }
            ScriptFault::Json(_) => Some(
                "write {\"speaker\": \"…\", \"text\": \"…\", \"emotion\": \"…\"}, a line each".to_owned(),
            ),
        }
    }
}
