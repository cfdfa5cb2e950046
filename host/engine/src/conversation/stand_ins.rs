//! Voices for characters that nobody plays as themselves.
//!
//! They are given out together, the most certain pair first, and no voice twice while there is another
//! of that gender. When there are more characters than voices one voice plays two, set apart by pitch
//! and pace: worse than two voices, and far better than two people who sound the same.

use understudy_speech::{Capabilities, Range, Voice};

use super::ensemble::{Place, SceneTerms, Struck};
use crate::characters::{Persona, Played};
use crate::likeness::{Match, Wanted};
use crate::plan::{LISTING_PATIENCE, suitable};
use crate::provenance::{Casting, How, Skipped};
use crate::settings::{Plays, VoicePart, VoicePolicy};

/// Semitones and pace of the second, third, … character that has to share a voice. Three semitones
/// are heard as another person who speaks likewise; more of it turns into a cartoon.
const APART: [(f32, f32); 4] = [(3.0, 1.06), (-3.0, 0.94), (5.5, 1.12), (-5.0, 0.88)];

/// What sharing a voice costs, in likeness: less than another gender, more than another age.
const SHARED: f32 = 0.2;

/// Fills the empty places, as far as there are voices.
pub(super) async fn fill(terms: &SceneTerms<'_>, struck: &[Struck], places: &mut [Place]) {
    if terms.terms.rules.voice_policy == VoicePolicy::Strict {
        return;
    }
    for provider in &terms.chain {
        let mut asking = Vec::new();
        for (speaker, place) in places.iter_mut().enumerate().filter(|(_, place)| place.player.is_none()) {
            match terms.available(provider, speaker, struck) {
                Ok(seat) => asking.push((speaker, seat)),
                Err(skipped) => place.miss(skipped),
            }
        }
        let Some((_, seat)) = asking.first() else { continue };
        let list = terms.engine.voices_at_hand(provider, LISTING_PATIENCE).await;
        let mut rankings = Vec::with_capacity(asking.len());
        for (speaker, _) in &asking {
            let Some(place) = places.get_mut(*speaker) else { continue };
            let ranked = match &list {
                Some(list) => ranking(terms, &place.persona, list),
                None => Err("its voices are not known".to_owned()),
            };
            match ranked {
                Ok(ranked) => rankings.push((*speaker, ranked)),
                Err(reason) => {
                    place.miss(Skipped { provider: provider.clone(), code: "no_stand_in", reason });
                }
            }
        }
        for (speaker, played) in dealt(provider, seat.capabilities(), rankings, &taken(provider, places)) {
            places.get_mut(speaker).into_iter().for_each(|place| place.take(played.clone()));
        }
    }
}

fn ranking<'v>(
    terms: &SceneTerms<'_>,
    persona: &Persona,
    list: &'v [Voice],
) -> Result<Vec<Match<'v>>, String> {
    let own = || persona.figure.languages.first();
    let language = terms.language.as_ref().or_else(own).or(terms.heard.as_ref());
    let wanted = Wanted::like(&persona.figure).in_language(language).with_traits(&persona.traits);
    let rules = &terms.terms.rules;
    // A scene whose language nobody knows must still be spoken.
    let policy = if language.is_none() { VoicePolicy::Any } else { rules.voice_policy };
    suitable(&wanted, language, (policy, rules.min_score), list)
}

/// The provider's voices that are in use, each as often as it is.
fn taken(provider: &str, places: &[Place]) -> Vec<String> {
    let parts = places.iter().filter_map(|place| Some(&place.player.as_ref()?.played.part));
    parts.filter(|part| part.provider == provider).map(|part| part.voice.clone()).collect()
}

/// Deals voices to speakers, the best of all pairs first.
fn dealt(
    provider: &str,
    can: &Capabilities,
    mut rankings: Vec<(usize, Vec<Match<'_>>)>,
    taken: &[String],
) -> Vec<(usize, Played)> {
    let mut taken: Vec<String> = taken.to_vec();
    let mut dealt = Vec::with_capacity(rankings.len());
    while let Some((place, uses, found)) = best_pair(&rankings, &taken) {
        let (speaker, _) = rankings.remove(place);
        taken.push(found.voice.id.clone());
        dealt.push((speaker, played(provider, can, &found, uses)));
    }
    dealt
}

/// The surest pair that is left: a place in `rankings`, how often its voice is in use, and the voice.
fn best_pair<'v>(
    rankings: &[(usize, Vec<Match<'v>>)],
    taken: &[String],
) -> Option<(usize, usize, Match<'v>)> {
    let mut best: Option<(f32, usize, usize, &Match<'v>)> = None;
    for (place, (_, ranked)) in rankings.iter().enumerate() {
        for found in ranked {
            let uses = taken.iter().filter(|voice| **voice == found.voice.id).count();
            #[expect(clippy::cast_precision_loss, reason = "a handful of characters")]
            let worth = found.score - SHARED * uses as f32;
            if best.is_none_or(|(most, ..)| worth > most) {
                best = Some((worth, place, uses, found));
            }
        }
    }
    best.map(|(_, place, uses, found)| (place, uses, found.clone()))
}

/// A voice for a character, the `uses`-th after the first.
fn played(provider: &str, can: &Capabilities, found: &Match<'_>, uses: usize) -> Played {
    let mut part = VoicePart::of(provider, &found.voice.id);
    let mut reasons: Vec<String> = found.reasons.iter().map(ToString::to_string).collect();
    if let Some((pitch, rate)) = uses.checked_sub(1).and_then(|again| APART.get(again % APART.len())) {
        let within =
            |value: &f32, range: Option<Range>| range.map(|range| value.clamp(range.minimum, range.maximum));
        (part.pitch, part.rate) = (within(pitch, can.pitch), within(rate, can.rate));
        let how = match (part.pitch, part.rate) {
            (Some(pitch), _) => format!("set apart by {pitch:+.1} semitones"),
            (None, Some(rate)) => format!("set apart by a pace of {rate:.2}"),
            (None, None) => "not set apart".to_owned(),
        };
        reasons.push(format!("shares the voice with another character, {how}"));
    }
    let casting = Casting { how: How::Nearest, score: Some(found.score), reasons };
    Played { plays: Plays::Voice, part, emotions: Vec::new(), casting }
}
