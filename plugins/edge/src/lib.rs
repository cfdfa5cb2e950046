//! Speech from the read-aloud service of Microsoft's Edge browser.
//!
//! The voices are Azure's and cost nothing, because the service is not offered to anybody but the
//! browser: there is no account, no agreement and no promise, and its door changes without notice.
//! What the door asks for is therefore a setting, with the value of today as its default.
//!
//! [`token`] is the key to the door, made from the clock; [`door`] shows it, and sets the clock right
//! when the service says that it is wrong; [`messages`] asks for a turn in the browser's words;
//! [`speech`] makes the turn's document; [`refusal`] says what a failure means.

mod door;
mod messages;
mod plugin;
mod refusal;
mod script;
mod settings;
mod speech;
mod token;
mod voices;

pub use plugin::Edge;
pub use token::{Recipe, token};
