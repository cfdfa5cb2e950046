//! CharacterBox: characters, speech with feeling, conversations.
//!
//! There is no such service. A design document uses one without defining it, and a sheet of ours
//! defines what the document left open; this is the server side of that sheet, in three readings:
//! the sheet whole, the document's own few fields and nothing else, and the shapes of a public client
//! that was written for the same document. What goes wrong with such a service and no other (a URL
//! that expires, a sum that does not fit, a conversation that dies on the way) is a [`Mishap`].

mod account;
mod cast;
mod conversation;
mod field;
mod job;
mod ledger;
mod mishap;
mod order;
mod performance;
mod request;
mod script;
mod shelf;
mod speech;
mod trouble;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::fault::OrderError;
use crate::service::{Refusal, Service, Stage};
use account::Account;
use job::Jobs;
use ledger::Ledger;
use shelf::Shelf;
use trouble::Trouble;

pub use mishap::{Mishap, Mishaps};

/// Which reading of the protocol the service speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The whole sheet.
    #[default]
    Full,
    /// The design document's fields and no other: any more of them are refused.
    StrictSeed,
    /// The shapes of a public client for the same document, below `/v1`.
    LegacyHint,
}

/// The simulator. Clones share the account, the audio and the conversations.
#[derive(Clone, Debug)]
pub struct CharacterBox {
    name: &'static str,
    profile: Profile,
    page_max: usize,
    premium: bool,
    mishaps: Mishaps,
    account: Arc<Account>,
    ledger: Arc<Ledger>,
    shelf: Arc<Shelf>,
    jobs: Arc<Jobs>,
}

impl Default for CharacterBox {
    fn default() -> Self {
        Self::new(Profile::Full)
    }
}

impl CharacterBox {
    /// A service with a million credits, one a character, on an account that pays for premium ones.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let (name, minutely) = match profile {
            Profile::Full => ("characterbox", 100),
            Profile::StrictSeed => ("characterbox-strict-seed", 100),
            Profile::LegacyHint => ("characterbox-legacy-hint", 60),
        };
        Self {
            name,
            profile,
            page_max: 100,
            premium: true,
            mishaps: Mishaps::default(),
            account: Arc::new(Account::new(1_000_000, minutely)),
            ledger: Arc::default(),
            shelf: Arc::default(),
            jobs: Arc::default(),
        }
    }

    /// With so many credits.
    #[must_use]
    pub fn credits(self, credits: u64) -> Self {
        let minutely = self.account.minutely();
        Self { account: Arc::new(Account::new(credits, minutely)), ..self }
    }

    /// With so many requests a minute.
    #[must_use]
    pub fn requests_a_minute(self, requests: usize) -> Self {
        Self { account: Arc::new(Account::new(self.account.credits(), requests)), ..self }
    }

    /// With no more than so many characters on a page of the list, whatever is asked for.
    #[must_use]
    pub fn page_max(self, characters: usize) -> Self {
        Self { page_max: characters.max(1), ..self }
    }

    /// On an account that does not pay for premium characters.
    #[must_use]
    pub fn without_premium(self) -> Self {
        Self { premium: false, ..self }
    }

    /// What goes wrong here and with no other service, settable while it runs.
    #[must_use]
    pub const fn mishaps(&self) -> &Mishaps {
        &self.mishaps
    }

    /// Characters of text paid for so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.account.spent()
    }

    /// The state of each conversation, in the order they were ordered: `processing`, `completed`,
    /// `failed` or `canceled`.
    #[must_use]
    pub fn conversations(&self) -> Vec<&'static str> {
        self.jobs.states()
    }
}

#[derive(Clone)]
struct Desk {
    service: CharacterBox,
    stage: Stage,
}

impl Desk {
    /// The key, and a place within the minute.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Response> {
        let sent = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        match sent {
            None => Err(self.refuse(Trouble::no_key())),
            Some(sent) if sent.strip_prefix("Bearer ") == Some(self.stage.key()) => {
                self.service.account.count().map_err(|trouble| self.refuse(trouble))
            }
            Some(_) => Err(self.refuse(Trouble::wrong_key())),
        }
    }

    fn refuse(&self, trouble: Trouble) -> Response {
        trouble.told(self.service.profile)
    }
}

impl Service for CharacterBox {
    fn name(&self) -> &'static str {
        self.name
    }

    fn router(&self, stage: Stage) -> Router {
        let desk = Desk { service: self.clone(), stage };
        let api = Router::new()
            .route("/characters", get(cast::list))
            .route("/synthesize", post(speech::answer))
            .route("/conversations", post(conversation::open));
        let api = match self.profile {
            Profile::Full => api
                .route("/health", get(health))
                .route("/characters/{id}", get(cast::one))
                .route("/conversations/{id}", get(conversation::poll).delete(conversation::cancel)),
            Profile::StrictSeed => api,
            Profile::LegacyHint => Router::new().nest("/v1", api),
        };
        api.route("/a/{file}", get(shelf::fetch))
            .fallback(no_route)
            .method_not_allowed_fallback(no_method)
            .layer(from_fn_with_state(desk.clone(), dressed))
            .with_state(desk)
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        Trouble::of(refusal).told(self.profile)
    }

    fn own_faults(&self) -> &'static str {
        order::GRAMMAR
    }

    fn order(&self, fault: &str) -> Result<(), OrderError> {
        let (mishap, times) = order::read(fault)?;
        match times {
            Some(times) => self.mishaps.next(times, mishap),
            None => self.mishaps.set(mishap),
        }
        Ok(())
    }

    fn clear_orders(&self) {
        self.mishaps.clear();
    }
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": "1" }))
}

async fn no_route(State(desk): State<Desk>) -> Response {
    desk.refuse(Trouble::not_found("not_found", "No such route"))
}

async fn no_method(State(desk): State<Desk>) -> Response {
    desk.refuse(Trouble::not_supported(StatusCode::METHOD_NOT_ALLOWED))
}

/// The headers of every answer: the request's id, and what is left of the minute.
async fn dressed(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let id = request.headers().get("x-request-id").cloned();
    let mut response = next.run(request).await;
    if desk.service.profile != Profile::Full {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert("x-request-id", id.unwrap_or_else(|| HeaderValue::from_static("req_simulated")));
    let (limit, left, reset) = desk.service.account.minute();
    headers.insert("x-ratelimit-limit", HeaderValue::from(limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(left));
    headers.insert("x-ratelimit-reset", HeaderValue::from(reset));
    response
}

#[cfg(test)]
mod tests;
