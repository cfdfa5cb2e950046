//! `understudy plugin lock`: writes into the configuration which files its plugins are.
//!
//! A plugin file is replaced without a word to anybody who reads the configuration. With its digest in
//! the section, another file is refused until a person says that it is meant; with `--locked`, so is
//! a file without one. The configuration is a person's own text, so nothing of it is changed but the
//! keys themselves.

use std::io::Write;
use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike, value};
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
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error| Fault::new(Exit::BadConfig, format!("configuration cannot be edited: {error}")))?;
    check_names(&lock.names, &config)?;
    let mut pinned = 0;
    for Pinnable { name, source, is_canary } in pinnables(&config) {
        if !lock.names.is_empty() && !lock.names.contains(&name) {
            continue;
        }
        let what = if is_canary { format!("{name}'s canary") } else { name.clone() };
        if matches!(source, PluginSource::BuiltIn(_)) {
            printer.note(format_args!("{what} is inside the program and needs no pin"));
            continue;
        }
        let wasm = read_component(&source, bytes_max).await;
        let wasm = wasm.map_err(|unread| super::inspect::fault(Path::new(&what), Unread::state(unread)))?;
        let digest = understudy_sandbox::digest(&wasm);
        if pin(&mut document, &name, is_canary, &digest) {
            pinned += 1;
            printer.result(format_args!("{what} is pinned to {digest} ({source})"))?;
        } else {
            printer.result(format_args!("{what} is pinned already"))?;
        }
    }
    if pinned > 0 {
        replace(&file, &document.to_string())
            .map_err(|error| FileError::new(named("write", &file), error))?;
    }
    if lock.names.is_empty() {
        tell_of_sectionless(&config, bytes_max, printer).await?;
    }
    Ok(())
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

/// Writes the pin of a provider; false when it stands there already.
fn pin(document: &mut DocumentMut, name: &str, is_canary: bool, digest: &str) -> bool {
    let section = document.get_mut("providers").and_then(Item::as_table_like_mut);
    let section = section.and_then(|providers| providers.get_mut(name)).and_then(Item::as_table_like_mut);
    let section = match section {
        Some(section) if is_canary => section.get_mut("canary").and_then(Item::as_table_like_mut),
        section => section,
    };
    let Some(section) = section else { return false };
    if section.get("sha256").and_then(Item::as_str) == Some(digest) {
        return false;
    }
    insert(section, digest);
    true
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

/// By a rename, so that a running server never reads half of it.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    // Where a link leads to, or the link would be replaced by a file.
    let file = file.canonicalize()?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut partial = tempfile::NamedTempFile::new_in(folder)?;
    partial.write_all(text.as_bytes())?;
    partial.as_file().set_permissions(std::fs::metadata(&file)?.permissions())?;
    partial.as_file().sync_all()?;
    partial.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, expected: Option<&str>) {
        let mut document: DocumentMut = before.parse().unwrap();
        let pinned = pin(&mut document, "amy", before.contains("canary"), "abc");
        assert_eq!((pinned, document.to_string().as_str()), (expected.is_some(), expected.unwrap_or(before)));
    }

    #[test]
    fn only_the_pin_is_written() {
        check(
            "# mine\n[providers.amy] # hers\nplugin = 'a.wasm'   # odd\n\n[log]\n",
            Some("# mine\n[providers.amy] # hers\nplugin = 'a.wasm'   # odd\nsha256 = \"abc\"\n\n[log]\n"),
        );
        check(
            "[providers]\namy = { enabled = true }\n",
            Some("[providers]\namy = { enabled = true , sha256 = \"abc\" }\n"),
        );
        check(
            "providers.amy.enabled = true\n",
            Some("providers.amy.enabled = true\nproviders.amy.sha256 = \"abc\"\n"),
        );
        check(
            "[providers.amy]\nsha256 = \"old\" # of May\n",
            Some("[providers.amy]\nsha256 = \"abc\" # of May\n"),
        );
        check("[providers.amy]\nsha256 = \"abc\"\n", None);
        check(
            "[providers.amy]\ncanary = { path = 'b.wasm', percent = 5 }\n",
            Some("[providers.amy]\ncanary = { path = 'b.wasm', percent = 5 , sha256 = \"abc\" }\n"),
        );
        check(
            "[providers.amy.canary]\npath = 'b.wasm'\n",
            Some("[providers.amy.canary]\npath = 'b.wasm'\nsha256 = \"abc\"\n"),
        );
        check("[providers.bob]\n", None);
    }
}
