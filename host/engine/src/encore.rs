//! A take from the cache, played again without being planned again.
//!
//! To read a request, to plan and cast it and to name its take costs several times what finding the
//! take does. As long as nobody is recast the same request comes to the same take, so an answer
//! from the cache leaves an [`Encore`]: which take it was, in which form, and what the history was
//! told. With it [`Engine::again`] asks the cache alone. The cache has the last word: what was
//! thrown away, bought anew or has grown too old is not played, and the request goes the long way.
//!
//! Only those answers leave one that the request alone decided: nobody stood in, no character was
//! played, no lot was drawn by a weight, a rollout or a trial. Who keeps an encore has to know that it is of
//! the very same request, and to forget it when the engine is recast.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::book::Book;
use crate::cache::{HitAudio, Known};
use crate::engine::Engine;
use crate::form::Formed;
use crate::history::RequestRecord;
use crate::plan::{Candidate, Plan};
use crate::provenance::Story;
use crate::purchase::{Had, TakeSource};
use crate::request::CacheUse;

/// What an answer from the cache leaves for the next request like its own.
#[derive(Clone, Debug)]
pub struct Encore {
    provider: String,
    take: Known,
    /// Absent when the take was sent as it is.
    form: Option<Known>,
    /// Absent without a history.
    record: Option<Arc<RequestRecord>>,
}

/// A take played again.
#[derive(Clone, Debug)]
pub struct Again {
    /// The audio.
    pub audio: HitAudio,
    /// How long the take has been in the cache.
    pub age: Duration,
}

impl Encore {
    /// The encore of what `candidate` gave for `plan`, if there is one.
    pub(crate) fn of(
        plan: &Plan,
        candidate: &Candidate,
        (had, formed): (&Had, &Formed),
        story: &Story,
    ) -> Option<Self> {
        let is_alone = story.skipped.is_empty() && story.substituted.is_none();
        let is_plain = plan.cache == CacheUse::Use && plan.persona.is_none();
        if !(plan.is_certain && is_alone && is_plain && had.source == TakeSource::Cache) {
            return None;
        }
        let take = Known { key: candidate.key(), digest: had.digest? };
        // What was made for this request alone would have to be made again.
        if formed.known.is_none() && formed.digest != had.digest {
            return None;
        }
        Some(Self { provider: candidate.name().to_owned(), take, form: formed.known, record: None })
    }

    /// The same, with what the history was told.
    pub(crate) fn told(self, book: Option<&Book>) -> Self {
        Self { record: book.and_then(Book::copy).map(Arc::new), ..self }
    }
}

impl Engine {
    /// Plays again what left `encore`, for the request `id`, which came at `began` and is the same. None
    /// when the take is not what it was, or has to be waited for: then the request is to be spoken.
    #[must_use]
    pub fn again(&self, encore: &Encore, id: &Arc<str>, began: Instant) -> Option<Again> {
        let store = self.store()?;
        let Encore { provider, take, form, record } = encore;
        let replay = store.cache().replay(take, form.as_ref(), provider)?;
        if let Some(record) = record {
            store.history().record_again(record, id, began.elapsed(), replay.expires_at_ms);
        }
        Some(Again { audio: replay.audio, age: replay.age })
    }
}
