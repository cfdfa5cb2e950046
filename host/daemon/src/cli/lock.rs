//! `understudy plugin lock`: writes into the configuration which files its plugins are.
//!
//! A plugin file is replaced without a word to anybody who reads the configuration. With its digest in
//! the section, another file is refused until a person says that it is meant; with `--locked`, so is
//! a file without one. The configuration is a person's own text, so nothing of it is changed but the
//! keys themselves.

use std::io::Write;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike, TomlError, value};
use understudy_sandbox::SandboxOptions;

use super::args::Lock;
use super::exit::{Exit, Fault, FileError};
use super::printer::Printer;
use crate::config::{Config, Environment, locate};
use crate::plugins::{Pinnable, PluginSource, Unread, pinnables, plain_section, read_component, sectionless};

pub(super) async fn run(lock: Lock, config_file: Option<&Path>, printer: Printer) -> Result<(), Fault> {
    let bytes_max = SandboxOptions::default().component_bytes_max;
    let Some(file) = locate(config_file, &Environment::of_process()) else {
        return Err(Fault::new(Exit::BadConfig, "there is no configuration to write pins into")
            .hint("`understudy plugin inspect FILE` prints the section a plugin needs"));
    };
    let config = Config::load(&file)?;
    let text = std::fs::read_to_string(&file).map_err(|error| FileError::new(named("read", &file), error))?;
    check_names(&lock.names, &config)?;
    let digested = digested(&lock, &config, bytes_max, printer).await?;
    let (mut pinned, mut told) = (text.clone(), Vec::new());
    for Digested { plugin, digest } in digested {
        let what = plugin.to_string();
        match pin(&pinned, &plugin, &digest)? {
            Some(after) => {
                pinned = after;
                told.push(format!("{what} is pinned to {digest} ({})", plugin.source));
            }
            None => told.push(format!("{what} is pinned already")),
        }
    }
    if pinned != text {
        replace(&file, &pinned).map_err(|error| FileError::new(named("write", &file), error))?;
    }
    // Only now it is true.
    told.iter().try_for_each(|line| printer.result(line))?;
    if lock.names.is_empty() {
        tell_of_sectionless(&config, bytes_max, printer).await?;
    }
    Ok(())
}

/// A plugin and what its file is.
struct Digested {
    plugin: Pinnable,
    digest: String,
}

/// Those that are to be pinned, all of them read before anything is written.
async fn digested(
    lock: &Lock,
    config: &Config,
    bytes_max: usize,
    printer: Printer,
) -> Result<Vec<Digested>, Fault> {
    let mut digested = Vec::new();
    for plugin in pinnables(config) {
        if !lock.names.is_empty() && !lock.names.contains(&plugin.name) {
            continue;
        }
        if matches!(plugin.source, PluginSource::BuiltIn(_)) {
            printer.note(format_args!("{plugin} is inside the program and needs no pin"));
            continue;
        }
        match read_component(&plugin.source, bytes_max).await {
            Ok(wasm) => {
                let digest = understudy_sandbox::digest(&wasm);
                digested.push(Digested { plugin, digest });
            }
            Err(Unread::Missing(_))
                if config.provider(&plugin.name).is_some_and(|section| !section.enabled) =>
            {
                printer.note(format_args!("{plugin} is disabled and has no file: {}", plugin.source));
            }
            Err(unread) => {
                return Err(super::inspect::fault(Path::new(&plugin.to_string()), unread.state()));
            }
        }
    }
    Ok(digested)
}

/// Files in the plugin folders that no section speaks for have no place for a pin.
async fn tell_of_sectionless(config: &Config, bytes_max: usize, printer: Printer) -> Result<(), Fault> {
    for file in sectionless(config) {
        let Ok(wasm) = read_component(&PluginSource::File(file.clone()), bytes_max).await else { continue };
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (section, digest) = (plain_section(&name, &file), understudy_sandbox::digest(&wasm));
        printer.result(format_args!(
            "{} has no section to be pinned in; to pin it, write:\n{section}sha256 = \"{digest}\"",
            file.display()
        ))?;
    }
    Ok(())
}

fn named(doing: &str, file: &Path) -> String {
    format!("{doing} {}", file.display())
}

