//! Which keys wait for a restart.
//!
//! Nearly all of the configuration is taken while the server runs. What is left is what the process
//! is built on: its sockets, the pool of instances and what their connections trust, the store, the log. These
//! keys say so in `config explain` and in the schema, and a reload that finds one of them changed
//! says so too and goes on with the value it has.

use super::{Config, StoreConfig};

/// The keys, as they are written.
pub(crate) const KEYS: [&str; 19] = [
    "server.listen",
    "server.worker_threads",
    "plugins.code_cache",
    "sandbox.certificate_authorities",
    "sandbox.slots",
    "log.level",
    "log.format",
    "cache.folder",
    "cache.enabled",
    "cache.max_size_mb",
    "cache.max_takes",
    "cache.ttl_hours",
    "cache.memory_mb",
    "cache.memory_take_mb",
    "cache.keep_form_after",
    "history.enabled",
    "history.store_text",
    "history.max_age_days",
    "history.max_entries",
];

impl Config {
    /// Puts the values in effect in the place of those that wait for a restart; says which.
    pub(crate) fn take_over(&mut self, running: &Self) -> Vec<&'static str> {
        let [listen, threads, code_cache, authorities, slots, level, format, store @ ..] = KEYS;
        let mut waiting = Waiting(Vec::new());
        waiting.hold(listen, &mut self.server.listen, &running.server.listen);
        waiting.hold(threads, &mut self.server.worker_threads, &running.server.worker_threads);
        waiting.hold(code_cache, &mut self.plugins.code_cache, &running.plugins.code_cache);
        let wanted = &mut self.sandbox;
        waiting.hold(
            authorities,
            &mut wanted.certificate_authorities,
            &running.sandbox.certificate_authorities,
        );
        waiting.hold(slots, &mut wanted.slots, &running.sandbox.slots);
        waiting.hold(level, &mut self.log.level, &running.log.level);
        waiting.hold(format, &mut self.log.format, &running.log.format);
        self.store.take_over(&running.store, store, &mut waiting);
        waiting.0
    }
}

impl StoreConfig {
    /// The store is opened once.
    fn take_over(&mut self, running: &Self, keys: [&'static str; 12], waiting: &mut Waiting) {
        let [folder, enabled, size, takes, ttl, memory, take, form, history, text, age, entries] = keys;
        waiting.hold(folder, &mut self.folder, &running.folder);
        let (wanted, cache) = (&mut self.settings.cache, &running.settings.cache);
        waiting.hold(enabled, &mut wanted.enabled, &cache.enabled);
        waiting.hold(size, &mut wanted.bytes_max, &cache.bytes_max);
        waiting.hold(takes, &mut wanted.entries_max, &cache.entries_max);
        waiting.hold(ttl, &mut wanted.ttl, &cache.ttl);
        waiting.hold(memory, &mut wanted.memory_bytes_max, &cache.memory_bytes_max);
        waiting.hold(take, &mut wanted.memory_take_bytes_max, &cache.memory_take_bytes_max);
        waiting.hold(form, &mut wanted.derived_after, &cache.derived_after);
        let (wanted, kept) = (&mut self.settings.history, &running.settings.history);
        waiting.hold(history, &mut wanted.enabled, &kept.enabled);
        waiting.hold(text, &mut wanted.store_text, &kept.store_text);
        waiting.hold(age, &mut wanted.max_age, &kept.max_age);
        waiting.hold(entries, &mut wanted.records_max, &kept.records_max);
    }
}

struct Waiting(Vec<&'static str>);

impl Waiting {
    fn hold<T: Clone + PartialEq>(&mut self, key: &'static str, wanted: &mut T, running: &T) {
        if wanted != running {
            self.0.push(key);
            wanted.clone_from(running);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_waits_for_a_restart_is_named_and_stays_as_it_is() {
        let text = "server = { listen = '127.0.0.1:1', worker_threads = 1, drain_seconds = 1 }\n\
                    plugins.code_cache = 'x'\n\
                    sandbox = { slots = 7, certificate_authorities = 'a.pem', cpu_ms = 9 }\n\
                    log = { level = 'debug', format = 'json' }\n\
                    cache = { folder = 's', enabled = false, max_size_mb = 1, max_takes = 1, ttl_hours = 1, \
                    memory_mb = 1, memory_take_mb = 1, keep_form_after = 9 }\n\
                    history = { enabled = false, store_text = true, max_age_days = 1, max_entries = 1 }\n";
        let mut config = Config::parse(text, Path::new("/etc/understudy.toml")).unwrap();
        let wanted = config.clone();
        let running = Config::default();
        assert_eq!(config.take_over(&running), KEYS);
        assert_eq!(
            (config.sandbox.slots, &config.server.listen),
            (running.sandbox.slots, &running.server.listen)
        );
        assert_eq!(config.server.drain, wanted.server.drain);
        assert_eq!(config.sandbox.limits, wanted.sandbox.limits);
        assert!(config.take_over(&running).is_empty());
    }
}
