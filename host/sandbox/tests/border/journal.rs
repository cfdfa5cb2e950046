//! What a guest writes ends up in the log, in bounds.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use understudy_sandbox::Limits;

use crate::support::{failure, plugin_with, report};

/// Every event as one line: its level and its fields.
#[derive(Clone, Default)]
pub(crate) struct Lines(pub(crate) Arc<Mutex<Vec<String>>>);

/// The fields of an event as text.
pub(crate) struct Fields(pub(crate) String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "plugin" {
            let mut fields = Fields(event.metadata().level().to_string());
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }
}

/// What the host logs while the misfit does as told.
async fn logged(limits: Limits, text: &str) -> Vec<String> {
    let plugin = plugin_with(limits, &json!({})).await;
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    let said = async { failure(&plugin, text).await }.with_subscriber(subscriber).await;
    drop(said);
    Arc::try_unwrap(lines.0)
        .map_or_else(|lines| lines.lock().unwrap().clone(), |lines| lines.into_inner().unwrap())
}

#[tokio::test]
async fn a_line_is_a_field_with_the_plugin_and_the_request_beside_it() {
    let lines = logged(Limits::default(), "log 1").await;
    assert_eq!(
        lines,
        ["INFO message=plugin wrote plugin=\"misfit\" request=\"request-1\" line=\"line 0  [31m key=value\""]
    );
}

#[tokio::test]
async fn prints_and_panics_are_logged_line_by_line() {
    let lines = logged(Limits::default(), "print 2").await;
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(
        lines[0].contains("line=\"printed 0\"") && lines[1].contains("line=\"complained 0\""),
        "{lines:?}"
    );
    let lines = logged(Limits::default(), "panic alas, poor Yorick").await;
    assert!(lines.iter().any(|line| line.contains("alas, poor Yorick")), "{lines:?}");
}

#[tokio::test]
async fn lines_are_cut_and_the_dropped_ones_counted_once() {
    let limits = Limits { log_bytes: 100, log_line_bytes: 10, ..Limits::default() };
    let lines = logged(limits, "log 1000").await;
    assert!(lines.len() < 12, "{lines:?}");
    assert!(lines[0].ends_with("line=\"line 0  [3…\""), "{lines:?}");
    let last = lines.last().unwrap();
    assert!(last.starts_with("WARN message=plugin wrote too much") && last.contains("dropped=99"), "{last}");
}

/// What an operator pays for a guest that logs a mebibyte at a time until it is stopped.
#[tokio::test]
async fn a_guest_that_babbles_is_stopped_and_leaves_a_short_log() {
    let limits = Limits { cpu: Duration::from_millis(200), ..Limits::default() };
    let lines = logged(limits, "babble 1").await;
    let bytes: usize = lines.iter().map(String::len).sum();
    assert!(lines.len() <= 33 && bytes < 80 << 10, "{} lines of {bytes} bytes", lines.len());
    let last = lines.last().unwrap();
    assert!(last.starts_with("WARN message=plugin wrote too much"), "{last}");
}

#[tokio::test]
async fn a_reasonable_amount_is_kept_whole() {
    let plugin = plugin_with(Limits::default(), &json!({})).await;
    assert_eq!(report(&plugin, "log 100").await, "100");
    assert_eq!(logged(Limits::default(), "log 100").await.len(), 100);
}
