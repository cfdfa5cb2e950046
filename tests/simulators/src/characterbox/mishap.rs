//! What goes wrong with this service and no other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The audio's URL has expired when it is given out.
    ExpiredUrl,
    /// `sha256` is of other audio.
    WrongHash,
    /// `size_bytes` is one byte more than there is.
    WrongSize,
    /// The audio lacks its second half, and its answer's length says so.
    TruncatedAudio,
    /// The audio goes on past 50 MiB.
    OversizedAudio,
    /// The audio's URL redirects to an address inside somebody's network.
    PrivateRedirect,
    /// The audio's URL redirects to the audio, so many times.
    Redirects(u32),
    /// An answer lacks `duration`.
    MissingDuration,
    /// An answer lacks `audio_url`.
    MissingAudioUrl,
    /// A good answer is no JSON.
    BadJson,
    /// The list of characters has one more page, for ever the same.
    PagingLoop,
    /// There are no conversations, with 501.
    NoConversations,
    /// A conversation takes so many polls, each to be made after a wait.
    SlowConversations {
        /// Answers that say `processing`.
        polls: u32,
        /// What `poll_after` says.
        poll_after: Duration,
    },
    /// A conversation of more lines than this fails when it comes to that one, counted from 0.
    DiesAtLine(usize),
    /// Every request for speech after so many answers 500.
    DiesAfter(u64),
}

/// The mishaps of one service. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Mishaps(Arc<Mutex<Vec<Due>>>);

/// A mishap and how many more times it happens; none for always.
type Due = (Mishap, Option<u32>);

impl Mishaps {
    /// It goes wrong until [`Mishaps::clear`].
    pub fn set(&self, mishap: Mishap) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((mishap, None));
    }

    /// It goes wrong the next `times` times.
    pub fn next(&self, times: u32, mishap: Mishap) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((mishap, Some(times)));
    }

    /// All goes well again.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What `find` makes of the first mishap it knows, which is counted down.
    pub(super) fn meet<T>(&self, find: impl Fn(&Mishap) -> Option<T>) -> Option<T> {
        let mut mishaps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = None;
        for (mishap, times) in mishaps.iter_mut().filter(|(_, times)| *times != Some(0)) {
            met = find(mishap);
            if met.is_some() {
                *times = times.map(|times| times - 1);
                break;
            }
        }
        mishaps.retain(|(_, times)| *times != Some(0));
        met
    }

    /// Whether this very mishap happens now.
    pub(super) fn meets(&self, wanted: &Mishap) -> bool {
        self.meet(|mishap| (mishap == wanted).then_some(())).is_some()
    }
}
