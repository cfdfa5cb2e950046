//! The takes themselves, as an operator looks at them: here, or through a running server.

use serde::{Deserialize, Serialize};
use understudy_engine::cache::{Cache, CacheError, Cleared, TakeInfo, Verification};
use utoipa::ToSchema;

/// Takes that are read from the index at once.
const PAGE: usize = 500;

/// Takes that are kept.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct KeptTakes {
    /// The takes.
    pub(crate) takes: Vec<KeptTake>,
    /// There are more than were asked for.
    pub(crate) more: bool,
}

/// One take.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct KeptTake {
    /// Its key: a SHA-256 over everything that shapes it.
    pub(crate) key: String,
    /// Who spoke.
    pub(crate) provider: String,
    /// The voice, when known.
    pub(crate) voice: Option<String>,
    /// How the audio is encoded.
    pub(crate) encoding: String,
    /// Samples a second.
    pub(crate) sample_rate: u32,
    /// How long it plays, in milliseconds.
    pub(crate) duration_ms: u64,
    /// Bytes of audio.
    pub(crate) bytes: u64,
    /// The SHA-256 of its audio.
    pub(crate) digest: String,
    /// When it was stored, in milliseconds since 1970.
    pub(crate) stored_at_ms: u64,
    /// When it was last asked for.
    pub(crate) used_at_ms: u64,
    /// When it is thrown away.
    pub(crate) expires_at_ms: u64,
}

/// How far a check of the takes has come.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct VerifiedTakes {
    /// Pieces of audio looked at.
    pub(crate) checked: usize,
    /// Pieces of audio there are.
    pub(crate) total: usize,
    /// Bytes of those that were read.
    pub(crate) bytes: u64,
    /// Pieces of audio that were not what they should be.
    pub(crate) damaged: usize,
    /// Takes that were removed with them.
    pub(crate) removed: usize,
    /// Pieces of audio that could not be read, for a reason that is not theirs. They are left as they are.
    pub(crate) unread: usize,
    /// All are looked at.
    pub(crate) done: bool,
}

/// What was thrown away.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct ClearedTakes {
    /// Takes.
    pub(crate) takes: usize,
    /// Bytes of disk, in whole blocks.
    pub(crate) bytes: u64,
}

impl KeptTakes {
    /// The first takes of `cache`, of `provider` if one is named, at most `limit`.
    pub(crate) async fn of(cache: &Cache, provider: Option<&str>, limit: usize) -> Result<Self, CacheError> {
        let is_wanted = |take: &TakeInfo| provider.is_none_or(|provider| provider == take.provider);
        let (mut takes, mut after) = (Vec::new(), None);
        while takes.len() <= limit {
            let page = cache.list(after, PAGE).await?;
            takes.extend(page.takes.into_iter().filter(is_wanted).map(KeptTake::from));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let more = takes.len() > limit;
        takes.truncate(limit);
        Ok(Self { takes, more })
    }
}

impl From<TakeInfo> for KeptTake {
    fn from(from: TakeInfo) -> Self {
        Self {
            key: from.key.to_string(),
            provider: from.provider,
            voice: from.voice,
            encoding: from.format.encoding.name().to_owned(),
            sample_rate: from.format.sample_rate,
            duration_ms: from.duration_ms,
            bytes: from.bytes,
            digest: from.digest.to_string(),
            stored_at_ms: from.stored_at_ms,
            used_at_ms: from.used_at_ms,
            expires_at_ms: from.expires_at_ms,
        }
    }
}

impl VerifiedTakes {
    /// What is known in the middle of a check.
    pub(crate) fn so_far(now: Verification) -> Self {
        let Verification { checked, total, bytes, damaged, removed, unread } = now;
        Self { checked, total, bytes, damaged, removed, unread, done: false }
    }

    /// What came of a check.
    pub(crate) fn whole(verified: Verification) -> Self {
        Self { done: true, ..Self::so_far(verified) }
    }
}

impl From<Cleared> for ClearedTakes {
    fn from(Cleared { takes, bytes }: Cleared) -> Self {
        Self { takes, bytes }
    }
}
