//! Speech from SiliconFlow: CosyVoice2's eight voices, and the account's own clones.
//!
//! The API is OpenAI's in outline and not in detail: a voice carries its model in its name, gain is
//! a field, errors come as objects, as bare strings and as plain text, and what is billed is bytes.
//! The service sends samples at a rate its documents disagree on, so WAVE is asked for in their
//! place, and no rate is sent that the caller did not ask for.

mod plugin;
mod refusal;
mod service;
mod settings;
mod speech;

pub use plugin::SiliconFlow;
