//! Every profile that was ever listed, and how often each was spoken as.
//!
//! It outlives the cast: a reload does not forget who was known. With a store it outlives the process
//! too, written down by whoever writes the history: a service that is down when the program starts still
//! has characters then, by what they were last told to be.

use std::sync::{Mutex, MutexGuard, PoisonError};

use understudy_speech::Character;

use super::profile::{CharacterProfile, public_id};
use crate::rows::Rows;

/// The most profiles remembered; what a provider lists past it is used and not remembered.
const PROFILES_MAX: usize = 20_000;

/// The profiles, by their public ids.
#[derive(Debug, Default)]
pub(crate) struct CharacterBook(Mutex<Rows<CharacterProfile, PROFILES_MAX>>);

impl CharacterBook {
    /// Adds what was written down in earlier times to what has been learnt since.
    pub(crate) fn restore(&self, written: Vec<(String, CharacterProfile)>) {
        let mut rows = self.rows();
        for (id, profile) in written {
            let Some(mut known) = rows.get(&id).cloned() else {
                rows.restore(&id, profile);
                continue;
            };
            let is_same = known.character == profile.character && known.is_active == profile.is_active;
            known.usage_count = known.usage_count.saturating_add(profile.usage_count);
            known.created_ms = known.created_ms.min(profile.created_ms);
            known.updated_ms = if is_same { profile.updated_ms } else { known.updated_ms };
            rows.set(&id, known);
        }
    }

    /// Takes down what `provider`, or this server, lists now. Who was listed before and is not any
    /// more has left.
    pub(crate) fn learn(&self, provider: Option<&str>, listed: &[Character], now_ms: u64) {
        let mut rows = self.rows();
        for character in listed {
            let id = public_id(provider, &character.id);
            let learnt = match rows.get(&id) {
                Some(known) if known.character == *character && known.is_active => continue,
                Some(known) => {
                    let character = character.clone();
                    CharacterProfile { character, is_active: true, updated_ms: now_ms, ..known.clone() }
                }
                None => CharacterProfile::new(provider, character, now_ms),
            };
            rows.set(&id, learnt);
        }
        let is_listed =
            |known: &CharacterProfile| listed.iter().any(|character| character.id == known.character.id);
        let of_provider = rows.values().filter(|known| known.provider.as_deref() == provider);
        let left: Vec<CharacterProfile> =
            of_provider.filter(|known| known.is_active && !is_listed(known)).cloned().collect();
        for known in left {
            let id = known.id.clone();
            rows.set(&id, CharacterProfile { is_active: false, updated_ms: now_ms, ..known });
        }
    }

    /// Counts a text that was spoken as this character.
    pub(crate) fn count(&self, id: &str) {
        let mut rows = self.rows();
        if let Some(mut known) = rows.get(id).cloned() {
            known.usage_count = known.usage_count.saturating_add(1);
            rows.set(id, known);
        }
    }

    /// What is known of the characters of `provider`, or of this server.
    pub(crate) fn of(&self, provider: Option<&str>) -> Vec<CharacterProfile> {
        let rows = self.rows();
        rows.values().filter(|known| known.provider.as_deref() == provider).cloned().collect()
    }

    /// The table, for whoever writes it down.
    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows<CharacterProfile, PROFILES_MAX>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
