//! Which voice a candidate plays, and the request as it will be asked.

use std::sync::{Arc, OnceLock};

use understudy_speech::{Capabilities, Language, Range, Request, TextLimit, TextUnit};

use super::options::keep_own;
use super::stand_in::{LISTING_PATIENCE, StandIn, stand_in};
use super::{Part, Plan, Role};
use crate::cache::{Performer, TakeKey};
use crate::cast::{Member, Seat};
use crate::characters::{Carried, Persona, Played, carry};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::fit::fit;
use crate::provenance::{Casting, How};
use crate::settings::{Plays, VoicePart};

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
    /// Word times are wanted, whether or not this provider tells them.
    pub(crate) wants_words: bool,
    key: OnceLock<TakeKey>,
}

impl Candidate {
    /// The key of its take.
    pub(crate) fn key(&self) -> TakeKey {
        *self.key.get_or_init(|| {
            let Member { name, provider, settings, .. } = &self.seat.member;
            let manifest = provider.manifest();
            let performer = Performer {
                provider: name,
                plugin: &manifest.id,
                cache_epoch: manifest.cache_epoch,
                settings,
            };
            TakeKey::of(&performer, &self.request)
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.seat.member.name
    }

    /// The language its voice is known to speak first; none when nobody has listed the voices yet,
    /// or when it speaks several equally.
    pub(crate) fn language(&self) -> Option<Language> {
        let wanted = self.request.voice.as_deref()?;
        let voices = self.seat.voices.last()?;
        let voice = voices.iter().find(|voice| voice.id == wanted)?;
        let [language] = voice.languages.as_slice() else { return None };
        Some(language.clone())
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
    let mut request = Request { voice: None, ..plan.request.clone() };
    let mut dropped = keep_own(&engine.cast, plan, seat, &mut request);
    let (voice, trim, casting) = match role {
        Role::Named(None) => (None, None, Casting::by(How::Unnamed)),
        Role::Named(Some(voice)) => (Some(voice.clone()), None, Casting::by(How::Asked)),
        Role::Mapped(part) => (Some(part.voice.clone()), Some(part.clone()), Casting::by(How::Mapped)),
        Role::Played(Played { part, casting, .. }) => {
            (Some(part.voice.clone()), Some(part.clone()), casting.clone())
        }
        Role::StandIn => {
            let StandIn { voice, trim, casting } = stand_in(engine, plan, seat).await?;
            (Some(voice), trim, casting)
        }
    };
    let played = if let Role::Played(played) = role { Some(played) } else { None };
    let is_itself = played.is_some_and(|played| played.plays == Plays::Character);
    let mut notes = plan.notes.clone();
    if let Some(trim) = &trim {
        notes.extend(apply(&mut request, trim, seat.capabilities()));
    }
    let carried = match plan.persona.as_deref() {
        Some(persona) => {
            request.character = voice.clone().filter(|_| is_itself);
            request.voice = voice.filter(|_| !is_itself);
            feel(engine, seat, persona, played, &mut request).await
        }
        None => {
            request.voice = voice;
            Carried::default()
        }
    };
    notes.extend(carried.notes);
    let name = &seat.member.name;
    let policy = engine.settings.policy(name);
    check_length(name, policy.max_text_length, plan.characters)?;
    dropped.extend(fit(name, seat.member.provider.manifest(), policy, &mut request, &plan.output)?);
    if carried.lost {
        dropped.push("emotion".to_owned());
    }
    Ok(Candidate {
        seat: Arc::clone(seat),
        request: Arc::new(request),
        dropped,
        notes,
        characters: plan.characters,
        casting,
        wants_words: plan.request.words,
        key: OnceLock::new(),
    })
}

/// Takes a character's feeling over to whoever speaks. What the voice can play is in its provider's
/// list, which is asked for when there is a feeling to be played.
async fn feel(
    engine: &Engine,
    seat: &Arc<Seat>,
    persona: &Persona,
    played: Option<&Played>,
    request: &mut Request,
) -> Carried {
    if request.emotion.is_none() {
        return Carried::default();
    }
    let list = match &request.voice {
        Some(_) => engine.voices_at_hand(&seat.member.name, LISTING_PATIENCE).await,
        None => None,
    };
    let voice =
        list.as_deref().and_then(|list| list.iter().find(|voice| Some(&voice.id) == request.voice.as_ref()));
    carry(&persona.manners, seat.member.provider.manifest(), played, voice, request)
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

/// Brings a voice to the sound it is cast for; how far it could not be brought there.
fn apply(request: &mut Request, part: &VoicePart, can: &Capabilities) -> Vec<String> {
    let (rate, pitch, volume) = (&mut request.rate, &mut request.pitch, &mut request.volume);
    let short = [
        trim("rate", rate, part.rate, can.rate, |asked, trim| asked * trim),
        trim("pitch", pitch, part.pitch, can.pitch, |asked, trim| asked + trim),
        trim("volume", volume, part.volume, can.volume, |asked, trim| asked + trim),
    ];
    for manner in [&mut request.style, &mut request.emotion] {
        if let Some(word) = manner.as_ref().and_then(|word| part.styles.get(word)) {
            *manner = Some(word.clone());
        }
    }
    short.into_iter().flatten().collect()
}

/// Trims a control. It goes no further than the provider's range does, and says so. What the caller asked for
/// beyond that is refused as it was sent.
fn trim(
    field: &str,
    control: &mut Option<f32>,
    by: Option<f32>,
    range: Option<Range>,
    join: fn(f32, f32) -> f32,
) -> Option<String> {
    let by = by?;
    let joined = control.map_or(by, |asked| join(asked, by));
    let Some(Range { minimum, maximum }) = range else {
        *control = Some(joined);
        return None;
    };
    if control.is_some_and(|asked| !(minimum..=maximum).contains(&asked)) {
        return None;
    }
    let taken = joined.clamp(minimum, maximum);
    *control = Some(taken);
    let is_short = (taken - joined).abs() >= f32::EPSILON;
    is_short.then(|| {
        format!("{field} was trimmed to {taken:.2} and not to {joined:.2}, as far as the voice goes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAN: Option<Range> = Some(Range { minimum: 0.7, maximum: 1.2 });

    #[test]
    fn a_trim_stays_within_the_providers_range_and_leaves_what_was_asked_beyond_it() {
        let check = |asked, by, expected, told: &str| {
            let mut control = asked;
            let short = trim("rate", &mut control, Some(by), CAN, |asked, trim| asked * trim);
            assert_eq!((control, short.as_deref().unwrap_or_default()), (Some(expected), told));
        };
        check(Some(1.0), 1.06, 1.06, "");
        check(Some(1.15), 1.06, 1.2, "rate was trimmed to 1.20 and not to 1.22, as far as the voice goes");
        check(Some(1.15), 1.1, 1.2, "rate was trimmed to 1.20 and not to 1.26, as far as the voice goes");
        check(Some(0.7), 0.9, 0.7, "rate was trimmed to 0.70 and not to 0.63, as far as the voice goes");
        check(None, 1.5, 1.2, "rate was trimmed to 1.20 and not to 1.50, as far as the voice goes");
        check(Some(1.5), 0.5, 1.5, "");
    }

    #[test]
    fn trims_come_on_top_of_what_was_asked() {
        let mut request = Request { rate: Some(1.25), style: Some("news".to_owned()), ..Request::text("x") };
        let part = VoicePart {
            provider: String::new(),
            voice: String::new(),
            rate: Some(1.5),
            pitch: Some(-1.0),
            volume: None,
            styles: [("news".to_owned(), "newscast".to_owned())].into(),
        };
        let can = crate::scripted::Scripted::new("a", Vec::new()).manifest.capabilities;
        assert_eq!(apply(&mut request, &part, &can), [""; 0]);
        assert_eq!((request.rate, request.pitch, request.volume), (Some(1.875), Some(-1.0), None));
        assert_eq!(request.style.as_deref(), Some("newscast"));
    }
}
