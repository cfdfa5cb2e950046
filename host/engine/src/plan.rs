//! Who could play it, in which order.
//!
//! First whoever the request names: its provider, the provider of its voice (`flite/amy`), the cast
//! of a voice of this server. Then the chain of its route, or of the configured providers. A voice
//! with a slash whose first half is no provider is refused rather than tried at the default: far
//! more often it is a misspelt provider than a voice with a slash in its name, and that one can
//! still be had as `provider/its/name`.
//!
//! A plan is made without asking anybody. Which voice stands in at a candidate is settled when its
//! turn comes (`plan/casting.rs`), because it takes the provider's voice list, and a request whose first
//! candidate plays, which is nearly all of them, must not wait for lists it never needs.
//!
//! Providers that cannot play at all stay in the plan with the reason, so that it can be told.

mod casting;
mod chain;
mod lead;
mod memory;
mod options;
mod stand_in;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use understudy_speech::Request;

pub(crate) use casting::Candidate;
pub(crate) use memory::StandIns;
pub(crate) use options::{INSTRUCTIONS, takes_instructions};
pub(crate) use stand_in::{LISTING_PATIENCE, suitable};

use crate::cast::{Caller, Cast, Seat};
use crate::chance::is_rolled_out;
use crate::characters::{Persona, Played};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::gate::Withheld;
use crate::request::{CacheUse, Output, SpeechRequest};
use crate::settings::{EngineSettings, Route, VoicePart, VoicePolicy};
use crate::suggest::nearest;
use crate::text::{self, SpanMap};
use crate::voice_id::VoiceId;
use lead::Lead;

/// A request, and who could play it.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The request but for the voice, which differs from candidate to candidate.
    pub(crate) request: Request,
    pub(crate) output: Output,
    /// The text's length.
    pub(crate) characters: usize,
    /// What was done to the request.
    pub(crate) notes: Vec<String>,
    /// From the text as it is sent to the caller's own spelling.
    pub(crate) spans: SpanMap,
    pub(crate) terms: Terms,
    pub(crate) cache: CacheUse,
    /// What was asked for.
    pub(crate) asked: Asked,
    /// Who is played, when the request names a character.
    pub(crate) persona: Option<Arc<Persona>>,
    /// Never empty.
    pub(crate) parts: Vec<Part>,
    /// Nothing was drawn by lot: while cast and settings stay, the same request has the same lead.
    pub(crate) is_certain: bool,
}

/// What holds for this request, from its route.
#[derive(Debug)]
pub(crate) struct Terms {
    /// The route's name; none when nobody named one and there is no default.
    pub(crate) route: Option<String>,
    pub(crate) rules: Route,
    pub(crate) deadline: Duration,
}

/// What was asked for: what the first candidate would play.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) provider: String,
    /// The provider's own id.
    pub(crate) voice: Option<String>,
    /// The voice of this server.
    pub(crate) logical: Option<String>,
}

/// One who could play it.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) provider: String,
    pub(crate) role: Role,
    /// Who it is, or why not.
    pub(crate) seat: Result<Arc<Seat>, SpeechError>,
    /// Filled when its turn comes.
    pub(crate) candidate: OnceCell<Arc<Candidate>>,
}

/// Which voice it would play.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// This voice, or the provider's own choice when nobody named one.
    Named(Option<String>),
    /// As the configuration casts it.
    Mapped(VoicePart),
    /// A character, in the way it is played here.
    Played(Played),
    /// The one most like what was asked for.
    StandIn,
}

impl Part {
    fn new(provider: String, role: Role, seat: Result<Arc<Seat>, SpeechError>) -> Self {
        Self { provider, role, seat, candidate: OnceCell::new() }
    }

    /// True when it plays here for every caller.
    fn is_certain(&self, settings: &EngineSettings) -> bool {
        let is_settled = |seat: &Arc<Seat>| !seat.on_trial && seat.trial.is_none();
        settings.policy(&self.provider).rollout_percent == 100 && self.seat.as_ref().is_ok_and(is_settled)
    }
}

