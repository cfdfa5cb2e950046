//! The body of an order of a conversation.
//!
//! Its script is written out as the service's first document has it, and again as a list of lines, which
//! goes before the script where the service knows it. A service that knows neither the list nor what
//! else is beside the first document's three members gets those three.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use understudy_plugin::{Encoding, Error, Line, Script};

use crate::draft::{ENCODINGS, emotion, format_name};
use crate::service::Service;

/// What the service takes at once: characters in a conversation, lines, letters of a line, of all.
const CAST_MAX: usize = 10;
const LINES_MAX: usize = 200;
const LINE_CHARACTERS_MAX: usize = 2_000;
const SCRIPT_CHARACTERS_MAX: usize = 20_000;
const PAUSE_MS_MAX: u32 = 10_000;
/// A longer prefix is no speaker to the service, in characters.
const SPEAKER_CHARACTERS_MAX: usize = 40;
/// Members no option may set.
const OWN: [&str; 8] =
    ["characters", "script", "lines", "output_format", "language_code", "gap", "combine", "timestamps"];

/// The characters of a script, in the order they first speak.
pub(crate) fn cast(script: &Script) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    let ids = script.lines.iter().map(|line| line.character.as_str());
    ids.filter(|id| seen.insert(*id)).collect()
}

/// True when the service takes the script as one conversation, with all that it asks for: how strongly
/// a line is felt can only be said in an order of its own.
pub(crate) fn fits(script: &Script) -> bool {
    let lengths = || script.lines.iter().map(|line| line.text.chars().count());
    let pauses = script.lines.iter().filter_map(|line| line.pause_ms).chain(script.gap_ms);
    script.lines.iter().all(|line| line.intensity.is_none())
        && cast(script).len() <= CAST_MAX
        && script.lines.len() <= LINES_MAX
        && lengths().all(|length| length <= LINE_CHARACTERS_MAX)
        && lengths().sum::<usize>() <= SCRIPT_CHARACTERS_MAX
        && pauses.max().unwrap_or(0) <= PAUSE_MS_MAX
}

/// The body; `bare` without what the first document does not have.
pub(crate) fn body(service: &Service, script: &Script, bare: bool) -> Result<Value, Error> {
    let cast = cast(script);
    let mut members = script.options.clone().unwrap_or_default();
    if let Some(own) = members.keys().find(|name| OWN.contains(&name.as_str())) {
        return Err(Error::invalid("options", format!("must not set {own}, which the plugin sets")));
    }
    // Of single orders, which have no place here.
    for name in ["voice_settings", "seed"] {
        members.remove(name);
    }
    let kind = members.remove("conversation_type");
    let kind = kind.unwrap_or_else(|| if cast.len() > 1 { "dialogue" } else { "monologue" }.into());
    if bare {
        members = Map::new();
    }
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    set("characters", json!(cast));
    set("script", written(script).into());
    set("conversation_type", kind);
    if bare {
        return Ok(Value::Object(members));
    }
    let lines: Vec<Value> = script.lines.iter().map(|line| listed(service, line, script)).collect();
    set("lines", lines.into());
    if let Some(gap_ms) = script.gap_ms {
        set("gap", seconds(gap_ms));
    }
    let wanted = script.encodings.iter().find(|wanted| ENCODINGS.contains(wanted)).copied();
    set("output_format", format_name(wanted.or(Some(Encoding::Mp3))).into());
    if let Some(language) = &script.language {
        set("language_code", language.clone().into());
    }
    if script.words {
        set("timestamps", "word".into());
    }
    Ok(Value::Object(members))
}

fn listed(service: &Service, line: &Line, script: &Script) -> Value {
    let mut listed = json!({
        "character_id": line.character, "text": line.text, "emotion": emotion(line.emotion.as_deref()),
    });
    if let Some(members) = listed.as_object_mut() {
        let mut voice_settings = service.settings.voice_settings.clone();
        let option = script.options.as_ref().and_then(|options| options.get("voice_settings"));
        voice_settings.extend(option.and_then(Value::as_object).cloned().unwrap_or_default());
        if !voice_settings.is_empty() {
            members.insert("voice_settings".to_owned(), voice_settings.into());
        }
        if let Some(pause_ms) = line.pause_ms {
            members.insert("pause_after".to_owned(), seconds(pause_ms));
        }
    }
    listed
}

fn seconds(milliseconds: u32) -> Value {
    (f64::from(milliseconds) / 1_000.0).into()
}

/// The script as one text, a line each. A line's own line feeds become spaces.
fn written(script: &Script) -> String {
    let mut written = String::new();
    for line in &script.lines {
        let text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let emotion = emotion(line.emotion.as_deref());
        written.push_str(&line.character);
        if emotion != crate::draft::NEUTRAL {
            written.push_str(&format!(" [{emotion}]"));
        }
        written.push_str(&format!(": {text}\n"));
    }
    written
}

/// True when the script, written as one text, says who speaks each line.
pub(crate) fn is_writable(script: &Script) -> bool {
    script.lines.iter().all(|line| {
        let prefix = line.character.chars().count() + emotion(line.emotion.as_deref()).chars().count() + 3;
        let plain = !line.character.contains(['.', '!', '?', ':', '[', ']', '\\', '#', '(', '\n']);
        plain && prefix <= SPEAKER_CHARACTERS_MAX
    })
}
