//! What a plugin makes of its section, at its place in the file.
//!
//! Settings are the plugin's own and only its manifest knows them, so they are read long after the
//! file is. A mistake in them is a mistake in the file all the same: it is told like any other, with its
//! line and the key that was probably meant. What a misspelt key holds is not shown, because it may
//! be a secret that is not known to be one.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use understudy_sandbox::{SettingFault, SettingFaultKind, setting_faults};
use understudy_speech::Manifest;

use super::hidden::{shown, values, without};
use super::problem::{Place, Problem};
use super::providers::ProviderConfig;
use super::section::suggestion;

const ADVICE: &str = "`understudy plugin inspect NAME --json` shows what its plugin takes";

/// A place in the file: a key, or an item of a list, and its value.
struct Spot<'t> {
    key: Range<usize>,
    value: &'t Spanned<DeValue<'t>>,
}

/// Everything that is wrong with the settings and the secrets' names of a provider's section, for
/// the plugin of this manifest. `text` is the file's, and well formed.
pub(super) fn problems(text: &str, provider: &ProviderConfig, manifest: &Manifest) -> Vec<Problem> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let secrets: Vec<&str> = manifest.secrets.iter().map(|secret| secret.name.as_str()).collect();
    let is_set = |secret: &str| provider.secrets.contains_key(secret);
    let faults = setting_faults(manifest, &provider.settings, is_set);
    let misplaced = || provider.settings.keys().filter(|name| secrets.contains(&name.as_str()));
    let mut section = Told::of(text, table.get_ref(), &provider.name);
    for fault in &faults {
        if let SettingFaultKind::Unknown { key, .. } = &fault.kind {
            let mut inside = place_of(fault);
            inside.push(key.clone());
            section.hide(&inside);
        }
    }
    for name in misplaced() {
        section.hide(&["settings".to_owned(), name.clone()]);
    }
    let mut problems: Vec<Problem> = faults.iter().map(|fault| section.setting(fault)).collect();
    problems.extend(misplaced().map(|name| section.secret_in_settings(name)));
    for name in provider.secrets.keys().filter(|name| !secrets.contains(&name.as_str())) {
        problems.push(section.unknown(&["secrets".to_owned()], name, &secrets));
    }
    problems
}

/// That the plugin of a section, or the one on trial beside it, was rejected under `code`, at the key that
/// decides it.
pub(super) fn rejected(
    text: &str,
    (provider, is_canary): (&str, bool),
    (code, reason): (&str, &str),
    hint: Option<&str>,
) -> Problem {
    let key = match code {
        "plugin_digest_mismatch" => Some("sha256"),
        "plugin_secret_unreadable" => Some("secrets"),
        "plugin_unreadable" => Some(if is_canary { "path" } else { "plugin" }),
        _ => None,
    };
    let section = ["providers", provider].into_iter().chain(is_canary.then_some("canary"));
    let message = if is_canary {
        format!("canary of [providers.{provider}] cannot be tried: {reason}")
    } else {
        format!("[providers.{provider}] cannot play: {reason}")
    };
    at(text, &section.chain(key).collect::<Vec<_>>(), message, hint)
}

/// A problem at the key of this path, or at the nearest thing around it.
pub(super) fn at(text: &str, path: &[&str], message: String, hint: Option<&str>) -> Problem {
    let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
    let place = match DeTable::parse(text) {
        Ok(table) => place_at(&shown(text, table.get_ref()), table.get_ref(), &path),
        Err(_) => Place::of(text, &(0..0)),
    };
    Problem { message, hint: hint.map(str::to_owned), place }
}

/// Where a key stands; what is not in the file stands where the nearest thing around it does.
fn place_at(text: &str, table: &DeTable<'_>, path: &[String]) -> Place {
    Place::of(text, &nearest_spot(table, path).map_or(0..0, |spot| spot.key))
}

fn nearest_spot<'t>(table: &'t DeTable<'t>, path: &[String]) -> Option<Spot<'t>> {
    (1..=path.len()).rev().find_map(|length| spot(table, path.get(..length)?))
}

