//! SSML, written and read.
//!
//! Writing is a tree of typed elements, so that the document is well-formed whatever the text in it
//! holds:
//!
//! ```
//! use std::time::Duration;
//! use understudy_plugin::ssml::{Element, Emphasis};
//!
//! let document = Element::speak("en-US")
//!     .with(Element::voice("Aria").with(
//!         Element::prosody()
//!             .rate(1.2)
//!             .pitch(-2.0)
//!             .text("Cats & dogs")
//!             .with(Element::pause(Duration::from_millis(300)))
//!             .with(Element::emphasis(Emphasis::Strong).text("welcome")),
//!     ))
//!     .to_string();
//! assert!(document.contains("Cats &amp; dogs<break time=\"300ms\"/>"));
//! ```
//!
//! Reading, for a plugin that takes SSML where its service does not, gives the text to be spoken and
//! the way back from its spans into the document, where the caller's word marks must point:
//!
//! ```
//! use understudy_plugin::ssml;
//!
//! let document = "<speak>Tom <emphasis>&amp;</emphasis> Jerry</speak>";
//! let spoken = ssml::plain(document).unwrap();
//! assert_eq!(spoken.text(), "Tom & Jerry");
//! assert_eq!(spoken.document_span(6..11), Some(38..43));
//! assert_eq!(&document[38..43], "Jerry");
//! ```

mod element;
mod markup;
mod placing;
mod plain;

pub use element::{Element, Emphasis};
pub use markup::markup_length;
pub use placing::Placing;
pub use plain::{Error, Mark, Plain, plain};

#[cfg(test)]
mod tests;
