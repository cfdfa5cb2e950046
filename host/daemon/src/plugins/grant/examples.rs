//! The settings a plugin cannot do without, each as a line to be pasted and then changed.
//!
//! A section that only grants is refused by the plugin's schema, and whoever pasted it has to find out by
//! mistakes what else is wanted. The schema knows: what it requires and gives no default for is written
//! down with the schema's own words and example. Of alternatives the first is written and the others
//! stand beside it as comments.

use std::fmt::Write;

use serde_json::{Map, Value, json};
use understudy_speech::{Host, Manifest};

use super::{HOST_EXAMPLE, reason};

/// The longest example, in bytes; it is the plugin's own text.
const BYTES_MAX: usize = 300;
/// How deep an example is made up; a schema may be as deep as it likes.
const DEPTH_MAX: usize = 4;

/// The lines that settings lack, each key after `prefix`; empty when they lack none.
pub(super) fn lines(manifest: &Manifest, settings: &Map<String, Value>, prefix: &str) -> String {
    let schema = &manifest.settings_schema;
    let is_there = |key: &str| {
        settings.contains_key(key)
            || schema.pointer(&format!("/properties/{key}/default")).is_some()
            || manifest.secrets.iter().any(|secret| secret.name == key)
    };
    let mut lines = String::new();
    for key in required(schema).filter(|key| !is_there(key)) {
        line(&mut lines, manifest, (prefix, key), "");
    }
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let choices: Vec<Vec<&str>> =
        choices.into_iter().flatten().map(|choice| required(choice).collect()).collect();
    if choices.iter().any(|keys| keys.iter().all(|key| is_there(key))) {
        return lines;
    }
    for (index, keys) in choices.iter().enumerate() {
        for key in keys.iter().filter(|key| !is_there(key)) {
            line(&mut lines, manifest, (prefix, key), if index == 0 { "" } else { "# " });
        }
    }
    lines
}

fn line(lines: &mut String, manifest: &Manifest, (prefix, key): (&str, &str), comment: &str) {
    let schema = manifest.settings_schema.pointer(&format!("/properties/{key}")).unwrap_or(&Value::Null);
    let is_host = manifest.hosts.iter().any(|asked| asked.host == Host::Setting(key.to_owned()));
    let example = if is_host { json!(HOST_EXAMPLE) } else { example(schema, DEPTH_MAX) };
    // JSON's null is the one value that TOML does not have.
    let Ok(example) = toml::Value::try_from(example) else { return };
    let example = Some(example.to_string()).filter(|text| text.len() <= BYTES_MAX && !text.contains('\n'));
    let example = example.unwrap_or_else(|| "\"…\"".to_owned());
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        let or = if comment.is_empty() { "" } else { "or " };
        let _ = writeln!(lines, "# {or}{}", reason(description));
    }
    let _ = writeln!(lines, "{comment}{prefix}{key} = {example}");
}

/// The keys that a schema requires. One that would have to be quoted is left out: it is the plugin's own
/// text, and is pasted into a configuration.
fn required(schema: &Value) -> impl Iterator<Item = &str> {
    let is_plain = |key: &&str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let keys = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    keys.filter_map(Value::as_str).filter(|key| !key.is_empty()).filter(is_plain)
}

/// The first example that the schema gives, else something of its type.
fn example(schema: &Value, depth: usize) -> Value {
    let first = |list: &str| schema.get(list).and_then(Value::as_array).and_then(|list| list.first());
    if let Some(given) = first("examples").or_else(|| schema.get("default")).or_else(|| first("enum")) {
        return given.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => json!(true),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("array") if depth > 0 => {
            schema.get("items").map_or_else(|| json!([]), |items| json!([example(items, depth - 1)]))
        }
        Some("object") if depth > 0 => required(schema)
            .map(|key| {
                let inner = schema.pointer(&format!("/properties/{key}")).unwrap_or(&Value::Null);
                (key.to_owned(), example(inner, depth - 1))
            })
            .collect::<Map<_, _>>()
            .into(),
        _ => json!("…"),
    }
}
