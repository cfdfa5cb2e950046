//! Who is meant by a name.
//!
//! A character of this server goes before everybody of the same name: the operator wrote it down.
//! Among providers the exact id goes before the name, and the first in the cast before the others.

use std::sync::Arc;

use understudy_speech::{Character, InvalidField};

use super::persona::{Persona, Played, plain};
use super::profile::{CharacterProfile, of_local, public_id};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::plan::Plan;
use crate::request::{SpeechRequest, check_name};
use crate::settings::LocalCharacter;
use crate::suggest::nearest;
use crate::voice_id::VoiceId;

/// One provider's characters; none when they cannot be had and were never known.
struct House {
    provider: String,
    characters: Option<Vec<Character>>,
}

impl Engine {
    /// The character of a request, when it names one.
    pub(crate) async fn persona_of(
        &self,
        wanted: &SpeechRequest,
    ) -> Result<Option<Arc<Persona>>, SpeechError> {
        match &wanted.request.character {
            Some(name) => Ok(Some(Arc::new(self.persona(name).await?))),
            None => Ok(None),
        }
    }

    /// Counts a text that was spoken as the plan's character.
    pub(crate) fn count_character(&self, plan: &Plan) {
        if let Some(persona) = &plan.persona {
            self.books.characters.count(&persona.id);
        }
    }

    /// The character that a request names.
    pub(crate) async fn persona(&self, name: &str) -> Result<Persona, SpeechError> {
        let name = name.trim();
        if name.is_empty() {
            let message = "must name a character, or be left out".to_owned();
            return Err(InvalidField { field: "character".to_owned(), message }.into());
        }
        check_name("character", Some(name))?;
        self.learn_local();
        let houses = self.houses().await;
        if let Some((id, local)) = self.local(name) {
            return Ok(of_this_server(id, local, &houses));
        }
        if let Some(persona) = of_provider(name, &houses) {
            return Ok(persona);
        }
        // Somebody may know it who cannot be asked now; whether it does is found out by trying.
        let mute = houses.iter().filter(|house| house.characters.is_none());
        let parts: Vec<Played> = mute.filter_map(|house| trusted(name, &house.provider)).collect();
        if parts.is_empty() {
            return Err(unknown(name, &self.known(&houses)));
        }
        let nobody = Character { id: name.to_owned(), name: name.to_owned(), ..NOBODY };
        Ok(Persona { parts, ..Persona::of(name, &nobody) })
    }

    async fn houses(&self) -> Vec<House> {
        let asked = self.character_seats().map(|seat| async {
            let characters = self.characters_at_hand(seat).await;
            House { provider: seat.member.name.clone(), characters }
        });
        futures_util::future::join_all(asked).await
    }

    /// A character of this server, by its id or by its name in whatever spelling.
    fn local(&self, name: &str) -> Option<(&str, &LocalCharacter)> {
        let all = &self.settings.characters;
        let spelt = plain(name);
        let called = || {
            all.iter()
                .find(|(id, local)| plain(id) == spelt || (!spelt.is_empty() && plain(&local.name) == spelt))
        };
        all.get_key_value(name).or_else(called).map(|(id, local)| (id.as_str(), local))
    }

    fn known(&self, houses: &[House]) -> Vec<CharacterProfile> {
        let mut known = self.books.characters.of(None);
        known.retain(|known| self.settings.characters.contains_key(&known.character.id));
        for house in houses {
            known.extend(
                self.books.characters.of(Some(&house.provider)).into_iter().filter(|known| known.is_active),
            );
        }
        known
    }
}

/// Of whom nothing is known.
const NOBODY: Character = Character {
    id: String::new(),
    name: String::new(),
    description: None,
    traits: Vec::new(),
    emotions: Vec::new(),
    languages: Vec::new(),
    gender: None,
    age: None,
    avatar_url: None,
    voice_settings: None,
};

/// A character of this server: services that have one of the same name play it as itself, those the
/// operator did not write down first.
fn of_this_server(id: &str, local: &LocalCharacter, houses: &[House]) -> Persona {
    let character = of_local(id, local);
    let mut persona = Persona::of(id, &character);
    let is_cast = |provider: &str| local.cast.iter().any(|part| part.part.provider == provider);
    let is_same = |other: &Character| plain(&other.name) == plain(&character.name) || other.id == id;
    for house in houses.iter().filter(|house| !is_cast(&house.provider)) {
        if let Some(found) = house.characters.iter().flatten().find(|other| is_same(other)) {
            persona.parts.push(Played::own(&house.provider, found));
            fill(&mut persona, found);
        }
    }
    let cast = local.cast.iter().map(|part| {
        let house = houses.iter().find(|house| house.provider == part.part.provider);
        let listed = house.and_then(|house| house.characters.as_ref());
        let own = listed.into_iter().flatten().find(|other| other.id == part.part.voice);
        let emotions = own.map(|own| own.emotions.clone()).unwrap_or_default();
        (Played { emotions, ..Played::mapped(part) }, own)
    });
    for (played, own) in cast.collect::<Vec<_>>() {
        own.into_iter().for_each(|own| fill(&mut persona, own));
        persona.parts.push(played);
    }
    persona.manners.clone_from(&local.emotions);
    persona
}

/// What the operator did not say is as the service says.
fn fill(persona: &mut Persona, found: &Character) {
    let figure = &mut persona.figure;
    figure.gender = figure.gender.or(found.gender);
    figure.age = figure.age.or(found.age);
    if figure.languages.is_empty() {
        figure.languages.clone_from(&found.languages);
    }
    if persona.traits.is_empty() {
        persona.traits.clone_from(&found.traits);
    }
}

/// A provider's own character: `provider/id`, an id, or a name.
fn of_provider(name: &str, houses: &[House]) -> Option<Persona> {
    let spelt = plain(name);
    let public = called(houses, |house, character| public_id(Some(&house.provider), &character.id) == name);
    let own = || called(houses, |_, character| character.id == name);
    let by_name = || called(houses, |_, character| plain(&character.name) == spelt);
    public.or_else(own).or_else(by_name)
}

/// Everybody who fits: the first is meant, the others can play it as well.
fn called(houses: &[House], fits: impl Fn(&House, &Character) -> bool) -> Option<Persona> {
    let mut persona: Option<Persona> = None;
    for house in houses {
        for found in house.characters.iter().flatten().filter(|character| fits(house, character)) {
            let id = public_id(Some(&house.provider), &found.id);
            let persona = persona.get_or_insert_with(|| Persona::of(id, found));
            persona.parts.push(Played::own(&house.provider, found));
        }
    }
    persona
}

/// A character of a provider that could not be asked for its list.
fn trusted(name: &str, provider: &str) -> Option<Played> {
    let id = match VoiceId::parse(name) {
        Some(public) if public.provider == provider => public.voice,
        Some(_) => return None,
        None => name.to_owned(),
    };
    Some(Played::own(provider, &Character { id, ..NOBODY }))
}

pub(super) fn unknown(name: &str, known: &[CharacterProfile]) -> SpeechError {
    let names =
        known.iter().flat_map(|known| [known.id.as_str(), &known.character.id, &known.character.name]);
    let suggestion = nearest(name, names).map(str::to_owned);
    let known = known.iter().map(|known| known.id.clone()).collect();
    SpeechError::UnknownCharacter { name: name.to_owned(), suggestion, known }
}
