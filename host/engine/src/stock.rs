//! What an engine has of a store.
//!
//! A store is a folder; this is what makes it useful to requests under way: the purchases that end
//! in its cache, the derivations of other encodings, which are shared like purchases because a
//! thousand listeners of one take need it encoded once, and the conversations that are performed.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::{Cache, TakeKey};
use crate::conversation::Performances;
use crate::error::SpeechError;
use crate::flight::{FlightSettings, Flights};
use crate::form::Formed;
use crate::purchase::Purchases;
use crate::store::Store;

#[derive(Debug)]
pub(crate) struct Stock {
    pub(crate) store: Store,
    pub(crate) purchases: Purchases,
    pub(crate) forms: Flights<TakeKey, Result<Formed, Arc<SpeechError>>>,
    pub(crate) performances: Performances,
    flight: FlightSettings,
}

impl Stock {
    pub(crate) fn new(store: Store, flight: FlightSettings) -> Self {
        let purchases = Purchases::new(store.cache().clone(), flight);
        let (forms, performances) = (Flights::new(flight), Performances::new(flight));
        Self { store, purchases, forms, performances, flight }
    }

    /// The same store under other settings. Calls under way are shared with later requests only
    /// while the settings stay the same.
    pub(crate) fn under(self: &Arc<Self>, flight: FlightSettings) -> Arc<Self> {
        if self.flight == flight {
            return Arc::clone(self);
        }
        Arc::new(Self::new(self.store.clone(), flight))
    }

    /// Waits until what is under way is over and kept, at most `patience`, and writes down what is
    /// written lazily.
    pub(crate) async fn settle(&self, patience: Duration) {
        let quiet = async {
            let Self { purchases, forms, performances, .. } = self;
            tokio::join!(purchases.until_empty(), forms.until_empty(), performances.until_empty())
        };
        if tokio::time::timeout(patience, quiet).await.is_err() {
            tracing::warn!("calls are still under way, what they buy is not kept");
        }
        self.store.flush().await;
    }

    pub(crate) fn cache(&self) -> &Cache {
        self.store.cache()
    }
}
