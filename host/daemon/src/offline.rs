//! The offline voice: the one plugin that travels inside the program.
//!
//! It asks for no grant and no network, so whatever else is broken there is somebody who speaks.

/// What requests call it, unless the configuration gives it another name.
pub(crate) const NAME: &str = "flite";

/// The component; none in a build with `UNDERSTUDY_SKIP_PLUGINS=1`.
#[cfg(offline_voice)]
pub(crate) const COMPONENT: Option<&[u8]> = Some(include_bytes!(env!("UNDERSTUDY_OFFLINE_VOICE")));

/// The component; none in a build with `UNDERSTUDY_SKIP_PLUGINS=1`.
#[cfg(not(offline_voice))]
pub(crate) const COMPONENT: Option<&[u8]> = None;
