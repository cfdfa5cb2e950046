//! The account: its tier, its credits, and how many requests it has in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::Desk;
use super::trouble::Trouble;

/// What the account pays for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Two requests at once.
    Free,
    /// Three.
    Starter,
    /// Five, and MP3 at 192 kbit/s.
    Creator,
    /// Ten, and PCM or WAV at 44.1 kHz.
    #[default]
    Pro,
}

impl Tier {
    const fn at_once(self) -> usize {
        match self {
            Self::Free => 2,
            Self::Starter => 3,
            Self::Creator => 5,
            Self::Pro => 10,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Starter => "starter",
            Self::Creator => "creator",
            Self::Pro => "pro",
        }
    }
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) tier: Tier,
    credits: u64,
    spent: AtomicU64,
    in_flight: AtomicUsize,
}

/// One request in flight, until it is dropped with the last byte of its answer.
#[derive(Debug)]
pub(super) struct InFlight {
    account: Arc<Account>,
    /// How many there were with this one.
    pub(super) current: usize,
    pub(super) maximum: usize,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.account.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Account {
    pub(super) const fn new(tier: Tier, credits: u64) -> Self {
        Self { tier, credits, spent: AtomicU64::new(0), in_flight: AtomicUsize::new(0) }
    }

    pub(super) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Acquire)
    }

    /// Takes a place among the requests in flight.
    pub(super) fn enter(self: &Arc<Self>) -> Result<InFlight, Trouble> {
        let maximum = self.tier.at_once();
        let current = self.in_flight.fetch_add(1, Ordering::AcqRel) + 1;
        // From here on the place is given back by dropping it, a refused one too.
        let place = InFlight { account: Arc::clone(self), current, maximum };
        if current > maximum { Err(Trouble::too_many_at_once(maximum)) } else { Ok(place) }
    }

    /// Pays for a text.
    pub(super) fn pay(&self, cost: u64) -> Result<(), Trouble> {
        let paid = self.spent.fetch_update(Ordering::AcqRel, Ordering::Acquire, |spent| {
            (spent + cost <= self.credits).then_some(spent + cost)
        });
        paid.map(|_| ()).map_err(|spent| Trouble::out_of_credits(self.credits.saturating_sub(spent), cost))
    }
}

pub(super) async fn subscription(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Value>, Response> {
    desk.admit(&headers)?;
    let account = &desk.service.account;
    Ok(Json(json!({
        "tier": account.tier.name(), "character_count": account.spent(), "character_limit": account.credits,
        "next_character_count_reset_unix": 1_798_761_600, "status": "active", "voice_limit": 30,
        "can_extend_character_limit": false, "currency": "usd",
    })))
}
