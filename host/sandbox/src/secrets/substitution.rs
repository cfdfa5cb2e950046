//! Placeholders to values, on the way out.
//!
//! A placeholder is looked for in header values, in the path and query, and in whole bodies. The
//! value is written as its place demands: percent-encoded in a URL or form, escaped in JSON, as it
//! stands elsewhere. A placeholder on its way to a host its secret is not bound to stops the whole
//! request: sending it would be harmless, but a plugin that tries is broken or worse, and the
//! author or operator should hear of it.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{PLACEHOLDER_BYTES, PLACEHOLDER_PREFIX, Vault, placeholder};

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Finds where one may begin. Every header of every request is looked through.
static PREFIX: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new(PLACEHOLDER_PREFIX.as_bytes()));

/// Bytes of a placeholder's text: its prefix and hex digits.
const PLACEHOLDER_TEXT_BYTES: usize = PLACEHOLDER_PREFIX.len() + 2 * PLACEHOLDER_BYTES;

/// Where a placeholder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A header value, or a body of no known type.
    Plain,
    /// A URL, or the body of a form.
    Percent,
    /// A JSON text.
    Json,
}

impl Place {
    /// The place a body of this content type is.
    pub(crate) fn of_body(content_type: Option<&str>) -> Self {
        let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let kind = kind.trim().to_ascii_lowercase();
        if kind == "application/x-www-form-urlencoded" {
            Self::Percent
        } else if kind.ends_with("/json") || kind.ends_with("+json") {
            Self::Json
        } else {
            Self::Plain
        }
    }

    fn write(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => value.into(),
            Self::Percent => percent_encoded(value).into(),
            Self::Json => json_escaped(value).into(),
        }
    }
}

pub(crate) fn percent_encoded(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

/// The inside of a JSON string.
pub(crate) fn json_escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// The placeholders of one call, in the order of the vault's secrets.
#[derive(Debug)]
pub(crate) struct Placeholders(Vec<String>);

impl Placeholders {
    /// Makes one for every secret.
    pub(crate) fn new(vault: &Vault) -> Result<Self, getrandom::Error> {
        vault.held.iter().map(|_| placeholder()).collect::<Result<_, _>>().map(Self)
    }

    /// The settings as this call's guest gets them.
    pub(crate) fn settings(&self, vault: &Vault, template: &str) -> String {
        let pairs = vault.held.iter().zip(&self.0);
        pairs.fold(template.to_owned(), |settings, (held, text)| settings.replace(&held.marker, text))
    }

    /// The text with every secret's value replaced by its placeholder.
    pub(crate) fn conceal(&self, vault: &Vault, text: String) -> String {
        vault.rewrite(text, |index, _| self.0.get(index).cloned().unwrap_or_default())
    }

    /// Whether any placeholder is in these bytes.
    pub(crate) fn any_in(&self, bytes: &[u8]) -> bool {
        self.found(bytes).next().is_some()
    }

    /// Where placeholders stand in `bytes`, and of which secrets.
    fn found<'all>(&'all self, bytes: &'all [u8]) -> impl Iterator<Item = (usize, usize)> + 'all {
        PREFIX.find_iter(bytes).filter_map(|start| {
            let text = bytes.get(start..start + PLACEHOLDER_TEXT_BYTES)?;
            let secret = self.0.iter().position(|placeholder| placeholder.as_bytes() == text)?;
            Some((start, secret))
        })
    }
}

/// Puts values in place of placeholders, for a request to `url`. Nothing when there are none.
///
/// # Errors
/// The name of a secret that may not go there.
pub(crate) fn fill(
    vault: &Vault,
    placeholders: Option<&Placeholders>,
    url: &Url,
    bytes: &[u8],
    place: Place,
) -> Result<Option<Vec<u8>>, String> {
    if let Some(name) = vault.leaked(bytes, url) {
        return Err(name.to_owned());
    }
    let mut filled: Option<Vec<u8>> = None;
    let mut rest = 0;
    for (start, secret) in placeholders.into_iter().flat_map(|all| all.found(bytes)) {
        let Some(held) = vault.held.get(secret) else { continue };
        if !held.is_bound_to(url) {
            return Err(held.name.clone());
        }
        let filled = filled.get_or_insert_default();
        filled.extend_from_slice(bytes.get(rest..start).unwrap_or_default());
        filled.extend_from_slice(place.write(held.value.expose()).as_bytes());
        rest = start + PLACEHOLDER_TEXT_BYTES;
    }
    if let Some(filled) = &mut filled {
        filled.extend_from_slice(bytes.get(rest..).unwrap_or_default());
    }
    Ok(filled)
}
