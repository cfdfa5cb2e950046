//! Speech from a GPT-SoVITS server of the operator's own: voices cloned from a few seconds.
//!
//! The server has no voices, only recordings on its disk, so a voice is what the operator says it
//! is: a recording, what is said in it, and perhaps weights. It has no health check, and answers
//! every mistake with status 400 and a sentence, some in Chinese; [`refusal`] reads them. WAVE is
//! all that is asked of it: the server stands next door, samples join and stream without loss, and
//! its other formats hide the rate or are compressed for nothing.

mod plugin;
mod refusal;
mod server;
mod settings;
mod speech;

pub use plugin::GptSovits;
