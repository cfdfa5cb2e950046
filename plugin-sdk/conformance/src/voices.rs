//! Whether a voice list can be shown, searched and chosen from.

use std::collections::HashSet;

use understudy_speech::Voice;

/// Ids are there, unique and printable; names are there.
pub(crate) fn judge(voices: &[Voice]) -> Result<(), String> {
    let mut seen = HashSet::new();
    for (index, voice) in voices.iter().enumerate() {
        if voice.id.trim().is_empty() || voice.id.chars().any(char::is_control) {
            return Err(format!("id of voice {index} is empty or has control characters: {:?}", voice.id));
        }
        if !seen.insert(voice.id.as_str()) {
            return Err(format!("id is there twice: {}", voice.id));
        }
        if voice.name.trim().is_empty() {
            return Err(format!("voice has no name: {}", voice.id));
        }
    }
    Ok(())
}
