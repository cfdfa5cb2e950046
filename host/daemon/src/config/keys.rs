//! What every key is: its type, range and default from the code that reads it, its meaning from
//! `config/understudy.toml`.
//!
//! Both are asked and not copied: the reader is run over no file and says what it looked for, and
//! the commented default file, which a test holds to the defaults, travels inside the program.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::{read, restart};

/// Stands for the names an operator chooses, in `providers.NAME.enabled`.
pub(super) const NAME: &str = "NAME";

/// Stands for every item of a list, in `voices.NAME.cast[].provider`.
pub(crate) const ITEM: &str = "[]";

/// Added to the explanation of a key that a reload does not take.
pub(crate) const RESTART: &str = "A new value is taken by a restart.";

/// The file in which every key is explained.
const EXPLAINED: &str = include_str!("../../../../config/understudy.toml");

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    /// Its dotted path; `NAME` stands for a name of one's own.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Its default as it is written; none when there is none, or when it depends on the machine.
    pub(crate) default: Option<String>,
}

impl Key {
    /// A new value is taken by a restart only.
    pub(crate) fn needs_restart(&self) -> bool {
        restart::KEYS.contains(&self.path.as_str())
    }
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Boolean,
    Text,
    /// One text or a list of them.
    Texts,
    Integer {
        least: String,
        most: String,
    },
    Number {
        least: String,
        most: String,
    },
    Choice(Vec<String>),
    /// A list, in words and of what.
    List {
        wanted: String,
        items: Items,
    },
    /// A table that is somebody else's to read.
    Table,
}

/// What a list holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Items {
    /// Some of these words.
    Words(Vec<String>),
    /// Tables.
    Tables,
    /// Tables, or texts in their place.
    TextsOrTables,
}

impl Kind {
    pub(super) fn integer<T: Display>(range: &RangeInclusive<T>) -> Self {
        Self::Integer { least: range.start().to_string(), most: range.end().to_string() }
    }

    pub(super) fn number<T: Display>(range: &RangeInclusive<T>) -> Self {
        Self::Number { least: range.start().to_string(), most: range.end().to_string() }
    }

    pub(super) fn of_choices<T>(choices: &[(&str, T)]) -> Self {
        Self::Choice(choices.iter().map(|(word, _)| (*word).to_owned()).collect())
    }

    /// In words: `a whole number from 1 to 100`.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Boolean => "true or false".to_owned(),
            Self::Text => "a string".to_owned(),
            Self::Texts => "a string or a list of strings".to_owned(),
            Self::Integer { least, most } => format!("a whole number from {least} to {most}"),
            Self::Number { least, most } => format!("a number from {least} to {most}"),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::List { wanted, .. } => wanted.clone(),
            Self::Table => "a table".to_owned(),
        }
    }

    fn schema(&self) -> Value {
        let number = |text: &String| text.parse::<f64>().map_or(Value::Null, Value::from);
        match self {
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Text => json!({ "type": "string" }),
            Self::Texts => json!({ "type": ["string", "array"], "items": { "type": "string" } }),
            Self::Integer { least, most } => {
                json!({ "type": "integer", "minimum": number(least), "maximum": number(most) })
            }
            Self::Number { least, most } => {
                json!({ "type": "number", "minimum": number(least), "maximum": number(most) })
            }
            Self::Choice(words) => json!({ "type": "string", "enum": words }),
            Self::List { items: Items::Words(words), .. } => {
                json!({ "type": ["string", "array"], "items": { "enum": words } })
            }
            Self::List { items: Items::Tables, .. } => json!({ "type": "array", "items": table() }),
            Self::List { items: Items::TextsOrTables, .. } => {
                json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, table()] } })
            }
            Self::Table => json!({ "type": "object" }),
        }
    }
}

/// Every key there is, in the order they are read.
pub(crate) fn keys() -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for key in read::keys() {
        if !keys.iter().any(|known| known.path == key.path) {
            keys.push(key);
        }
    }
    keys
}

/// What a key means, in the words of the commented default file. The limits of one provider are
/// those of `[sandbox]`, and what the items of a list are is told of the list.
pub(crate) fn explanation(path: &str) -> Option<String> {
    let path = path.split_once(ITEM).map_or(path, |(list, _)| list);
    let shared = path.strip_prefix("providers.NAME.limits.").map(|limit| format!("sandbox.{limit}"));
    explained(shared.as_deref().unwrap_or(path))
}

