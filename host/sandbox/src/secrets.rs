//! Secrets, which a plugin never sees.
//!
//! A plugin gets a random placeholder in place of each secret, fresh for every call. It is worth
//! nothing outside of the host: a plugin that logs it, returns it or sends it somewhere gives
//! nothing away. On its way out of a request to a host the secret is bound to, the host puts the
//! value in (`substitution.rs`); on its way anywhere else the request is refused.
//!
//! That leaves the answers. A service that echoes what it was sent hands a plugin the value, and
//! bodies are not rewritten: audio is not searched for text. So the value is also looked for
//! wherever a plugin's words leave the host: log lines, errors, voice lists, and requests to other
//! hosts. It is recognised as it stands, percent-encoded and as JSON writes it, and by its beginning
//! where a text was cut. This is a net under honest plugins; one that has the value and wants it out
//! can encode it as it likes, which is why it is not given it.

mod substitution;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use memchr::memmem;
use serde_json::{Map, Value};
use understudy_speech::SecretRequest;
use url::Url;
use zeroize::Zeroizing;

pub(crate) use self::substitution::{Place, Placeholders, fill, json_escaped, percent_encoded};
use crate::compile::hex;
use crate::egress::{HostPattern, patterns};
use crate::load::LoadError;

/// Random bytes in a placeholder: enough that none is ever guessed or met twice.
const PLACEHOLDER_BYTES: usize = 16;

/// What placeholders begin with.
const PLACEHOLDER_PREFIX: &str = "secret-";

/// Shorter values are not looked for in texts: they would be found everywhere.
const RECOGNISED_BYTES_MIN: usize = 6;

/// Lines of a value with several, a key file, are recognised one by one from this length.
const RECOGNISED_LINE_BYTES_MIN: usize = 16;

/// The start of a value is looked for from this length, where a text was cut.
const RECOGNISED_START_BYTES_MIN: usize = 12;

/// What stands where a text was cut, when it does not just end.
const CUT_MARK: &str = "…";

/// A value that is never shown. It cannot be printed or serialized, and is overwritten when it is
/// dropped. Two can be compared, so that a reload sees that a key was changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the value as it is to be sent, without the line feed its file may end in.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, for the one place it is meant for.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secrets of one plugin.
#[derive(Debug, Default)]
pub(crate) struct Vault {
    held: Vec<Held>,
    /// How their values can look in a text, longest first: one may be the beginning of another.
    forms: Vec<Form>,
}

/// How the value of a secret can look.
#[derive(Debug)]
struct Form {
    /// The place of its secret among those that are held.
    secret: usize,
    text: Secret,
}

#[derive(Debug)]
struct Held {
    name: String,
    value: Secret,
    hosts: Vec<HostPattern>,
    /// What stands for it in the settings that calls copy.
    marker: String,
}

impl Vault {
    /// Takes what the manifest asks for out of the operator's secrets. The values are in the
    /// settings afterwards, to be held against the schema. One that was written among the settings
    /// is refused: settings are shown, compared and logged.
    pub(crate) fn fill(
        asked: &[SecretRequest],
        mut given: BTreeMap<String, Secret>,
        settings: &mut Map<String, Value>,
    ) -> Result<Self, LoadError> {
        let mut vault = Self::default();
        for request in asked {
            if settings.contains_key(&request.name) {
                return Err(LoadError::SecretInSettings { name: request.name.clone() });
            }
            let Some(value) = given.remove(&request.name).filter(|value| !value.expose().is_empty()) else {
                if request.required {
                    return Err(LoadError::MissingSecret { name: request.name.clone() });
                }
                continue;
            };
            settings.insert(request.name.clone(), value.expose().into());
            let secret = vault.held.len();
            vault.forms.extend(forms(value.expose()).into_iter().map(|text| Form { secret, text }));
            let marker = placeholder().map_err(no_random)?;
            vault.held.push(Held { name: request.name.clone(), value, hosts: Vec::new(), marker });
        }
        vault.forms.sort_by_key(|form| Reverse(form.text.expose().len()));
        match given.into_keys().next() {
            None => Ok(vault),
            Some(name) => Err(LoadError::Settings {
                message: "is no secret of the plugin's manifest".to_owned(),
                pointer: format!("/{name}"),
            }),
        }
    }

