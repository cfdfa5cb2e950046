//! Who there is: the characters of this server and of every provider that has any.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};
use understudy_speech::Character;

use super::profile::{CharacterProfile, of_local};
use crate::cast::Seat;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;

/// How long a list of characters may keep a request, or somebody who looks at the list, waiting.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// Every character there is.
#[derive(Debug)]
pub struct Listed {
    /// This server's first, then each provider's.
    pub characters: Vec<CharacterProfile>,
    /// Providers whose list could not be had now, and why; their characters are told as they were
    /// last known.
    pub missed: Vec<(String, SpeechError)>,
}

impl Engine {
    /// Every character there is, at most [`EngineSettings::characters_ttl`] old where its provider
    /// answers.
    ///
    /// [`EngineSettings::characters_ttl`]: crate::EngineSettings::characters_ttl
    pub async fn characters(&self) -> Listed {
        self.learn_local();
        let seats: Vec<&Arc<Seat>> = self.character_seats().collect();
        let lists = join_all(seats.iter().map(|seat| self.character_list(seat, PATIENCE))).await;
        let mut characters = self.books.characters.of(None);
        characters.retain(|known| self.settings.characters.contains_key(&known.character.id));
        let mut missed = Vec::new();
        for (seat, list) in seats.into_iter().zip(lists) {
            let name = &seat.member.name;
            characters.extend(self.books.characters.of(Some(name)));
            missed.extend(list.err().map(|error| (name.clone(), error)));
        }
        Listed { characters, missed }
    }

    /// The character that `name` means: its id, or its name in whatever spelling.
    ///
    /// # Errors
    /// [`SpeechError::UnknownCharacter`], with the one that was probably meant.
    pub async fn character(&self, name: &str) -> Result<CharacterProfile, SpeechError> {
        let Listed { characters, .. } = self.characters().await;
        let exact = characters.iter().find(|known| known.id == name);
        match exact.or_else(|| characters.iter().find(|known| known.is_called(name))) {
            Some(found) => Ok(found.clone()),
            None => Err(super::resolve::unknown(name, &characters)),
        }
    }

    /// Providers that have characters.
    pub(super) fn character_seats(&self) -> impl Iterator<Item = &Arc<Seat>> {
        self.cast.seats().iter().filter(|seat| seat.capabilities().characters)
    }

    /// Takes down the characters of this server.
    pub(super) fn learn_local(&self) {
        let local: Vec<Character> =
            self.settings.characters.iter().map(|(id, local)| of_local(id, local)).collect();
        self.books.characters.learn(None, &local, self.calendar.now_ms());
    }

    /// A provider's list, from memory while it is fresh.
    async fn character_list(
        &self,
        seat: &Arc<Seat>,
        patience: Duration,
    ) -> Result<Arc<[Character]>, SpeechError> {
        let name = &seat.member.name;
        let late = |_| SpeechError::DeadlineExceeded { provider: name.clone(), limit: patience };
        let listing = seat.characters.get(self.settings.characters_ttl, async {
            let clock = Clock::start(patience);
            let called = seat.member.provider.characters(clock.call("characters"));
            let list = clock.hold(name, called).await?.map_err(|failure| clock.blame(name, failure))?;
            self.books.characters.learn(Some(name), &list, self.calendar.now_ms());
            Ok(list)
        });
        timeout_at(Instant::now() + patience, listing).await.map_err(late)?
    }

    /// A provider's characters for a request under way: as last told, however long ago, and renewed
    /// meanwhile. One that never told them is waited for, but not by every request again. None when
    /// they cannot be had and were never known.
    pub(super) async fn characters_at_hand(&self, seat: &Arc<Seat>) -> Option<Vec<Character>> {
        let kept = || {
            let kept = self.books.characters.of(Some(&seat.member.name)).into_iter();
            let active: Vec<_> = kept.filter(|known| known.is_active).map(|known| known.character).collect();
            (!active.is_empty()).then_some(active)
        };
        let told = seat.characters.last().map(|list| list.to_vec());
        if let Some(known) = told.or_else(kept) {
            self.learn_characters(seat);
            return Some(known);
        }
        if seat.characters.is_missed() {
            return None;
        }
        match self.character_list(seat, PATIENCE).await {
            Ok(list) => Some(list.to_vec()),
            Err(error) => {
                seat.characters.miss();
                tracing::info!(provider = seat.member.name, code = error.code(), "characters not listed");
                None
            }
        }
    }

    /// Renews a list that has grown old, while nobody waits for it.
    fn learn_characters(&self, seat: &Arc<Seat>) {
        let is_due = !seat.characters.is_fresh(self.settings.characters_ttl) && !seat.characters.is_missed();
        if !is_due || !seat.characters.may_refresh() {
            return;
        }
        let (engine, seat) = (self.clone(), Arc::clone(seat));
        tokio::spawn(async move {
            if let Err(error) = engine.character_list(&seat, PATIENCE).await {
                seat.characters.miss();
                tracing::debug!(provider = seat.member.name, code = error.code(), "characters not listed");
            }
            seat.characters.refreshed();
        });
    }
}
