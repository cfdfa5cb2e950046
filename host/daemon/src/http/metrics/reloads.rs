//! The metrics of reloads and of the generations that play.

use super::Page;
use crate::Understudy;
use crate::http::plugins::{GenerationInfo, PluginInfo, plugin_infos};

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
    let each = |page: &mut Page, name: &str, value: fn(&GenerationInfo) -> u64| {
        for plugin in plugins {
            for generation in &plugin.generations {
                let number = generation.number.to_string();
                let labels = [
                    ("provider", plugin.name.as_str()),
                    ("generation", &number),
                    ("role", generation.role.as_str()),
                ];
                page.sample(name, &labels, value(generation));
            }
        }
    };
    page.metric("generation_in_flight", "gauge", "Calls under way, by the plugin's generation.");
    each(page, "generation_in_flight", |generation| generation.tally.in_flight as u64);
    page.metric("generation_calls_total", "counter", "Calls that speak, by the plugin's generation.");
    each(page, "generation_calls_total", |generation| generation.tally.calls);
    page.metric(
        "generation_successes_total",
        "counter",
        "Calls that gave a take, by the plugin's generation.",
    );
    each(page, "generation_successes_total", |generation| generation.tally.successes);
    page.metric(
        "generation_failures_total",
        "counter",
        "Calls that failed by the plugin's generation's fault.",
    );
    each(page, "generation_failures_total", |generation| generation.tally.failures);
    page.metric(
        "generation_success_milliseconds_total",
        "counter",
        "What the calls that gave a take took together, by the plugin's generation.",
    );
    each(page, "generation_success_milliseconds_total", |generation| generation.tally.success_ms);
}
