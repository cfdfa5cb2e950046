//! `GET /metrics` in Prometheus' text format.
//!
//! Written by hand from one snapshot of the engine. The counts are the engine's own, so a registry of
//! a metrics crate would be a second copy of each to keep in step, and the format is a line a number.
//! Every label has few values: providers are configured, codes are ours. Nothing a client sends
//! becomes one.

mod keeping;
mod reloads;

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use tokio::runtime::Handle;
use understudy_engine::{BreakerState, Durations, EngineStatus, ProviderStatus};

use super::keeping::{cache, health, history};
use super::status::breaker_name;
use crate::Understudy;

const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics
///
/// Counters and gauges in Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "Operation",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics(State(understudy): State<Arc<Understudy>>) -> Response {
    let engine = understudy.engine();
    let mut page = render(&engine.status(), understudy.is_ready());
    page.single("worker_threads", "Threads that serve.", Handle::current().metrics().num_workers());
    let (health, cache, history) = (health(&engine), cache(&engine), history(&engine));
    keeping::write(&mut page, &health, &cache, &history);
    reloads::write(&mut page, &understudy);
    let text = page.0;
    ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response()
}

/// A page of metrics.
#[derive(Default)]
struct Page(String);

type Labels<'label> = &'label [(&'static str, &'label str)];

impl Page {
    /// Begins a metric.
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP understudy_{name} {help}\n# TYPE understudy_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: Labels<'_>, value: impl Display) {
        let _ = write!(self.0, "understudy_{name}");
        for (index, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{value}\"", if index == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn single(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(name, "counter", help);
        self.sample(name, &[], value);
    }
}

fn render(status: &EngineStatus, ready: bool) -> Page {
    let mut page = Page::default();
    page.metric("build_info", "gauge", "The program's version.");
    page.sample("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.single("ready", "1 when somebody can speak and the server is not about to stop.", u8::from(ready));
    page.single("speaking", "Requests being spoken.", status.speaking);
    page.single("speaking_max", "Requests that may be spoken at once.", status.speaking_max);
    page.single("queue_depth", "Requests that wait for a place.", status.waiting);
    page.single("queue_depth_max", "Requests that may wait for a place.", status.waiting_max);
    calls(&mut page, &status.providers);
    durations(&mut page, &status.providers);
    gates(&mut page, &status.providers);
    page
}

fn calls(page: &mut Page, providers: &[ProviderStatus]) {
    page.metric(
        "requests_total",
        "counter",
        "Calls to a provider by how they ended: ok, cancelled, or an error's code.",
    );
    for provider in providers {
        let ended = [("ok", provider.successes), ("cancelled", provider.cancelled)];
        for (outcome, count) in
            ended.into_iter().chain(provider.failures.iter().map(|(code, count)| (*code, *count)))
        {
            page.sample("requests_total", &[("provider", &provider.name), ("outcome", outcome)], count);
        }
    }
    page.metric(
        "retries_total",
        "counter",
        "Calls made because an earlier one of the same request had failed there.",
    );
    for provider in providers {
        page.sample("retries_total", &[("provider", &provider.name)], provider.retries);
    }
    page.metric("withheld_total", "counter", "Times a provider was passed over, by the reason's code.");
    for provider in providers {
        for (reason, count) in &provider.withheld {
            page.sample("withheld_total", &[("provider", &provider.name), ("reason", reason)], count);
        }
    }
    page.metric("requests_in_flight", "gauge", "Calls to a provider under way.");
    for provider in providers {
        page.sample("requests_in_flight", &[("provider", &provider.name)], provider.in_flight);
    }
}

fn durations(page: &mut Page, providers: &[ProviderStatus]) {
    let name = "request_duration_seconds";
    page.metric(name, "histogram", "How long calls took that gave a take, from the call to its last byte.");
    for ProviderStatus { name: provider, durations, .. } in providers {
        for (bound, count) in durations.cumulative() {
            let labels = [("provider", provider.as_str()), ("le", &bound.to_string())];
            page.sample(&format!("{name}_bucket"), &labels, count);
        }
        let Durations { count, sum, .. } = durations;
        page.sample(&format!("{name}_bucket"), &[("provider", provider), ("le", "+Inf")], count);
        page.sample(&format!("{name}_sum"), &[("provider", provider)], sum.as_secs_f64());
        page.sample(&format!("{name}_count"), &[("provider", provider)], count);
    }
}

fn gates(page: &mut Page, providers: &[ProviderStatus]) {
    page.metric(
        "breaker_state",
        "gauge",
        "1 for the state the provider's circuit breaker is in, 0 for the others.",
    );
    for provider in providers {
        for state in [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen] {
            let labels = [("provider", provider.name.as_str()), ("state", breaker_name(state))];
            page.sample("breaker_state", &labels, u8::from(provider.breaker == state));
        }
    }
    page.metric(
        "left_alone_seconds",
        "gauge",
        "How long the provider is not asked yet, by its breaker or its own word.",
    );
    for provider in providers {
        let seconds = provider.retry_after.unwrap_or_default().as_secs_f64();
        page.sample("left_alone_seconds", &[("provider", &provider.name)], seconds);
    }
    page.metric(
        "characters",
        "gauge",
        "Characters the provider was asked to speak in this day or calendar month, UTC.",
    );
    for provider in providers {
        let spent =
            [("day", provider.spending.day_characters), ("month", provider.spending.month_characters)];
        for (period, characters) in spent {
            page.sample("characters", &[("provider", &provider.name), ("period", period)], characters);
        }
    }
}
