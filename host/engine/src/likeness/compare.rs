//! The comparisons, one function an aspect.

use std::borrow::Cow;

use understudy_speech::{Age, Gender, Language, Voice};

use super::profile::Profile;
use super::spoken::Spoken;
use super::{Aspect, Reason, Verdict, Wanted, weights};

/// A reason before it is told.
type Judged = (Verdict, f32);

const SAME: Judged = (Verdict::Same, 0.0);

pub(super) fn reasons(wanted: &Wanted<'_>, voice: &Voice) -> Vec<Reason> {
    let offered = Profile::of(voice);
    if let Some(reason) = same_voice(wanted, voice, &offered) {
        return vec![reason];
    }
    let mut reasons = vec![
        language(wanted, &offered),
        gender(&wanted.profile, &offered),
        age(wanted.profile.age, offered.age),
    ];
    reasons.extend(manner(Aspect::Style, wanted.style, &voice.styles));
    reasons.extend(manner(Aspect::Emotion, wanted.emotion, &voice.emotions));
    reasons.extend(traits(wanted.traits, voice));
    reasons.push(quality(&wanted.profile, &offered));
    reasons.push(sample_rate(wanted.profile.sample_rate, offered.sample_rate));
    reasons.push(name(wanted.profile.persona, offered.persona));
    reasons
}

fn reason(
    aspect: Aspect,
    (verdict, cost): Judged,
    wanted: Option<Cow<'static, str>>,
    offered: Option<Cow<'static, str>>,
) -> Reason {
    Reason { aspect, verdict, cost, wanted, offered, source: None }
}

fn same_voice(wanted: &Wanted<'_>, voice: &Voice, offered: &Profile<'_>) -> Option<Reason> {
    let by_scheme = match (&wanted.profile.scheme, &offered.scheme) {
        (Some(wanted), Some(offered)) => wanted.is_same_voice(offered),
        _ => false,
    };
    let is_same = by_scheme || wanted.voice == Some(voice);
    is_same.then(|| reason(Aspect::Voice, SAME, None, Some(voice.id.clone().into())))
}

fn language(wanted: &Wanted<'_>, offered: &Profile<'_>) -> Reason {
    let part = wanted.language.or_else(|| wanted.profile.languages.first());
    let told = |language: Option<&Language>| language.map(|language| Cow::Owned(language.to_string()));
    let Some(part) = part else {
        let unknown = (Verdict::Unknown, weights::LANGUAGE_UNKNOWN);
        return reason(Aspect::Language, unknown, None, told(offered.languages.first()));
    };
    let best =
        offered.languages.iter().enumerate().map(|(at, language)| (tongue(part, language, at), language));
    match best.min_by(|(one, _), (two, _)| one.1.total_cmp(&two.1)) {
        Some((judged, language)) => reason(Aspect::Language, judged, told(Some(part)), told(Some(language))),
        None => {
            let unknown = (Verdict::Unknown, weights::LANGUAGE_UNKNOWN);
            reason(Aspect::Language, unknown, told(Some(part)), None)
        }
    }
}

/// One language of a voice's list, the first of which is its own.
fn tongue(wanted: &Language, offered: &Language, place: usize) -> Judged {
    let (wanted, offered) = (Spoken::of(wanted), Spoken::of(offered));
    let second = place > 0;
    if wanted.language != offered.language {
        return (Verdict::Differs, weights::LANGUAGE_OTHER);
    }
    match (wanted.region, offered.region) {
        (one, two) if one == two && second => (Verdict::Near, weights::LANGUAGE_SECOND),
        (one, two) if one == two => SAME,
        // Any accent will do for a text that names none; a bare voice leaves its accent open.
        (None, Some(_)) if !second => SAME,
        (Some(_), None) if !second => (Verdict::Near, weights::LANGUAGE_BARE),
        (None, _) | (_, None) => (Verdict::Near, weights::LANGUAGE_SECOND),
        (Some(_), Some(_)) => (Verdict::Near, weights::LANGUAGE_REGION),
    }
}

fn gender(wanted: &Profile<'_>, offered: &Profile<'_>) -> Reason {
    let judged = match (wanted.gender, offered.gender) {
        (Some(one), Some(two)) if one == two => SAME,
        (Some(Gender::Neutral), Some(_)) | (Some(_), Some(Gender::Neutral)) => {
            (Verdict::Near, weights::GENDER_UNKNOWN)
        }
        (Some(_), Some(_)) => (Verdict::Differs, weights::GENDER_OTHER),
        _ => (Verdict::Unknown, weights::GENDER_UNKNOWN),
    };
    let word = |gender: Gender| match gender {
        Gender::Female => "female",
        Gender::Male => "male",
        Gender::Neutral => "neutral",
    };
    let told = |gender: Option<Gender>| gender.map(word).map(Cow::Borrowed);
    let reason = reason(Aspect::Gender, judged, told(wanted.gender), told(offered.gender));
    Reason { source: offered.gender_source.or(wanted.gender_source), ..reason }
}

