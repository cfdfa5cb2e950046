//! JSON read by message definitions, as the API's front end reads it.
//!
//! Both spellings of a name are taken (`languageCode`, `language_code`), null is absence, numbers
//! may be strings and enumerations numbers. What is in no definition is refused by name, and every
//! mistake of a request is reported at once. What comes out is spelt one way.

use serde_json::{Map, Value};

/// A field's name, as the definition spells it, and what may stand in it.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What may stand in a field.
pub(super) enum Kind {
    Text,
    Flag,
    Double,
    Integer,
    /// The type's name and its values in the order of their numbers.
    Enumeration(&'static str, &'static [&'static str]),
    /// Its fields, and the names of those of which only one may be set.
    Message(&'static [Field], &'static OneOf),
    List(&'static Kind),
}

/// A choice between fields.
pub(super) struct OneOf {
    pub(super) name: &'static str,
    pub(super) fields: &'static [&'static str],
}

/// No choice.
pub(super) const FREE: OneOf = OneOf { name: "", fields: &[] };

/// Where a field is, and what is wrong with it.
pub(super) type Violation = (String, String);

/// Reads a whole request.
pub(super) fn read(body: &[u8], fields: &'static [Field]) -> Result<Map<String, Value>, Vec<Violation>> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let problem = if error.is_eof() { "Unexpected end of string" } else { "Unexpected token" };
        vec![(String::new(), format!("Invalid JSON payload received. {problem}."))]
    })?;
    let Value::Object(members) = value else {
        let problem = r#"Invalid JSON payload received. Unknown name "": Root element must be a message."#;
        return Err(vec![(String::new(), problem.to_owned())]);
    };
    let mut violations = Vec::new();
    let read = message(&members, fields, &FREE, "", &mut violations);
    if violations.is_empty() { Ok(read) } else { Err(violations) }
}

