//! Which voice a candidate plays, and the request as it will be asked.
//!
//! A stand-in is looked for where it is surest first: what the operator wrote down; the voice of
//! the same name at a sister service, which is the same voice; then the most alike of all the
//! provider has. A provider's own default is nobody's stand-in: it is played only when the caller
//! named no voice.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use understudy_speech::{Language, Request, TextLimit, TextUnit, Voice};

use super::{Part, Plan, Role, no_stand_in};
use crate::cast::Seat;
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::fit::fit;
use crate::likeness::{Wanted, rank};
use crate::provenance::{Casting, How};
use crate::settings::{VoicePart, VoicePolicy};

/// How long a voice list may keep a request waiting that needs it to find a stand-in.
const LISTING_PATIENCE: Duration = Duration::from_secs(2);

/// Services that sell the same voices under the same names, by their plugins' ids.
const SISTERS: &[&[&str]] = &[&["azure", "edge"]];

/// A provider that could speak, and the request as it will be asked.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) seat: Arc<Seat>,
    pub(crate) request: Arc<Request>,
    /// What of the request this provider cannot honour.
    pub(crate) dropped: Vec<String>,
    /// What was done to the request.
    pub(crate) notes: Vec<String>,
    /// The text's length.
    pub(crate) characters: usize,
    pub(crate) casting: Casting,
}

impl Candidate {
    pub(crate) fn name(&self) -> &str {
        &self.seat.member.name
    }
}

impl Part {
    /// The candidate, made when it is first wanted.
    pub(crate) async fn cast(&self, engine: &Engine, plan: &Plan) -> Result<Arc<Candidate>, SpeechError> {
        let cast = || async {
            let seat = self.seat.as_ref().map_err(SpeechError::clone)?;
            cast(engine, plan, seat, &self.role).await.map(Arc::new)
        };
        self.candidate.get_or_try_init(cast).await.map(Arc::clone)
    }
}

async fn cast(engine: &Engine, plan: &Plan, seat: &Arc<Seat>, role: &Role) -> Result<Candidate, SpeechError> {
    let (voice, trim, casting) = match role {
        Role::Named(None) => (None, None, Casting::by(How::Unnamed)),
        Role::Named(Some(voice)) => (Some(voice.clone()), None, Casting::by(How::Asked)),
        Role::Mapped(part) => (Some(part.voice.clone()), Some(part.clone()), Casting::by(How::Mapped)),
        Role::StandIn => {
            let (voice, trim, casting) = stand_in(engine, plan, seat).await?;
            (Some(voice), trim, casting)
        }
    };
    let mut request = Request { voice, ..plan.request.clone() };
    if let Some(trim) = &trim {
        apply(&mut request, trim);
    }
    let name = &seat.member.name;
    check_length(name, engine.settings.policy(name).max_text_length, plan.characters)?;
    let dropped = fit(name, seat.member.provider.manifest(), &mut request, &plan.output)?;
    Ok(Candidate {
        seat: Arc::clone(seat),
        request: Arc::new(request),
        dropped,
        notes: plan.notes.clone(),
        characters: plan.characters,
        casting,
    })
}

fn check_length(provider: &str, maximum: Option<u32>, length: usize) -> Result<(), SpeechError> {
    match maximum {
        Some(maximum) if length > maximum as usize => {
            let limit = TextLimit { maximum, unit: TextUnit::Characters };
            Err(SpeechError::TextTooLong { length, limit, provider: Some(provider.to_owned()) })
        }
        _ => Ok(()),
    }
}

/// Brings a voice to the sound it is cast for.
fn apply(request: &mut Request, part: &VoicePart) {
    let both = |asked: Option<f32>, trim: Option<f32>, join: fn(f32, f32) -> f32| match (asked, trim) {
        (Some(asked), Some(trim)) => Some(join(asked, trim)),
        (asked, trim) => asked.or(trim),
    };
    request.rate = both(request.rate, part.rate, |asked, trim| asked * trim);
    request.pitch = both(request.pitch, part.pitch, |asked, trim| asked + trim);
    request.volume = both(request.volume, part.volume, |asked, trim| asked + trim);
    for manner in [&mut request.style, &mut request.emotion] {
        if let Some(word) = manner.as_ref().and_then(|word| part.styles.get(word)) {
            *manner = Some(word.clone());
        }
    }
}

