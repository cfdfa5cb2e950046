//! What an engine learns by the way and keeps: who there is to be spoken as, which voices there are, and
//! how loud they are.
//!
//! An engine without a store remembers it while it lives. With one it is read when the store opens and
//! written down, when it has changed, with the history.

use understudy_audio::LoudnessMeter;

use crate::characters::{CharacterBook, CharacterProfile};
use crate::conversation::LoudnessBook;
use crate::voice_book::{ToldVoices, VoiceBook};

#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) characters: CharacterBook,
    pub(crate) loudness: LoudnessBook,
    pub(crate) voices: VoiceBook,
}

/// Rows of the books, by their names.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) characters: Vec<(String, CharacterProfile)>,
    pub(crate) loudness: Vec<(String, LoudnessMeter)>,
    pub(crate) voices: Vec<(String, ToldVoices)>,
}

impl Books {
    /// Adds what was written down in earlier times to what has been learnt since.
    pub(crate) fn restore(&self, written: Entries) {
        self.characters.restore(written.characters);
        self.loudness.restore(written.loudness);
        self.voices.restore(written.voices);
    }

    /// What has changed since the last call.
    pub(crate) fn take_changed(&self) -> Entries {
        Entries {
            characters: self.characters.rows().take_changed(),
            loudness: self.loudness.rows().take_changed(),
            voices: self.voices.rows().take_changed(),
        }
    }

    /// Says that what was taken has not been written.
    pub(crate) fn put_back(&self, changed: Entries) {
        self.characters.rows().put_back(changed.characters);
        self.loudness.rows().put_back(changed.loudness);
        self.voices.rows().put_back(changed.voices);
    }
}

impl Entries {
    pub(crate) const fn is_empty(&self) -> bool {
        self.characters.is_empty() && self.loudness.is_empty() && self.voices.is_empty()
    }
}
