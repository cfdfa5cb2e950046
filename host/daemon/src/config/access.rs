//! `grants` and `secrets` of `[providers.NAME]`: what a plugin may reach, and with which keys.
//!
//! A secret is never written into the file itself. A configuration is copied, compared, committed
//! and pasted into questions; a key in it is as good as published. So the file says where the
//! secret is, and it is read when its plugin is loaded.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeValue;
use understudy_sandbox::{Grant, HostPattern, Secret};

use super::folders;
use super::keys::{Items, Kind};
use super::section::{Found, Section};

/// The largest file of a secret, in bytes. A service account's key file has two thousand.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of the environment: `env:NAME`.
    Environment(String),
    /// A file, without the line feed it may end in: `file:PATH`.
    File(PathBuf),
}

impl SecretSource {
    /// Its value, now.
    ///
    /// # Errors
    /// A sentence on where it should be and is not; never the value.
    pub fn read(&self) -> Result<Secret, String> {
        let value = match self {
            Self::Environment(name) => std::env::var(name).map_err(|error| match error {
                std::env::VarError::NotPresent => format!("variable is not set: {name}"),
                std::env::VarError::NotUnicode(_) => format!("variable is not UTF-8: {name}"),
            }),
            Self::File(path) => read_file(path).map_err(|reason| format!("{reason}: {}", path.display())),
        }?;
        let value = value.trim_end_matches(['\r', '\n']);
        if value.trim().is_empty() {
            return Err(format!("secret is empty: {self}"));
        }
        Ok(Secret::new(value.to_owned()))
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let found = std::fs::metadata(path).map_err(|error| format!("file cannot be read, {error}"))?;
    if found.len() > SECRET_BYTES_MAX {
        return Err(format!("file is larger than {SECRET_BYTES_MAX} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| format!("file cannot be read, {error}"))
}

impl std::fmt::Display for SecretSource {
    /// As it is written in the file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// Reads `grants`: hosts, or tables of a host and what is dangerous about it. None when the key is
/// not there.
pub(super) fn grants(section: &Section<'_>) -> Option<Vec<Grant>> {
    let items = section.items("grants", "a list of hosts", Items::TextsOrTables);
    if let Some(item) = section.described_item("grants") {
        grant(item, &(0..0));
    }
    let items = items?;
    let granted = items.into_iter().filter_map(|item| match item.get_ref() {
        DeValue::String(host) => {
            let found = Found { value: host.to_string(), span: item.span() };
            Some(Grant { host: host_of(section, &found)?, private: false, plain_http: false })
        }
        DeValue::Table(table) => grant(section.nested("grants", table), &item.span()),
        _ => {
            section.mismatch("grants", "hosts, or tables like { host = \"localhost:8880\" }", item);
            None
        }
    });
    Some(granted.collect())
}

fn grant(table: Section<'_>, place: &Range<usize>) -> Option<Grant> {
    let (private, plain_http) = (table.boolean("private", false), table.boolean("plain_http", false));
    if table.raw("host").is_none() {
        table.report(place, "a grant names no host", "write { host = \"localhost:8880\", … }");
    }
    let host = table.string("host").and_then(|found| host_of(&table, &found));
    table.finish();
    Some(Grant { host: host?, private, plain_http })
}

fn host_of(section: &Section<'_>, found: &Found<String>) -> Option<HostPattern> {
    let pattern = found.value.parse();
    if pattern.is_err() {
        let host = Grant::reaching(&found.value);
        let hint = host.map_or_else(
            || "write a name, *.suffix or an address, with :PORT when it is not the scheme's own".to_owned(),
            |grant| format!("a grant is a host and no address of a page: {grant}"),
        );
        section.report(&found.span, format!("not a host: {}", found.value), hint);
    }
    pattern.ok()
}

/// Reads `secrets`: where each of them is.
pub(super) fn secrets(section: &Section<'_>, folder: &Path) -> BTreeMap<String, SecretSource> {
    section.describe("secrets", Kind::Table, "");
    let listed = section.section("secrets").texts();
    listed
        .into_iter()
        .filter_map(|(name, found)| {
            let source = source(&found.value, folder);
            if source.is_none() {
                section.report(
                    &found.span,
                    format!("not a place of a secret: {}", section.path_of(&format!("secrets.{name}"))),
                    "write \"env:NAME\" for a variable of the environment or \"file:PATH\" for a file; the \
                     secret itself does not belong into the configuration",
                );
            }
            Some((name, source?))
        })
        .collect()
}

fn source(text: &str, folder: &Path) -> Option<SecretSource> {
    let (kind, place) = text.split_once(':')?;
    match kind {
        _ if place.is_empty() => None,
        "env" if place.contains(['=', '\0']) => None,
        "env" => Some(SecretSource::Environment(place.to_owned())),
        "file" => Some(SecretSource::File(folders::expand(place, folder))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_its_file_without_the_line_feed() {
        let folder = tempfile::tempdir().unwrap();
        let check = |content: &str, expected: Result<(), &str>| {
            let path = folder.path().join("key");
            std::fs::write(&path, content).unwrap();
            let read = SecretSource::File(path).read();
            let reason = read.map(|_| ()).map_err(|reason| reason.split(':').next().unwrap().to_owned());
            assert_eq!(reason, expected.map_err(str::to_owned), "{content:?}");
        };
        check("sk-key\n", Ok(()));
        check("\n", Err("secret is empty"));
        check(&"x".repeat(70_000), Err("file is larger than 65536 bytes"));
        let missing = SecretSource::File(folder.path().join("none")).read().unwrap_err();
        assert!(missing.starts_with("file cannot be read, "), "{missing}");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let missing = SecretSource::Environment("UNDERSTUDY_TEST_NOBODY_SETS_THIS".to_owned()).read();
        assert_eq!(missing.unwrap_err(), "variable is not set: UNDERSTUDY_TEST_NOBODY_SETS_THIS");
    }

    #[test]
    fn a_place_is_a_variable_or_a_file() {
        let check = |text: &str, expected: Option<&str>| {
            let found = source(text, Path::new("/etc"));
            assert_eq!(found.map(|found| found.to_string()).as_deref(), expected, "{text}");
        };
        check("env:AZURE_KEY", Some("env:AZURE_KEY"));
        check("file:/run/secrets/azure", Some("file:/run/secrets/azure"));
        check("file:azure.key", Some("file:/etc/azure.key"));
        for text in ["sk-123", "env:", "file:", "env:A=B", "vault:azure"] {
            check(text, None);
        }
    }
}
