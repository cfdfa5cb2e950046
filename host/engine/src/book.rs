//! The record of one request, while it is being written.
//!
//! It lies open for as long as anything happens on the request's behalf, and goes to the history
//! when the last of that is over: a call that others still listen to may outlive the client that
//! began it, and it belongs to this request all the same. So the calls of all records are the calls
//! that providers had. The client is not kept waiting for any of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::cache::{AudioDigest, Cache, StoreState, TakeKey};
use crate::error::SpeechError;
use crate::history::{AttemptRecord, History, RequestRecord, RequestStatus};
use crate::plan::Plan;
use crate::provenance::Provenance;
use crate::purchase::TakeSource;
use crate::request::SpeechRequest;
use crate::stock::Stock;
use crate::wall_clock::milliseconds;

/// What a call came to that nobody waited for any more.
const CANCELLED: &str = "cancelled";

#[derive(Debug)]
pub(crate) struct Book {
    history: History,
    cache: Cache,
    began: Instant,
    draft: Mutex<Draft>,
}

#[derive(Debug)]
struct Draft {
    /// Absent when it has been handed over.
    record: Option<RequestRecord>,
    /// What the calls of this request would cost, in millionths of a US dollar.
    price: Option<u64>,
    /// Its end is written.
    ended: bool,
}

/// What was sent.
pub(crate) struct Sent<'a> {
    pub(crate) provenance: &'a Provenance,
    pub(crate) encoding: &'static str,
    pub(crate) duration: Option<Duration>,
    pub(crate) bytes: u64,
    pub(crate) digest: Option<AudioDigest>,
}

impl Book {
    /// A record for `wanted`; none when there is no history. Until something else is written, it
    /// says that the client left.
    pub(crate) fn open(stock: Option<&Stock>, wanted: &SpeechRequest) -> Option<Self> {
        let (history, cache) = (stock?.store.history(), stock?.cache());
        if !history.is_on() {
            return None;
        }
        let request = &wanted.request;
        let text = request.utterance.source();
        let mut record = RequestRecord::new(&*wanted.id, history.now_ms(), text, RequestStatus::Cancelled);
        record.task_id.clone_from(&wanted.task);
        record.user_id.clone_from(&wanted.user);
        record.route.clone_from(&wanted.route);
        record.provider.clone_from(&wanted.provider);
        record.voice.clone_from(&request.voice);
        record.language = request.language.as_ref().map(ToString::to_string);
        record.character.clone_from(&request.character);
        (record.rate, record.pitch, record.volume) = (request.rate, request.pitch, request.volume);
        record.emotion.clone_from(&request.emotion);
        let draft = Mutex::new(Draft { record: Some(record), price: None, ended: false });
        Some(Self { history: history.clone(), cache: cache.clone(), began: Instant::now(), draft })
    }

    /// Remembers a request that was refused under `code` before anybody knew what it asks for.
    pub(crate) fn refused(stock: &Stock, id: &str, time: Duration, (code, message): (&str, &str)) {
        let history = stock.store.history();
        if !history.is_on() {
            return;
        }
        let latency_ms = milliseconds(time);
        let at_ms = history.now_ms().saturating_sub(latency_ms);
        history.record(RequestRecord {
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            latency_ms,
            ..RequestRecord::new(id, at_ms, "", RequestStatus::Failed)
        });
    }

    pub(crate) fn planned(&self, plan: &Plan) {
        self.write(|record| {
            record.route.clone_from(&plan.terms.route);
            record.provider = Some(plan.asked.provider.clone()).filter(|name| !name.is_empty());
        });
    }

    /// The take of somebody who failed; that of the first is the one that was wished for.
    pub(crate) fn missed(&self, take: TakeKey) {
        self.write(|record| {
            record.take.get_or_insert(take);
        });
    }

    /// Takes down a call to `provider`; returns its place.
    pub(crate) fn call(&self, provider: &str) -> usize {
        let attempt = AttemptRecord { provider: provider.to_owned(), outcome: CANCELLED.to_owned(), ms: 0 };
        let mut place = 0;
        self.write(|record| {
            place = record.attempts.len();
            record.attempts.push(attempt);
        });
        place
    }

