//! `/api/v1/tts`: our own API.
//!
//! Its four calls and their fields are those that MoneyPrinterTurbo's service design names, so that
//! its service layer finds here what it was written against; what they lack is added beside them
//! (word times, subtitles, provenance, a plan that costs nothing, a catalogue) and never in their place.

mod batch;
mod explain;
mod find;
mod request;
pub(crate) mod requests;
mod response;
mod synthesize;
mod takes;
mod voices;

pub(crate) use batch::{__path_batch_synthesize, batch_synthesize};
pub(crate) use explain::{__path_explain, explain};
pub(crate) use find::{__path_find_voices, find_voices};
pub(crate) use request::{Subtitles, encoding, language_of};
pub(crate) use requests::{__path_request, __path_requests, request, requests};
pub(crate) use response::{SpokenWord, dropped, spoken, times_name};
pub(crate) use synthesize::{__path_synthesize, synthesize};
pub(crate) use takes::{__path_take, PLACE, place_of, take};
pub(crate) use voices::{__path_providers, __path_voices, providers, voices};
