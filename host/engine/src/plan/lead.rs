//! Who plays first.

use std::sync::Arc;

use understudy_speech::InvalidField;

use super::{Role, Terms};
use crate::cast::{Cast, Seat};
use crate::characters::{Persona, Played};
use crate::error::SpeechError;
use crate::settings::{EngineSettings, VoicePart};
use crate::voice_id::VoiceId;

/// What the first candidate is.
pub(super) enum Lead {
    /// A provider and the voice by its own id.
    One { provider: String, voice: Option<String> },
    /// A voice of this server and its cast, which is not empty.
    Logical { name: String, parts: Vec<VoicePart> },
    /// A character and who plays it, which is never nobody.
    Character { name: String, roles: Vec<(String, Role)> },
}

/// Who plays a character: as itself where it can be had, first at the provider that is named. Where
/// it is nobody's own, the one who would play without it stands in.
pub(super) fn of_persona(
    cast: &Cast,
    settings: &EngineSettings,
    terms: &Terms,
    chain: &[&str],
    provider: Option<&str>,
    persona: &Persona,
) -> Result<Lead, SpeechError> {
    let name = persona.id.clone();
    let as_itself = |played: &Played| (played.part.provider.clone(), Role::Played(played.clone()));
    let mut roles: Vec<(String, Role)> = Vec::with_capacity(persona.parts.len() + 1);
    for role in persona.parts.iter().map(as_itself) {
        if !roles.iter().any(|(known, _)| *known == role.0) {
            roles.push(role);
        }
    }
    if let Some(provider) = provider {
        let provider = &cast.require(provider)?.member.name;
        if !roles.iter().any(|(known, _)| known == provider) {
            roles.push((provider.clone(), Role::StandIn));
        }
        roles.sort_by_key(|(known, _)| known != provider);
    }
    if roles.is_empty() {
        roles.push((unasked(cast, settings, terms, chain)?, Role::StandIn));
    }
    Ok(Lead::Character { name, roles })
}

pub(super) fn find(
    cast: &Cast,
    settings: &EngineSettings,
    terms: &Terms,
    chain: &[&str],
    provider: Option<&str>,
    voice: Option<String>,
) -> Result<Lead, SpeechError> {
    if voice.as_deref().is_some_and(|voice| voice.trim().is_empty()) {
        let message = "must name a voice, or be left out".to_owned();
        return Err(InvalidField { field: "voice".to_owned(), message }.into());
    }
    if let Some(logical) = voice.as_deref().and_then(|name| logical(settings, name, provider)) {
        return Ok(logical);
    }
    let public = voice.as_deref().and_then(VoiceId::parse);
    let one = |seat: &Arc<Seat>, voice| Lead::One { provider: seat.member.name.clone(), voice };
    match (provider, public) {
        (Some(provider), Some(public)) if provider == public.provider => {
            Ok(one(cast.require(provider)?, Some(public.voice)))
        }
        (Some(provider), Some(public)) if cast.find(&public.provider).is_some() => {
            cast.require(provider)?;
            let message = format!("must be a voice of provider {provider}, got {public}");
            Err(InvalidField { field: "voice".to_owned(), message }.into())
        }
        (Some(provider), _) => Ok(one(cast.require(provider)?, voice)),
        (None, Some(public)) => Ok(one(require_of_voice(cast, &public)?, Some(public.voice))),
        (None, None) => Ok(Lead::One { provider: unasked(cast, settings, terms, chain)?, voice }),
    }
}

/// The cast of a voice of this server; that of the named provider first.
fn logical(settings: &EngineSettings, name: &str, provider: Option<&str>) -> Option<Lead> {
    let voice = settings.voices.get(name).filter(|voice| !voice.cast.is_empty())?;
    let mut parts = voice.cast.clone();
    if let Some(provider) = provider {
        // A provider the voice is not cast at was named for a voice of its own.
        parts.iter().find(|part| part.provider == provider)?;
        parts.sort_by_key(|part| part.provider != provider);
    }
    Some(Lead::Logical { name: name.to_owned(), parts })
}

fn require_of_voice<'cast>(cast: &'cast Cast, public: &VoiceId) -> Result<&'cast Arc<Seat>, SpeechError> {
    cast.require(&public.provider).map_err(|error| match error {
        SpeechError::UnknownProvider { name, suggestion, known, .. } => {
            let with_voice = |provider: String| VoiceId::new(provider, public.voice.as_str()).to_string();
            SpeechError::UnknownProvider {
                name,
                field: "voice",
                suggestion: suggestion.map(with_voice),
                known,
            }
        }
        other => other,
    })
}

/// Who plays when nobody was named: the first of the route; without one the default; then the first
/// of the configured providers, or whoever is alone. A name that is in a chain and not in the cast
/// is passed over while somebody else in it is there.
pub(super) fn unasked(
    cast: &Cast,
    settings: &EngineSettings,
    terms: &Terms,
    chain: &[&str],
) -> Result<String, SpeechError> {
    if cast.seats().is_empty() {
        return Err(SpeechError::NoProviders);
    }
    let first = chain.iter().find(|name| cast.find(name).is_some()).or(chain.first());
    match (&settings.default_provider, first, cast.seats()) {
        (Some(name), _, _) if terms.route.is_none() && cast.find(name).is_some() => Ok(name.clone()),
        (_, Some(first), _) => Ok((*first).to_owned()),
        (Some(name), None, _) => cast.require(name).map(|seat| seat.member.name.clone()),
        (None, None, [only]) => Ok(only.member.name.clone()),
        (None, None, _) => {
            Err(SpeechError::NoProviderChosen { known: cast.names().map(str::to_owned).collect() })
        }
    }
}