impl Asked {
    /// As a client would write it.
    pub(crate) fn public(&self) -> String {
        match (&self.logical, &self.voice) {
            (Some(logical), _) => logical.clone(),
            (None, Some(voice)) => VoiceId::new(self.provider.as_str(), voice.as_str()).to_string(),
            (None, None) => self.provider.clone(),
        }
    }
}

impl Plan {
    /// Has the voices learnt that a stand-in will be chosen from and by, while the first candidate
    /// is busy. Nothing waits for it.
    pub(crate) fn prepare_to_fall_back(&self, engine: &Engine) {
        let stand_ins = self.parts.iter().filter(|part| matches!(part.role, Role::StandIn));
        let mut seats = stand_ins.filter_map(|part| part.seat.as_ref().ok()).peekable();
        if seats.peek().is_some() {
            seats.chain(engine.cast.find(&self.asked.provider)).for_each(|seat| engine.learn_voices(seat));
        }
    }
}

/// Who leads the plan of a request that names nobody.
pub(crate) fn default_provider<'cast>(cast: &'cast Cast, settings: &EngineSettings) -> Option<&'cast str> {
    let terms = terms(settings, None).ok()?;
    let chain = chain::of(settings, cast, &terms, "", false);
    let name = lead::unasked(cast, settings, &terms, &chain).ok()?;
    cast.find(&name).map(|seat| seat.member.name.as_str())
}

/// Checks a request and plans it.
pub(crate) fn plan(
    cast: &Cast,
    settings: &EngineSettings,
    wanted: SpeechRequest,
    persona: Option<Arc<Persona>>,
) -> Result<Plan, SpeechError> {
    wanted.check_names()?;
    let SpeechRequest { id, provider, mut request, output, deadline, route, fallback, user, task, cache } =
        wanted;
    let prepared = text::admit(&mut request.utterance, &settings.text)?;
    request.check_ranges()?;
    output.check_ranges()?;
    let mut terms = terms(settings, route)?;
    terms.deadline = deadline.unwrap_or(terms.deadline);
    let chain = chain::of(settings, cast, &terms, &id, false);
    let is_named = provider.is_some() || request.voice.is_some() || persona.is_some();
    let own = persona.as_deref().filter(|_| request.voice.is_none());
    let lead = match own {
        Some(persona) => lead::of_persona(cast, settings, &terms, &chain, provider.as_deref(), persona)?,
        None => lead::find(cast, settings, &terms, &chain, provider.as_deref(), request.voice.take())?,
    };
    let may_fall_back = fallback != Some(false) && !own.is_some_and(|persona| persona.is_pinned);
    let (asked, roles) = cast_roles(lead, &chain, may_fall_back);
    let asking = Caller { user: user.as_deref(), task: task.as_deref(), request: &id };
    let caller = asking.user.or(asking.task).unwrap_or(&id);
    let part = |(index, (provider, role)): (usize, (String, Role))| {
        let seat = seat(cast, settings, &provider, caller).and_then(|seat| {
            let strict = is_named && terms.rules.voice_policy == VoicePolicy::Strict;
            if index > 0 && strict && !matches!(role, Role::Mapped(_) | Role::Played(_)) {
                return Err(no_stand_in(&provider, &asked, "the route allows none"));
            }
            Ok(seat)
        });
        let trial = seat.as_ref().ok().and_then(|seat| seat.trial_for(&asking)).cloned();
        let on_trial = trial.map(|seat| Part::new(provider.clone(), role.clone(), Ok(seat)));
        // Who is on trial goes first, and the one it would replace stands behind it.
        on_trial.into_iter().chain([Part::new(provider, role, seat)])
    };
    let parts: Vec<Part> = roles.into_iter().enumerate().flat_map(part).collect();
    let by_lot = chain.iter().any(|name| settings.policy(name).weight.is_some());
    let is_certain = !by_lot && parts.first().is_some_and(|lead| lead.is_certain(settings));
    let (characters, notes) = (prepared.characters, prepared.notes());
    Ok(Plan {
        request,
        output,
        characters,
        notes,
        spans: prepared.spans,
        terms,
        cache,
        asked,
        persona,
        parts,
        is_certain,
    })
}

