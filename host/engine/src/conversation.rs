//! Conversations: a script, several characters, one file.
//!
//! The order of things is what makes it whole. Everybody is *cast* before anything is bought, so that
//! a misspelt name costs nothing. A service that performs whole conversations, and whose characters
//! all of them are, is asked first (`whole`). Otherwise, or when it fails, the lines are spoken
//! (`lines`), a few at once, each through [`Engine::speak`]'s own ways: its gate, its cache, its
//! auditions. All of a character's lines go to the one who was cast. When that one fails in
//! mid-scene the parts are cast again, and the lines already spoken by whoever lost a part are
//! spoken anew: a listener forgives another voice, not one that changes between two sentences. At
//! the end the lines are joined (`joined`) into one file, every voice as loud as the next, with the
//! time of each line and word.
//!
//! Dropping the future ends every call that is under way. A service that performs the whole is told so
//! and may take its order back; that alone goes on for a moment.

mod account;
mod admission;
mod ensemble;
mod joined;
mod kept;
mod lines;
mod loudness;
mod request;
mod roll;
mod shared;
mod stage;
mod stand_ins;
mod whole;

pub use account::{Conversation, Recasting, Speaker, SpokenLine};
pub(crate) use loudness::LoudnessBook;
pub use request::{ConversationRequest, Progress, ScriptSource};
pub(crate) use shared::Performances;

use crate::engine::Engine;
use crate::error::SpeechError;

impl Engine {
    /// Performs a conversation. `progress` is told of every line that is done. Dropping the future
    /// cancels everything.
    ///
    /// # Errors
    /// [`SpeechError::Script`] when the script cannot be performed as it is written, before anything
    /// was bought; [`SpeechError::Line`] when nobody could speak a line; otherwise as
    /// [`Engine::speak`].
    pub async fn converse(
        &self,
        request: ConversationRequest,
        progress: impl Fn(Progress<'_>) + Send + Sync,
    ) -> Result<Conversation, SpeechError> {
        stage::perform(self, request, &progress).await
    }
}
