//! Every plugin of this repository keeps the contract: alone, and with its service.

use std::time::Duration;

use axum::http::StatusCode;
use understudy::Config;
use understudy_conformance::{Report, Service, Trouble, Verdict, check_served};
use understudy_sandbox::{PluginConfig, Sandbox, SandboxOptions, Secret};
use understudy_simulators::{Fault, Order, Simulator};

use super::speaking::plugins;
use super::{CANARY, PROVIDERS, Provider};
use crate::nested_cargo::build_guest;
use crate::plugins::{misfit_with, root};
use crate::support::understudy;

fn fault_of(trouble: Trouble, provider: &Provider) -> Option<Fault> {
    Some(match trouble {
        // A server of one's own knows neither accounts nor keys.
        Trouble::QuotaExhausted | Trouble::Unauthorized if !provider.has_key() => return None,
        // They never say how long.
        Trouble::RateLimited { retry_after: Some(_) }
            if ["siliconflow", "gpt-sovits"].contains(&provider.name) =>
        {
            return None;
        }
        Trouble::RateLimited { retry_after } => Fault::RateLimited { retry_after },
        Trouble::QuotaExhausted => Fault::QuotaExhausted,
        Trouble::Unauthorized => Fault::Unauthorized,
        Trouble::Unavailable => Fault::Failing(StatusCode::SERVICE_UNAVAILABLE),
        Trouble::Hang => Fault::Hang,
        Trouble::Cut => Fault::Cut { after: 1_000 },
        // CharacterBox's take of so short a text is shorter than the others'.
        Trouble::Stall if provider.name == "characterbox" => Fault::Stall { after: 4_000 },
        Trouble::Stall => Fault::Stall { after: 12_000 },
        Trouble::EmptyAudio => Fault::EmptyAudio,
        Trouble::Html => Fault::Html(StatusCode::OK),
    })
}

async fn served(sandbox: &Sandbox, provider: &Provider, simulator: &Simulator) -> Report {
    let section = provider.section(simulator);
    let config = Config::parse(&section, std::path::Path::new("understudy.toml")).expect("a good section");
    let section = config.provider(provider.name).expect("its section");
    let secrets = section.secrets.keys().map(|name| (name.clone(), Secret::new(CANARY.to_owned())));
    let plugin_config = PluginConfig {
        settings: section.settings.clone(),
        grants: section.grants.clone().unwrap_or_default(),
        secrets: secrets.collect(),
        ..PluginConfig::named(provider.name)
    };
    let package = format!("understudy-{}", provider.plugin);
    let wasm = build_guest(&root(), &root().join("plugins/Cargo.toml"), &package, &[]).expect("it builds");
    let wasm = std::fs::read(wasm).expect("it is read").into();
    let plugin = sandbox.load(wasm, plugin_config).await.expect("it loads");
    let make = |trouble: Option<Trouble>| {
        simulator.faults().clear();
        let fault = trouble.map(|trouble| fault_of(trouble, provider));
        match fault {
            None => true,
            Some(fault) => {
                // Its answer only says where the audio is; it is the audio that has to stall.
                let apart = provider.name == "characterbox" && matches!(fault, Some(Fault::Stall { .. }));
                let path = apart.then(|| "/a/".to_owned());
                fault.map(|fault| simulator.faults().order(Order { fault, path, times: None })).is_some()
            }
        }
    };
    let blocked = (provider.name == "characterbox").then(|| "simulated blocked words".to_owned());
    check_served(&plugin, &Service { voice: Some(provider.voice.to_owned()), blocked, make: &make }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_plugin_keeps_the_contract_with_its_service() {
    let sandbox = Sandbox::new(SandboxOptions::default()).expect("a sandbox");
    let mut broken = String::new();
    for provider in &PROVIDERS {
        let simulator = provider.simulator();
        let report = tokio::time::timeout(Duration::from_secs(120), served(&sandbox, provider, &simulator));
        let report = report.await.expect("it ends");
        if !report.passed() {
            broken += &format!("{}:\n{report}\n", provider.name);
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn every_plugin_keeps_the_contract_alone() {
    for plugin in plugins() {
        let run = understudy(&["plugin", "check", &plugin]);
        let told = String::from_utf8_lossy(&run.stdout).into_owned();
        assert_eq!(run.code, 0, "{plugin}:\n{told}{}", run.stderr);
        assert!(told.contains("passed   describe-is-pure"), "{told}");
    }
}

#[test]
fn a_plugin_that_breaks_the_contract_is_told_which_rule() {
    for (feature, rule) in [
        ("describe-panics", "describe-is-pure"),
        ("describe-phones", "describe-is-pure"),
        ("describe-lies", "loads"),
    ] {
        let wasm = misfit_with(&[feature]);
        let run = understudy(&["plugin", "check", wasm.to_str().expect("UTF-8")]);
        let told = String::from_utf8_lossy(&run.stdout).into_owned();
        assert_eq!(run.code, 65, "{feature}: {told}{}", run.stderr);
        assert!(told.contains(&format!("FAILED   {rule}")), "{feature}: {told}");
    }
}

#[tokio::test]
async fn a_plugin_that_goes_on_when_nobody_listens_is_told() {
    let sandbox = Sandbox::new(SandboxOptions::default()).expect("a sandbox");
    for (features, holds) in [(&["deaf"][..], false), (&[], true)] {
        let wasm = std::fs::read(misfit_with(features)).expect("it is read").into();
        let plugin = sandbox.load(wasm, PluginConfig::named("misfit")).await.expect("it loads");
        let report = check_served(&plugin, &Service { voice: None, blocked: None, make: &|_| true }).await;
        let found = report.findings().iter().find(|found| found.rule == "stops-unheard");
        let passed = found.is_some_and(|found| found.verdict == Verdict::Passed);
        assert_eq!(passed, holds, "{features:?}: {report}");
    }
}

/// The misfit speaks whatever its service does, and whatever it is asked to say.
#[tokio::test]
async fn a_plugin_that_takes_every_trouble_for_a_success_is_told_of_each() {
    let sandbox = Sandbox::new(SandboxOptions::default()).expect("a sandbox");
    let wasm = std::fs::read(misfit_with(&[])).expect("it is read").into();
    let plugin = sandbox.load(wasm, PluginConfig::named("misfit")).await.expect("it loads");
    let report =
        check_served(&plugin, &Service { voice: None, blocked: Some("Boo.".to_owned()), make: &|_| true })
            .await;
    let broken = report.findings().iter().filter(|found| matches!(found.verdict, Verdict::Failed(_)));
    let broken: Vec<&str> = broken.map(|found| found.rule).collect();
    let expected = [
        "words",
        "streaming",
        "error-voice-not-found",
        "error-unspeakable",
        "error-content-blocked",
        "error-rate-limited",
        "error-retry-after",
        "error-quota-exhausted",
        "error-unauthorized",
        "error-unavailable",
        "deadline",
        "error-cut",
        "error-empty-audio",
        "error-html",
        "cancellation",
    ];
    assert_eq!(broken, expected, "{report}");
}
