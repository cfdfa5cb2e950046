//! Write a speech provider for Understudy: one trait, one macro.

#[cfg(target_family = "wasm")]
mod bindings;
mod error;
mod export;
mod format;
mod host;
pub mod http;
pub mod log;
mod manifest;
pub mod memo;
mod plugin;
mod request;
mod script;
pub mod settings;
pub mod signing;
pub mod ssml;
mod summary;
mod take;
#[cfg(all(feature = "template", not(target_family = "wasm")))]
pub mod template;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod text;
mod voice;
pub mod websocket;
mod word;

pub use error::{Error, InvalidField, TextLimit, TextUnit};
pub use format::{AudioFormat, Encoding};
pub use manifest::{Capabilities, FormatSupport, Host, HostRequest, Manifest, Range, SecretRequest};
pub use plugin::{CharacterPlugin, Plugin};
pub use request::{Request, Utterance};
pub use script::{Line, Script};
pub use summary::Summary;
pub use take::Take;
pub use voice::{Age, Character, Gender, Voice};
pub use word::{LineMark, Word, WordTimes};

/// What `export!` expands to. Not for use by hand.
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::{character, guest, speech};
}
