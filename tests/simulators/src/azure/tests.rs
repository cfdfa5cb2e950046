//! The service as its clients meet it: raw HTTP and raw WebSocket frames.

mod rest;
mod socket;

use crate::{Options, Simulator};

use super::Azure;

const SSML: &str = "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>\
     <voice name='en-US-JennyNeural'>Hello, my friend. How are you today?</voice></speak>";

fn azure() -> Simulator {
    Simulator::start(Azure::default(), Options::default()).unwrap()
}
