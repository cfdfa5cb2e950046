//! Every profile that was ever listed, and how often each was spoken as.
//!
//! It outlives the cast: a reload does not forget who was known.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use understudy_speech::Character;

use super::profile::{CharacterProfile, public_id};

/// The most profiles remembered; what a provider lists past it is used and not remembered.
const PROFILES_MAX: usize = 20_000;

/// The profiles, by their public ids.
#[derive(Debug, Default)]
pub(crate) struct CharacterBook {
    profiles: Mutex<BTreeMap<String, CharacterProfile>>,
}

impl CharacterBook {
    /// Takes down what `provider`, or this server, lists now. Who was listed before and is not any
    /// more has left.
    pub(crate) fn learn(&self, provider: Option<&str>, listed: &[Character], now_ms: u64) {
        let mut profiles = self.lock();
        for character in listed {
            let id = public_id(provider, &character.id);
            let has_room = profiles.len() < PROFILES_MAX;
            match profiles.get_mut(&id) {
                Some(known) if known.character == *character && known.is_active => {}
                Some(known) => {
                    (known.character, known.is_active) = (character.clone(), true);
                    known.updated_ms = now_ms;
                }
                None if has_room => {
                    profiles.insert(id, CharacterProfile::new(provider, character, now_ms));
                }
                None => {}
            }
        }
        let of_provider = profiles.values_mut().filter(|known| known.provider.as_deref() == provider);
        for known in of_provider {
            let is_listed = listed.iter().any(|character| character.id == known.character.id);
            if known.is_active && !is_listed {
                (known.is_active, known.updated_ms) = (false, now_ms);
            }
        }
    }

    /// Counts a text that was spoken as this character.
    pub(crate) fn count(&self, id: &str) {
        if let Some(known) = self.lock().get_mut(id) {
            known.usage_count = known.usage_count.saturating_add(1);
        }
    }

    /// What is known of the characters of `provider`, or of this server.
    pub(crate) fn of(&self, provider: Option<&str>) -> Vec<CharacterProfile> {
        let profiles = self.lock();
        profiles.values().filter(|known| known.provider.as_deref() == provider).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, CharacterProfile>> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
