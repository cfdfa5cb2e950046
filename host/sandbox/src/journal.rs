//! What a guest writes: its log lines and whatever it prints.
//!
//! A plugin's words are data. They go to the log as fields, never as the message, and cut to
//! length; a call that writes more than its share is told off once, with the number of lines that
//! were dropped, when it ends. A guest's standard output and error arrive here too: a panic's
//! message is printed there, and it is what an author needs most.

use std::sync::{Arc, Mutex, PoisonError};

use crate::limits::Limits;
use crate::secrets::Vault;
use crate::trap::bounded;

/// The target of every event here, so that a filter can tell what plugins say from what the host
/// says about them.
const TARGET: &str = "plugin";

/// Counted for every line on top of its text: a million empty lines are a log of many megabytes.
const LINE_BYTES: usize = 64;

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// The log of one call.
#[derive(Debug)]
pub(crate) struct Journal {
    plugin: Arc<str>,
    request_id: Arc<str>,
    limits: Arc<Limits>,
    vault: Arc<Vault>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bytes: usize,
    dropped: u64,
    /// What was printed since the last line feed.
    partial: Vec<u8>,
}

impl Journal {
    pub(crate) fn new(
        plugin: Arc<str>,
        request_id: Arc<str>,
        limits: Arc<Limits>,
        vault: Arc<Vault>,
    ) -> Self {
        Self { plugin, request_id, limits, vault, state: Mutex::default() }
    }

    /// Writes a line with its fields, as long as the call has bytes left.
    pub(crate) fn write(&self, level: Level, text: &str, fields: &[(String, String)]) {
        let mut line = self.cut(text, self.limits.log_line_bytes);
        for (name, value) in fields {
            if line.len() >= self.limits.log_line_bytes {
                break;
            }
            line.push_str(&self.cut(&format!(" {name}={value}"), self.limits.log_line_bytes - line.len()));
        }
        if self.has_room_for(line.len() + LINE_BYTES) {
            self.emit(level, &line);
        }
    }

    /// The beginning of a text, without secrets. A secret is taken out before the cut, because half of
    /// one says too much; but no more is searched than can be shown, or a guest that writes
    /// megabytes has the host read them all.
    fn cut(&self, text: &str, bytes_max: usize) -> String {
        let longest = self.vault.longest();
        let kept =
            text.get(..text.floor_char_boundary(bytes_max.saturating_add(longest))).unwrap_or_default();
        let mut line = self.vault.redact(kept.to_owned());
        if kept.len() < text.len() {
            // It may end in half a secret, and what became shorter before it may have moved that
            // half to where it would be read.
            line.truncate(line.floor_char_boundary(line.len().saturating_sub(longest)));
            line.push('…');
        }
        bounded(&line, bytes_max)
    }

    /// Takes printed bytes and writes every line they complete.
    pub(crate) fn print(&self, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            // Past the length of a line the rest of it is not worth keeping until its end comes,
            // but for a secret that begins before the cut.
            let kept = self.limits.log_line_bytes + 1 + self.vault.longest();
            let room = kept.saturating_sub(state.partial.len());
            state.partial.extend(piece.iter().copied().filter(|byte| *byte != b'\n').take(room));
            if piece.ends_with(b"\n") {
                lines.push(std::mem::take(&mut state.partial));
            }
        }
        drop(state);
        for line in lines {
            self.write(Level::Info, &String::from_utf8_lossy(&line), &[]);
        }
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = state.bytes.saturating_add(bytes) <= self.limits.log_bytes;
        if fits {
            state.bytes += bytes;
        } else {
            state.dropped += 1;
        }
        fits
    }

    fn emit(&self, level: Level, line: &str) {
        let (plugin, request) = (&*self.plugin, &*self.request_id);
        match level {
            Level::Trace => tracing::trace!(target: TARGET, plugin, request, line, "plugin wrote"),
            Level::Debug => tracing::debug!(target: TARGET, plugin, request, line, "plugin wrote"),
            Level::Info => tracing::info!(target: TARGET, plugin, request, line, "plugin wrote"),
            Level::Warn => tracing::warn!(target: TARGET, plugin, request, line, "plugin wrote"),
            Level::Error => tracing::error!(target: TARGET, plugin, request, line, "plugin wrote"),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let partial =
            std::mem::take(&mut self.state.get_mut().unwrap_or_else(PoisonError::into_inner).partial);
        if !partial.is_empty() {
            self.write(Level::Info, &String::from_utf8_lossy(&partial), &[]);
        }
        let dropped = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).dropped;
        if dropped > 0 {
            let (plugin, request, limit) = (&*self.plugin, &*self.request_id, self.limits.log_bytes);
            tracing::warn!(target: TARGET, plugin, request, dropped, limit, "plugin wrote too much");
        }
    }
}

#[cfg(test)]
mod tests;
