//! The roll call: every speaker of a script is somebody, or the script is refused at that place.

use std::sync::Arc;

use crate::characters::{Persona, plain};
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::script::{SceneLine, ScriptFault};
use crate::suggest::nearest;

/// The characters of a script in the order they first speak, and whose each line is. `named` is who
/// may speak; anybody when it is empty.
pub(super) async fn call(
    engine: &Engine,
    lines: &[SceneLine],
    named: &[String],
) -> Result<(Vec<Arc<Persona>>, Vec<usize>), SpeechError> {
    let mut company = Vec::with_capacity(named.len());
    for name in named {
        company.push(Arc::new(engine.persona(name).await?));
    }
    let mut known: Vec<(&str, usize)> = Vec::new();
    let (mut personas, mut speakers): (Vec<Arc<Persona>>, Vec<usize>) = (Vec::new(), Vec::new());
    for line in lines {
        if let Some((_, place)) = known.iter().find(|(name, _)| *name == line.speaker) {
            speakers.push(*place);
            continue;
        }
        let persona =
            if named.is_empty() { anybody(engine, line).await? } else { one_of(&company, named, line)? };
        let place = personas.iter().position(|known| known.id == persona.id).unwrap_or_else(|| {
            personas.push(persona);
            personas.len() - 1
        });
        known.push((&line.speaker, place));
        speakers.push(place);
    }
    Ok((personas, speakers))
}

async fn anybody(engine: &Engine, line: &SceneLine) -> Result<Arc<Persona>, SpeechError> {
    match engine.persona(&line.speaker).await {
        Ok(persona) => Ok(Arc::new(persona)),
        Err(SpeechError::UnknownCharacter { name, suggestion, known }) => {
            Err(ScriptFault::UnknownSpeaker { speaker: name, suggestion, known }.at(line.place).into())
        }
        Err(error) => Err(error),
    }
}

fn one_of(company: &[Arc<Persona>], named: &[String], line: &SceneLine) -> Result<Arc<Persona>, SpeechError> {
    let speaker = plain(&line.speaker);
    let is_called = |(persona, name): &(&Arc<Persona>, &String)| {
        let own = persona.parts.iter().map(|played| played.part.voice.as_str());
        [persona.id.as_str(), &persona.name, name].into_iter().chain(own).any(|name| plain(name) == speaker)
    };
    if let Some((persona, _)) = company.iter().zip(named).find(is_called) {
        return Ok(Arc::clone(persona));
    }
    let names = company.iter().map(|persona| persona.name.as_str()).chain(named.iter().map(String::as_str));
    let suggestion = nearest(&line.speaker, names).map(str::to_owned);
    let fault =
        ScriptFault::UnknownSpeaker { speaker: line.speaker.clone(), suggestion, known: named.to_vec() };
    Err(fault.at(line.place).into())
}
