//! Audio as bytes and as samples: sniff, walk, decode, encode, resample, measure, join, and cue sheets.
//!
//! Pure functions. Nothing here does I/O, waits or keeps time, so a caller may run any of it on
//! whatever thread it likes; the expensive ones are [`decode`], [`encode`] and [`resample`], and a
//! server puts those on a blocking thread.
//!
//! Everything that arrives comes from a plugin or from a service behind it, so all of it is judged
//! as hostile: every length is checked against the bytes that are there, every loop consumes input,
//! and a decode is bounded by [`DECODED_SAMPLES_MAX`] because a hundred kilobytes of FLAC can
//! otherwise say "four hours of silence". There is no `unsafe` in this crate.
//!
//! Two prices, as the engine's audition needs them: [`inspect`] walks the container and every frame
//! header and decodes nothing ([`survey`] also listens to what lies open); [`decode`] followed by
//! [`measure`] hears everything.

mod align;
pub mod cue;
mod decode;
mod encode;
mod error;
mod field;
mod inspect;
mod join;
mod levels;
mod limiter;
mod loudness;
mod measure;
mod pcm;
mod resample;
mod sniff;
mod stream;
mod transcode;

pub use align::estimate_words;
pub use decode::{DECODED_SAMPLES_MAX, decode, decode_within};
pub use encode::{ENCODABLE, Encoded, Extent, Target, encode};
pub use error::AudioError;
pub use inspect::wav::is_plain_wave;
pub use inspect::{Inspection, Survey, inspect, survey};
pub use join::{
    FileJoiner, JoinOptions, Joined, JoinedFile, Joiner, Part, Placed, TARGET_LUFS, join, join_file,
    measure_voices,
};
pub use levels::Levels;
pub use limiter::{CEILING_DBTP, Limiter, limit};
pub use loudness::LoudnessMeter;
pub use measure::{Measurement, measure};
pub use pcm::Pcm;
pub use resample::resample;
pub use sniff::sniff;
pub use stream::StreamEncoder;
pub use transcode::{Transcoded, transcode};
