//! `understudy voices`: who can speak.

use serde::Serialize;
use understudy_engine::VoiceId;
use understudy_engine::catalogue::{Query, QueryError, RawQuery};
use understudy_speech::{Language, Voice};

use super::args::Voices;
use super::exit::{Exit, Fault};
use super::likeness;
use super::printer::Printer;
use super::table::Table;
use crate::Understudy;
use crate::catalogue::Lists;
use crate::config::Config;
use crate::understudy::Keeping;

/// A voice under its public id.
#[derive(Serialize)]
struct Listed {
    id: String,
    provider: String,
    /// The provider's own id.
    voice: String,
    #[serde(flatten)]
    facts: Facts,
}

/// The rest of [`Voice`], whose `id` is taken.
#[derive(Serialize)]
struct Facts {
    name: String,
    languages: Vec<Language>,
    gender: Option<understudy_speech::Gender>,
    age: Option<understudy_speech::Age>,
    styles: Vec<String>,
    emotions: Vec<String>,
    neural: bool,
    premium: bool,
    sample_rate: Option<u32>,
    description: Option<String>,
}

pub(super) async fn run(voices: Voices, config: Config, printer: Printer) -> Result<(), Fault> {
    let understudy = Understudy::start_keeping(config, Keeping::Nothing).await?;
    let lists = Lists::fetch(&understudy.engine()).await;
    for missing in lists.missing() {
        let wanted = voices.provider.as_ref().is_none_or(|provider| *provider == missing.provider);
        if wanted {
            let message = format!("voices of {} are missing: {}", missing.provider, missing.reason());
            printer.warning(message, missing.error.hint().as_deref());
        }
    }
    if let Some(wanted) = &voices.like {
        return likeness::print(wanted, &voices, &understudy.engine(), &lists, printer);
    }
    let found = find(&voices, &lists)?;
    if voices.json {
        printer.json(&found.listed)?;
        found.tell_of_others(printer);
        return Ok(());
    }
    if found.total == 0 {
        return Err(Fault::new(Exit::BadInput, "no voice is like that")
            .hint("`understudy voices` without options lists all"));
    }
    if found.listed.is_empty() {
        let pages = found.total.div_ceil(found.limit);
        return Err(Fault::new(Exit::BadInput, format!("there is no such page: {}", found.page))
            .hint(format!("the last one is {pages}")));
    }
    table(&found.listed).print(printer)?;
    found.tell_of_others(printer);
    Ok(())
}

/// What was found, as much of it as is to be shown.
struct Found {
    listed: Vec<Listed>,
    /// How many there are on all pages.
    total: usize,
    limit: usize,
    /// From 1.
    page: usize,
}

impl Found {
    /// That there are others, and how to see them.
    fn tell_of_others(&self, printer: Printer) {
        let Self { listed, total, limit, page } = self;
        if listed.len() == *total {
            return;
        }
        let is_last = page * limit >= *total;
        let next = if is_last { String::new() } else { format!("; --page {} shows the next", page + 1) };
        printer.note(format_args!("\n{} of {total} voices{next}", listed.len()));
    }
}

/// The voices that are wanted, a page of them, and how many there are.
fn find(voices: &Voices, lists: &Lists) -> Result<Found, Fault> {
    let query = Query::read(&RawQuery {
        language: voices.language.as_deref(),
        gender: voices.gender.as_deref(),
        style: voices.style.as_deref(),
        provider: voices.provider.as_deref(),
        search: voices.search.as_deref(),
        ..RawQuery::default()
    });
    let mut query = query.map_err(refused)?;
    let whole = voices.limit.is_none() && voices.page.is_none();
    query.limit = voices.limit.map_or(if whole { usize::MAX } else { query.limit }, |limit| limit as usize);
    let wanted = voices.page.unwrap_or(1) as usize;
    let catalogue = lists.catalogue();
    let mut page = catalogue.page(&query).map_err(refused)?;
    for _ in 1..wanted {
        let Some(next) = page.next.take() else {
            return Ok(Found { listed: Vec::new(), total: page.total, limit: query.limit, page: wanted });
        };
        query.cursor = Some(next);
        page = catalogue.page(&query).map_err(refused)?;
    }
    let listed = page.entries.iter().map(|entry| Listed::new(entry.provider, entry.voice)).collect();
    Ok(Found { listed, total: page.total, limit: query.limit, page: wanted })
}

pub(super) fn refused(error: QueryError) -> Fault {
    let hint = error.hint();
    hint.into_iter().fold(Fault::new(Exit::BadInput, error), Fault::hint)
}

impl Listed {
    fn new(provider: &str, voice: &Voice) -> Self {
        let voice = voice.clone();
        Self {
            id: VoiceId::new(provider, voice.id.as_str()).to_string(),
            provider: provider.to_owned(),
            voice: voice.id,
            facts: Facts {
                name: voice.name,
                languages: voice.languages,
                gender: voice.gender,
                age: voice.age,
                styles: voice.styles,
                emotions: voice.emotions,
                neural: voice.neural,
                premium: voice.premium,
                sample_rate: voice.sample_rate,
                description: voice.description,
            },
        }
    }
}

fn table(listed: &[Listed]) -> Table<5> {
    let mut table = Table::new(["VOICE", "NAME", "LANGUAGE", "SOUNDS", "DESCRIPTION"]);
    for Listed { id, facts, .. } in listed {
        let languages: Vec<&str> = facts.languages.iter().map(Language::as_str).collect();
        let sounds = [word(&facts.gender), word(&facts.age)].concat();
        table.row([
            id.clone(),
            facts.name.clone(),
            languages.join(" "),
            sounds.trim().to_owned(),
            facts.description.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// The contract's own word for it.
fn word(fact: &impl Serialize) -> String {
    match serde_json::to_value(fact) {
        Ok(serde_json::Value::String(word)) => format!("{word} "),
        _ => String::new(),
    }
}
