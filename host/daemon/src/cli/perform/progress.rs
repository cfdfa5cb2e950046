//! How far a performance has come: a bar over all lines, and a line of text for each that is done.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use understudy_engine::Progress;

use crate::cli::printer::Printer;

const TEMPLATE: &str = "{spinner:.cyan} {msg} {wide_bar:.cyan/dim} {pos}/{len}  {elapsed}";

/// What is shown meanwhile; nothing unless standard error is a terminal.
pub(super) struct Board {
    bar: ProgressBar,
}

impl Board {
    pub(super) fn new(printer: Printer) -> Self {
        let bar = ProgressBar::with_draw_target(None, printer.progress_target());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.set_message("casting");
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar }
    }

    pub(super) fn show(&self, progress: Progress<'_>) {
        match progress {
            Progress::Cast { speakers, lines, done } => {
                self.bar.set_length(lines as u64);
                self.bar.set_position(done as u64);
                self.bar.set_message(format!("{} characters", speakers.len()));
            }
            Progress::Whole { provider } => self.bar.set_message(format!("{provider} performs the whole")),
            Progress::Line { index, speaker, provider } => {
                self.bar.inc(1);
                self.bar.println(format!("{:>4}  {speaker} ({provider})", index + 1));
            }
            Progress::Failed { provider, code } => {
                self.bar.println(format!("      {provider} failed: {code}"));
            }
            Progress::Joining => self.bar.set_message("joining"),
        }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
