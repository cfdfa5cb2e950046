//! Who stands in for a voice.
//!
//! A stand-in is looked for where it is surest first: what the operator wrote down; the voice of
//! the same name at a sister service, which is the same voice; then the most alike of all the
//! provider has. A provider's own default is nobody's stand-in: it is played only when the caller
//! named no voice.

use std::sync::Arc;
use std::time::Duration;

use understudy_speech::{Language, Voice};

use super::{Plan, no_stand_in};
use crate::cast::Seat;
use crate::characters::Persona;
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::likeness::{Match, Wanted, rank, same_language};
use crate::provenance::{Casting, How};
use crate::settings::{VoicePart, VoicePolicy};
use crate::text::heard;

/// How long a voice list may keep a request waiting that needs it to find a stand-in.
pub(crate) const LISTING_PATIENCE: Duration = Duration::from_secs(2);

/// Services that sell the same voices under the same names, by their plugins' ids.
const SISTERS: &[&[&str]] = &[&["azure", "edge"]];

/// A voice that may stand in.
#[derive(Clone, Debug)]
pub(super) struct StandIn {
    /// The provider's own id.
    pub(super) voice: String,
    /// As the configuration casts it.
    pub(super) trim: Option<VoicePart>,
    pub(super) casting: Casting,
}

pub(super) async fn stand_in(engine: &Engine, plan: &Plan, seat: &Arc<Seat>) -> Result<StandIn, SpeechError> {
    if let Some(persona) = plan.persona.as_deref().filter(|_| plan.asked.voice.is_none()) {
        return for_persona(engine, plan, seat, persona).await;
    }
    if let Some(part) = mapped(engine, plan, seat) {
        let (voice, casting) = (part.voice.clone(), Casting::by(How::Mapped));
        return Ok(StandIn { voice, trim: Some(part), casting });
    }
    let asked_voice = plan.asked.voice.as_deref().unwrap_or_default();
    let list = voices_of(engine, seat).await;
    if are_sisters(engine, plan, seat) {
        // A sister whose list cannot be had is believed to have it; when it does not, it says so.
        let has_it = list.as_ref().is_none_or(|list| list.iter().any(|voice| voice.id == asked_voice));
        if has_it {
            let (voice, casting) = (asked_voice.to_owned(), Casting::by(How::SameName));
            return Ok(StandIn { voice, trim: None, casting });
        }
    }
    let refuse = |reason: String| no_stand_in(&seat.member.name, &plan.asked, reason);
    let list = list.ok_or_else(|| refuse("its voices are not known".to_owned()))?;
    let asked = asked_voice_of(engine, plan).await;
    let language = language_of(plan, asked.as_ref());
    let search = || nearest(plan, asked.as_ref(), language.as_ref(), &list);
    let found = seat.stand_ins.recall(plan, language.as_ref(), asked.as_ref(), &list, search);
    found.map_err(refuse)
}

/// The voice most like what a character sounds like. What it feels in this line does not count: a
/// character that changed voice with its mood would be two.
async fn for_persona(
    engine: &Engine,
    plan: &Plan,
    seat: &Arc<Seat>,
    persona: &Persona,
) -> Result<StandIn, SpeechError> {
    let refuse = |reason: String| no_stand_in(&seat.member.name, &plan.asked, reason);
    let list = voices_of(engine, seat).await.ok_or_else(|| refuse("its voices are not known".to_owned()))?;
    let request = &plan.request;
    let own = || persona.figure.languages.first().cloned();
    let language = request.language.clone().or_else(own).or_else(|| heard(&request.utterance));
    let wanted = Wanted::like(&persona.figure).in_language(language.as_ref()).with_traits(&persona.traits);
    // A character whose language nobody knows must still speak.
    let policy = if language.is_none() { VoicePolicy::Any } else { plan.terms.rules.voice_policy };
    let terms = (policy, plan.terms.rules.min_score);
    let search = || choose(&wanted, language.as_ref(), terms, &list);
    let found = seat.stand_ins.recall(plan, language.as_ref(), Some(&persona.figure), &list, search);
    found.map_err(refuse)
}

/// The language to be spoken: as the request says, else that of the voice asked for, as far as it is
/// known or its id tells, else the one the text is plainly in.
fn language_of(plan: &Plan, known: Option<&Voice>) -> Option<Language> {
    let request = &plan.request;
    let own = || known.and_then(|voice| voice.languages.first().cloned());
    let told = || plan.asked.voice.as_deref().and_then(language_in);
    request.language.clone().or_else(own).or_else(told).or_else(|| heard(&request.utterance))
}

/// What is known of the voice asked for. Its provider is most likely in trouble, so its list is
/// waited for only when nothing else tells the language.
async fn asked_voice_of(engine: &Engine, plan: &Plan) -> Option<Voice> {
    let seat = engine.cast.find(&plan.asked.provider)?;
    let asked = plan.asked.voice.as_deref()?;
    let list = match engine.known_voices(seat) {
        None if plan.request.language.is_none() && language_in(asked).is_none() => {
            voices_of(engine, seat).await
        }
        known => known,
    };
    list?.iter().find(|voice| voice.id == asked).cloned()
}

