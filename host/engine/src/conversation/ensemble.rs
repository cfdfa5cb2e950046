//! Who plays whom, settled before anything is bought.
//!
//! As itself first: each character goes to the first of its own parts that can be had. The rest are
//! given voices together (`stand_ins`), because each taken alone would get the nearest one, and two
//! captains would sound like one. Whoever has a part keeps it over a recast, unless they lost it.

use std::sync::Arc;

use understudy_speech::Language;

use super::stand_ins;
use crate::cast::Seat;
use crate::chance::is_rolled_out;
use crate::characters::{Persona, Played};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::gate::{Asking, Withheld};
use crate::plan::Terms;
use crate::provenance::Skipped;

/// What casting goes by, for the whole of a scene.
#[derive(Debug)]
pub(super) struct SceneTerms<'a> {
    pub(super) engine: &'a Engine,
    pub(super) terms: Terms,
    /// Providers along which stand-ins are looked for.
    pub(super) chain: Vec<String>,
    /// Who asks, for rollouts.
    pub(super) caller: String,
    /// The language of the whole, when the request says it.
    pub(super) language: Option<Language>,
    /// The language the whole is plainly in.
    pub(super) heard: Option<Language>,
    /// Characters of the whole text, for budgets.
    pub(super) characters: u64,
}

/// A character with its voice for the scene.
#[derive(Clone, Debug)]
pub(super) struct Player {
    pub(super) persona: Arc<Persona>,
    pub(super) played: Played,
    /// Why whoever should have played it does not.
    pub(super) why: Option<&'static str>,
    pub(super) skipped: Vec<Skipped>,
}

/// A provider that lost parts.
#[derive(Clone, Debug)]
pub(super) struct Struck {
    pub(super) provider: String,
    /// The only character it lost; none: all.
    pub(super) speaker: Option<usize>,
    pub(super) code: &'static str,
    pub(super) reason: String,
}

impl SceneTerms<'_> {
    /// The seat of a provider that could play this character now; else why not.
    pub(super) fn available(
        &self,
        provider: &str,
        speaker: usize,
        struck: &[Struck],
    ) -> Result<&Arc<Seat>, Skipped> {
        let skipped = |code, reason: String| Skipped { provider: provider.to_owned(), code, reason };
        let is_struck = |struck: &&Struck| {
            struck.provider == provider && struck.speaker.is_none_or(|lost| lost == speaker)
        };
        if let Some(Struck { code, reason, .. }) = struck.iter().find(is_struck) {
            return Err(skipped(code, reason.clone()));
        }
        let withheld = |reason: Withheld| skipped(reason.code(), reason.to_string());
        let engine = self.engine;
        let seat = engine.cast.find(provider).ok_or_else(|| withheld(Withheld::NotLoaded))?;
        let policy = engine.settings.policy(provider);
        if !is_rolled_out(provider, &self.caller, policy.rollout_percent) {
            return Err(withheld(Withheld::NotRolledOut));
        }
        // A provider that is due to be tried is given a part, or nobody would ever try it.
        let asking = Asking::new(&engine.settings, provider, self.characters, engine.calendar.today());
        match engine.gate.door(provider).withholds(&Asking { sole: true, ..asking }) {
            // A full house is waited for; a pace is kept line by line.
            None | Some(Withheld::Full { .. } | Withheld::Paced { .. }) => Ok(seat),
            Some(reason) => Err(withheld(reason)),
        }
    }
}

/// Gives everybody a part. `kept` is who had which before.
pub(super) async fn cast(
    terms: &SceneTerms<'_>,
    personas: &[Arc<Persona>],
    struck: &[Struck],
    kept: &[Player],
) -> Result<Vec<Player>, SpeechError> {
    let mut places = Vec::with_capacity(personas.len());
    for (speaker, persona) in personas.iter().enumerate() {
        let keeps = |player: &&Player| {
            let provider = &player.played.part.provider;
            !struck.iter().any(|s| s.provider == *provider && s.speaker.is_none_or(|lost| lost == speaker))
        };
        let kept = kept.get(speaker).filter(keeps).cloned();
        places.push(match kept {
            Some(player) => Place::taken(persona, player),
            None => as_itself(terms, persona, speaker, struck),
        });
    }
    stand_ins::fill(terms, struck, &mut places).await;
    places.into_iter().map(Place::player).collect()
}

/// A character's place in the ensemble while it is being cast.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) persona: Arc<Persona>,
    pub(super) player: Option<Player>,
    /// Who was passed over for it.
    pub(super) missed: Vec<Skipped>,
}

impl Place {
    fn taken(persona: &Arc<Persona>, player: Player) -> Self {
        Self { persona: Arc::clone(persona), player: Some(player), missed: Vec::new() }
    }

    /// Notes who is passed over.
    pub(super) fn miss(&mut self, skipped: Skipped) {
        if !self.missed.iter().any(|known| known.provider == skipped.provider) {
            self.missed.push(skipped);
        }
    }

    /// Fills the place.
    pub(super) fn take(&mut self, played: Played) {
        // Nobody stands in for somebody whom nobody ever was.
        let has_own = !self.persona.parts.is_empty();
        let why = self.missed.first().map(|skipped| skipped.code).filter(|_| has_own);
        let (persona, skipped) = (Arc::clone(&self.persona), self.missed.clone());
        self.player = Some(Player { persona, played, why, skipped });
    }

    fn player(self) -> Result<Player, SpeechError> {
        let Self { persona, player, missed } = self;
        player.ok_or_else(|| {
            let (provider, reason) = missed.into_iter().next_back().map_or_else(
                || (String::new(), "nobody else is configured".to_owned()),
                |m| (m.provider, m.reason),
            );
            SpeechError::NoStandIn { provider, asked: persona.id.clone(), reason }
        })
    }
}

/// The first of a character's own parts that can be had.
fn as_itself(terms: &SceneTerms<'_>, persona: &Arc<Persona>, speaker: usize, struck: &[Struck]) -> Place {
    let mut place = Place { persona: Arc::clone(persona), player: None, missed: Vec::new() };
    for played in &persona.parts {
        match terms.available(&played.part.provider, speaker, struck) {
            Ok(_) => {
                place.take(played.clone());
                return place;
            }
            Err(skipped) => place.miss(skipped),
        }
    }
    place
}