fn message(
    members: &Map<String, Value>,
    fields: &'static [Field],
    choice: &OneOf,
    path: &str,
    violations: &mut Vec<Violation>,
) -> Map<String, Value> {
    let mut read = Map::new();
    let mut chosen = false;
    for (name, value) in members {
        let Some(field) = fields.iter().find(|field| field.name == name || camel(field.name) == *name) else {
            let place = if path.is_empty() { String::new() } else { format!(" at '{path}'") };
            let problem =
                format!(r#"Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field."#);
            violations.push((path.to_owned(), problem));
            continue;
        };
        if value.is_null() {
            continue;
        }
        if choice.fields.contains(&field.name) {
            if chosen {
                let problem = format!(
                    "Invalid value at '{path}' (oneof), oneof field '{}' is already set. Cannot set '{}'",
                    choice.name,
                    camel(field.name)
                );
                violations.push((path.to_owned(), problem));
            }
            chosen = true;
        }
        let place = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
        if let Some(value) = convert(value, &field.kind, &place, violations) {
            read.insert(camel(field.name), value);
        }
    }
    read
}

/// The value as its kind, or a violation.
fn convert(value: &Value, kind: &'static Kind, path: &str, violations: &mut Vec<Violation>) -> Option<Value> {
    let (converted, expected) = match kind {
        Kind::Text => (value.is_string().then(|| value.clone()), "TYPE_STRING".to_owned()),
        Kind::Flag => (value.is_boolean().then(|| value.clone()), "TYPE_BOOL".to_owned()),
        Kind::Double => (number(value).map(Value::from), "TYPE_DOUBLE".to_owned()),
        Kind::Integer => (integer(value).map(Value::from), "TYPE_INT32".to_owned()),
        Kind::Enumeration(name, values) => {
            let known = match value {
                Value::String(word) => values.iter().find(|known| *known == word),
                _ => integer(value).and_then(|index| values.get(usize::try_from(index).ok()?)),
            };
            (
                known.map(|known| Value::from(*known)),
                format!("type.googleapis.com/google.cloud.texttospeech.{name}"),
            )
        }
        Kind::Message(fields, choice) => match value {
            Value::Object(members) => {
                return Some(Value::Object(message(members, fields, choice, path, violations)));
            }
            _ => (None, "TYPE_MESSAGE".to_owned()),
        },
        Kind::List(kind) => {
            // A single value stands for a list of one, as the front end takes it.
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let mut read = Vec::new();
            for (index, value) in values.iter().enumerate() {
                read.extend(convert(value, kind, &format!("{path}[{index}]"), violations));
            }
            return Some(Value::Array(read));
        }
    };
    if converted.is_none() {
        violations.push((path.to_owned(), format!("Invalid value at '{path}' ({expected}), {value}")));
    }
    converted
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
fn integer(value: &Value) -> Option<i64> {
    let number = number(value)?;
    let whole = number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
    whole.then_some(number as i64)
}

/// `language_code` as `languageCode`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "language_code", kind: Kind::Text },
        Field { name: "rate", kind: Kind::Double },
        Field { name: "hertz", kind: Kind::Integer },
        Field { name: "shape", kind: Kind::Enumeration("v1.Shape", &["ROUND", "FLAT"]) },
        Field { name: "profiles", kind: Kind::List(&Kind::Text) },
        Field {
            name: "input",
            kind: Kind::Message(
                &[Field { name: "text", kind: Kind::Text }, Field { name: "ssml", kind: Kind::Text }],
                &OneOf { name: "input_source", fields: &["text", "ssml"] },
            ),
        },
    ];

    fn check(body: &str, expected: Result<&str, &[&str]>) {
        let found = read(body.as_bytes(), FIELDS).map(|read| Value::Object(read).to_string());
        let found = found
            .map_err(|violations| violations.into_iter().map(|(_, problem)| problem).collect::<Vec<_>>());
        let expected = expected
            .map(str::to_owned)
            .map_err(|problems| problems.iter().map(|p| (*p).to_owned()).collect());
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn both_spellings_are_read_and_one_is_written() {
        check(r#"{"language_code":"en"}"#, Ok(r#"{"languageCode":"en"}"#));
        check(r#"{"languageCode":"en","rate":null}"#, Ok(r#"{"languageCode":"en"}"#));
    }

    #[test]
    fn numbers_may_be_words_and_enumerations_numbers() {
        check(
            r#"{"hertz":24000.0,"rate":"1.5","shape":1}"#,
            Ok(r#"{"hertz":24000,"rate":1.5,"shape":"FLAT"}"#),
        );
        check(r#"{"profiles":"one"}"#, Ok(r#"{"profiles":["one"]}"#));
    }

    #[test]
    fn what_is_in_no_definition_is_named_and_every_mistake_is_told() {
        check(
            r#"{"input":{"nope":1},"nope":1}"#,
            Err(&[
                r#"Invalid JSON payload received. Unknown name "nope" at 'input': Cannot find field."#,
                r#"Invalid JSON payload received. Unknown name "nope": Cannot find field."#,
            ]),
        );
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place_and_type() {
        check(r#"{"rate":"fast"}"#, Err(&[r#"Invalid value at 'rate' (TYPE_DOUBLE), "fast""#]));
        check(r#"{"hertz":1.5}"#, Err(&["Invalid value at 'hertz' (TYPE_INT32), 1.5"]));
        let shape =
            r#"Invalid value at 'shape' (type.googleapis.com/google.cloud.texttospeech.v1.Shape), "ODD""#;
        check(r#"{"shape":"ODD"}"#, Err(&[shape]));
        check(r#"{"input":"a"}"#, Err(&[r#"Invalid value at 'input' (TYPE_MESSAGE), "a""#]));
        check(r#"{"profiles":[1]}"#, Err(&["Invalid value at 'profiles[0]' (TYPE_STRING), 1"]));
    }

    #[test]
    fn only_one_of_a_choice_may_be_set() {
        let twice =
            "Invalid value at 'input' (oneof), oneof field 'input_source' is already set. Cannot set 'text'";
        check(r#"{"input":{"ssml":"b","text":"a"}}"#, Err(&[twice]));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        check(
            "[]",
            Err(&[r#"Invalid JSON payload received. Unknown name "": Root element must be a message."#]),
        );
        check("{", Err(&["Invalid JSON payload received. Unexpected end of string."]));
        check("hello", Err(&["Invalid JSON payload received. Unexpected token."]));
    }
}
