//! The engine's public face.

mod clock;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use understudy_speech::{Manifest, Voice};

pub(crate) use clock::Clock;

use crate::attempt::Partings;
use crate::book::Book;
use crate::books::Books;
use crate::cache::{AudioDigest, TakeKey, TakeNotes};
use crate::cast::{Cast, ProviderInfo, Seat};
use crate::error::SpeechError;
use crate::gate::{Calendar, Gate, Spending};
use crate::plan;
use crate::rehearsal::{self, Rehearsal};
use crate::request::{CacheUse, SpeechRequest};
use crate::settings::EngineSettings;
use crate::speak::{self, Speech};
use crate::status::EngineStatus;
use crate::stock::Stock;
use crate::store::Store;
use crate::stream::{self, SpeechStream};
use crate::suggest::nearest;
use crate::voice_id::VoiceId;

/// How long an error message may wait for the voice list that would make it helpful.
const SUGGESTION_PATIENCE: Duration = Duration::from_secs(2);

/// Carries requests for speech to a cast of providers. Clones share everything.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) cast: Cast,
    pub(crate) settings: Arc<EngineSettings>,
    pub(crate) encoders: Arc<Semaphore>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) calendar: Calendar,
    pub(crate) books: Arc<Books>,
    pub(crate) partings: Partings,
    /// Absent without a store.
    pub(crate) stock: Option<Arc<Stock>>,
}

impl Engine {
    /// An engine for `cast`. Its days and months are counted from now, see [`Engine::dated`].
    #[must_use]
    pub fn new(cast: Cast, settings: EngineSettings) -> Self {
        let gate = Arc::new(Gate::new(&settings.limits));
        let encoders = Arc::new(Semaphore::new(settings.encoders.max(1)));
        let calendar = Calendar::from_here();
        Self {
            cast,
            settings: Arc::new(settings),
            encoders,
            gate,
            calendar,
            books: Arc::default(),
            partings: Partings::default(),
            stock: None,
        }
    }

    /// The same engine, which keeps in `store` what outlives a request: takes are had from its
    /// cache, identical requests at the same time share one call, every request is in its history,
    /// the characters of text that providers spoke are counted there, in the days and months of its
    /// clock, and so are the profiles of all who were ever listed as a character. An engine without a store does none of that. Call it before the engine is used.
    #[must_use]
    pub fn with_store(self, store: Store) -> Self {
        let (counters, books) = (store.counters().clone(), Arc::clone(store.books()));
        let clock = counters.clock().clone();
        let calendar = Calendar::new(move || clock.now());
        let gate = Arc::new(Gate::counting(&self.settings.limits, counters));
        let stock = Some(Arc::new(Stock::new(store, self.settings.flight)));
        Self { gate, calendar, books, stock, ..self }
    }

    /// The same engine, which learns from `clock` when a day and a month begin.
    #[must_use]
    pub fn dated(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { calendar: Calendar::new(clock), ..self }
    }

    /// An engine for another cast under other settings, that remembers what this one learnt:
    /// breakers, counts, budgets and calls under way go on by the providers' names, and so does the
    /// store; what is known of a provider's voices goes on as long as it is the same one.
    #[must_use]
    pub fn recast(&self, cast: Cast, settings: EngineSettings) -> Self {
        let gate = Arc::new(self.gate.under(&settings.limits));
        let stock = self.stock.as_ref().map(|stock| stock.under(settings.flight));
        let same = self.settings.encoders == settings.encoders;
        let fresh = Self::new(cast.keeping(&self.cast), settings);
        let encoders = if same { Arc::clone(&self.encoders) } else { fresh.encoders };
        let (calendar, books) = (self.calendar.clone(), Arc::clone(&self.books));
        let partings = self.partings.clone();
        Self { gate, stock, encoders, calendar, books, partings, ..fresh }
    }