    /// Binds the secrets to their hosts and puts markers in their place, when the settings are
    /// complete.
    pub(crate) fn conceal(&mut self, asked: &[SecretRequest], settings: &mut Value) -> Result<(), LoadError> {
        for held in &mut self.held {
            if let Some(request) = asked.iter().find(|request| request.name == held.name) {
                held.hosts = patterns(&request.hosts, settings)?;
            }
        }
        for held in &self.held {
            if let Some(field) = settings.get_mut(&held.name) {
                *field = held.marker.as_str().into();
            }
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The value of a secret, when it is set.
    pub(crate) fn value(&self, name: &str) -> Option<&Secret> {
        self.held.iter().find(|held| held.name == name).map(|held| &held.value)
    }

    /// The text without any secret's value, and without the beginning of one where it was cut.
    pub(crate) fn redact(&self, text: String) -> String {
        let stand_in = |held: &Held| format!("[secret {}]", held.name);
        let text = self.rewrite(text, |_, held| stand_in(held));
        self.rewrite_starts(text, stand_in)
    }

    /// The text with every secret's value replaced by what `stand_in` gives for it.
    fn rewrite(&self, mut text: String, stand_in: impl Fn(usize, &Held) -> String) -> String {
        for Form { secret, text: form } in &self.forms {
            let found = text.contains(form.expose());
            if let Some(held) = self.held.get(*secret).filter(|_| found) {
                // The old text is overwritten: it held the value.
                text = Zeroizing::new(text).replace(form.expose(), &stand_in(*secret, held));
            }
        }
        text
    }

    /// The text without beginnings of values where it was cut: a plugin quotes the start of what a
    /// service said, and the cut may have gone through a key.
    fn rewrite_starts(&self, mut text: String, stand_in: impl Fn(&Held) -> String) -> String {
        for Form { secret, text: form } in &self.forms {
            let Some(held) = self.held.get(*secret) else { continue };
            let mut clean = String::new();
            let mut rest = 0;
            for start in cut_starts(&text, form.expose()) {
                clean.push_str(text.get(rest..start.start).unwrap_or_default());
                clean.push_str(&stand_in(held));
                rest = start.end;
            }
            if rest > 0 {
                clean.push_str(text.get(rest..).unwrap_or_default());
                drop(Zeroizing::new(std::mem::replace(&mut text, clean)));
            }
        }
        text
    }

    /// The longest text that `redact` recognises, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.forms.first().map_or(0, |form| form.text.expose().len())
    }

    /// The name of a secret whose value is in these bytes, though it may not go to this URL.
    fn leaked(&self, bytes: &[u8], url: &Url) -> Option<&str> {
        let is_there = |form: &Form| memmem::find(bytes, form.text.expose().as_bytes()).is_some();
        let holds = |secret| self.forms.iter().any(|form| form.secret == secret && is_there(form));
        let mut elsewhere = self.held.iter().enumerate().filter(|(_, held)| !held.is_bound_to(url));
        elsewhere.find(|(secret, _)| holds(*secret)).map(|(_, held)| held.name.as_str())
    }
}

impl Held {
    fn is_bound_to(&self, url: &Url) -> bool {
        self.hosts.iter().any(|host| host.covers_host(url))
    }
}

fn forms(value: &str) -> Vec<Secret> {
    let value = value.trim();
    let lines = value.lines().map(str::trim).filter(|line| line.len() >= RECOGNISED_LINE_BYTES_MIN);
    let mut forms: Vec<Zeroizing<String>> = lines.map(|line| Zeroizing::new(line.to_owned())).collect();
    forms.extend([value.to_owned(), percent_encoded(value), json_escaped(value)].map(Zeroizing::new));
    forms.retain(|form| form.len() >= RECOGNISED_BYTES_MIN);
    forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.as_str().cmp(b.as_str())));
    forms.dedup();
    forms.into_iter().map(Secret).collect()
}

/// Where a text has the beginning of `form` and was cut in it.
fn cut_starts(text: &str, form: &str) -> impl Iterator<Item = Range<usize>> {
    let first = form.get(..form.ceil_char_boundary(RECOGNISED_START_BYTES_MIN));
    let first = first.filter(|first| first.len() >= RECOGNISED_START_BYTES_MIN);
    let found = first.into_iter().flat_map(|first| memmem::find_iter(text.as_bytes(), first));
    found.filter_map(|start| {
        let rest = text.get(start..)?;
        let same = rest.bytes().zip(form.bytes()).take_while(|(its, known)| its == known).count();
        let after = rest.get(same..)?;
        (after.is_empty() || after.starts_with(CUT_MARK)).then_some(start..start + same)
    })
}

fn placeholder() -> Result<String, getrandom::Error> {
    let mut random = [0; PLACEHOLDER_BYTES];
    getrandom::fill(&mut random)?;
    Ok(format!("{PLACEHOLDER_PREFIX}{}", hex(&random)))
}

fn no_random(error: getrandom::Error) -> LoadError {
    LoadError::Host { reason: format!("no random numbers: {error}") }
}

#[cfg(test)]
mod tests;
