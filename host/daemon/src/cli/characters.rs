//! `understudy characters`: who can be spoken as, and how often each was.
//!
//! The profiles and their counts are in the store. While a server has it, the server is asked; so is one
//! that is named.

use serde_json::json;
use understudy_engine::Listed;

use super::args::Characters;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::server::{ask, place};
use super::store::{Opened, open};
use super::table::Table;
use crate::Understudy;
use crate::config::Config;
use crate::http::characters::CharacterInfo;
use crate::understudy::Keeping;

pub(super) async fn run(wanted: Characters, config: Config, printer: Printer) -> Result<(), Fault> {
    let mut characters = match &wanted.url {
        // Whoever names a server means its characters, and not those of this machine.
        Some(url) => asked(url).await?,
        None => list(config, printer).await?,
    };
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

async fn asked(url: &str) -> Result<Vec<CharacterInfo>, Fault> {
    ask(url, "/api/v1/characters/", &[]).await
}

/// All there are, by the server that has the store; by the configuration and its providers where none
/// has it, or it does not answer.
async fn list(config: Config, printer: Printer) -> Result<Vec<CharacterInfo>, Fault> {
    let url = place(None, &config.server);
    let understudy = Understudy::start_keeping(config, Keeping::IfFree).await?;
    let engine = understudy.engine();
    if let Ok(url) = url
        && engine.store().is_none()
        && let Ok(Opened::Elsewhere(_)) = open(&understudy.config(), printer).await
        && let Ok(characters) = asked(&url).await
    {
        return Ok(characters);
    }
    let Listed { characters, missed } = engine.characters().await;
    for (provider, error) in missed {
        let message = format!("characters of {provider} may be missing: {error}");
        printer.warning(message, error.hint().as_deref());
    }
    understudy.settle().await;
    Ok(characters.into_iter().map(CharacterInfo::from).collect())
}

fn is_wanted(known: &CharacterInfo, wanted: &Characters) -> bool {
    let of = |provider: &String| known.provider.as_ref() == Some(provider);
    wanted.provider.as_ref().is_none_or(of) && (known.is_active || wanted.all)
}

fn table(characters: &[CharacterInfo]) -> Table<6> {
    let mut table = Table::new(["CHARACTER", "NAME", "LANGUAGE", "SOUNDS", "SPOKEN", "DESCRIPTION"]);
    for known in characters {
        let sounds: Vec<&str> = known.gender.iter().chain(&known.age_group).map(String::as_str).collect();
        table.row([
            known.character_id.clone(),
            known.name.clone(),
            known.language_codes.join(" "),
            sounds.join(" "),
            known.usage_count.to_string(),
            known.description.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn row(known: &CharacterInfo) -> serde_json::Value {
    json!({
        "id": known.character_id,
        "provider": known.provider,
        "name": known.name,
        "description": known.description,
        "personality": known.personality_traits,
        "emotions": known.supported_emotions,
        "languages": known.language_codes,
        "gender": known.gender,
        "age": known.age_group,
        "avatar_url": known.avatar_url,
        "voice_settings": known.voice_settings,
        "active": known.is_active,
        "usage_count": known.usage_count,
        "created_at": known.created_at,
        "updated_at": known.updated_at,
    })
}
