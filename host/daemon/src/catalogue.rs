//! The voice lists of all providers, fetched at once.
//!
//! One provider that is down, slow or out of credentials must neither hide the voices of the others
//! nor make everybody wait: each list has a little time, and a provider that does not use it is told
//! beside what it listed last, if it ever did.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use understudy_engine::catalogue::Catalogue;
use understudy_engine::{Engine, SpeechError};
use understudy_speech::Voice;

/// How long a list may take. Services answer in well under a second, and send a few hundred voices.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What every provider listed.
#[derive(Debug)]
pub(crate) struct Lists {
    /// In the cast's order; of one that failed, what it told before.
    lists: Vec<(String, Arc<[Voice]>)>,
    missing: Vec<Missing>,
}

/// A provider that did not list its voices now.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) provider: String,
    pub(crate) error: SpeechError,
}

impl Lists {
    /// Asks every provider of `engine`.
    pub(crate) async fn fetch(engine: &Engine) -> Self {
        let names: Vec<&str> = engine.provider_names().collect();
        let fetched = join_all(names.iter().map(|name| engine.voices_within(name, PATIENCE))).await;
        let mut lists = Self { lists: Vec::with_capacity(names.len()), missing: Vec::new() };
        for (name, fetched) in names.into_iter().zip(fetched) {
            let list = fetched.unwrap_or_else(|error| {
                lists.missing.push(Missing { provider: name.to_owned(), error });
                engine.last_voices(name).unwrap_or_default()
            });
            lists.lists.push((name.to_owned(), list));
        }
        lists
    }

    /// Each provider's voices, in the cast's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[Voice])> {
        self.lists.iter().map(|(name, voices)| (name.as_str(), voices.as_ref()))
    }

    /// All of them in one list.
    pub(crate) fn catalogue(&self) -> Catalogue<'_> {
        Catalogue::new(self.iter())
    }

    /// Who did not list its voices now.
    pub(crate) fn missing(&self) -> &[Missing] {
        &self.missing
    }
}

impl Missing {
    /// Why, without advice for requests that speak.
    pub(crate) fn reason(&self) -> String {
        match &self.error {
            SpeechError::DeadlineExceeded { limit, .. } => {
                format!("its voices did not come within {} s", limit.as_secs())
            }
            error => error.to_string(),
        }
    }
}