fn check_names(names: &[String], config: &Config) -> Result<(), Fault> {
    let Some(unknown) = names.iter().find(|name| config.provider(name).is_none()) else { return Ok(()) };
    let sections = config.providers.iter().map(|provider| provider.name.as_str());
    let fault = Fault::new(Exit::Usage, format!("the configuration has no such provider: {unknown}"));
    Err(match understudy_engine::nearest(unknown, sections) {
        Some(meant) => fault.hint(format!("did you mean {meant}?")),
        None => fault.hint("a pin stands in a section [providers.NAME]"),
    })
}

/// The text with the pin of a plugin; none when it stands there already. Every other byte is as it was:
/// the editor's own text is used for nothing but to see what it would change.
fn pin(text: &str, plugin: &Pinnable, digest: &str) -> Result<Option<String>, Fault> {
    let wrong =
        |reason: String| Fault::new(Exit::BadConfig, format!("configuration cannot be edited: {reason}"));
    let mut document: DocumentMut = text.parse().map_err(|error: TomlError| wrong(error.to_string()))?;
    let before = document.to_string();
    let section = document.get_mut("providers").and_then(Item::as_table_like_mut);
    let section = section.and_then(|all| all.get_mut(&plugin.name)).and_then(Item::as_table_like_mut);
    let section = match section {
        Some(section) if plugin.is_canary => section.get_mut("canary").and_then(Item::as_table_like_mut),
        section => section,
    };
    let Some(section) = section else { return Ok(None) };
    if section.get("sha256").and_then(Item::as_str) == Some(digest) {
        return Ok(None);
    }
    insert(section, digest);
    let after = document.to_string();
    // A line can only be added to a last line that has an end.
    let ended = || if text.contains("\r\n") { format!("{text}\r\n") } else { format!("{text}\n") };
    let edited = spliced(text, &before, &after).or_else(|| spliced(&ended(), &before, &after));
    let advice =
        || wrong(format!("its sections are written unusually; write sha256 = \"{digest}\" yourself"));
    edited.map(Some).ok_or_else(advice)
}

/// What turned `before` into `after`, done to `text`, which is `before` but for line ends and a byte order
/// mark. None when it is not.
fn spliced(text: &str, before: &str, after: &str) -> Option<String> {
    let same = |(one, other): &(char, char)| one == other;
    let start: usize =
        before.chars().zip(after.chars()).take_while(same).map(|(one, _)| one.len_utf8()).sum();
    let (old, new) = (before.get(start..)?, after.get(start..)?);
    let end: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(one, _)| one.len_utf8()).sum();
    let new = new.get(..new.len() - end)?;
    let new = if text.contains("\r\n") { new.replace('\n', "\r\n") } else { new.to_owned() };
    let (from, to) = (place_in(text, before, start)?, place_in(text, before, before.len() - end)?);
    Some([text.get(..from)?, &new, text.get(to..)?].concat())
}

/// Where the byte at `place` of `normal` stands in `text`.
fn place_in(text: &str, normal: &str, place: usize) -> Option<usize> {
    let mut normal = normal.char_indices().peekable();
    // A line end begins with its carriage return.
    let mut line_end = None;
    for (at, character) in text.char_indices() {
        match normal.peek() {
            Some((found, wanted)) if *wanted == character && *found < place => {
                line_end = None;
                normal.next();
            }
            Some((_, wanted)) if *wanted == character => return line_end.or(Some(at)),
            Some(_) if character == '\r' => line_end = Some(at),
            Some(_) if character == '\u{feff}' => {}
            Some(_) => return None,
            None => return Some(at),
        }
    }
    normal.peek().is_none().then_some(text.len())
}

fn insert(section: &mut dyn TableLike, digest: &str) {
    match section.get_mut("sha256").and_then(Item::as_value_mut) {
        // What a person wrote around the old one stays.
        Some(old) => {
            let decor = old.decor().clone();
            *old = digest.into();
            *old.decor_mut() = decor;
        }
        None => {
            section.insert("sha256", value(digest));
        }
    }
}

/// By a rename, so that a running server never reads half of it. Whoever may read the file may do so
/// afterwards, or nothing is written.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    // Where a link leads to, or the link would be replaced by a file.
    let file = file.canonicalize()?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut partial = tempfile::NamedTempFile::new_in(folder)?;
    partial.write_all(text.as_bytes())?;
    let old = std::fs::metadata(&file)?;
    // Before the permissions, some of which a new owner takes away.
    #[cfg(unix)]
    std::os::unix::fs::fchown(partial.as_file(), Some(old.uid()), Some(old.gid()))?;
    partial.as_file().set_permissions(old.permissions())?;
    partial.as_file().sync_all()?;
    partial.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests;
