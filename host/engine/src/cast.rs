//! Who can play: an immutable set of providers.
//!
//! A cast never changes. A reload builds another one, and a request keeps the one it began with,
//! so that no request ever sees half a change.

use std::fmt;
use std::sync::Arc;

use understudy_speech::{Capabilities, Character, Manifest, Provider, Voice};

use crate::cache::trial_digest;
use crate::chance::is_on_trial;
use crate::error::SpeechError;
use crate::listing::Listing;
use crate::plan::StandIns;
use crate::score::Score;
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
    /// Where its calls are counted.
    pub score: Arc<Score>,
    /// Who plays in its place for some callers, to prove itself.
    pub trial: Option<Trial>,
}

/// A candidate on trial: another provider under the same name, for a share of the callers.
///
/// What goes wrong with it is nobody else's fault: it moves no breaker, and the one it would replace
/// steps in.
#[derive(Clone)]
pub struct Trial {
    /// What speaks.
    pub provider: Arc<dyn Provider>,
    /// What no other candidate has, the SHA-256 of its code say: one that follows a rejected candidate
    /// must not be answered for by its takes.
    pub identity: String,
    /// Where its calls are counted.
    pub score: Arc<Score>,
    /// The share of callers it plays for, 0 to 100.
    pub percent: u8,
    /// Who is the same caller.
    pub sticky: Sticky,
}

/// What makes two requests those of one caller, who then gets the same provider for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sticky {
    /// The user, or else the task.
    #[default]
    User,
    /// The task.
    Task,
    /// Nothing: every request is one of its own.
    None,
}

impl Member {
    /// A provider without settings.
    #[must_use]
    pub fn new(name: impl Into<String>, provider: Arc<dyn Provider>) -> Self {
        Self { name: name.into(), provider, settings: [0; 32], score: Arc::default(), trial: None }
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

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) task: Option<&'a str>,
    pub(crate) request: &'a str,
}

/// A member, and what the engine remembers of it for as long as the cast lives.
pub(crate) struct Seat {
    pub(crate) member: Member,
    pub(crate) voices: Listing<Voice>,
    pub(crate) characters: Listing<Character>,
    pub(crate) stand_ins: StandIns,
    /// The candidate on trial beside it.
    pub(crate) trial: Option<Arc<Seat>>,
    /// It is one itself.
    pub(crate) on_trial: bool,
}

impl Seat {
    fn new(member: Member) -> Self {
        let trial = member.trial.as_ref().map(|trial| {
            let (provider, score) = (Arc::clone(&trial.provider), Arc::clone(&trial.score));
            let settings = trial_digest(&member.settings, &trial.identity);
            let tried = Member { provider, settings, score, trial: None, ..member.clone() };
            Arc::new(Self { on_trial: true, ..Self::new(tried) })
        });
        let (voices, characters, stand_ins) = (Listing::default(), Listing::default(), StandIns::default());
        Self { member, voices, characters, stand_ins, trial, on_trial: false }
    }

    /// The candidate on trial, when it plays for this caller.
    pub(crate) fn trial_for(&self, caller: &Caller<'_>) -> Option<&Arc<Self>> {
        let trial = self.member.trial.as_ref()?;
        let who = match trial.sticky {
            Sticky::User => caller.user.or(caller.task).unwrap_or(caller.request),
            Sticky::Task => caller.task.unwrap_or(caller.request),
            Sticky::None => caller.request,
        };
        self.trial.as_ref().filter(|_| is_on_trial(&self.member.name, who, trial.percent))
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.member.provider.manifest().capabilities
    }

    /// The same providers play, for the same callers.
    fn is_like(&self, other: &Self) -> bool {
        let trials = match (&self.member.trial, &other.member.trial) {
            (None, None) => true,
            (Some(one), Some(two)) => {
                Arc::ptr_eq(&one.provider, &two.provider)
                    && (one.percent, one.sticky) == (two.percent, two.sticky)
            }
            _ => false,
        };
        trials && Arc::ptr_eq(&self.member.provider, &other.member.provider)
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
                seats.push(Arc::new(Seat::new(member)));
            }
        }
        Self { seats: seats.into() }
    }

    /// The same cast, in which those that were in `before` have the seats they had: what is
    /// remembered there of a provider holds for as long as it is the same one.
    pub(crate) fn keeping(self, before: &Self) -> Self {
        let keep = |seat: &Arc<Seat>| {
            let old = before.find(&seat.member.name);
            let same = old.filter(|old| old.is_like(seat));
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
        self.find(name).ok_or_else(|| {
            // While nobody is there yet, no name is wrong: its owner may be about to come.
            if self.seats.is_empty() {
                return SpeechError::NoProviders;
            }
            SpeechError::UnknownProvider {
                name: name.to_owned(),
                field: "provider",
                suggestion: nearest(name, self.names()).map(str::to_owned),
                known: self.names().map(str::to_owned).collect(),
            }
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