fn age(wanted: Option<Age>, offered: Option<Age>) -> Reason {
    let years = |age: Age| match age {
        Age::Child => (0_i8, "child"),
        Age::Young => (1, "young"),
        Age::Adult => (2, "adult"),
        Age::Elderly => (3, "elderly"),
    };
    let (wanted, offered) = (wanted.map(years), offered.map(years));
    let judged = match (wanted, offered) {
        (Some((one, _)), Some((two, _))) => match one.abs_diff(two) {
            0 => SAME,
            // A child is no young adult: the voice has not broken yet.
            1 if one.min(two) > 0 => (Verdict::Near, weights::AGE_NEXT),
            _ => (Verdict::Differs, weights::AGE_FAR),
        },
        _ => (Verdict::Unknown, weights::AGE_UNKNOWN),
    };
    let told = |age: Option<(i8, &'static str)>| age.map(|(_, word)| Cow::Borrowed(word));
    reason(Aspect::Age, judged, told(wanted), told(offered))
}

/// A style or an emotion; nothing to say when none is asked for.
fn manner(aspect: Aspect, wanted: Option<&str>, offered: &[String]) -> Option<Reason> {
    let wanted = wanted?;
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let found = offered.iter().find(|offered| plain(offered) == plain(wanted));
    let judged = if found.is_some() { SAME } else { (Verdict::Differs, weights::MANNER_MISSING) };
    let told = found.map(|found| Cow::Owned(found.clone()));
    Some(reason(aspect, judged, Some(wanted.to_owned().into()), told))
}

/// Each word that the provider nowhere says of the voice costs its share; nothing to say when no
/// personality is wanted.
fn traits(wanted: &[String], voice: &Voice) -> Option<Reason> {
    if wanted.is_empty() {
        return None;
    }
    let mut said: Vec<&str> = voice.styles.iter().map(String::as_str).collect();
    said.extend(voice.description.as_deref());
    said.extend(voice.labels.iter().map(|(_, value)| value.as_str()));
    let said = said.join(" ").to_lowercase();
    let words: Vec<&str> = said.split(|edge: char| !edge.is_alphanumeric()).collect();
    let found: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|word| words.contains(&word.to_lowercase().as_str()))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a personality has a handful of words")]
    let share = (wanted.len() - found.len()) as f32 / wanted.len() as f32;
    let verdict = match found.len() {
        0 => Verdict::Unknown,
        some if some == wanted.len() => Verdict::Same,
        _ => Verdict::Near,
    };
    let told = (!found.is_empty()).then(|| Cow::Owned(found.join(", ")));
    Some(reason(
        Aspect::Traits,
        (verdict, share * weights::TRAITS_MISSING),
        Some(wanted.join(", ").into()),
        told,
    ))
}

fn quality(wanted: &Profile<'_>, offered: &Profile<'_>) -> Reason {
    let judged = match (wanted.neural, offered.neural) {
        (Some(one), Some(two)) if one != two => (Verdict::Differs, weights::QUALITY_OTHER),
        (Some(_), Some(_)) if wanted.premium != offered.premium => (Verdict::Near, weights::QUALITY_TIER),
        (Some(_), Some(_)) => SAME,
        _ => (Verdict::Unknown, weights::QUALITY_UNKNOWN),
    };
    let told = |profile: &Profile<'_>| {
        profile.neural.map(|neural| match (neural, profile.premium) {
            (true, true) => Cow::Borrowed("premium neural"),
            (true, false) => Cow::Borrowed("neural"),
            (false, true) => Cow::Borrowed("premium standard"),
            (false, false) => Cow::Borrowed("standard"),
        })
    };
    reason(Aspect::Quality, judged, told(wanted), told(offered))
}

fn sample_rate(wanted: Option<u32>, offered: Option<u32>) -> Reason {
    let judged = match (wanted, offered) {
        (Some(wanted), Some(offered)) if offered < wanted => (Verdict::Differs, weights::RATE_LOWER),
        (Some(wanted), Some(offered)) if offered > wanted => (Verdict::Near, 0.0),
        (Some(_), Some(_)) => SAME,
        _ => (Verdict::Unknown, weights::RATE_UNKNOWN),
    };
    let told = |rate: Option<u32>| rate.map(|rate| Cow::Owned(format!("{rate} Hz")));
    reason(Aspect::SampleRate, judged, told(wanted), told(offered))
}

/// Equal or not: half a name in common says nothing about a voice.
fn name(wanted: Option<&str>, offered: Option<&str>) -> Reason {
    let judged = match (wanted, offered) {
        (Some(one), Some(two)) if one.to_lowercase() == two.to_lowercase() => SAME,
        (Some(_), Some(_)) => (Verdict::Differs, weights::NAME_OTHER),
        _ => (Verdict::Unknown, weights::NAME_UNKNOWN),
    };
    let told = |name: Option<&str>| name.map(|name| Cow::Owned(name.to_owned()));
    reason(Aspect::Name, judged, told(wanted), told(offered))
}