fn explained(path: &str) -> Option<String> {
    let mut section = String::new();
    let (mut comment, mut used) = (Vec::new(), false);
    for line in EXPLAINED.lines() {
        let code = line.trim_start_matches(['#', ' ']);
        if let Some(name) = heading(line, code) {
            section = named(name);
            if section == path {
                return (!comment.is_empty()).then(|| comment.join(" "));
            }
            (comment, used) = (Vec::new(), false);
        } else if let Some(key) = assigned(code) {
            if joined(&section, key) == path {
                // Of a default that depends on the machine the line itself is the example.
                if comment.last().is_some_and(|last: &&str| last.ends_with(':')) {
                    comment.push(code);
                }
                return (!comment.is_empty()).then(|| comment.join(" "));
            }
            used = true;
        } else if code.is_empty() && !line.starts_with('#') {
            (comment, used) = (Vec::new(), false);
        } else if line.starts_with('#') && !code.is_empty() {
            // A comment after keys begins the explanation of the next ones.
            if used {
                (comment, used) = (Vec::new(), false);
            }
            comment.push(code);
        } else {
            (comment, used) = (Vec::new(), false);
        }
    }
    None
}

fn heading<'line>(line: &str, code: &'line str) -> Option<&'line str> {
    let name = code.strip_prefix('[')?.strip_suffix(']')?;
    (!line.contains(' ') || line.starts_with("# [")).then_some(name)
}

/// The key of a line of code, commented out or not. Prose has no ` = ` after its first word.
fn assigned(code: &str) -> Option<&str> {
    let (key, _) = code.split_once(" = ")?;
    (!key.contains([' ', ',', '"'])).then_some(key)
}

/// The sections of the file that have an example's name.
fn named(section: &str) -> String {
    let mut parts: Vec<&str> = section.split('.').collect();
    if let ["providers" | "routes" | "voices" | "characters", name, ..] = parts.as_mut_slice() {
        *name = NAME;
    }
    if let ["characters", _, "emotions", name, ..] = parts.as_mut_slice() {
        *name = NAME;
    }
    parts.join(".")
}

fn joined(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// A path as a person writes it, with the name of a provider of theirs in it, as it is known here.
pub(crate) fn known_path(path: &str) -> String {
    named(path)
}

/// JSON Schema (draft 2020-12) of the file.
pub(crate) fn schema() -> Value {
    let mut root = table();
    for key in keys() {
        let mut schema = key.kind.schema();
        if let (Some(text), Value::Object(schema)) = (explanation(&key.path), &mut schema) {
            let text = if key.needs_restart() { format!("{text} {RESTART}") } else { text };
            schema.insert("description".to_owned(), text.into());
        }
        if let (Some(default), Value::Object(schema)) = (&key.default, &mut schema) {
            let value = serde_json::from_str(default).unwrap_or_else(|_| default.as_str().into());
            schema.insert("default".to_owned(), value);
        }
        put(&mut root, &key.path, schema);
    }
    root.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    root.insert("title".to_owned(), "understudy.toml".into());
    Value::Object(root)
}

fn table() -> Map<String, Value> {
    let mut table = Map::new();
    table.insert("type".to_owned(), "object".into());
    table.insert("additionalProperties".to_owned(), false.into());
    table
}

/// Puts a key's schema into the tables that lead to it. A name of one's own is any property.
fn put(into: &mut Map<String, Value>, path: &str, schema: Value) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let (first, in_items) = first.strip_suffix(ITEM).map_or((first, false), |list| (list, true));
    let place = if first == NAME {
        into.entry("additionalProperties").or_insert_with(|| Value::Object(table()))
    } else {
        let properties = into.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(properties) = properties else { return };
        properties.entry(first.to_owned()).or_insert_with(|| Value::Object(table()))
    };
    let place = if in_items { table_of_items(place) } else { Some(place) };
    let Some(place) = place else { return };
    match (rest, &mut *place) {
        (None, place) => *place = schema,
        (Some(rest), Value::Object(inner)) => put(inner, rest, schema),
        (Some(rest), place) => {
            // `additionalProperties: false` until the first name.
            let mut inner = table();
            put(&mut inner, rest, schema);
            *place = Value::Object(inner);
        }
    }
}

