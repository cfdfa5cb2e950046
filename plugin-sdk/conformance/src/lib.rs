//! Holds a plugin against the contract, rule by rule.
//!
//! A component that builds and speaks once can still break what every host relies on: a span that
//! points past the text puts a subtitle in the wrong place, a 429 that comes back as "protocol
//! error" opens a breaker instead of waiting a second, a plugin that ignores `false` keeps buying
//! audio nobody hears. None of it shows on a good day, so each is a rule here.
//!
//! Two halves. [`check_alone`] needs nothing but the component; `understudy plugin check` runs it.
//! [`check_served`] needs a service to speak with, a simulator or a recorded one, and something
//! that can make it fail; an author runs it in a test:
//!
//! ```no_run
//! # async fn example(wasm: bytes::Bytes, config: understudy_sandbox::PluginConfig) -> Result<(), Box<dyn std::error::Error>> {
//! use understudy_conformance::{Service, check_served};
//! use understudy_sandbox::{Sandbox, SandboxOptions};
//!
//! let sandbox = Sandbox::new(SandboxOptions::default())?;
//! let plugin = sandbox.load(wasm, config).await?;
//! // A service of one's own takes `Some(trouble)` and makes it, or says that it cannot.
//! let service = Service { voice: Some("amy".to_owned()), blocked: None, make: &|_trouble| false };
//! let report = check_served(&plugin, &service).await;
//! assert!(report.passed(), "{report}");
//! # Ok(()) }
//! ```

mod alone;
mod hearing;
mod report;
mod served;
mod trouble;
mod voices;
mod words;

pub use alone::check_alone;
pub use report::{Finding, Report, Verdict};
pub use served::{Service, check_served};
pub use trouble::Trouble;
