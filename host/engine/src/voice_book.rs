//! The voices that providers told, and still have as far as anybody knows.
//!
//! A client's name for a voice (`alloy`) is cast onto its provider's list, and so the list decides which
//! take is meant. A server that starts anew while that provider is in trouble would not know what it
//! bought the day before; so lists are written down. One holds for the same plugin under the same
//! settings, and like any list that has grown old it is renewed as soon as somebody needs it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use understudy_speech::Voice;

use crate::cast::Seat;
use crate::rows::Rows;

/// Providers whose lists are kept.
const PROVIDERS_MAX: usize = 256;

/// What a provider told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToldVoices {
    plugin: String,
    settings: [u8; 32],
    voices: Arc<[Voice]>,
}

#[derive(Debug, Default)]
pub(crate) struct VoiceBook(Mutex<Rows<ToldVoices, PROVIDERS_MAX>>);

impl VoiceBook {
    /// Adds what was written down in earlier times.
    pub(crate) fn restore(&self, written: Vec<(String, ToldVoices)>) {
        let mut rows = self.rows();
        written.into_iter().for_each(|(provider, told)| rows.restore(&provider, told));
    }

    /// Takes down what `seat` tells.
    pub(crate) fn learn(&self, seat: &Seat, voices: &Arc<[Voice]>) {
        let told = ToldVoices {
            plugin: seat.plugin_id().to_owned(),
            settings: seat.member.settings,
            voices: Arc::clone(voices),
        };
        let mut rows = self.rows();
        if rows.get(&seat.member.name) != Some(&told) {
            rows.set(&seat.member.name, told);
        }
    }

    /// What `seat` told before.
    pub(crate) fn of(&self, seat: &Seat) -> Option<Arc<[Voice]>> {
        let rows = self.rows();
        let told = rows.get(&seat.member.name)?;
        let holds = told.plugin == seat.plugin_id() && told.settings == seat.member.settings;
        holds.then(|| Arc::clone(&told.voices))
    }

    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows<ToldVoices, PROVIDERS_MAX>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