    /// The store, if it has one.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.stock.as_ref().map(|stock| &stock.store)
    }

    /// To be called before the program ends: waits until what is being bought is kept, at most
    /// `patience`, and the store is on the disk.
    pub async fn settle(&self, patience: Duration) {
        if let Some(stock) = &self.stock {
            stock.settle(patience).await;
        }
        self.part().await;
    }

    /// Keeps a finished file of `provider`'s, to be had by its digest from the cache: when this returns,
    /// it is there. None where nothing is kept.
    pub async fn keep_file(&self, provider: &str, notes: TakeNotes, audio: Bytes) -> Option<AudioDigest> {
        let cache = self.stock.as_ref()?.cache();
        let hashed = audio.clone();
        let digest = spawn_blocking(move || AudioDigest::of(&hashed)).await.ok()?;
        if !cache.has_audio(digest) {
            let key = TakeKey::of_file(digest);
            cache.put_digested(key, provider, Arc::new(notes), audio, digest).await.ok()?;
        }
        Some(digest)
    }

    /// To be called before a program ends whose work was interrupted: returns, within seconds, when
    /// services have been told to stop what they perform for nobody any more.
    pub async fn part(&self) {
        self.partings.over().await;
    }

    /// What a request may have from the store.
    pub(crate) fn stock_for(&self, cache: CacheUse) -> Option<&Arc<Stock>> {
        self.stock.as_ref().filter(|_| cache != CacheUse::Off)
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &EngineSettings {
        &self.settings
    }

    /// The providers, in the cast's order.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderInfo> {
        let info = |seat: &Arc<Seat>| ProviderInfo {
            name: seat.member.name.clone(),
            manifest: seat.member.provider.manifest().clone(),
        };
        self.cast.seats().iter().map(info).collect()
    }

    /// The providers' names, in the cast's order.
    pub fn provider_names(&self) -> impl Iterator<Item = &str> {
        self.cast.names()
    }

    /// A provider's own description.
    #[must_use]
    pub fn manifest(&self, provider: &str) -> Option<&Manifest> {
        self.cast.find(provider).map(|seat| seat.member.provider.manifest())
    }

    /// Who plays first when nobody is named, as far as weights leave that open: the configured
    /// default, the first of the default route or of the configured providers, or whoever is alone
    /// in the cast.
    #[must_use]
    pub fn default_provider(&self) -> Option<&str> {
        plan::default_provider(&self.cast, &self.settings)
    }

    /// The voices of `provider`, at most [`EngineSettings::voices_ttl`] old.
    ///
    /// # Errors
    /// No such provider, or it failed to list them.
    pub async fn voices(&self, provider: &str) -> Result<Vec<Voice>, SpeechError> {
        Ok(self.voice_list(provider).await?.to_vec())
    }

    /// The same list, shared instead of copied.
    ///
    /// # Errors
    /// As [`Engine::voices`].
    pub async fn voice_list(&self, provider: &str) -> Result<Arc<[Voice]>, SpeechError> {
        let seat = self.cast.require(provider)?;
        let clock = Clock::start(self.settings.deadline);
        let list = seat.voices.get(self.settings.voices_ttl, async {
            let called = seat.member.provider.voices(clock.call("voices"));
            clock.hold(provider, called).await?.map_err(|failure| clock.blame(provider, failure))
        });
        let list = list.await?;
        self.books.voices.learn(seat, &list);
        Ok(list)
    }

    /// The same list, for whoever can do without it: [`SpeechError::DeadlineExceeded`] when it does
    /// not come within `patience`.
    ///
    /// # Errors
    /// As [`Engine::voices`].
    pub async fn voices_within(
        &self,
        provider: &str,
        patience: Duration,
    ) -> Result<Arc<[Voice]>, SpeechError> {
        let late = |_| SpeechError::DeadlineExceeded { provider: provider.to_owned(), limit: patience };
        timeout_at(Instant::now() + patience, self.voice_list(provider)).await.map_err(late)?
    }

    /// The voices of `provider` as it last told them, however long ago that was; a list that has
    /// grown old is renewed meanwhile. One that was never told is waited for, but not longer than
    /// `patience`, and not by every request again. For requests that are under way: a provider in
    /// trouble must not hold them up before its turn has even come.
    pub async fn voices_at_hand(&self, provider: &str, patience: Duration) -> Option<Arc<[Voice]>> {
        let seat = self.cast.find(provider)?;
        if let Some(known) = self.known_voices(seat) {
            self.learn_voices(seat);
            return Some(known);
        }
        if seat.voices.is_missed() {
            return None;
        }
        // It may still come when nobody waits for it any more.
        self.learn_voices(seat);
        let waiting = seat.voices.wait();
        let list = self.voices_within(provider, patience).await.ok()?;
        waiting.end();
        Some(list)
    }

    /// The voices of `provider` as it last told them; none when it never did.
    #[must_use]
    pub fn last_voices(&self, provider: &str) -> Option<Arc<[Voice]>> {
        self.known_voices(self.cast.find(provider)?)
    }

    /// Who would lead a request of this id that names neither provider nor voice; `route` and
    /// `has_character` as in the request. None when nobody would, or the route is not known.
    #[must_use]
    pub fn leader(&self, id: &str, route: Option<&str>, has_character: bool) -> Option<String> {
        plan::leader(&self.cast, &self.settings, id, route, has_character)
    }

    /// Checks configuration and credentials of `provider`.
    ///
    /// # Errors
    /// No such provider, or what it found wrong.
    pub async fn check(&self, provider: &str) -> Result<(), SpeechError> {
        self.check_within(provider, self.settings.deadline).await
    }

    pub(crate) async fn check_within(&self, provider: &str, limit: Duration) -> Result<(), SpeechError> {
        let seat = self.cast.require(provider)?;
        let clock = Clock::start(limit);
        let called = seat.member.provider.check(clock.call("check"));
        clock.hold(provider, called).await?.map_err(|failure| clock.blame(provider, failure))
    }

    /// Speaks, and answers with the whole take: checked, and in the encoding asked for. Dropping
    /// the future cancels the provider's work.
    ///
    /// # Errors
    /// Every [`SpeechError`].
    pub async fn speak(&self, request: SpeechRequest) -> Result<Speech, SpeechError> {
        // Six kilobytes, which every future around it would carry along.
        Box::pin(speak::speak(self, request)).await
    }

    /// Speaks, and sends audio on while it comes. Resolves when the first audio is there, so that
    /// whatever fails before it is still an error like any other. Dropping the future or the
    /// stream cancels the provider's work.
    ///
    /// # Errors
    /// Every [`SpeechError`]; later ones end the stream.
    pub async fn stream(&self, request: SpeechRequest) -> Result<SpeechStream, SpeechError> {
        Box::pin(stream::stream(self, request)).await
    }

    /// What would happen to a request, without buying anything: who could play it, in which order,
    /// with which voice, at what price, and what would keep them from it now.
    ///
    /// # Errors
    /// The request is wrong whoever plays it, or nobody could.
    pub async fn rehearse(&self, request: SpeechRequest) -> Result<Rehearsal, SpeechError> {
        rehearsal::rehearse(self, request).await
    }

    /// Remembers the request `id`, which was refused after `time`, before it came to this engine: with the
    /// code and the message that its client was told, and without a text.
    pub fn note_refused(&self, id: &str, time: Duration, code: &str, message: &str) {
        if let Some(stock) = &self.stock {
            Book::refused(stock, id, time, (code, message));
        }
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> EngineStatus {
        let today = self.calendar.today();
        let queue = self.gate.queue();
        EngineStatus {
            speaking: queue.speaking(),
            waiting: queue.waiting(),
            speaking_max: queue.limits().max_concurrent_syntheses,
            waiting_max: queue.limits().queue_depth,
            providers: self.cast.names().map(|name| self.gate.door(name).status(today)).collect(),
        }
    }

    /// The characters every provider was asked to speak, to be kept over a restart. A store keeps
    /// them by itself.
    #[must_use]
    pub fn spending(&self) -> BTreeMap<String, Spending> {
        self.gate.spending()
    }

    /// Takes up what [`Engine::spending`] said before a restart. Only without a store.
    pub fn restore_spending(&self, spending: BTreeMap<String, Spending>) {
        for (provider, spending) in spending {
            self.gate.door(&provider).restore(spending);
        }
    }

    /// The voices of a provider as it last told them, now or before the start, without waiting for it.
    pub(crate) fn known_voices(&self, seat: &Arc<Seat>) -> Option<Arc<[Voice]>> {
        seat.voices.last().or_else(|| self.books.voices.of(seat))
    }

    /// Sees to it that the voices of `seat` are known when somebody needs a stand-in among them. A
    /// list that did not come is not asked for by every request again.
    pub(crate) fn learn_voices(&self, seat: &Arc<Seat>) {
        let is_settled = seat.voices.is_fresh(self.settings.voices_ttl) || seat.voices.is_missed();
        if is_settled || !seat.voices.may_refresh() {
            return;
        }
        let (engine, seat) = (self.clone(), Arc::clone(seat));
        tokio::spawn(async move {
            // Whoever waits for the list may have been told already that it does not come.
            if !seat.voices.is_missed()
                && let Err(error) = engine.voice_list(&seat.member.name).await
            {
                tracing::debug!(provider = seat.member.name, code = error.code(), "voices not listed");
                seat.voices.miss();
            }
            seat.voices.refreshed();
        });
    }

    /// The same error, with the voice that was probably meant where one is missing.
    pub(crate) async fn with_suggestion(&self, error: SpeechError) -> SpeechError {
        let SpeechError::UnknownVoice { provider, voice, .. } = error else { return error };
        let patience = Instant::now() + SUGGESTION_PATIENCE;
        let voices = timeout_at(patience, self.voice_list(&provider)).await.ok().and_then(Result::ok);
        let known: Vec<String> =
            voices.iter().flat_map(|voices| voices.iter()).map(|voice| voice.id.clone()).collect();
        let suggestion = nearest(&voice, known.iter().map(String::as_str))
            .map(|found| VoiceId::new(provider.as_str(), found).to_string());
        SpeechError::UnknownVoice { provider, voice, suggestion, known }
    }
}
