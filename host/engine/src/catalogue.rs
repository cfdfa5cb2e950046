//! The voices of all providers in one list: filtered, searched, counted, a page at a time.
//!
//! Pure: it is given the lists and asks nobody. The order is that of provider, language, name and
//! id, and does not depend on the order in which lists came, because lists come from services that
//! promise none.
//!
//! A cursor says behind which voice the next page begins, and not how many were seen: a voice that
//! a provider adds or drops between two pages shifts nothing else. It also knows the filters it was
//! made for, since going on with others would skip voices without a word.

mod cursor;
mod facets;
mod query;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use understudy_speech::Voice;

pub use facets::{Count, Facets};
pub use query::{GenderFilter, Query, QueryError, RawQuery, given};

use crate::suggest::nearest;
use crate::voice_id::VoiceId;
use cursor::Cursor;
use query::fold;

/// One voice of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'v> {
    /// The provider's name in the cast.
    pub provider: &'v str,
    /// The voice.
    pub voice: &'v Voice,
}

impl Entry<'_> {
    /// What a request names.
    #[must_use]
    pub fn id(&self) -> VoiceId {
        VoiceId::new(self.provider, self.voice.id.as_str())
    }
}

/// An entry with the key it stands by.
#[derive(Clone, Debug)]
struct Place<'v> {
    key: Key,
    entry: Entry<'v>,
}

/// What entries are ordered by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    provider: String,
    language: String,
    name: String,
    id: String,
}

impl Key {
    fn of(entry: &Entry<'_>) -> Self {
        Self {
            provider: entry.provider.to_owned(),
            language: entry.voice.languages.first().map(ToString::to_string).unwrap_or_default(),
            name: fold(&entry.voice.name),
            id: entry.voice.id.clone(),
        }
    }
}

/// All voices there are.
#[derive(Clone, Debug)]
pub struct Catalogue<'v> {
    /// In order, each provider's voices by distinct ids.
    places: Vec<Place<'v>>,
    /// In order; those without voices too.
    providers: Vec<&'v str>,
}

/// Voices of one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<'v> {
    /// The voices, at most as many as the query's limit.
    pub entries: Vec<Entry<'v>>,
    /// How many match on all pages.
    pub total: usize,
    /// What the next query hands back as its cursor; none on the last page.
    pub next: Option<String>,
    /// How many match by each property.
    pub facets: Facets,
}

impl<'v> Catalogue<'v> {
    /// Puts lists together: a provider's name and its voices. Of two voices of one provider with
    /// the same id the first stays.
    #[must_use]
    pub fn new(lists: impl IntoIterator<Item = (&'v str, &'v [Voice])>) -> Self {
        let (mut places, mut providers) = (Vec::new(), Vec::new());
        for (provider, voices) in lists {
            providers.push(provider);
            places.extend(voices.iter().map(|voice| {
                let entry = Entry { provider, voice };
                Place { key: Key::of(&entry), entry }
            }));
        }
        providers.sort_unstable();
        providers.dedup();
        let identity = |one: &Place<'_>, two: &Place<'_>| -> Ordering {
            (&one.key.provider, &one.key.id).cmp(&(&two.key.provider, &two.key.id))
        };
        // Stable: the first of equals comes first, and stays.
        places.sort_by(identity);
        places.dedup_by(|two, one| identity(one, two).is_eq());
        places.sort_by(|one, two| one.key.cmp(&two.key));
        Self { places, providers }
    }

    /// How many voices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True when there is no voice.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The voices that match `query`, from its cursor on.
    ///
    /// # Errors
    /// [`QueryError::UnknownProvider`], or [`QueryError::Cursor`] when the cursor is none of ours or
    /// belongs to other filters.
    pub fn page(&self, query: &Query) -> Result<Page<'v>, QueryError> {
        self.check_provider(query)?;
        let after = query.cursor.as_deref().map(|cursor| Cursor::read(cursor, query)).transpose()?;
        let (facets, found) = facets::count(self.places.iter(), query);
        let begin = after.map_or(0, |after| found.partition_point(|place| place.key <= after));
        let rest = found.get(begin..).unwrap_or_default();
        let shown = rest.get(..query.limit).unwrap_or(rest);
        let next = match shown.last() {
            Some(last) if shown.len() < rest.len() => Some(Cursor::write(&last.key, query)),
            _ => None,
        };
        let entries = shown.iter().map(|place| place.entry).collect();
        Ok(Page { entries, total: found.len(), next, facets })
    }

    fn check_provider(&self, query: &Query) -> Result<(), QueryError> {
        match &query.provider {
            Some(name) if !self.providers.contains(&name.as_str()) => Err(QueryError::UnknownProvider {
                name: name.clone(),
                suggestion: nearest(name, self.providers.iter().copied()).map(str::to_owned),
            }),
            _ => Ok(()),
        }
    }
}
