//! Speech from Google Cloud Text-to-Speech, with the time of every word where its voices tell it.
//!
//! The service marks no words. It reports when it comes by a `<mark>`, in its v1beta1 and with some
//! families of voices; so when words are wanted, a mark is put before each of them, and the times of
//! the marks are the times of the words. Where the caller sends SSML, the marks go into that.
//!
//! What a request may hold is decided by the family in the voice's name more than by the service: a
//! Chirp voice refuses the whole request for a field that shapes a WaveNet voice. The rules of the
//! families are known here, so what cannot work is not sent, and another provider speaks at once.
//!
//! 5,000 bytes are all the service takes. A longer text is spoken in parts and joined as samples,
//! which have no seam; a longer document cannot be cut and is refused.

mod access;
mod answer;
mod draft;
mod family;
mod language;
mod marks;
mod performance;
mod plugin;
mod refusal;
mod service;
mod settings;
mod tags;
mod voices;
mod words;

pub use plugin::Google;
