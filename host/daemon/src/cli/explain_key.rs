//! `understudy config explain`: what a key means.

use super::exit::{Exit, Fault};
use super::printer::Printer;
use crate::config::keys::{Key, RESTART, explanation, keys, known_path};

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
    // A key without its section, or the beginning of one, is more often meant than a misspelling.
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let begun = last(&path);
    let paths = || keys.iter().map(|key| key.path.as_str());
    let elsewhere = paths().find(|path| last(path).starts_with(&begun));
    let meant = elsewhere.or_else(|| understudy_engine::nearest(&path, paths()));
    Err(match meant {
        Some(meant) => fault.hint(format!("did you mean {meant}?")),
        None => fault.hint("`understudy config explain` lists all"),
    })
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
