//! Plans a request for speech and carries it through.
//!
//! [`Engine`] stands between a client's wish and a [`Provider`](understudy_speech::Provider). One
//! request passes these rooms in order, and each is one file: `text` (is it speakable?), `plan`
//! (who could play it, with which voice?), `walk` (whose turn is it, and for how long?), `take`
//! (where does that one's take come from?), `gate` (may it be asked now?), `attempt` (one call and
//! its cancellation), `recording` (what came back, within bounds), `audition` (is it audio, and
//! whole?), `delivery` (the encoding the client asked for). When a call fails, `verdict` says what
//! that means. [`Engine::speak`] walks them and answers with the whole; [`Engine::stream`] sends
//! audio on while it comes; [`Engine::rehearse`] tells what they would do.
//!
//! What is true of all of them: nothing here knows WebAssembly or HTTP; a client's mistake is told
//! apart from a provider's fault ([`SpeechError::is_client_fault`]), because only the latter may
//! ever count against a provider; and dropping the future or stream that a caller holds ends the
//! provider's work, because speech that nobody waits for is only cost.
//!
//! Beside them stand the rooms of what outlives a request: [`Store`] keeps takes (`cache`), who
//! asked for what and how it ended (`history`), and what was spent; [`Purchases`] has each take as
//! cheaply as it can be had, through the cache and single flight (`flight`); [`IdempotencyKeys`]
//! gives a client that asks again the answer it missed.

mod attempt;
pub mod audition;
mod book;
mod books;
pub mod cache;
mod cast;
pub mod catalogue;
mod chance;
mod characters;
mod conversation;
mod database;
mod delivery;
mod encore;
mod engine;
mod error;
mod fit;
pub mod flight;
mod form;
mod gate;
pub mod history;
mod idempotency;
pub mod likeness;
mod listing;
mod plan;
mod provenance;
mod purchase;
mod recording;
mod rehearsal;
mod request;
mod rows;
mod score;
pub mod script;
#[cfg(feature = "scripted")]
pub mod scripted;
mod settings;
mod speak;
mod status;
mod stock;
mod store;
mod stream;
mod suggest;
mod take;
pub mod text;
mod timing;
mod verdict;
mod voice_book;
mod voice_id;
mod walk;
mod wall_clock;
mod words;

pub use cast::{Cast, Member, ProviderInfo, Sticky, Trial};
pub use characters::{CharacterProfile, Listed};
pub use conversation::{
    Conversation, ConversationRequest, Progress, Recasting, ScriptSource, Speaker, SpokenLine,
};
pub use encore::{Again, Encore};
pub use engine::Engine;
pub use error::SpeechError;
pub use gate::{BreakerState, Period, Spending, Withheld};
pub use idempotency::{Answer, IdempotencyError, IdempotencyKeys, IdempotencySettings};
pub use provenance::{Attempt, Casting, How, Provenance, Skipped, Substitution};
pub use purchase::{Bought, Had, Purchases, Sought, TakeSource};
pub use rehearsal::{Rehearsal, Rehearsed};
pub use request::{CacheUse, Output, SpeechRequest};
pub use score::{Score, Scored};
pub use settings::{
    BreakerSettings, CharacterPart, ConversationSettings, Delivery, EngineSettings, GlobalLimits,
    HedgeSettings, LocalCharacter, LogicalVoice, Manner, Plays, Probe, ProviderPolicy, Recast, RetrySettings,
    Route, Tier, VoicePart, VoicePolicy,
};
pub use speak::Speech;
pub use status::{Durations, EngineStatus, ProviderStatus};
pub use store::{Store, StoreSettings};
pub use stream::{Finished, SpeechEvent, SpeechStream};
pub use suggest::nearest;
pub use voice_id::VoiceId;
pub use wall_clock::WallClock;
