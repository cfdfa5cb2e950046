//! Speech services on loopback.
//!
//! A simulator is the *server* side of one provider, written from what the service documents and
//! what its clients rely on, never from our own plugin: a plugin and a server written from each
//! other agree on the same mistake. It is strict. An unknown field, a missing header, a wrong token
//! or a text past the limit gets the status, the headers and the body the service would send, so
//! that a plugin that passes here has met the service's refusals and not only its good days.
//!
//! The audio is speech (an offline voice, packed in the service's own format), because an engine
//! that auditions what it receives would rightly throw a sine or a row of zeros away.
//!
//! ```no_run
//! use understudy_simulators::{Fault, Options, Simulator, openai::OpenAi};
//!
//! let simulator = Simulator::start(OpenAi::default(), Options::default())?;
//! simulator.faults().next(2, Fault::RateLimited { retry_after: None });
//! println!("{}", simulator.base_url());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Each runs on a thread and a runtime of its own, so a test may pause its clock, block, or have no
//! runtime at all. Dropping the handle stops the server and breaks every connection it holds.

#![allow(clippy::result_large_err, reason = "a refusal is the answer itself, made once a request")]

pub mod body;
pub mod catalogue;
pub mod fault;
mod pydantic;
pub mod received;
pub mod service;
pub mod simulator;
pub mod speech;

pub mod azure;
pub mod characterbox;
pub mod edge;
pub mod elevenlabs;
pub mod google;
pub mod gpt_sovits;
pub mod openai;
pub mod siliconflow;

mod performance;
mod ssml;

pub use catalogue::{CATALOGUE, Entry};
pub use fault::{Fault, Faults, Order};
pub use received::Received;
pub use service::{Refusal, Service, Stage};
pub use simulator::{Options, Simulator};

#[cfg(test)]
mod testing;
