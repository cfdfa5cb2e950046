//! The trait an author implements.

use crate::{Character, Error, Manifest, Request, Script, Summary, Take, Voice};

/// A plugin with voices.
///
/// The functions take no `self`: every call runs in a fresh instance of the component, so a value
/// that lives from one call to the next would be a lie. What is worth remembering goes into
/// [`memo`](crate::memo).
pub trait Plugin {
    /// Describes the plugin. Pure: no network, no settings, no clock; the same answer every time.
    fn describe() -> Manifest;

    /// Checks settings, credentials and reachability as cheaply as the service allows, free of
    /// charge where that is possible. A plugin that needs neither is always fine.
    ///
    /// # Errors
    /// What a call of [`Plugin::synthesize`] would run into.
    fn check() -> Result<(), Error> {
        Ok(())
    }

    /// Lists the voices, at most 10,000. Keep a slow list in [`memo`](crate::memo).
    ///
    /// # Errors
    /// Why there is no list.
    fn voices() -> Result<Vec<Voice>, Error>;

    /// Speaks: pushes audio and word marks into `take` as they come and returns the summary.
    ///
    /// # Errors
    /// Why there is no take. `?` on the methods of [`Take`] ends the call when nobody listens.
    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error>;
}

/// A plugin that also speaks as named characters. Export it with `export!(MyVoice with characters)`.
///
/// A single character's speech comes through [`Plugin::synthesize`] with `character` set.
pub trait CharacterPlugin: Plugin {
    /// Lists the characters, at most 10,000.
    ///
    /// # Errors
    /// Why there is no list.
    fn characters() -> Result<Vec<Character>, Error>;

    /// Performs a whole script as one take. Send a [`Take::line`] mark for each line; the spans of
    /// word marks point into [`Script::source`].
    ///
    /// # Errors
    /// Why there is no take.
    fn converse(script: Script, take: &mut Take) -> Result<Summary, Error>;
}
