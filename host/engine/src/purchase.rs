//! One take, had as cheaply as it can be: from the cache, from whoever is buying it already, or
//! from the provider.
//!
//! This is what stands between a planned candidate and its provider. The cache is asked first.
//! Then single flight: identical wishes share one call. Between the two lies a gap, in which a
//! take may have been bought and kept, so whoever begins a call looks once more. The outcome is
//! told to all as soon as it is there; keeping it comes after, and nobody waits for a disk.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::audition::{AuditionSettings, Standard};
use crate::cache::{AudioDigest, Cache, Hit, HitAudio, StoreState, TakeKey, TakeNotes};
use crate::error::SpeechError;
use crate::flight::{Announcer, FlightLost, FlightSettings, Flights, Ticket};

/// Where a take came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeSource {
    /// The cache.
    Cache,
    /// The call of another request.
    Shared,
    /// A call of this request's own.
    Bought,
    /// A call of this request's own, because it wanted nothing from the cache or there is none.
    Bypassed,
}

impl TakeSource {
    /// Its name for logs, metrics and history: `hit`, `shared`, `miss` or `bypass`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cache => "hit",
            Self::Shared => "shared",
            Self::Bought => "miss",
            Self::Bypassed => "bypass",
        }
    }
}

impl Serialize for TakeSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A take that was had, in its provider's own encoding.
#[derive(Clone, Debug)]
pub struct Had {
    /// All but the audio. Of a cached or shared take, `request_id` is that of the request that
    /// bought it.
    pub notes: Arc<TakeNotes>,
    /// The audio.
    pub audio: HitAudio,
    /// The audio's digest; none of one that was bought past the cache.
    pub digest: Option<AudioDigest>,
    /// Where it came from.
    pub source: TakeSource,
    /// How long it has been in the cache.
    pub age: Option<Duration>,
}

/// What a purchase comes to. An error is told to all who wait for it, so it is shared.
pub type Bought = Result<Had, Arc<SpeechError>>;

/// A take that was looked for.
#[derive(Debug)]
pub enum Sought {
    /// It is in the cache.
    Found(Had),
    /// It is being bought: follow its events, or wait for the outcome.
    UnderWay(Ticket<Bought>),
}

/// The cache, and the calls under way. Clones share it.
#[derive(Clone, Debug)]
pub struct Purchases {
    cache: Cache,
    flights: Flights<Wish, Bought>,
}

/// What a call under way is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Wish {
    key: TakeKey,
    /// Set when a take from the cache will not do: how closely the new one is listened to. Such a wish
    /// shares a call with its like alone: any other call may yet find the take in the cache, or bring
    /// one that this listener does not trust.
    anew: Option<Standard>,
}

