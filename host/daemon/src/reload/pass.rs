//! One pass: from the files as they are to what plays.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{error, info, warn};

use super::report::{ConfigProblem, ReloadOutcome, ReloadReport, Trigger, changes, now_ms};
use super::state::PendingWhy;
use crate::Understudy;
use crate::config::{Config, ConfigError};
use crate::plugins::{Loaded, tell};

/// What a pass did.
pub(super) struct Pass {
    pub(super) report: ReloadReport,
    /// A file changed while it was read.
    pub(super) restless: bool,
}

/// The configuration's part of a pass.
struct Configured {
    config: Arc<Config>,
    changed: Vec<String>,
    restart: Vec<String>,
    problems: Vec<ConfigProblem>,
}

/// Brings what plays to where the files want it; files in `unsettled` are left for later. With
/// `again` what was refused is judged once more.
pub(super) async fn pass(
    understudy: &Arc<Understudy>,
    text: &mut Option<String>,
    unsettled: &BTreeSet<PathBuf>,
    again: bool,
) -> Pass {
    let began = Instant::now();
    let before = understudy.config();
    let Configured { config, changed, restart, problems } = configure(understudy, &before, text, unsettled);
    let roles = understudy.roles();
    let Loaded { roles: now, crowded, restless } =
        understudy.bring_in(&config, &roles, unsettled, again).await;
    tell(&roles, &now);
    let told = understudy.reload_state();
    let is_new = |plugin: &&String| told.pending.iter().all(|pending| pending.what != **plugin);
    for plugin in crowded.iter().filter(is_new) {
        info!(plugin, "replacement waits until an older generation has gone");
    }
    let plugins = changes(&roles, &now, again);
    let refused = !problems.is_empty() || plugins.iter().any(super::PluginChange::is_refused);
    // Who was refused before and is judged again is told again, and is no reason for a new stage.
    let different = !Arc::ptr_eq(&config, &before) || !changes(&roles, &now, false).is_empty();
    if different || roles.len() != now.len() {
        understudy.put_on(config, now);
    }
    let outcome = match (refused, different) {
        (true, _) => ReloadOutcome::Rejected,
        (false, true) => ReloadOutcome::Applied,
        (false, false) => ReloadOutcome::Unchanged,
    };
    let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let report = ReloadReport {
        number: 0,
        trigger: Trigger::Files,
        outcome,
        at_ms: now_ms(),
        took_ms: milliseconds(began.elapsed()),
        changed,
        restart,
        config_problems: problems,
        plugins,
        pending: PendingWhy::Crowded.all(&crowded),
    };
    Pass { report, restless }
}

/// Reads the configuration. What cannot be used changes nothing.
fn configure(
    understudy: &Understudy,
    before: &Arc<Config>,
    text: &mut Option<String>,
    unsettled: &BTreeSet<PathBuf>,
) -> Configured {
    let state = understudy.reload_state();
    let same = |problems| Configured {
        config: Arc::clone(before),
        changed: Vec::new(),
        restart: state.restart.clone(),
        problems,
    };
    let Some(file) = before.present_file() else { return same(Vec::new()) };
    if unsettled.contains(file) {
        return same(state.config_problems.clone());
    }
    let refused = |error| {
        let problems = ConfigProblem::all(&error);
        if problems != state.config_problems {
            tell_problems(&problems);
        }
        same(problems)
    };
    let parsed =
        Config::text_of(file).and_then(|text| Config::parse(&text, file).map(|config| (config, text)));
    let (mut config, new_text) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refused(error),
    };
    let restart = understudy.take_over(&mut config);
    // Somebody is about to write it, or the disk is full.
    if before.file.is_some() && config != **before && !has_keys(&new_text) {
        return refused(ConfigError::emptied(file));
    }
    let changed = changed_keys(text.as_deref().unwrap_or_default(), &new_text);
    *text = Some(new_text);
    if restart != state.restart && !restart.is_empty() {
        warn!(keys = restart.join(", "), "these keys wait for a restart");
    }
    if config == **before {
        return Configured { changed: Vec::new(), restart, ..same(Vec::new()) };
    }
    info!(keys = changed.join(", "), "configuration taken");
    Configured { config: Arc::new(config), changed, restart, problems: Vec::new() }
}

fn tell_problems(problems: &[ConfigProblem]) {
    for ConfigProblem { file, line, column, message, hint } in problems {
        let place = format!("{file}:{line}:{column}");
        error!(place, problem = message, hint, "configuration rejected, the one before it stays in effect");
    }
}

fn has_keys(text: &str) -> bool {
    text.parse::<toml::Table>().is_ok_and(|table| !table.is_empty())
}

/// The dotted paths of the keys that are not the same in two files.
fn changed_keys(before: &str, now: &str) -> Vec<String> {
    let parse = |text: &str| text.parse::<toml::Table>().unwrap_or_default();
    let mut changed = Vec::new();
    compare("", &parse(before), &parse(now), &mut changed);
    changed
}

fn compare(path: &str, before: &toml::Table, now: &toml::Table, changed: &mut Vec<String>) {
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let (before, now) = (before.get(key), now.get(key));
        if before == now {
            continue;
        }
        let table = |value: Option<&toml::Value>| value.and_then(toml::Value::as_table).cloned();
        let (before, now) = (table(before).unwrap_or_default(), table(now).unwrap_or_default());
        let known = changed.len();
        compare(&path, &before, &now, changed);
        // No table, or one that came or went without a key.
        if changed.len() == known {
            changed.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_differ_are_named_and_no_others() {
        let check = |before, now, expected: &[&str]| assert_eq!(changed_keys(before, now), expected);
        check("a = 1\n[b]\nc = 2", "# said anew\na = 1\nb = { c = 2 }", &[]);
        check("a = 1\n[b]\nc = 2", "a = 2\n[b]\nc = 2\nd = 3", &["a", "b.d"]);
        check(
            "[providers.amy]\nenabled = true",
            "[providers.bob]",
            &["providers.amy.enabled", "providers.bob"],
        );
        check("a.b.c = [1]", "a.b.c = [2]", &["a.b.c"]);
    }
}
