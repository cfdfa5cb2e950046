//! A plugin's schema, made fit to be held against settings.
//!
//! It is compiled and run by the host, outside of every limit of a call. What that takes has to be
//! bounded by the length of the schema and of the settings, so what breaks the bound is refused:
//!
//! - References. Parts that each refer twice to the next take 2ⁿ steps, and other documents are not
//!   the host's to fetch. Whoever makes a schema from types can have it inlined.
//! - More than a few of `unevaluatedProperties` and `unevaluatedItems`: inside of one another they
//!   have everything below them judged again and again.
//! - Many or large patterns, of which a few characters compile to megabytes. They run on an engine
//!   without backtracking.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::MESSAGE_BYTES_MAX;
use crate::trap::bounded;

/// The most patterns of a schema, and what each may compile to in bytes.
const PATTERNS_MAX: usize = 64;
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// The most keywords of a schema that are about what others left over.
const UNEVALUATED_MAX: usize = 2;

/// Compiles a schema; the error says what is wrong with it.
pub(crate) fn validator(schema: &Value) -> Result<Validator, String> {
    Burden::of(schema).check()?;
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
        .offline()
        .build(schema)
        .map_err(|error| bounded(&error.to_string(), MESSAGE_BYTES_MAX))
}

/// What makes a schema dear.
#[derive(Default)]
struct Burden<'schema> {
    /// A keyword that leads elsewhere.
    reference: Option<&'schema str>,
    patterns: usize,
    unevaluated: usize,
}

impl<'schema> Burden<'schema> {
    fn of(schema: &'schema Value) -> Self {
        let mut burden = Self::default();
        burden.add(schema);
        burden
    }

    /// Looks at every name there is, also where it is no keyword. A schema is parsed from a text, so
    /// its depth has a bound.
    fn add(&mut self, schema: &'schema Value) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.count(name, value);
                    self.add(value);
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, name: &'schema str, value: &Value) {
        match (name, value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(_)) => self.reference = Some(name),
            ("pattern", Value::String(_)) => self.patterns += 1,
            ("patternProperties", Value::Object(patterns)) => self.patterns += patterns.len(),
            ("unevaluatedProperties" | "unevaluatedItems", _) => self.unevaluated += 1,
            _ => {}
        }
    }

    fn check(&self) -> Result<(), String> {
        if let Some(keyword) = self.reference {
            return Err(format!("must say everything in its place, without {keyword}"));
        }
        if self.patterns > PATTERNS_MAX {
            return Err(format!("must have at most {PATTERNS_MAX} patterns, has {}", self.patterns));
        }
        if self.unevaluated > UNEVALUATED_MAX {
            return Err(format!(
                "must have at most {UNEVALUATED_MAX} keywords unevaluated…, has {}",
                self.unevaluated
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value, expected: Result<(), &str>) {
        match (validator(schema), expected) {
            (Ok(_), Ok(())) => {}
            (Err(reason), Err(part)) => assert!(reason.contains(part), "{reason}"),
            (Ok(_), Err(part)) => panic!("{part}: {schema}"),
            (Err(reason), Ok(())) => panic!("{reason}: {schema}"),
        }
    }

    /// A schema around a schema around one.
    fn nested(depth: usize, around: impl Fn(usize, Value) -> Value) -> Value {
        (0..depth).fold(json!({ "required": ["key"] }), |inner, level| around(level, inner))
    }

    #[test]
    fn a_reference_is_refused_wherever_it_stands() {
        check(&json!({ "$ref": "https://example.com/schema.json" }), Err("without $ref"));
        check(&json!({ "anyOf": [{ "$dynamicRef": "#node" }] }), Err("without $dynamicRef"));
        let twice = |next| json!({ "allOf": [{ "$ref": next }, { "$ref": next }] });
        let mut parts: serde_json::Map<String, Value> =
            (0..50).map(|level| (format!("d{level}"), twice(format!("#/$defs/d{}", level + 1)))).collect();
        parts.insert("d50".to_owned(), json!(true));
        check(&json!({ "$ref": "#/$defs/d0", "$defs": parts }), Err("without $ref"));
        // A setting of that name is none.
        check(&json!({ "properties": { "$ref": { "type": "string" } } }), Ok(()));
    }

    #[test]
    fn what_others_left_over_is_asked_for_a_few_times_alone() {
        let close = |open: usize| {
            nested(50, move |level, inner| {
                let mut schema = json!({ "if": inner, "then": true });
                if level >= open {
                    schema["unevaluatedProperties"] = false.into();
                }
                schema
            })
        };
        check(&close(47), Err("has 3"));
        check(&close(0), Err("has 50"));
        // One around everything, and one around half of it, are dear and come to an end.
        let twice = nested(50, |level, inner| {
            let mut schema = json!({ "if": inner, "then": true });
            if matches!(level, 25 | 49) {
                schema["unevaluatedProperties"] = false.into();
            }
            schema
        });
        let validator = validator(&twice).unwrap();
        assert!(validator.is_valid(&json!({})));
        assert!(validator.iter_errors(&json!({ "other": 1 })).next().is_some());
    }

    #[test]
    fn patterns_are_few_and_small() {
        let patterns = |count: usize| {
            let patterns: Vec<Value> =
                (0..count).map(|number| json!({ "pattern": format!("^{number}$") })).collect();
            json!({ "anyOf": patterns })
        };
        check(&patterns(PATTERNS_MAX), Ok(()));
        check(&patterns(PATTERNS_MAX + 1), Err("at most 64 patterns"));
        check(&json!({ "pattern": "^[\\p{L}\\d_-]{1,40}$" }), Ok(()));
        assert!(validator(&json!({ "pattern": "(a|\\p{L}){999}" })).is_err());
        let names: serde_json::Map<String, Value> =
            (0..65).map(|number| (format!("^{number}$"), json!({}))).collect();
        check(&json!({ "patternProperties": names }), Err("at most 64 patterns"));
    }
}