type StandIn = (String, Option<VoicePart>, Casting);

async fn stand_in(engine: &Engine, plan: &Plan, seat: &Arc<Seat>) -> Result<StandIn, SpeechError> {
    if let Some(part) = mapped(engine, plan, seat) {
        return Ok((part.voice.clone(), Some(part), Casting::by(How::Mapped)));
    }
    let asked_voice = plan.asked.voice.as_deref().unwrap_or_default();
    let list = voices_of(engine, seat).await;
    if are_sisters(engine, plan, seat) {
        // A sister whose list cannot be had is believed to have it; when it does not, it says so.
        let has_it = list.as_ref().is_none_or(|list| list.iter().any(|voice| voice.id == asked_voice));
        if has_it {
            return Ok((asked_voice.to_owned(), None, Casting::by(How::SameName)));
        }
    }
    let refuse = |reason: String| no_stand_in(&seat.member.name, &plan.asked, reason);
    let list = list.ok_or_else(|| refuse("its voices are not known".to_owned()))?;
    let asked = asked_voice_of(engine, plan).await;
    nearest(plan, asked.as_ref(), &list).map_err(refuse)
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
/// moment.
async fn voices_of(engine: &Engine, seat: &Arc<Seat>) -> Option<Arc<[Voice]>> {
    if let Some(known) = engine.known_voices(seat) {
        return Some(known);
    }
    let patience = Instant::now() + LISTING_PATIENCE;
    timeout_at(patience, engine.voice_list(&seat.member.name)).await.ok()?.ok()
}

/// The most alike voice that the route's policy allows; else the reason why there is none.
fn nearest(plan: &Plan, known: Option<&Voice>, list: &[Voice]) -> Result<StandIn, String> {
    let asked = plan.asked.voice.as_deref().unwrap_or_default();
    let told = language_in(asked);
    let language = plan.request.language.as_ref();
    let spoken = language.or_else(|| known.and_then(|voice| voice.languages.first())).or(told.as_ref());
    let wanted = known.map_or_else(|| Wanted::named(asked), Wanted::like).in_language(spoken);
    let rules = &plan.terms.rules;
    let speaks = |voice: &Voice, wanted: &Language| {
        voice.languages.iter().any(|language| language.primary() == wanted.primary())
    };
    let same_language: Option<&Language> = match (rules.voice_policy, spoken) {
        (VoicePolicy::Any, _) => None,
        (_, Some(language)) => Some(language),
        // Any voice at all might read English as if it were Finnish.
        (_, None) => return Err("the language of the text is not known".to_owned()),
    };
    let best = rank(&wanted, list)
        .into_iter()
        .find(|found| same_language.is_none_or(|language| speaks(found.voice, language)));
    match (best, same_language) {
        (Some(best), _) if best.score >= rules.min_score => {
            let reasons = best.reasons.iter().map(ToString::to_string).collect();
            let casting = Casting { how: How::Nearest, score: Some(best.score), reasons };
            Ok((best.voice.id.clone(), None, casting))
        }
        (Some(best), _) => {
            let (id, score, least) = (&best.voice.id, best.score, rules.min_score);
            Err(format!("the nearest of its voices scores {score:.2}, at least {least:.2} is wanted: {id}"))
        }
        (None, Some(language)) => Err(format!("none of its voices speaks {language}")),
        (None, None) => Err("it has no voices".to_owned()),
    }
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

    #[test]
    fn trims_come_on_top_of_what_was_asked() {
        let mut request = Request { rate: Some(1.5), style: Some("news".to_owned()), ..Request::text("x") };
        let part = VoicePart {
            provider: String::new(),
            voice: String::new(),
            rate: Some(2.0),
            pitch: Some(-1.0),
            volume: None,
            styles: [("news".to_owned(), "newscast".to_owned())].into(),
        };
        apply(&mut request, &part);
        assert_eq!((request.rate, request.pitch, request.volume), (Some(3.0), Some(-1.0), None));
        assert_eq!(request.style.as_deref(), Some("newscast"));
    }
}