/// Where a fault is, inside its provider's section.
fn place_of(fault: &SettingFault) -> Vec<String> {
    let pointer = fault.pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    std::iter::once("settings".to_owned()).chain(pointer).collect()
}

struct Told<'t> {
    /// The file's text, without what may be secrets.
    text: String,
    table: &'t DeTable<'t>,
    provider: &'t str,
}

impl<'t> Told<'t> {
    fn of(text: &str, table: &'t DeTable<'t>, provider: &'t str) -> Self {
        Self { text: shown(text, table), table, provider }
    }

    fn setting(&self, fault: &SettingFault) -> Problem {
        let inside = place_of(fault);
        let path = self.path(&inside).join(".");
        let message = match &fault.kind {
            SettingFaultKind::Unknown { key, known } => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                return self.unknown(&inside, key, &known);
            }
            SettingFaultKind::Missing { keys } => format!("[{path}] lacks a key: {}", keys.join(" or ")),
            SettingFaultKind::Misfit(words) => format!("{path} does not fit: {words}"),
        };
        Problem { message, hint: Some(ADVICE.to_owned()), place: self.place(&inside) }
    }

    fn unknown(&self, inside: &[String], key: &str, known: &[&str]) -> Problem {
        let path = self.path(inside).join(".");
        let hint = suggestion(key, known.iter().copied()).unwrap_or_else(|| match known {
            [] => "the plugin takes none here".to_owned(),
            known => format!("the keys here are {}", known.join(", ")),
        });
        let mut place = inside.to_vec();
        place.push(key.to_owned());
        Problem {
            message: format!("unknown key in [{path}]: {key}"),
            hint: Some(hint),
            place: self.place(&place),
        }
    }

    fn secret_in_settings(&self, name: &str) -> Problem {
        let message = format!("secret stands among the settings of {}: {name}", self.provider);
        let hint =
            format!("move it to [providers.{}.secrets], as \"env:NAME\" or \"file:PATH\"", self.provider);
        let place = self.place(&["settings".to_owned(), name.to_owned()]);
        Problem { message, hint: Some(hint), place }
    }

    fn path(&self, inside: &[String]) -> Vec<String> {
        let section = ["providers".to_owned(), self.provider.to_owned()];
        section.into_iter().chain(inside.iter().cloned()).collect()
    }

    fn place(&self, inside: &[String]) -> Place {
        place_at(&self.text, self.table, &self.path(inside))
    }

    /// Makes a value unreadable, wherever its line is shown.
    fn hide(&mut self, inside: &[String]) {
        if let Some(spot) = nearest_spot(self.table, &self.path(inside)) {
            self.text = without(&self.text, &values(spot.value).collect::<Vec<_>>());
        }
    }
}

fn spot<'t>(table: &'t DeTable<'t>, path: &[String]) -> Option<Spot<'t>> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.get_key_value(first.as_str())?;
    rest.iter().try_fold(Spot { key: key.span(), value }, |spot, part| match spot.value.get_ref() {
        DeValue::Table(table) => {
            table.get_key_value(part.as_str()).map(|(key, value)| Spot { key: key.span(), value })
        }
        DeValue::Array(items) => {
            items.get(part.parse::<usize>().ok()?).map(|value| Spot { key: value.span(), value })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_plugin_stands_at_the_key_that_decides_it_or_at_its_section() {
        let text = "[providers.a]\nplugin = \"a\"\nsha256 = \"0\"\n[providers.a.secrets]\nkey = \"env:K\"\n\
                    [providers.b]\nenabled = true\n";
        let line =
            |provider, code| rejected(text, (provider, false), (code, "for a reason"), None).place.line;
        let places = [
            ("plugin_unreadable", 2),
            ("plugin_digest_mismatch", 3),
            ("plugin_secret_unreadable", 4),
            ("plugin_check_failed", 1),
        ];
        for (code, expected) in places {
            assert_eq!(line("a", code), expected, "{code}");
            assert_eq!(line("b", code), 6, "{code} without the key");
        }
    }
}