    /// The end of the call at `place`, if it came to one.
    pub(crate) fn called(&self, place: usize, outcome: Option<&str>, time: Duration) {
        self.write(|record| {
            if let Some(attempt) = record.attempts.get_mut(place) {
                outcome.unwrap_or(CANCELLED).clone_into(&mut attempt.outcome);
                attempt.ms = milliseconds(time);
            }
        });
    }

    /// What the take costs, if it is bought, in US dollars.
    pub(crate) fn priced(&self, price: Option<f64>) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let price = price.map(|price| (price * 1e6).round() as u64);
        self.draft().price = price;
    }

    pub(crate) fn spoken(&self, sent: &Sent<'_>) {
        let price = self.draft().price;
        let Sent { provenance, encoding, duration, bytes, digest } = *sent;
        let source = provenance.cache;
        let is_own = matches!(source, TakeSource::Bought | TakeSource::Bypassed);
        self.end(|record| {
            let is_hit = source == TakeSource::Cache;
            record.status = if is_hit { RequestStatus::Cached } else { RequestStatus::Completed };
            record.provider = Some(provenance.provider.clone());
            record.voice.clone_from(&provenance.voice);
            record.take = provenance.take;
            record.characters_billed = provenance.characters_billed.map(u64::from);
            record.cost_micro_usd = if is_own { price } else { Some(0) };
            record.audio_ms = duration.map(milliseconds);
            record.audio_bytes = Some(bytes);
            record.encoding = Some(encoding.to_owned());
            record.audio = digest;
            record.expires_at_ms = self.expiry(provenance, record.at_ms + record.latency_ms);
            record.synthesis_ms = Some(milliseconds(provenance.synthesis_time));
            record.quality = provenance.quality;
            record.cache = Some(source.name().to_owned());
        });
    }

    /// When the take is thrown away that was had at `now_ms`, as far as it is kept.
    fn expiry(&self, provenance: &Provenance, now_ms: u64) -> Option<u64> {
        provenance.take?;
        let is_kept = provenance.cache == TakeSource::Cache || self.cache.state() == StoreState::Serving;
        let left = self.cache.settings().ttl.saturating_sub(provenance.age.unwrap_or_default());
        is_kept.then(|| now_ms.saturating_add(milliseconds(left)))
    }

    /// A conversation was performed as a whole by the provider that is written down.
    pub(crate) fn performed(&self, source: TakeSource, billed: Option<u32>, audio: Duration) {
        let price = self.draft().price;
        let is_own = matches!(source, TakeSource::Bought | TakeSource::Bypassed);
        self.end(|record| {
            let is_hit = source == TakeSource::Cache;
            record.status = if is_hit { RequestStatus::Cached } else { RequestStatus::Completed };
            record.characters_billed = if is_own { billed.map(u64::from) } else { Some(0) };
            record.cost_micro_usd = if is_own { price } else { Some(0) };
            record.audio_ms = Some(milliseconds(audio));
            record.cache = Some(source.name().to_owned());
        });
    }

    pub(crate) fn failed(&self, error: &SpeechError) {
        self.end(|record| {
            record.status = RequestStatus::Failed;
            record.code = Some(error.code().to_owned());
            record.message = Some(error.to_string());
            if let Some(provider) = error.provider() {
                record.provider = Some(provider.to_owned());
            }
        });
    }

    /// Forgets it all: others tell of the request.
    pub(crate) fn forget(self) {
        self.draft().record = None;
    }

    /// The client has its answer, or does not want it any more.
    pub(crate) fn left(&self) {
        self.end(|_| ());
    }

    /// What is written, for the record of a request like this one.
    pub(crate) fn copy(&self) -> Option<RequestRecord> {
        self.draft().record.as_ref().map(|record| self.history.kept(record.clone()))
    }

    fn end(&self, write: impl FnOnce(&mut RequestRecord)) {
        let latency = milliseconds(self.began.elapsed());
        let mut draft = self.draft();
        if draft.ended {
            return;
        }
        draft.ended = true;
        if let Some(record) = &mut draft.record {
            record.latency_ms = latency;
            write(record);
        }
    }

    fn write(&self, write: impl FnOnce(&mut RequestRecord)) {
        if let Some(record) = &mut self.draft().record {
            write(record);
        }
    }

    fn draft(&self) -> MutexGuard<'_, Draft> {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        let record = self.draft().record.take();
        if let Some(record) = record {
            self.history.record(record);
        }
    }
}
