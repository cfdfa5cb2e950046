//! Write a speech provider for Understudy: one trait, one macro.
//!
//! A provider is a WebAssembly component that turns text into audio: by a service's protocol, or by
//! itself. It holds no key, opens no socket and reads no file; what it may do is what this crate
//! offers it.
//!
//! # Quick start
//!
//! `understudy plugin new my-voice` writes a project that builds, passes its tests and can be heard.
//! By hand it is a crate with `crate-type = ["cdylib"]` and
//!
//! ```
//! use understudy_plugin::{
//!     AudioFormat, Capabilities, Encoding, Error, Manifest, Plugin, Request, Summary, Take, Voice, text,
//! };
//!
//! struct Hum;
//!
//! impl Plugin for Hum {
//!     fn describe() -> Manifest {
//!         Manifest::new("hum", "Hum", env!("CARGO_PKG_VERSION"))
//!             .description("Hums a tenth of a second for each word.")
//!             .license("Apache-2.0")
//!             .capabilities(Capabilities::new(Encoding::PcmS16le, [16_000]).language("en"))
//!     }
//!
//!     fn voices() -> Result<Vec<Voice>, Error> {
//!         Ok(vec![Voice::new("low", "Low").language("en")])
//!     }
//!
//!     fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
//!         let words = text::words(request.utterance.source());
//!         take.begin(AudioFormat::mono(Encoding::PcmS16le, 16_000))?;
//!         for _word in words {
//!             let hum: Vec<i16> = (0..1_600).map(|sample| if sample % 160 < 80 { 3_000 } else { -3_000 }).collect();
//!             take.samples(&hum)?;
//!         }
//!         take.summary() // the error "no audio" when there was no word
//!     }
//! }
//!
//! understudy_plugin::export!(Hum);
//! # fn main() {
//! let recording = understudy_plugin::testing::synthesize::<Hum>(Request::text("Hello there")).unwrap();
//! recording.assert_contract();
//! assert_eq!(recording.audio_ms(), Some(200));
//! # }
//! ```
//!
//! built with `cargo build --release --target wasm32-wasip2`.
//!
//! # Where things are
//!
//! | you want to | look at |
//! |---|---|
//! | say what the plugin is and can do | [`Manifest`], [`Capabilities`], [`Voice`] |
//! | push audio and word marks as they come | [`Take`], [`Word`], [`Summary`] |
//! | say why there is no audio | [`Error`]; the case decides what the host does next |
//! | call a service | [`http`], [`websocket`] |
//! | hand a service's audio on, whatever it really is | [`Relay`] |
//! | read the operator's settings | [`settings`] |
//! | sign requests with a key you never see | [`signing`] |
//! | keep a token or a list between calls | [`memo`] |
//! | tell the operator something | [`log`](mod@log) |
//! | wait, for a job that is polled or a call that is retried | [`clock`] |
//! | cut text into sentences, pieces and words, and count in other units | [`text`] |
//! | find a voice for a language tag | [`language`] |
//! | write SSML, or read it when your service cannot | [`ssml`] |
//! | speak as named characters | [`CharacterPlugin`], [`Script`] |
//! | unit-test all of that without a host | `testing`, on native targets |
//!
//! # Rules that hold everywhere
//!
//! - Every call runs in a fresh instance. Nothing survives a call but [`memo`].
//! - *Absent means absent.* An `Option` that is `None` was not set by the caller: do not send a
//!   default of your own to the service in its place.
//! - Text positions are byte offsets into the request's own text, on character boundaries. Times are
//!   milliseconds from the start of the take's audio.
//! - Text in which nothing can be spoken is [`Error::Unsupported`], never silence.
//! - A panic costs one call. What it says is logged as an error with its place, then the call traps.

#[cfg(target_family = "wasm")]
mod bindings;
pub mod clock;
mod error;
mod export;
mod format;
mod host;
pub mod http;
pub mod language;
pub mod log;
mod manifest;
pub mod memo;
mod plugin;
mod relay;
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
pub use relay::Relay;
pub use request::{Request, Utterance, decimal};
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