/// The schema of a list's tables.
fn table_of_items(list: &mut Value) -> Option<&mut Value> {
    let place = if list.pointer("/items/anyOf").is_some() { "/items/anyOf/1" } else { "/items" };
    list.pointer_mut(place)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// What the schema makes of a file.
    fn faults(text: &str) -> Vec<String> {
        let file: Value = toml::from_str(text).unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        validator.iter_errors(&file).map(|error| format!("{} {error}", error.instance_path())).collect()
    }

    #[test]
    fn the_schema_takes_every_file_that_is_right() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let examples = std::fs::read_dir(root.join("../../config/examples")).unwrap();
        let mut files: Vec<_> = examples.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        files.push(root.join("tests/every_engine_key.toml"));
        files.push(root.join("../../config/understudy.toml"));
        for file in files {
            assert_eq!(faults(&std::fs::read_to_string(&file).unwrap()), [""; 0], "{}", file.display());
        }
    }

    #[test]
    fn the_schema_refuses_what_the_reader_refuses() {
        for wrong in [
            "lissten = 1",
            "[server]\ndrain_secnds = 1",
            "[text]\nblokced = { card = \"[0-9]{16}\" }",
            "[breaker]\nfailures = 0",
            "[fallback]\naudition = \"loud\"",
            "[providers.a]\npriorty = 1",
            "[providers.a]\nsupported_formats = [\"ogg\"]",
            "[providers.a]\ngrants = [{ host = \"a\", prvate = true }]",
            "[providers.a.limits]\ncpu = 1",
            "[voices.v]\ncast = [{ provider = \"a\", voice = \"b\", rte = 1 }]",
            "[voices.v]\ncast = [{ provider = \"a\", voice = \"b\", rate = 9 }]",
            "[voices.v]\ncast = [\"a/b\"]",
            "[characters.c.emotions.happy]\nloud = true",
        ] {
            assert_ne!(faults(wrong), [""; 0], "{wrong}");
            assert!(crate::Config::parse(wrong, Path::new("understudy.toml")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_key_is_explained() {
        let mute: Vec<String> =
            keys().into_iter().map(|key| key.path).filter(|path| explanation(path).is_none()).collect();
        assert!(mute.is_empty(), "config/understudy.toml does not explain: {mute:#?}");
        let cut = |path: &String| explanation(path).is_some_and(|text| text.ends_with(':'));
        let cut: Vec<String> = keys().into_iter().map(|key| key.path).filter(cut).collect();
        assert!(cut.is_empty(), "the explanation ends too early: {cut:#?}");
    }

    #[test]
    fn every_key_that_waits_for_a_restart_is_one_and_says_so() {
        let keys = keys();
        for path in restart::KEYS {
            assert!(keys.iter().any(|key| key.path == path), "{path}");
        }
        let described =
            |path: &str| schema().pointer(path).unwrap()["description"].as_str().unwrap().to_owned();
        assert!(described("/properties/sandbox/properties/slots").ends_with(RESTART));
        assert!(!described("/properties/server/properties/drain_seconds").contains(RESTART));
    }

    #[test]
    fn a_key_is_known_by_its_type_range_and_default() {
        let check = |path: &str, words: &str, default: Option<&str>| {
            let key = keys().into_iter().find(|key| key.path == path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!((key.kind.words().as_str(), key.default.as_deref()), (words, default), "{path}");
        };
        check("server.drain_seconds", "a number from 0 to 3600", Some("30"));
        check("server.default_delivery", "one of whole, stream", Some("whole"));
        check("providers.NAME.enabled", "true or false", Some("true"));
        check("providers.NAME.limits.cpu_ms", "a whole number from 1 to 86400000", Some("60000"));
        check("sandbox.certificate_authorities", "a string", None);
        check("voices.NAME.cast[].rate", "a number from 0.25 to 4", None);
        check("providers.NAME.grants[].private", "true or false", Some("false"));
    }

    #[test]
    fn the_schema_nests_as_the_file_does() {
        let schema = schema();
        let provider = &schema["properties"]["providers"]["additionalProperties"]["properties"];
        assert_eq!(provider["enabled"]["type"], "boolean");
        assert_eq!(provider["limits"]["properties"]["cpu_ms"]["minimum"], 1.0);
        assert_eq!(schema["properties"]["server"]["additionalProperties"], false);
        assert_eq!(schema["properties"]["log"]["properties"]["level"]["default"], "info");
    }
}
