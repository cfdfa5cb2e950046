//! The offline voice of Understudy: English speech with no network, no key and no grant.
//!
//! It is the emergency tier of every route, so it must work when nothing else does, and must not
//! pretend: what it cannot speak it refuses with a typed error, because a silent file passes for
//! success until somebody listens to it.
//!
//! A request goes through [`text::prepare`] (what is said, and where it stands in the caller's
//! text), then sentence by sentence through a [`Speaker`] (samples and marks).

mod delivery;
mod loudness;
mod plugin;
mod settings;
mod speaker;
pub mod text;
mod tract;
pub mod voices;

pub use delivery::Controls;
pub use plugin::Flite;
pub use speaker::{BrokenData, Mark, Piece, SAMPLE_RATE, Speaker};
