//! The HTTP API as its clients call it.

mod moneyprinter;
mod openai;
mod refusals;
mod service;
