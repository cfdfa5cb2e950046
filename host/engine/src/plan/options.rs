//! A caller's options are those of one plugin.
//!
//! They are passed on unread, so whoever stands in for that plugin gets none of them: another service
//! would refuse what it does not know, or worse, take it for something of its own. One word is
//! everybody's, because OpenAI's speech API has a field of that name: [`INSTRUCTIONS`] go to whoever
//! has a setting for them.

use understudy_speech::{Manifest, Request};

use super::Plan;
use crate::cast::{Cast, Seat};

/// The option that says in words how to speak.
pub(crate) const INSTRUCTIONS: &str = "instructions";

/// Takes out of `request` the options that are not for `seat`; the names of what was dropped.
pub(super) fn keep_own(cast: &Cast, plan: &Plan, seat: &Seat, request: &mut Request) -> Vec<String> {
    let Some(mut options) = request.options.take() else { return Vec::new() };
    let mut dropped = Vec::new();
    let instructions = options.remove(INSTRUCTIONS);
    if !options.is_empty() && !is_asked(cast, plan, seat) {
        options.clear();
        dropped.push("options".to_owned());
    }
    match instructions {
        Some(words) if takes_instructions(seat.member.provider.manifest()) => {
            options.insert(INSTRUCTIONS.to_owned(), words);
        }
        Some(_) => dropped.push(INSTRUCTIONS.to_owned()),
        None => {}
    }
    request.options = Some(options).filter(|options| !options.is_empty());
    dropped
}

/// True when a plugin can be told in words how to speak.
pub(crate) fn takes_instructions(manifest: &Manifest) -> bool {
    manifest.settings_schema.pointer(&format!("/properties/{INSTRUCTIONS}")).is_some()
}

/// True when `seat` has the plugin that the request is for. One that is for nobody is for the first.
fn is_asked(cast: &Cast, plan: &Plan, seat: &Seat) -> bool {
    let asked = plan.asked.provider.as_str();
    let same_plugin = |lead: &Seat| lead.plugin_id() == seat.plugin_id();
    asked.is_empty() || asked == seat.member.name || cast.find(asked).is_some_and(|lead| same_plugin(lead))
}
