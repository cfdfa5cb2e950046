//! `understudy config explain`: what a key means.

use super::exit::{Exit, Fault};
use super::printer::Printer;
use crate::config::keys::{ITEM, Key, RESTART, explanation, keys, known_path};

pub(super) fn run(wanted: Option<&str>, printer: Printer) -> Result<(), Fault> {
    let keys = keys();
    let Some(wanted) = wanted else { return list(&keys, printer) };
    let path = known_path(wanted.trim_matches(['[', ']']));
    let inside = |key: &&Key| {
        let rest = key.path.strip_prefix(&path);
        rest.is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    let inside: Vec<Key> = keys.iter().filter(inside).cloned().collect();
    if let Some(key) = keys.iter().find(|key| key.path == path) {
        one(key, printer)?;
        if inside.is_empty() {
            return Ok(());
        }
        printer.result("")?;
    }
    if !inside.is_empty() {
        return list(&inside, printer);
    }
    let fault = Fault::new(Exit::Usage, format!("no such key: {wanted}"));
    Err(match meant(&path, &keys) {
        Some(meant) => fault.hint(format!("did you mean {meant}?")),
        None => fault.hint("`understudy config explain` lists all"),
    })
}

/// The key that was probably meant. The beginning of one, or one without its section, is more often meant
/// than a misspelling, and one of the section that was named more often than any other.
fn meant<'keys>(path: &str, keys: &'keys [Key]) -> Option<&'keys str> {
    let paths = || keys.iter().map(|key| key.path.as_str());
    let (section, begun) = path.rsplit_once('.').unwrap_or(("", path));
    // Nobody writes that `cast` is a list.
    let is_inside =
        |path: &&str| path.replace(ITEM, "").rsplit_once('.').is_some_and(|(of, _)| of == section);
    let begins = |path: &&str| last(path).starts_with(begun);
    let alike = || {
        let word = understudy_engine::nearest(begun, paths().filter(is_inside).map(last))?;
        paths().filter(is_inside).find(|path| last(path) == word)
    };
    let inside = paths().filter(is_inside).find(begins).or_else(alike);
    inside.or_else(|| paths().find(begins)).or_else(|| understudy_engine::nearest(path, paths()))
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

fn one(key: &Key, printer: Printer) -> Result<(), Fault> {
    printer.result(format_args!("{} is {}{}", key.path, key.kind.words(), default(key)))?;
    if let Some(text) = explanation(&key.path) {
        printer.result(format_args!("\n{text}"))?;
    }
    if key.needs_restart() {
        printer.result(format_args!("\n{RESTART}"))?;
    }
    Ok(())
}

fn list(keys: &[Key], printer: Printer) -> Result<(), Fault> {
    let width = keys.iter().map(|key| key.path.len()).max().unwrap_or_default();
    for key in keys {
        printer.result(format_args!("{:width$}  {}{}", key.path, key.kind.words(), default(key)))?;
    }
    Ok(())
}

fn default(key: &Key) -> String {
    key.default.as_ref().map(|default| format!("; {default} by default")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_was_meant_is_looked_for_in_its_section_first() {
        let keys = keys();
        let check =
            |wanted: &str, expected| assert_eq!(meant(&known_path(wanted), &keys), expected, "{wanted}");
        check("plugins.drain", Some("plugins.drain_seconds"));
        check("cache.enable", Some("cache.enabled"));
        check("history.enable", Some("history.enabled"));
        check("conversation.deadline", Some("conversation.deadline_seconds"));
        check("voices.anna.cast.rate", Some("voices.NAME.cast[].rate"));
        check("plugins.wacth", Some("plugins.watch"));
        check("drain", Some("server.drain_seconds"));
        check("sever.drain_seconds", Some("server.drain_seconds"));
    }
}
