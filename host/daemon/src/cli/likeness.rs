//! `understudy voices --like`: who could stand in for a voice, and why.

use std::collections::HashSet;

use serde::Serialize;
use understudy_engine::catalogue::{Query, RawQuery};
use understudy_engine::likeness::{Match, Reason, Wanted, rank};
use understudy_engine::{Engine, VoiceId, nearest};
use understudy_speech::{Language, Voice};

use super::args::Voices;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::voices::refused;
use crate::catalogue::Lists;

/// How many are shown unless told otherwise.
const SHOWN: u32 = 10;

/// One voice and how well it would stand in.
#[derive(Serialize)]
struct StandIn<'lists> {
    id: String,
    provider: &'lists str,
    score: f32,
    reasons: Vec<Reason>,
    name: &'lists str,
}

pub(super) fn print(
    wanted: &str,
    voices: &Voices,
    engine: &Engine,
    lists: &Lists,
    printer: Printer,
) -> Result<(), Fault> {
    let asked = asked(wanted, engine)?;
    let language = voices.language.as_deref().map(str::parse::<Language>).transpose();
    let language = language.map_err(|error| Fault::new(Exit::BadInput, error.to_string()))?;
    let known = known(&asked, lists)?;
    let part = known.map_or_else(|| Wanted::named(&asked.voice), Wanted::like);
    let part = part.in_language(language.as_ref()).with_style(voices.style.as_deref());
    let mut ranking = ranking(&part, &asked, &among(voices, lists)?, lists);
    ranking.truncate(voices.limit.unwrap_or(SHOWN) as usize);
    if voices.json {
        return Ok(printer.json(&ranking)?);
    }
    if ranking.is_empty() {
        return Err(Fault::new(Exit::BadInput, format!("nobody could stand in for {asked}"))
            .hint("configure another provider; `understudy plugin list` names those inside the program"));
    }
    ranking.iter().try_for_each(|stand_in| tell(stand_in, printer))
}

/// The voice named: `provider/voice`, or one of the default provider.
fn asked(wanted: &str, engine: &Engine) -> Result<VoiceId, Fault> {
    let asked = VoiceId::parse(wanted)
        .or_else(|| engine.default_provider().map(|provider| VoiceId::new(provider, wanted)))
        .ok_or_else(|| Fault::new(Exit::BadInput, format!("not a voice: {wanted}")))?;
    if engine.provider_names().any(|name| name == asked.provider) {
        return Ok(asked);
    }
    let fault = Fault::new(Exit::BadInput, format!("no such provider: {}", asked.provider));
    let meant = nearest(&asked.provider, engine.provider_names());
    Err(meant.map(|meant| format!("did you mean {meant}?")).into_iter().fold(fault, Fault::hint))
}

/// The voice as its provider lists it; none when the provider did not list any.
fn known<'lists>(asked: &VoiceId, lists: &'lists Lists) -> Result<Option<&'lists Voice>, Fault> {
    let list =
        lists.iter().find(|(provider, _)| *provider == asked.provider).map_or(&[][..], |(_, list)| list);
    let found = list.iter().find(|voice| voice.id == asked.voice);
    if found.is_some() || list.is_empty() {
        return Ok(found);
    }
    let fault = Fault::new(Exit::BadInput, format!("no such voice: {asked}"));
    let meant = nearest(&asked.voice, list.iter().map(|voice| voice.id.as_str()));
    let meant = meant.map(|meant| VoiceId::new(asked.provider.as_str(), meant));
    Err(meant.map(|meant| format!("did you mean {meant}?")).into_iter().fold(fault, Fault::hint))
}

/// Who is to be compared. Language and style are what the voice is asked for; they leave nobody out.
fn among<'lists>(
    voices: &Voices,
    lists: &'lists Lists,
) -> Result<HashSet<(&'lists str, &'lists str)>, Fault> {
    let query = Query::read(&RawQuery {
        gender: voices.gender.as_deref(),
        provider: voices.provider.as_deref(),
        search: voices.search.as_deref(),
        ..RawQuery::default()
    });
    let query = Query { limit: usize::MAX, ..query.map_err(refused)? };
    let page = lists.catalogue().page(&query).map_err(refused)?;
    Ok(page.entries.iter().map(|entry| (entry.provider, entry.voice.id.as_str())).collect())
}

/// Everybody of these but the voice itself, the most alike first.
fn ranking<'lists>(
    part: &Wanted<'_>,
    asked: &VoiceId,
    among: &HashSet<(&str, &str)>,
    lists: &'lists Lists,
) -> Vec<StandIn<'lists>> {
    let mut ranking = Vec::new();
    for (provider, voices) in lists.iter() {
        let others = rank(part, voices).into_iter();
        let others = others.filter(|found| among.contains(&(provider, found.voice.id.as_str())));
        let others = others.filter(|found| provider != asked.provider || found.voice.id != asked.voice);
        ranking.extend(others.map(|Match { voice, score, reasons }| StandIn {
            id: VoiceId::new(provider, voice.id.as_str()).to_string(),
            provider,
            score,
            reasons,
            name: &voice.name,
        }));
    }
    // Stable: among equals the order is that of the providers, and then of the ranking.
    ranking.sort_by(|one, two| two.score.total_cmp(&one.score));
    ranking
}

fn tell(stand_in: &StandIn<'_>, printer: Printer) -> Result<(), Fault> {
    printer.table_head(&format!("{:.2}  {}", stand_in.score, stand_in.id))?;
    for reason in &stand_in.reasons {
        let cost = if reason.cost > 0.0 { format!("  -{:.2}", reason.cost) } else { String::new() };
        printer.result(format_args!("      {reason}{cost}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use understudy_engine::likeness::same_language;
    use understudy_plugin::language::Spoken;

    use super::*;

    const TAGS: [&str; 20] = [
        "ar-EG",
        "cmn-CN",
        "en-GB",
        "es-419",
        "fil-PH",
        "he",
        "id-ID",
        "in",
        "iw-IL",
        "jv",
        "jw-ID",
        "nb-NO",
        "nn",
        "no",
        "tl",
        "yue",
        "zh",
        "zh-Hans-SG",
        "zh-Hant-HK",
        "zh-MO",
    ];

    #[test]
    fn the_sdk_has_the_same_languages_in_one() {
        for (one, two) in TAGS.iter().flat_map(|one| TAGS.iter().map(move |two| (*one, *two))) {
            let read = |tag: &str| tag.parse::<Language>().unwrap();
            let by_plugins = Spoken::of(one).language == Spoken::of(two).language;
            assert_eq!(same_language(&read(one), &read(two)), by_plugins, "{one} {two}");
        }
    }
}