/// The terms of a route, and the providers along which stand-ins are looked for: whoever would play
/// unasked, then the chain.
pub(crate) fn road(
    cast: &Cast,
    settings: &EngineSettings,
    route: Option<String>,
    id: &str,
) -> Result<(Terms, Vec<String>), SpeechError> {
    let terms = terms(settings, route)?;
    let chain = chain::of(settings, cast, &terms, id, false);
    let mut road: Vec<String> = lead::unasked(cast, settings, &terms, &chain).ok().into_iter().collect();
    road.extend(
        chain
            .into_iter()
            .filter(|name| road.first().is_none_or(|first| first != name))
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    Ok((terms, road))
}

/// Who would lead a request that names neither provider nor voice.
pub(crate) fn leader(
    cast: &Cast,
    settings: &EngineSettings,
    id: &str,
    route: Option<&str>,
    has_character: bool,
) -> Option<String> {
    let terms = terms(settings, route.map(str::to_owned)).ok()?;
    let chain = chain::of(settings, cast, &terms, id, has_character);
    lead::unasked(cast, settings, &terms, &chain).ok()
}

pub(crate) fn no_stand_in(provider: &str, asked: &Asked, reason: impl Into<String>) -> SpeechError {
    let (provider, asked) = (provider.to_owned(), asked.public());
    SpeechError::NoStandIn { provider, asked, reason: reason.into() }
}

fn terms(settings: &EngineSettings, named: Option<String>) -> Result<Terms, SpeechError> {
    let Some(name) = named.or_else(|| settings.default_route.clone()) else {
        return Ok(Terms { route: None, rules: settings.unrouted.clone(), deadline: settings.deadline });
    };
    let Some(rules) = settings.routes.get(&name) else {
        let known: Vec<String> = settings.routes.keys().cloned().collect();
        let suggestion = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(SpeechError::UnknownRoute { name, known, suggestion });
    };
    let deadline = rules.deadline.unwrap_or(settings.deadline);
    Ok(Terms { route: Some(name), rules: rules.clone(), deadline })
}

/// What was asked for, and every provider with its role.
fn cast_roles(lead: Lead, chain: &[&str], may_fall_back: bool) -> (Asked, Vec<(String, Role)>) {
    let (asked, mut roles) = match lead {
        Lead::One { provider, voice } => {
            let asked = Asked { provider: provider.clone(), voice: voice.clone(), logical: None };
            (asked, vec![(provider, Role::Named(voice))])
        }
        Lead::Logical { name, parts } => {
            let first = parts.first();
            let asked = Asked {
                provider: first.map(|part| part.provider.clone()).unwrap_or_default(),
                voice: first.map(|part| part.voice.clone()),
                logical: Some(name),
            };
            (asked, parts.into_iter().map(|part| (part.provider.clone(), Role::Mapped(part))).collect())
        }
        Lead::Character { name, roles } => {
            let provider = roles.first().map(|(provider, _)| provider.clone()).unwrap_or_default();
            (Asked { provider, voice: None, logical: Some(name) }, roles)
        }
    };
    let is_somebody = asked.voice.is_some() || asked.logical.is_some();
    for provider in chain {
        if !roles.iter().any(|(name, _)| name == provider) {
            let role = if is_somebody { Role::StandIn } else { Role::Named(None) };
            roles.push(((*provider).to_owned(), role));
        }
    }
    if !may_fall_back {
        roles.truncate(1);
    }
    (asked, roles)
}

fn seat(
    cast: &Cast,
    settings: &EngineSettings,
    provider: &str,
    caller: &str,
) -> Result<Arc<Seat>, SpeechError> {
    let withheld = |reason| SpeechError::Withheld { provider: provider.to_owned(), reason };
    let seat = cast.find(provider).ok_or_else(|| withheld(Withheld::NotLoaded))?;
    if !is_rolled_out(provider, caller, settings.policy(provider).rollout_percent) {
        return Err(withheld(Withheld::NotRolledOut));
    }
    Ok(Arc::clone(seat))
}
