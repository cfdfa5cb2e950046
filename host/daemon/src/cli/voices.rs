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
    let (listed, total) = find(&voices, &lists)?;
    if voices.json {
        return Ok(printer.json(&listed)?);
    }
    if listed.is_empty() {
        return Err(Fault::new(Exit::BadInput, "no voice is like that")
            .hint("`understudy voices` without options lists all"));
    }
    table(&listed).print(printer)?;
    if listed.len() < total {
        printer.note(format_args!("\n{} of {total} voices", listed.len()));
    }
    Ok(())
}

/// The voices that are wanted, as many as are to be shown, and how many there are.
fn find(voices: &Voices, lists: &Lists) -> Result<(Vec<Listed>, usize), Fault> {
    let query = Query::read(&RawQuery {
        language: voices.language.as_deref(),
        gender: voices.gender.as_deref(),
        style: voices.style.as_deref(),
        provider: voices.provider.as_deref(),
        search: voices.search.as_deref(),
        ..RawQuery::default()
    });
    let limit = voices.limit.map_or(usize::MAX, |limit| limit as usize);
    let query = Query { limit, ..query.map_err(refused)? };
    let catalogue = lists.catalogue();
    let page = catalogue.page(&query).map_err(refused)?;
    Ok((page.entries.iter().map(|entry| Listed::new(entry.provider, entry.voice)).collect(), page.total))
}

fn refused(error: QueryError) -> Fault {
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
