//! Who can play: an immutable set of providers.
//!
//! A cast never changes. A reload builds another one, and a request keeps the one it began with,
//! so that no request ever sees half a change.

use std::fmt;
use std::sync::Arc;

use understudy_speech::{Capabilities, Character, Manifest, Provider, Voice};

use crate::error::SpeechError;
use crate::listing::Listing;
use crate::plan::StandIns;
use crate::suggest::nearest;

/// One provider under the name requests use.
#[derive(Clone)]
pub struct Member {
    /// The name, without `/` or `,`, as configured.
    pub name: String,
    /// What speaks.
    pub provider: Arc<dyn Provider>,
    /// A digest of those of its settings that can change what is heard, see
    /// [`settings_digest`](crate::cache::settings_digest): a take that was bought under other
    /// settings is another take. Zero for a provider without any.
    pub settings: [u8; 32],
}

impl Member {
    /// A provider without settings.
    #[must_use]
    pub fn new(name: impl Into<String>, provider: Arc<dyn Provider>) -> Self {
        Self { name: name.into(), provider, settings: [0; 32] }
    }
}

/// A provider as shown to people.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderInfo {
    /// The name requests use.
    pub name: String,
    /// Its own description.
    pub manifest: Manifest,
}

/// An immutable set of providers, in order.
#[derive(Clone, Default)]
pub struct Cast {
    seats: Arc<[Arc<Seat>]>,
}

/// A member, and what the engine remembers of it for as long as the cast lives.
pub(crate) struct Seat {
    pub(crate) member: Member,
    pub(crate) voices: Listing<Voice>,
    pub(crate) characters: Listing<Character>,
    pub(crate) stand_ins: StandIns,
}

impl Seat {
    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.member.provider.manifest().capabilities
    }

    /// The plugin's own id, whatever the member is called here.
    pub(crate) fn plugin_id(&self) -> &str {
        &self.member.provider.manifest().id
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.member.fmt(f)
    }
}

impl Cast {
    /// A cast of `members`; of two with the same name the first stands.
    #[must_use]
    pub fn new(members: Vec<Member>) -> Self {
        let mut seats: Vec<Arc<Seat>> = Vec::with_capacity(members.len());
        for member in members {
            if !seats.iter().any(|seat| seat.member.name == member.name) {
                seats.push(Arc::new(Seat {
                    member,
                    voices: Listing::default(),
                    characters: Listing::default(),
                    stand_ins: StandIns::default(),
                }));
            }
        }
        Self { seats: seats.into() }
    }

    /// The same cast, in which those that were in `before` have the seats they had: what is
    /// remembered there of a provider holds for as long as it is the same one.
    pub(crate) fn keeping(self, before: &Self) -> Self {
        let keep = |seat: &Arc<Seat>| {
            let old = before.find(&seat.member.name);
            let same = old.filter(|old| Arc::ptr_eq(&old.member.provider, &seat.member.provider));
            Arc::clone(same.unwrap_or(seat))
        };
        Self { seats: self.seats.iter().map(keep).collect() }
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.seats.iter().map(|seat| seat.member.name.as_str())
    }

    pub(crate) fn seats(&self) -> &[Arc<Seat>] {
        &self.seats
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Seat>> {
        self.seats.iter().find(|seat| seat.member.name == name)
    }

    /// The seat of `name`, or an error that lists the names there are.
    pub(crate) fn require(&self, name: &str) -> Result<&Arc<Seat>, SpeechError> {
        self.find(name).ok_or_else(|| SpeechError::UnknownProvider {
            name: name.to_owned(),
            field: "provider",
            suggestion: nearest(name, self.names()).map(str::to_owned),
            known: self.names().map(str::to_owned).collect(),
        })
    }
}

impl fmt::Debug for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("name", &self.name).finish_non_exhaustive()
    }
}
