//! A provider's voice list, remembered for a while.
//!
//! Every listing is a call into a plugin, and for a cloud service a request over the network. The
//! list changes a few times a year and is wanted often: to show it, to map a client's voice name,
//! to say what a misspelt voice should have been. So it is kept, and the lock is held across the
//! call, so that a hundred clients who ask at once cost one listing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use understudy_speech::Voice;

use crate::error::SpeechError;

#[derive(Default)]
pub(crate) struct VoiceBook {
    list: Mutex<Option<(Instant, Arc<[Voice]>)>>,
}

impl VoiceBook {
    /// The list, from memory while it is younger than `ttl`, else from `fetch`. A failure is told
    /// to its caller and not remembered.
    pub(crate) async fn get(
        &self,
        ttl: Duration,
        fetch: impl Future<Output = Result<Vec<Voice>, SpeechError>>,
    ) -> Result<Arc<[Voice]>, SpeechError> {
        let mut list = self.list.lock().await;
        if let Some((since, voices)) = list.as_ref()
            && since.elapsed() < ttl
        {
            return Ok(Arc::clone(voices));
        }
        let voices: Arc<[Voice]> = fetch.await?.into();
        *list = Some((Instant::now(), Arc::clone(&voices)));
        Ok(voices)
    }
}
