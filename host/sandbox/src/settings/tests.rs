//! Defaults, faults, and schemas that are none.

use serde_json::json;

use super::*;

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "speed": { "type": "number", "default": 1.5, "minimum": 0.5 },
            "region": { "enum": ["eu", "us"] },
            "retry": {
                "type": "object",
                "default": {},
                "properties": { "attempts": { "type": "integer", "default": 3 } },
            },
            "voices": { "items": { "properties": { "gain": { "default": 0 } } } },
        },
        "required": ["region"],
        "additionalProperties": false,
    })
}

fn check(settings: &Value, expected: Result<Value, (&str, &str)>) {
    let validator = validator(&schema()).unwrap();
    let settings = settings.as_object().unwrap().clone();
    let actual = complete(&schema(), &validator, settings, |text| text);
    match (actual, expected) {
        (Ok(actual), Ok(expected)) => assert_eq!(actual, expected),
        (Err(LoadError::Settings { pointer, message }), Err((expected, part))) => {
            assert_eq!(pointer, expected);
            assert!(message.contains(part), "{message}");
        }
        (actual, expected) => panic!("{actual:?} is not {expected:?}"),
    }
}

#[test]
fn defaults_are_filled_in_at_every_depth_and_never_over_a_value() {
    check(
        &json!({ "region": "eu", "voices": [{}, { "gain": 2 }] }),
        Ok(json!({
            "region": "eu", "speed": 1.5, "retry": { "attempts": 3 },
            "voices": [{ "gain": 0 }, { "gain": 2 }],
        })),
    );
    check(
        &json!({ "region": "us", "speed": 2, "retry": { "attempts": 0 } }),
        Ok(json!({ "region": "us", "speed": 2, "retry": { "attempts": 0 } })),
    );
}

#[test]
fn a_wrong_setting_is_named_with_its_place_value_and_expectation() {
    check(&json!({ "region": "mars" }), Err(("/region", "\"mars\" is not one of")));
    check(&json!({ "region": "eu", "speed": 0.1 }), Err(("/speed", "0.1 is less than the minimum of 0.5")));
    check(&json!({ "region": "eu", "retry": { "attempts": "x" } }), Err(("/retry/attempts", "\"x\"")));
    check(&json!({}), Err(("", "\"region\" is a required property")));
    check(&json!({ "region": "eu", "sped": 1 }), Err(("", "'sped'")));
}

#[test]
fn everything_that_is_wrong_is_found_and_secrets_are_nobodys_fault() {
    let found = |settings: Value| faults_by(&schema(), &["region"], settings.as_object().unwrap().clone());
    assert_eq!(found(json!({ "speed": 2 })), []);
    let told: Vec<String> = found(json!({ "speed": 0.1, "sped": 1, "retry": { "attempts": "x" } }))
        .into_iter()
        .map(|SettingFault { pointer, kind }| match kind {
            SettingFaultKind::Unknown { key, known } => format!("{pointer} {key} of {}", known.join(" ")),
            SettingFaultKind::Missing { keys } => format!("{pointer} lacks {}", keys.join(" or ")),
            SettingFaultKind::Misfit(words) => format!("{pointer} {words}"),
        })
        .collect();
    let mut expected = [
        " sped of region retry speed voices",
        "/retry/attempts \"x\" is not of type \"integer\"",
        "/speed 0.1 is less than the minimum of 0.5",
    ];
    let mut told: Vec<&str> = told.iter().map(String::as_str).collect();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn a_secret_that_is_not_set_asks_for_nothing_beside_it() {
    let schema = json!({ "type": "object", "dependentRequired": { "account": ["email"] } });
    let secret = |name: &str, required| SecretRequest {
        name: name.to_owned(),
        reason: String::new(),
        hosts: Vec::new(),
        required,
    };
    let check = |is_required: bool, set: &[&str], expected: usize| {
        let secrets = [secret("key", false), secret("account", is_required)];
        let settings = beside_secrets(&Map::new(), &secrets, |name| set.contains(&name));
        let found = faults_by(&schema, &["key", "account"], settings);
        assert_eq!(found.len(), expected, "{set:?}: {found:?}");
    };
    check(false, &["key"], 0);
    check(false, &["key", "account"], 1);
    check(true, &[], 1);
}

#[test]
fn of_several_keys_that_would_do_all_are_told() {
    let schema = json!({ "type": "object", "anyOf": [{ "required": ["region"] }, { "required": ["url"] }] });
    let missing = SettingFaultKind::Missing { keys: vec!["region".to_owned(), "url".to_owned()] };
    let found = faults_by(&schema, &[], Map::new());
    assert_eq!(found, [SettingFault { pointer: String::new(), kind: missing }]);
}

#[test]
fn a_schema_that_is_none_or_reaches_elsewhere_is_refused() {
    assert!(validator(&schema()).is_ok());
    assert!(validator(&json!({ "type": "objekt" })).is_err());
    assert!(validator(&json!({ "$ref": "file:///etc/passwd" })).is_err());
}

#[test]
fn a_plugin_whose_defaults_multiply_is_told_so() {
    let many = vec![json!({}); 1_000];
    let list = |inner: Value| json!({ "items": { "properties": { "list": inner } }, "default": many });
    let schema = json!({ "type": "object", "properties": { "list": list(list(list(json!({})))) } });
    let refused = complete(&schema, &validator(&schema).unwrap(), Map::new(), |text| text).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "manifest field settings-schema is not valid: must not fill in more than 4 MiB of defaults"
    );
    assert_eq!(faults_by(&schema, &[], Map::new()), []);
}
