//! What a plugin is given to know, and what it may remember.

use serde_json::json;
use understudy_sandbox::{Limits, LoadError, PluginConfig, Secret};

use crate::support::{misfit, plugin, plugin_with, report, sandbox};

#[tokio::test]
async fn settings_reach_the_plugin_validated_and_with_defaults() {
    let plugin = plugin_with(Limits::default(), &json!({ "gain": 3 })).await;
    let settings: serde_json::Value = serde_json::from_str(&report(&plugin, "settings").await).unwrap();
    assert_eq!(settings, json!({ "gain": 3, "mode": "plain" }));
}

#[tokio::test]
async fn a_secret_reaches_the_plugin_as_a_placeholder() {
    let secrets = [("api_key".to_owned(), Secret::new("sk-real".to_owned()))].into();
    let config = PluginConfig { secrets, ..PluginConfig::named("misfit") };
    let plugin = sandbox().load(misfit(&[]), config).await.unwrap();
    let settings = report(&plugin, "settings").await;
    assert!(settings.contains("\"api_key\":\"secret-") && !settings.contains("sk-real"), "{settings}");
}

#[tokio::test]
async fn a_secret_among_the_settings_is_refused() {
    let settings = json!({ "api_key": "sk-real" }).as_object().unwrap().clone();
    let config = PluginConfig { settings, ..PluginConfig::named("misfit") };
    let error = sandbox().load(misfit(&[]), config).await.unwrap_err();
    assert_eq!(error.code(), "plugin_secret_in_settings");
    assert!(!format!("{error} {error:?}").contains("sk-real"), "{error:?}");
}

#[tokio::test]
async fn wrong_settings_are_refused_with_their_place() {
    let settings = json!({ "gain": 30 }).as_object().unwrap().clone();
    let config = PluginConfig { settings, ..PluginConfig::named("misfit") };
    let error = sandbox().load(misfit(&[]), config).await.unwrap_err();
    assert_eq!(error.code(), "plugin_settings_invalid");
    assert_eq!(
        error.to_string(),
        "settings do not fit the plugin at /gain: 30 is greater than the maximum of 10"
    );
    let LoadError::Settings { pointer, .. } = error else { panic!() };
    assert_eq!(pointer, "/gain");
}

#[tokio::test]
async fn a_memo_is_shared_by_the_calls_of_one_plugin_and_no_other() {
    let (one, other) = (plugin().await, plugin().await);
    assert_eq!(report(&one, "memo-set token 5 60000").await, "Ok(())");
    assert_eq!(report(&one.clone(), "memo-get token").await, "Some(5)");
    assert_eq!(report(&other, "memo-get token").await, "None");
    report(&one, "memo-remove token").await;
    assert_eq!(report(&one, "memo-get token").await, "None");
}

#[tokio::test]
async fn a_memo_is_limited() {
    let plugin = plugin_with(Limits { memo_bytes: 1_000, ..Limits::default() }, &json!({})).await;
    assert!(report(&plugin, "memo-set big 1000 60000").await.contains("TooLarge(1000)"));
    assert!(report(&plugin, "memo-set  5 60000").await.contains("InvalidKey"));
    for key in 0..10 {
        assert_eq!(report(&plugin, &format!("memo-set key-{key} 200 60000")).await, "Ok(())");
    }
    assert_eq!(report(&plugin, "memo-get key-0").await, "None");
    assert_eq!(report(&plugin, "memo-get key-9").await, "Some(200)");
}
