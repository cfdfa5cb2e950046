//! What Microsoft's two doors to the same voices have in common.
//!
//! Azure AI Speech and the read-aloud service of the Edge browser are one speech service behind two
//! front ends: one wants a key, the other a token made from the clock. Past the handshake they send
//! the same messages ([`frame`]), mark words in the same JSON ([`boundary`]), and list their voices
//! in the same form ([`voice`]). So the protocol stands here once, and the plugins hold what
//! differs: who may come in, what may be asked for, and what a refusal means.
//!
//! A library for those two plugins and not a plugin: it becomes no component.

pub mod boundary;
pub mod clock;
pub mod frame;
pub mod id;
pub mod line;
pub mod pieces;
pub mod prosody;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod track;
pub mod turn;
pub mod voice;

pub use line::Line;
pub use track::Track;
pub use turn::Interruption;
pub use voice::Listed;
