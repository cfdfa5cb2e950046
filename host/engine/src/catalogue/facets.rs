//! How many voices there are of each kind.
//!
//! A facet's counts leave out the filter on its own property and keep all others: with `gender=male`
//! chosen, the count beside `female` says how many there would be. Each count, but for those of
//! locales, is exactly the total of the query that chooses it in place of what is chosen now.

use std::collections::BTreeMap;

use serde::Serialize;
use understudy_speech::{Gender, Voice};

use super::Place;
use super::query::{Query, plain};
use crate::likeness::known_as;

/// One value of a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The value, as a query names it.
    pub value: String,
    /// Voices that have it.
    pub count: usize,
}

/// Counts by property, the most frequent first. A voice of many languages or styles counts for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// By spoken language: `en`, and `yue` beside `zh` for `zh-HK`.
    pub languages: Vec<Count>,
    /// By whole tag: `en-US`. A voice of the bare language is under the bare tag alone, though a
    /// query for a region finds it too.
    pub locales: Vec<Count>,
    /// `female`, `male`, `neutral`, `unknown`.
    pub genders: Vec<Count>,
    /// By style and emotion.
    pub styles: Vec<Count>,
    /// By provider.
    pub providers: Vec<Count>,
}

#[derive(Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    /// Counts a voice once for each of its values.
    fn add(&mut self, mut values: Vec<String>) {
        values.sort_unstable();
        values.dedup();
        for value in values {
            *self.0.entry(value).or_default() += 1;
        }
    }

    fn counts(self) -> Vec<Count> {
        let mut counts: Vec<_> = self.0.into_iter().map(|(value, count)| Count { value, count }).collect();
        // Stable: equal counts stay in the order of their names.
        counts.sort_by_key(|count| std::cmp::Reverse(count.count));
        counts
    }
}

/// Counts, and the places that match all of `query`, in their order.
pub(super) fn count<'p, 'v: 'p>(
    places: impl Iterator<Item = &'p Place<'v>>,
    query: &Query,
) -> (Facets, Vec<&'p Place<'v>>) {
    let mut found = Vec::new();
    let [mut languages, mut locales, mut genders, mut styles, mut providers] =
        std::array::from_fn(|_| Tally::default());
    for place in places {
        let voice = place.entry.voice;
        if !query.fits_search(voice) {
            continue;
        }
        let provider = query.provider.as_ref().is_none_or(|wanted| wanted == place.entry.provider);
        let fits = [query.fits_language(voice), query.fits_gender(voice), query.fits_style(voice), provider];
        if fits == [true; 4] {
            found.push(place);
        }
        let without = |which: usize| fits.iter().enumerate().all(|(at, fits)| *fits || at == which);
        if without(0) {
            languages.add(voice.languages.iter().flat_map(known_as).map(str::to_owned).collect());
            locales.add(voice.languages.iter().map(ToString::to_string).collect());
        }
        if without(1) {
            genders.add(vec![gender_name(voice).to_owned()]);
        }
        if without(2) {
            styles.add(voice.styles.iter().chain(&voice.emotions).map(|style| plain(style)).collect());
        }
        if without(3) {
            providers.add(vec![place.entry.provider.to_owned()]);
        }
    }
    let facets = Facets {
        languages: languages.counts(),
        locales: locales.counts(),
        genders: genders.counts(),
        styles: styles.counts(),
        providers: providers.counts(),
    };
    (facets, found)
}

const fn gender_name(voice: &Voice) -> &'static str {
    match voice.gender {
        Some(Gender::Female) => "female",
        Some(Gender::Male) => "male",
        Some(Gender::Neutral) => "neutral",
        None => "unknown",
    }
}
