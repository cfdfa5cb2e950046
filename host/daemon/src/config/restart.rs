//! Which keys wait for a restart.
//!
//! Nearly all of the configuration is taken while the server runs. What is left is what the process
//! is built on: its sockets, the pool of instances and what their connections trust, the log. These
//! keys say so in `config explain` and in the schema, and a reload that finds one of them changed
//! says so too and goes on with the value it has.

use super::Config;

/// The keys, as they are written.
pub(crate) const KEYS: [&str; 6] = [
    "server.listen",
    "plugins.code_cache",
    "sandbox.certificate_authorities",
    "sandbox.slots",
    "log.level",
    "log.format",
];

impl Config {
    /// Puts the values in effect in the place of those that wait for a restart; says which.
    pub(crate) fn take_over(&mut self, running: &Self) -> Vec<&'static str> {
        let [listen, code_cache, authorities, slots, level, format] = KEYS;
        let mut waiting = Waiting(Vec::new());
        waiting.hold(listen, &mut self.server.listen, &running.server.listen);
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
        waiting.0
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
        let text = "server = { listen = '127.0.0.1:1', drain_seconds = 1 }\nplugins.code_cache = 'x'\n\
                    sandbox = { slots = 7, certificate_authorities = 'a.pem', cpu_ms = 9 }\n\
                    log = { level = 'debug', format = 'json' }\n";
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
