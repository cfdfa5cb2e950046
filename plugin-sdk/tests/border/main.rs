//! The SDK at its border: plugins in the harness, and the template authors start from.

#![allow(missing_docs, reason = "a test is documented by its name")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "what only tests call is a test too")]

use understudy_plugin::{AudioFormat, Encoding};

mod contract;
mod service;
mod template;

const FORMAT: AudioFormat = AudioFormat::mono(Encoding::PcmS16le, 16_000);
