//! `understudy characters`: who can be spoken as.

use serde_json::json;
use understudy_engine::{CharacterProfile, Listed};
use understudy_speech::{Gender, Language};

use super::args::Characters;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::table::Table;
use crate::Understudy;
use crate::config::Config;
use crate::http::catalogue::gender_name;
use crate::http::characters::age_name;

pub(super) async fn run(wanted: Characters, config: Config, printer: Printer) -> Result<(), Fault> {
    let understudy = Understudy::start(config).await?;
    let Listed { mut characters, missed } = understudy.engine().characters().await;
    for (provider, error) in missed {
        let message = format!("characters of {provider} may be missing: {error}");
        printer.warning(message, error.hint().as_deref());
    }
    characters.retain(|known| is_wanted(known, &wanted));
    if wanted.json {
        let rows: Vec<_> = characters.iter().map(row).collect();
        return Ok(printer.json(&rows)?);
    }
    if characters.is_empty() {
        return Err(Fault::new(Exit::BadInput, "there is no such character")
            .hint("write one as [characters.NAME], or grant a provider that has characters"));
    }
    Ok(table(&characters).print(printer)?)
}

fn is_wanted(known: &CharacterProfile, wanted: &Characters) -> bool {
    let of = |provider: &String| known.provider.as_ref() == Some(provider);
    wanted.provider.as_ref().is_none_or(of) && (known.is_active || wanted.all)
}

fn table(characters: &[CharacterProfile]) -> Table<5> {
    let mut table = Table::new(["CHARACTER", "NAME", "LANGUAGE", "SOUNDS", "DESCRIPTION"]);
    for known in characters {
        let character = &known.character;
        let languages: Vec<&str> = character.languages.iter().map(Language::as_str).collect();
        let sounds: Vec<&str> = sounds(character.gender).chain(character.age.map(age_name)).collect();
        table.row([
            known.id.clone(),
            character.name.clone(),
            languages.join(" "),
            sounds.join(" "),
            character.description.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn sounds(gender: Option<Gender>) -> impl Iterator<Item = &'static str> {
    gender.map(gender_name).into_iter()
}

fn row(known: &CharacterProfile) -> serde_json::Value {
    let character = &known.character;
    json!({
        "id": known.id,
        "provider": known.provider,
        "name": character.name,
        "description": character.description,
        "personality": character.traits,
        "emotions": character.emotions,
        "languages": character.languages,
        "gender": character.gender,
        "age": character.age,
        "avatar_url": character.avatar_url,
        "active": known.is_active,
        "usage_count": known.usage_count,
    })
}
