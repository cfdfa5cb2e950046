//! The crate's behaviour at its border.

#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod alignment;
mod cue_properties;
mod cue_sheets;
mod hostile;
mod joined_files;
mod joining;
mod level;
mod limiting;
mod loudness;
mod pass_through;
mod round_trip;
mod scene;
mod signals;
mod speakers;
mod speech;
mod stream;
mod voice_loudness;
mod walk;
