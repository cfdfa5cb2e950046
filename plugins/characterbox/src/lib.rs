//! Speech and conversations by the characters of CharacterBox.
//!
//! The service is known from a design document that uses it without defining it. What the document
//! leaves out is defined by a sheet of ours, and this client holds to the sheet without relying on it:
//! a field the document does not have is sent only when the caller set it, and where a service refuses
//! one, what was asked is asked again without it.
//!
//! Audio is fetched from a URL and handed on while it arrives. A download that breaks off goes on
//! where it broke; one whose URL has expired is ordered again under the same idempotency key, which
//! costs nothing. In both cases what was already heard is held against the first bytes of the second.

mod audio;
mod cast;
mod chance;
mod conversation;
mod draft;
mod emulation;
mod order;
mod place;
mod plugin;
mod receipt;
mod refusal;
mod scene;
mod service;
mod settings;
mod speech;
mod words;

pub use plugin::CharacterBox;
