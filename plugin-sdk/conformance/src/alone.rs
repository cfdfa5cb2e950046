//! The rules that need nothing but the component.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use understudy_sandbox::{LoadError, Plugin, PluginConfig, Sandbox};
use understudy_speech::{Failure, Host, Manifest, Provider, Request};

use crate::hearing::{call, hear_within};
use crate::report::Report;

/// How long a call may take that reaches nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much later than its deadline a call may end.
const GRACE: Duration = Duration::from_millis(500);

const TEXT: &str = "The show must go on.";

/// Holds a component against every rule that needs no service.
///
/// `config` is what the rules on calls are tried with; its grants are taken away, so a call that
/// succeeds speaks without the network. Settings and secrets the plugin demands have to be there:
/// without them these rules are skipped.
pub async fn check_alone(sandbox: &Sandbox, wasm: Bytes, config: PluginConfig) -> Report {
    let mut report = Report::default();
    const LOADS: (&str, &str) = ("loads", "it is a component of a known contract with a valid manifest");
    const PURE: (&str, &str) = ("describe-is-pure", "it describes itself twice alike, without the network");
    let inspected = sandbox.inspect(wasm.clone()).await;
    let again = sandbox.inspect(wasm.clone()).await;
    let manifest = match inspected {
        Ok(inspection) => {
            report.tell(LOADS.0, LOADS.1, Ok(()));
            inspection.manifest
        }
        Err(error @ LoadError::Describe(_)) => {
            report.tell(PURE.0, PURE.1, Err(error.to_string()));
            return report;
        }
        Err(error) => {
            report.tell(LOADS.0, LOADS.1, Err(format!("{error}; {}", error.hint())));
            return report;
        }
    };
    let alike = again.is_ok_and(|again| again.manifest == manifest);
    report.tell(PURE.0, PURE.1, if alike { Ok(()) } else { Err("the two differ".to_owned()) });
    report.tell(
        "secrets-are-bound",
        "a secret that is sent goes to hosts the manifest asks for",
        secrets(&manifest),
    );
    report.tell("settings-are-closed", "a misspelt setting is refused", settings(&manifest));
    calls(&mut report, sandbox, wasm, config).await;
    report
}

fn secrets(manifest: &Manifest) -> Result<(), String> {
    let asked: Vec<&Host> = manifest.hosts.iter().map(|wanted| &wanted.host).collect();
    for secret in &manifest.secrets {
        if let Some(stray) = secret.hosts.iter().find(|host| !asked.contains(host)) {
            return Err(format!("{} goes to a host that is not asked for: {stray:?}", secret.name));
        }
    }
    Ok(())
}

fn settings(manifest: &Manifest) -> Result<(), String> {
    let closed = manifest.settings_schema.get("additionalProperties").is_some_and(|open| open == false);
    if closed { Ok(()) } else { Err("settings-schema lacks \"additionalProperties\": false".to_owned()) }
}

const CALLS: [(&str, &str); 3] = [
    ("denied-is-an-error", "without grants every call ends in a typed error or in speech, never in a trap"),
    ("deadline-is-kept", "a call ends by its deadline"),
    ("empty-text", "a text of spaces is an error or silence, never a trap"),
];

async fn calls(report: &mut Report, sandbox: &Sandbox, wasm: Bytes, config: PluginConfig) {
    let config = PluginConfig { grants: Vec::new(), ..config };
    let plugin = match sandbox.load(wasm, config).await {
        Ok(plugin) => plugin,
        Err(error) => {
            for (rule, asks) in CALLS {
                report.skip(rule, asks, format!("it cannot be loaded with this configuration: {error}"));
            }
            return;
        }
    };
    let [denied, deadline, empty] = CALLS;
    report.tell(denied.0, denied.1, every_call(&plugin).await);
    report.tell(deadline.0, deadline.1, keeps_deadline(&plugin).await);
    let heard = hear_within(&plugin, Request::text("  \n "), PATIENCE).await;
    report.tell(empty.0, empty.1, typed("synthesize", heard.outcome));
}

async fn every_call(plugin: &Plugin) -> Result<(), String> {
    typed("check", plugin.check(call(PATIENCE)).await)?;
    typed("voices", plugin.voices(call(PATIENCE)).await)?;
    typed("synthesize", hear_within(plugin, Request::text(TEXT), PATIENCE).await.outcome)
}

/// Success and errors the plugin chose pass; traps, broken promises and used-up limits do not.
fn typed<T>(which: &str, outcome: Result<T, Failure>) -> Result<(), String> {
    match outcome {
        Ok(_) | Err(Failure::Provider(_) | Failure::NotGranted { .. }) => Ok(()),
        Err(failure) => Err(format!("{which} ended in {}: {failure}", failure.code())),
    }
}

async fn keeps_deadline(plugin: &Plugin) -> Result<(), String> {
    let patience = Duration::from_millis(300);
    let begun = Instant::now();
    let text = "The show must go on, and on, and on. ".repeat(500);
    let _ = hear_within(plugin, Request::text(text), patience).await;
    let late = begun.elapsed().saturating_sub(patience);
    if late <= GRACE { Ok(()) } else { Err(format!("it was {} ms late", late.as_millis())) }
}
