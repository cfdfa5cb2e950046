//! A host in a test: runs a plugin natively, with settings, network and memo played by the test.
//!
//! ```
//! use understudy_plugin::testing::{Harness, Reply};
//! # use understudy_plugin::*;
//! # struct MyVoice;
//! # impl Plugin for MyVoice {
//! #     fn describe() -> Manifest {
//! #         let api = Host::name("api.example.com");
//! #         Manifest::new("my-voice", "My Voice", "0.1.0")
//! #             .host(api.clone(), "speech is synthesized there")
//! #             .secret(SecretRequest::new("api_key", "identifies your account").host(api))
//! #             .settings_schema(serde_json::json!({
//! #                 "type": "object", "properties": { "api_key": { "type": "string" } },
//! #             }))
//! #     }
//! #     fn voices() -> Result<Vec<Voice>, Error> { Ok(Vec::new()) }
//! #     fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
//! #         let settings: serde_json::Value = settings::get()?;
//! #         let key = settings["api_key"].as_str().unwrap_or_default();
//! #         let mut response = http::Request::post("https://api.example.com/speech")
//! #             .header("x-api-key", key)
//! #             .send()?
//! #             .error_for_status()?;
//! #         take.begin(AudioFormat::mono(Encoding::PcmS16le, 16_000))?;
//! #         take.audio(&response.bytes(1 << 20)?)?;
//! #         take.summary()
//! #     }
//! # }
//!
//! let recording = Harness::<MyVoice>::new()
//!     .secret("api_key", "sk-123")
//!     .http(|request| {
//!         assert_eq!(request.header_value("x-api-key"), Some("sk-123"));
//!         Ok(Reply::ok([0; 3_200]))
//!     })
//!     .synthesize(Request::text("Hello."))
//!     .unwrap();
//! recording.assert_contract();
//! assert_eq!(recording.audio_ms(), Some(100));
//! ```
//!
//! What the harness does like the host: it fills the schema's defaults into the settings, puts a
//! placeholder where a secret belongs and the secret's value into what is sent, keeps the memo from
//! call to call of one harness, and denies the network until the test plays it. Its
//! time moves by [`clock::wait`](crate::clock::wait) alone: nothing in the memo expires, and a silent
//! WebSocket peer times out at once.

mod contract;
mod harness;
mod manifest;
mod network;
mod recording;

pub use harness::Harness;
pub use manifest::check_manifest;
pub(crate) use network::{HttpHandler, WebsocketHandler};
pub use network::{Peer, Reply};
pub use recording::{LogLine, Recording, TakeEvent};

use crate::{Error, Plugin, Request};

/// Runs one request through a plugin that needs no settings and no network.
///
/// # Errors
/// The plugin's own.
pub fn synthesize<P: Plugin>(request: Request) -> Result<Recording, Error> {
    Harness::<P>::new().synthesize(request)
}
