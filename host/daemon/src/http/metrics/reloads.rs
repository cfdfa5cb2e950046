//! The metrics of reloads and of the generations that play.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Page;
use crate::Understudy;
use crate::http::plugins::{PluginInfo, plugin_infos};
use crate::plugins::GenerationTally;

pub(super) fn write(page: &mut Page, understudy: &Understudy) {
    let state = understudy.reload_state();
    page.metric("reloads_total", "counter", "Reloads by how they ended.");
    for (outcome, count) in
        [("applied", state.applied), ("unchanged", state.unchanged), ("rejected", state.rejected)]
    {
        page.sample("reloads_total", &[("outcome", outcome)], count);
    }
    page.single(
        "config_problems",
        "Mistakes in the configuration's file; while there are any, the one before it is in effect.",
        state.config_problems.len(),
    );
    page.single("config_restart_keys", "Keys whose new values wait for a restart.", state.restart.len());
    page.single("reload_pending", "Changes that are seen and not made yet.", state.pending.len());
    let plugins = plugin_infos(understudy);
    states(page, &plugins);
    candidates(page, &plugins);
    generations(page, &plugins);
}

fn states(page: &mut Page, plugins: &[PluginInfo]) {
    page.metric(
        "plugin_state",
        "gauge",
        "1 for the state a plugin is in, and its code when it may not play.",
    );
    for plugin in plugins {
        let (state, code) = (plugin.is.state.as_str(), plugin.is.code.as_deref().unwrap_or_default());
        page.sample("plugin_state", &[("provider", &plugin.name), ("state", state), ("code", code)], 1);
    }
    page.metric("plugin_canary", "gauge", "1 for the state of a plugin on trial, or what became of it.");
    for (plugin, canary) in plugins.iter().filter_map(|plugin| Some((plugin, plugin.canary.as_ref()?))) {
        let code = canary.code.as_deref().unwrap_or_default();
        let labels = [("provider", plugin.name.as_str()), ("state", canary.state.as_str()), ("code", code)];
        page.sample("plugin_canary", &labels, 1);
    }
}

fn candidates(page: &mut Page, plugins: &[PluginInfo]) {
    page.metric(
        "plugin_candidate_refused",
        "gauge",
        "1 when a newer plugin would play and cannot, by its code.",
    );
    for plugin in plugins {
        let Some(candidate) = &plugin.candidate else { continue };
        let code = candidate.code.as_deref().unwrap_or_default();
        page.sample("plugin_candidate_refused", &[("provider", &plugin.name), ("code", code)], 1);
    }
}

fn generations(page: &mut Page, plugins: &[PluginInfo]) {
    page.metric("generation_in_flight", "gauge", "Calls under way, by the role of the plugin's generation.");
    for ((provider, role), calls) in sums(plugins, |tally| tally.in_flight as u64) {
        page.sample("generation_in_flight", &[("provider", provider), ("role", role)], calls);
    }
    page.metric(
        "generation_calls_total",
        "counter",
        "Calls that speak, by the role of the plugin's generation.",
    );
    each(page, plugins, "generation_calls_total", |tally| tally.calls);
    page.metric(
        "generation_successes_total",
        "counter",
        "Calls that gave a take, by the role of the plugin's generation.",
    );
    each(page, plugins, "generation_successes_total", |tally| tally.successes);
    page.metric(
        "generation_failures_total",
        "counter",
        "Calls that failed by the generation's fault, by its role.",
    );
    each(page, plugins, "generation_failures_total", |tally| tally.failures);
    page.metric(
        "generation_success_seconds_total",
        "counter",
        "What the calls that gave a take took together, by the role of the plugin's generation.",
    );
    for ((provider, role), time) in counts(plugins, |tally| tally.success_ms) {
        let seconds = Duration::from_millis(time).as_secs_f64();
        page.sample("generation_success_seconds_total", &[("provider", provider), ("role", role)], seconds);
    }
}

fn each(page: &mut Page, plugins: &[PluginInfo], name: &str, count: fn(&GenerationTally) -> u64) {
    for ((provider, role), sum) in counts(plugins, count) {
        page.sample(name, &[("provider", provider), ("role", role)], sum);
    }
}

/// Of those that play for new requests. One that leaves would bring along all that it ever counted, and a
/// counter that leaps tells of calls that nobody made.
fn counts(plugins: &[PluginInfo], count: fn(&GenerationTally) -> u64) -> BTreeMap<(&str, &str), u64> {
    let mut counts = sums(plugins, count);
    counts.retain(|(_, role), _| matches!(*role, "serving" | "canary"));
    counts
}

/// Of all generations of a plugin that have the same role. Their numbers are no label: there is another one
/// after each reload, for as long as the server runs.
fn sums(plugins: &[PluginInfo], count: fn(&GenerationTally) -> u64) -> BTreeMap<(&str, &str), u64> {
    let mut sums = BTreeMap::new();
    for plugin in plugins {
        for generation in &plugin.generations {
            *sums.entry((plugin.name.as_str(), generation.role.as_str())).or_default() +=
                count(&generation.tally);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::plugins::GenerationInfo;

    #[test]
    fn generations_that_play_the_same_role_are_one_series_in_base_units() {
        let generation = |number, role: &str| GenerationInfo {
            number,
            role: role.to_owned(),
            ends_in_ms: None,
            tally: GenerationTally { in_flight: 1, calls: 2, success_ms: 750, ..GenerationTally::default() },
        };
        let generations = vec![generation(9, "serving"), generation(8, "leaving"), generation(7, "leaving")];
        let plugin = PluginInfo { generations, ..PluginInfo::without_a_plugin("amy", "ready", &[]) };
        let mut page = Page::default();
        super::generations(&mut page, &[plugin]);
        let series =
            |name: &str| -> Vec<&str> { page.0.lines().filter(|line| line.starts_with(name)).collect() };
        assert_eq!(
            series("understudy_generation_in_flight"),
            [
                "understudy_generation_in_flight{provider=\"amy\",role=\"leaving\"} 2",
                "understudy_generation_in_flight{provider=\"amy\",role=\"serving\"} 1"
            ]
        );
        assert_eq!(
            series("understudy_generation_calls_total"),
            ["understudy_generation_calls_total{provider=\"amy\",role=\"serving\"} 2"]
        );
        assert_eq!(
            series("understudy_generation_success_seconds_total"),
            ["understudy_generation_success_seconds_total{provider=\"amy\",role=\"serving\"} 0.75"]
        );
    }
}
