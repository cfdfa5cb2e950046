//! A rehearsal: what would happen to a request, without buying anything.
//!
//! It walks the plan that the request would get, down to the order that weights draw for its id,
//! and asks everything that costs nothing: which voice would stand in and how alike it is, what the
//! provider could not honour, what would keep it from being called now, what it would cost. Voice
//! lists are asked for where they are not known, because they are free.

use std::time::Duration;

use serde::Serialize;

use crate::cast::Seat;
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::gate::{Asking, Withheld};
use crate::plan::{Candidate, Part, Plan, plan};
use crate::provenance::{Casting, Skipped};
use crate::request::{CacheUse, SpeechRequest};
use crate::voice_id::VoiceId;

/// A request's plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rehearsal {
    /// What was asked for, as in [`Substitution::asked`](crate::Substitution::asked).
    pub asked: String,
    /// The route; none when nobody named one and there is no default.
    pub route: Option<String>,
    /// Characters of the text.
    pub characters: usize,
    /// The time it would have.
    #[serde(rename = "deadline_ms", serialize_with = "crate::provenance::milliseconds")]
    pub deadline: Duration,
    /// What would be done to the request, in sentences.
    pub notes: Vec<String>,
    /// Who could play it, in order.
    pub candidates: Vec<Rehearsed>,
}

/// One candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rehearsed {
    /// The provider.
    pub provider: String,
    /// The public id of the voice it would play; none when it chooses, or is skipped.
    pub voice: Option<String>,
    /// How the voice was found; none when it is skipped.
    #[serde(flatten)]
    pub casting: Option<Casting>,
    /// Fields it would speak without.
    pub dropped: Vec<String>,
    /// Why it cannot play this at all; none when it can.
    pub skipped: Option<Skipped>,
    /// What would keep it from being called now; none when nothing would.
    pub withheld: Option<Withheld>,
    /// Whether its take is in the cache, and would be had without a call. None without a store, or
    /// when the request wants nothing of it.
    pub cached: Option<bool>,
    /// US dollars, when a price is known.
    pub price: Option<f64>,
}

impl Rehearsal {
    /// The candidate that would be the first to be called or to answer from the cache, if any can.
    #[must_use]
    pub fn leader(&self) -> Option<&Rehearsed> {
        let plays = |candidate: &Rehearsed| candidate.withheld.is_none() || candidate.cached == Some(true);
        self.candidates.iter().find(|candidate| candidate.skipped.is_none() && plays(candidate))
    }
}

pub(crate) async fn rehearse(engine: &Engine, wanted: SpeechRequest) -> Result<Rehearsal, SpeechError> {
    let persona = engine.persona_of(&wanted).await?;
    let plan = plan(&engine.cast, &engine.settings, wanted, persona)?;
    // The voice asked for is compared with; unlike a request, a rehearsal waits for its list.
    if plan.asked.voice.is_some() && plan.parts.len() > 1 {
        let _ = engine.voice_list(&plan.asked.provider).await;
    }
    let mut candidates = Vec::with_capacity(plan.parts.len());
    for (place, part) in plan.parts.iter().enumerate() {
        let mut others = plan.parts.iter().skip(place + 1);
        let sole = others.all(|part| part.seat.is_err());
        candidates.push(rehearse_part(engine, &plan, part, sole).await);
    }
    Ok(Rehearsal {
        asked: plan.asked.public(),
        route: plan.terms.route,
        characters: plan.characters,
        deadline: plan.terms.deadline,
        notes: plan.notes,
        candidates,
    })
}

/// `sole`: nobody behind it could play.
async fn rehearse_part(engine: &Engine, plan: &Plan, part: &Part, sole: bool) -> Rehearsed {
    let provider = part.provider.clone();
    match part.cast(engine, plan).await {
        Ok(candidate) => {
            let characters = candidate.characters as u64;
            let asking = Asking {
                sole,
                on_trial: candidate.seat.on_trial,
                ..Asking::new(&engine.settings, &provider, characters, engine.calendar.today())
            };
            let voice = candidate.request.voice.as_ref();
            Rehearsed {
                voice: voice.map(|voice| VoiceId::new(provider.as_str(), voice.as_str()).to_string()),
                casting: Some(candidate.casting.clone()),
                dropped: candidate.dropped.clone(),
                skipped: None,
                withheld: engine.gate.door(&provider).withholds(&asking),
                cached: is_cached(engine, plan, &candidate).await,
                price: price(engine, &candidate),
                provider,
            }
        }
        Err(error) => Rehearsed {
            voice: None,
            casting: None,
            dropped: Vec::new(),
            skipped: Some(Skipped::because(&provider, &error)),
            withheld: None,
            cached: None,
            price: None,
            provider,
        },
    }
}

async fn is_cached(engine: &Engine, plan: &Plan, candidate: &Candidate) -> Option<bool> {
    let stock = engine.stock_for(plan.cache).filter(|_| plan.cache == CacheUse::Use)?;
    let notes = stock.cache().notes(&candidate.key()).await;
    Some(notes.is_some_and(|notes| plan.terms.rules.audition().trusts(&notes)))
}

/// US dollars of the take of `candidate`, if it is bought.
pub(crate) fn price(engine: &Engine, candidate: &Candidate) -> Option<f64> {
    price_of(engine, &candidate.seat, candidate.characters)
}

/// US dollars of so many characters spoken by `seat`.
pub(crate) fn price_of(engine: &Engine, seat: &Seat, characters: usize) -> Option<f64> {
    let own = engine.settings.policy(&seat.member.name).price_per_million_characters;
    let price = own.or(seat.member.provider.manifest().price_per_million_characters)?;
    #[allow(clippy::cast_precision_loss, reason = "a text is shorter than that")]
    let characters = characters as f64;
    Some(price * characters / 1_000_000.0)
}
