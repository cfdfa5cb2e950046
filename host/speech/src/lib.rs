//! The vocabulary of Understudy and its one seam.
//!
//! Everything above and below agrees on the words in this crate: a [`Request`] is what a client
//! wants spoken, a [`Voice`] is who could speak it, a take is one recording of it, a [`Word`] says
//! when a word is heard, a [`Failure`] says why there is no take. The seam is [`Provider`]: the
//! engine calls it, the sandbox implements it, and neither knows the other.
//!
//! The types mirror the contract in `wit/` but are not generated from it. A contract version is
//! frozen when it is released; this crate is not, and each version's adapter in the sandbox
//! translates. The crate does no I/O and imports no other crate of ours.

mod error;
mod format;
mod language;
mod manifest;
mod provider;
mod request;
mod take;
mod voice;
mod word;

pub use error::{Failure, InvalidField, ProviderError, TextLimit, TextUnit};
pub use format::{AudioFormat, Encoding};
pub use language::{Language, LanguageError};
pub use manifest::{Capabilities, FormatSupport, Host, HostRequest, Manifest, Range, SecretRequest};
pub use provider::{Call, Provider};
pub use request::{Line, Request, Script, Utterance};
pub use take::{Summary, TakeEvent, TakeSink, TakeStream, take_channel};
pub use voice::{Age, Character, Gender, Voice};
pub use word::{LineMark, Word, WordTimes};
