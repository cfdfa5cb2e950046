//! Speech from Azure AI Speech.
//!
//! Two doors lead to the same voices. REST answers with a file and no times, so it is taken when
//! nobody wants words; the WebSocket of Microsoft's own clients marks words, and is taken when
//! somebody does. Over REST a bad request is silent: the reason stands where HTTP/2 has no room for
//! it. So everything that can be wrong with one is looked for before it is sent: the voice, its
//! styles and roles by the voice list, a document by the rules of the service's SSML.
//!
//! [`voices`] looks voices up; [`speech`] decides on controls and makes the document of a text; [`document`] completes
//! and checks one of the caller's; [`performance`] has them spoken; [`service`] knows the addresses, [`messages`] the WebSocket;
//! [`refusal`] says what an error means, [`billing`] what a document costs.

mod billing;
mod document;
mod format;
mod messages;
mod performance;
mod plugin;
mod refusal;
mod service;
mod settings;
mod speech;
mod voices;

pub use plugin::Azure;
