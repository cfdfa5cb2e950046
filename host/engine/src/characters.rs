//! Characters: names with a personality, whoever lends them a voice.
//!
//! A character is a service's own (`characterbox/char_123`), or is written down on this server
//! (`captain-nova`), or both: a character of this server is played by a service's of the same name
//! where there is one, because that is the best likeness there can be. Everybody else only stands
//! in for it.
//!
//! * `resolve` finds who is meant by a name, and makes a `persona` of it: who plays it as itself, and
//!   what anybody else would have to sound like. A name that nobody knows is refused, with the one
//!   that was probably meant, as long as every list could be had.
//! * `carry` takes a feeling over to a voice that knows nothing of it, as far as that goes, and says
//!   how far that was.
//! * `book` remembers every profile ever listed. When a service is down its characters are still
//!   known by gender, age and language, which is what their stand-ins are chosen by.

mod book;
mod carry;
mod listing;
mod manner;
mod persona;
mod profile;
mod resolve;

pub(crate) use book::CharacterBook;
pub(crate) use carry::{Carried, can_feel, carry};
pub use listing::Listed;
pub(crate) use persona::{Persona, Played, plain};
pub use profile::CharacterProfile;