impl Purchases {
    /// Purchases that end in `cache`.
    #[must_use]
    pub fn new(cache: Cache, settings: FlightSettings) -> Self {
        Self { cache, flights: Flights::new(settings) }
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Returns when no call is under way and what was bought is kept.
    pub async fn until_empty(&self) {
        self.flights.until_empty().await;
    }

    /// Looks for a take, and has `buy` buy it if nobody has it. `buy` announces what comes, for
    /// those who stream, and returns the whole; what it returns is kept. It runs on a task of its
    /// own, which the returned ticket keeps alive.
    pub async fn seek<W, F>(&self, key: TakeKey, provider: &str, buy: W) -> Sought
    where
        W: FnOnce(Announcer<Bought>) -> F + Send + 'static,
        F: Future<Output = Result<(TakeNotes, Bytes), SpeechError>> + Send + 'static,
    {
        match self.find(key, provider).await {
            Some(had) => Sought::Found(had),
            None => Sought::UnderWay(self.buy(key, provider, buy)),
        }
    }

    /// Looks for a take in the cache alone.
    pub async fn find(&self, key: TakeKey, provider: &str) -> Option<Had> {
        let hit = self.cache.get(&key, provider).await?;
        Some(Had::cached(hit, &self.cache))
    }

    /// The second half of [`Purchases::seek`], for whoever found nothing.
    pub fn buy<W, F>(&self, key: TakeKey, provider: &str, buy: W) -> Ticket<Bought>
    where
        W: FnOnce(Announcer<Bought>) -> F + Send + 'static,
        F: Future<Output = Result<(TakeNotes, Bytes), SpeechError>> + Send + 'static,
    {
        self.begin(Wish { key, anew: None }, provider, buy)
    }

    /// Buys a take whether or not it is in the cache, where it takes the old one's place. Shares
    /// the call with whoever asks for the same at the same time and has it auditioned alike: what `buy`
    /// returns has passed `audition`, so that all who share it trust it.
    pub fn renew<W, F>(
        &self,
        key: TakeKey,
        provider: &str,
        audition: &AuditionSettings,
        buy: W,
    ) -> Ticket<Bought>
    where
        W: FnOnce(Announcer<Bought>) -> F + Send + 'static,
        F: Future<Output = Result<(TakeNotes, Bytes), SpeechError>> + Send + 'static,
    {
        self.begin(Wish { key, anew: Some(audition.standard()) }, provider, buy)
    }

    /// Joins the purchase of a take or begins it, unless it has been kept meanwhile.
    fn begin<W, F>(&self, wish: Wish, provider: &str, buy: W) -> Ticket<Bought>
    where
        W: FnOnce(Announcer<Bought>) -> F + Send + 'static,
        F: Future<Output = Result<(TakeNotes, Bytes), SpeechError>> + Send + 'static,
    {
        let (cache, provider) = (self.cache.clone(), provider.to_owned());
        self.flights.join(wish, move |announcer| async move {
            let Wish { key, anew } = wish;
            if let Some(hit) = cache.get_hot(&key).filter(|_| anew.is_none()) {
                return Ok(Had::cached(hit, &cache));
            }
            let (notes, audio) = buy(announcer.clone()).await.map_err(Arc::new)?;
            let notes = Arc::new(notes);
            // A name that nobody can ask for is not worth its hashing.
            let digest = (cache.state() != StoreState::Off).then(|| AudioDigest::of(&audio));
            let had = Had {
                notes: Arc::clone(&notes),
                audio: HitAudio::Memory(audio.clone()),
                digest,
                source: TakeSource::Bought,
                age: None,
            };
            announcer.land(Ok(had.clone()));
            let Some(digest) = digest else { return Ok(had) };
            if let Err(error) = cache.put_digested(key, &provider, notes, audio, digest).await {
                tracing::debug!(provider, code = error.code(), %error, "take was not kept");
            }
            Ok(had)
        })
    }

    /// The whole take, from wherever it is had soonest. Dropping the future leaves the purchase to
    /// whoever else waits for it.
    ///
    /// # Errors
    /// What `buy` failed with, or [`SpeechError::Internal`] if it panicked.
    pub async fn take_of<W, F>(&self, key: TakeKey, provider: &str, buy: W) -> Bought
    where
        W: FnOnce(Announcer<Bought>) -> F + Send + 'static,
        F: Future<Output = Result<(TakeNotes, Bytes), SpeechError>> + Send + 'static,
    {
        match self.seek(key, provider, buy).await {
            Sought::Found(had) => Ok(had),
            Sought::UnderWay(ticket) => ticket.had().await,
        }
    }
}

impl Had {
    fn cached(hit: Hit, cache: &Cache) -> Self {
        let Hit { notes, audio, digest, stored_at_ms, .. } = hit;
        let age = Some(cache.since(stored_at_ms));
        Self { notes, audio, digest: Some(digest), source: TakeSource::Cache, age }
    }

    /// One that was bought past the cache.
    pub(crate) fn bypassed(notes: TakeNotes, audio: Bytes) -> Self {
        let (notes, audio) = (Arc::new(notes), HitAudio::Memory(audio));
        Self { notes, audio, digest: None, source: TakeSource::Bypassed, age: None }
    }
}

impl Ticket<Bought> {
    /// The outcome as this listener's own: shared, unless its asking began the call.
    ///
    /// # Errors
    /// As [`Purchases::take_of`].
    pub async fn had(&self) -> Bought {
        let internal = |lost: FlightLost| Arc::new(SpeechError::Internal(lost.to_string()));
        let mut had = self.outcome().await.map_err(internal)??;
        if had.source == TakeSource::Bought && !self.has_begun() {
            had.source = TakeSource::Shared;
        }
        Ok(had)
    }
}

#[cfg(test)]
mod tests;
