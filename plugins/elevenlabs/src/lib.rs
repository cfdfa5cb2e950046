//! Speech from ElevenLabs, streamed, with the time of every word.
//!
//! With word marks wanted, the service sends lines of JSON: a piece of audio in Base64 and a time for
//! each *character* of the text. Without, it sends the audio alone, which costs neither side the
//! encoding. Either way the caller hears the first piece long before the last is made.
//!
//! A text past the model's limit is spoken in parts. Those are asked for as samples, which join
//! without a seam, and each part is told what was said before it, so that its tone goes on.

mod models;
mod plugin;
mod refusal;
mod service;
mod settings;
mod speech;
mod timestamps;

pub use plugin::ElevenLabs;
