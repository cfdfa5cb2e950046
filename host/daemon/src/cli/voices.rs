//! `understudy voices`: who can speak.

use serde::Serialize;
use understudy_engine::{Engine, VoiceId};
use understudy_speech::{Language, Voice};

use super::args::Voices;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::table::Table;
use crate::Understudy;
use crate::config::Config;

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
    let understudy = Understudy::start(config).await?;
    let listed = list(understudy.engine(), voices.provider.as_deref(), printer).await?;
    let listed: Vec<Listed> = listed
        .into_iter()
        .filter(|listed| voices.language.as_ref().is_none_or(|wanted| speaks(&listed.facts.languages, wanted)))
        .collect();
    if voices.json {
        return Ok(printer.json(&listed)?);
    }
    if listed.is_empty() {
        return Err(Fault::new(Exit::BadInput, "no voice is like that")
            .hint("`understudy voices` without options lists all"));
    }
    Ok(table(&listed).print(printer)?)
}

/// The voices of `provider`, or of all: then one that cannot list its own is told and passed over.
async fn list(engine: &Engine, provider: Option<&str>, printer: Printer) -> Result<Vec<Listed>, Fault> {
    if let Some(provider) = provider {
        return Ok(public(provider, engine.voices(provider).await?));
    }
    let mut listed = Vec::new();
    for provider in engine.provider_names() {
        match engine.voices(provider).await {
            Ok(voices) => listed.extend(public(provider, voices)),
            Err(error) => {
                printer.warning(format_args!("voices of {provider} are missing: {error}"), error.hint().as_deref());
            }
        }
    }
    Ok(listed)
}

fn public(provider: &str, voices: Vec<Voice>) -> Vec<Listed> {
    let list = voices.into_iter().map(|voice| Listed {
        id: VoiceId::new(provider, &voice.id).to_string(),
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
    });
    list.collect()
}

/// `en` finds `en-GB`, and `en-GB` finds a voice for any English.
fn speaks(languages: &[Language], wanted: &Language) -> bool {
    languages.iter().any(|language| language.covers(wanted) || wanted.covers(language))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(languages: &[&str], wanted: &str, expected: bool) {
        let languages: Vec<Language> = languages.iter().map(|tag| tag.parse().unwrap()).collect();
        assert_eq!(speaks(&languages, &wanted.parse().unwrap()), expected, "{wanted}");
    }

    #[test]
    fn a_bare_language_finds_its_regions_and_is_found_by_them() {
        check(&["en-GB"], "en", true);
        check(&["en"], "en-GB", true);
        check(&["en-US"], "en-GB", false);
        check(&["de", "en-US"], "en-US", true);
        check(&["de"], "en", false);
    }
}
