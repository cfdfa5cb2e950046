//! The plugins that travel inside the program.
//!
//! Every provider of this repository does: a binary copied alone to another machine can speak
//! through any of them. Being inside gives a plugin no rights. It is a component like one from a
//! folder, in the same sandbox, loaded when a section of the configuration asks for it and reaching
//! what that section grants. A file of the same name in a plugin folder goes before it, so a
//! provider is mended without waiting for a release.
//!
//! One plays without a section: the offline voice asks for no grant and no network, so whatever
//! else is broken there is somebody who speaks.

/// The offline voice. What requests call it, unless the configuration gives it another name.
pub(crate) const OFFLINE_VOICE: &str = "flite";

// `COMPONENTS`, names and bytes, in the order of names; empty with UNDERSTUDY_SKIP_PLUGINS=1. A static, not a
// constant: that would be in the program once for every part of it that reads it.
include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The component of this name.
pub(crate) fn component(name: &str) -> Option<&'static [u8]> {
    COMPONENTS.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}

/// The names of all of them.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    COMPONENTS.iter().map(|(name, _)| *name)
}