/// What the operator wrote down: a voice of this server that is cast both here and as the voice
/// asked for. The trims of the two are relative to one sound, so what counts is their difference.
fn mapped(engine: &Engine, plan: &Plan, seat: &Seat) -> Option<VoicePart> {
    let is_asked = |part: &&VoicePart| {
        part.provider == plan.asked.provider && Some(&part.voice) == plan.asked.voice.as_ref()
    };
    engine.settings.voices.values().find_map(|voice| {
        let asked = voice.cast.iter().find(is_asked)?;
        let part = voice.cast.iter().find(|part| part.provider == seat.member.name)?;
        let less = |trim: Option<f32>, asked: Option<f32>| match (trim, asked) {
            (trim, None) => trim,
            (trim, Some(asked)) => Some(trim.unwrap_or_default() - asked),
        };
        let rate = match (part.rate, asked.rate) {
            (rate, None) => rate,
            (rate, Some(asked)) => Some(rate.unwrap_or(1.0) / asked),
        };
        let (pitch, volume) = (less(part.pitch, asked.pitch), less(part.volume, asked.volume));
        Some(VoicePart { rate, pitch, volume, ..part.clone() })
    })
}

fn are_sisters(engine: &Engine, plan: &Plan, seat: &Seat) -> bool {
    let Some(asked) = engine.cast.find(&plan.asked.provider) else { return false };
    let (asked, here) = (asked.plugin_id(), seat.plugin_id());
    asked == here || SISTERS.iter().any(|family| family.contains(&asked) && family.contains(&here))
}

/// Its voices: as last listed, however long ago; a provider that was never asked is asked, for a
/// moment, and not by every request again.
async fn voices_of(engine: &Engine, seat: &Seat) -> Option<Arc<[Voice]>> {
    engine.voices_at_hand(&seat.member.name, LISTING_PATIENCE).await
}

/// The most alike voice that the route's policy allows; else the reason why there is none.
fn nearest(
    plan: &Plan,
    known: Option<&Voice>,
    spoken: Option<&Language>,
    list: &[Voice],
) -> Result<StandIn, String> {
    let (asked, request) = (plan.asked.voice.as_deref().unwrap_or_default(), &plan.request);
    let wanted = known.map_or_else(|| Wanted::named(asked), Wanted::like).in_language(spoken);
    let wanted = wanted.with_style(request.style.as_deref()).with_emotion(request.emotion.as_deref());
    choose(&wanted, spoken, (plan.terms.rules.voice_policy, plan.terms.rules.min_score), list)
}

/// The best of a list under the route's policy and least score.
fn choose(
    wanted: &Wanted<'_>,
    spoken: Option<&Language>,
    terms: (VoicePolicy, f32),
    list: &[Voice],
) -> Result<StandIn, String> {
    let found = suitable(wanted, spoken, terms, list)?;
    let best = found.first().ok_or_else(|| "it has no voices".to_owned())?;
    let reasons = best.reasons.iter().map(ToString::to_string).collect();
    let casting = Casting { how: How::Nearest, score: Some(best.score), reasons };
    Ok(StandIn { voice: best.voice.id.clone(), trim: None, casting })
}

/// Every voice of a list that may stand in under a policy and with a least score, the best first;
/// else the reason why there is none.
pub(crate) fn suitable<'v>(
    wanted: &Wanted<'_>,
    spoken: Option<&Language>,
    (policy, min_score): (VoicePolicy, f32),
    list: &'v [Voice],
) -> Result<Vec<Match<'v>>, String> {
    let language = match (policy, spoken) {
        (VoicePolicy::Any, _) => None,
        (_, Some(language)) => Some(language),
        // Any voice at all might read English as if it were Finnish.
        (_, None) => return Err("the language of the text is not known".to_owned()),
    };
    // A voice that lists no language is one that speaks what it is given, or whose service does not
    // say; it comes after every voice that is known to speak this one.
    let speaks = |voice: &Voice| {
        language.is_none_or(|wanted| voice.languages.iter().any(|own| same_language(own, wanted)))
    };
    let (known, rest): (Vec<_>, Vec<_>) =
        rank(wanted, list).into_iter().partition(|found| speaks(found.voice));
    let open = rest.into_iter().filter(|found| found.voice.languages.is_empty());
    let mut found: Vec<Match<'v>> = known.into_iter().chain(open).collect();
    let Some(best) = found.first() else {
        return Err(language.map_or_else(
            || "it has no voices".to_owned(),
            |language| format!("none of its voices speaks {language}"),
        ));
    };
    if best.score < min_score {
        let (id, score) = (&best.voice.id, best.score);
        return Err(format!(
            "the nearest of its voices scores {score:.2}, at least {min_score:.2} is wanted: {id}"
        ));
    }
    found.retain(|found| found.score >= min_score);
    Ok(found)
}

/// The language that an id begins with, by the scheme most services share: `en-US-AriaNeural`.
fn language_in(id: &str) -> Option<Language> {
    let mut subtags = id.splitn(3, '-');
    let (language, region) = (subtags.next()?, subtags.next()?);
    subtags.next()?;
    let is_tag = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.len() == 2
        && region.bytes().all(|byte| byte.is_ascii_uppercase());
    is_tag.then(|| format!("{language}-{region}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_language_by_the_shared_scheme_alone() {
        let check = |id, expected: Option<&str>| {
            assert_eq!(language_in(id).map(String::from).as_deref(), expected, "{id}");
        };
        check("en-US-AriaNeural", Some("en-US"));
        check("cmn-CN-Wavenet-A", Some("cmn-CN"));
        check("en-US", None);
        check("alloy", None);
        check("my-OK-voice", Some("my-OK"));
        check("us-en-voice", None);
    }
}
