//! Which pause of the sound belongs to which place of the text.
//!
//! A pause matches the place between two words, or none: speakers pause without a comma, and some
//! silences are inside a word. Every match has a price (how far the words since the last matched
//! pause are from the time they would take, and how odd a pause is at that place), every pause left
//! out and every full stop passed by has one too. The cheapest chain of matches is kept, found from
//! left to right with the [`BEAM`] best so far.
//!
//! A place out of reach is not even looked at, and nobody who sends a long text or a chopped sound has
//! more than so many places and pauses looked at.

use std::ops::Range;

use super::{Pause, Spoken, Voiced, script::Behind};

/// A pause that belongs behind the first `words` words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Anchor {
    /// Seconds of sound before it.
    pub(super) voiced: f32,
    pub(super) words: usize,
    pub(super) pause: Option<usize>,
}

/// How many chains are followed at once.
const BEAM: usize = 48;
/// Variance of the time some words take, per second of it: a word of 0.3 s by ±0.09.
const VARIANCE: f32 = 0.018;
/// Variance however short the time, in seconds²: a window here, an aspirated consonant there.
const VARIANCE_LEAST: f32 = 0.001;
/// Standard deviations beyond which no match is tried.
const REACH: f32 = 4.0;
/// How much further the places lie that are looked at: sums of floats are not exact.
const REACH_SLACK: f32 = 1.01;
/// How many places before and behind the nearest are looked at. Of speech a few are within reach; a text
/// that is far too long for its sound has all of its places there.
const PLACES_EACH_SIDE_MAX: usize = 128;
/// How many pauses are matched, the longest ones. A hundred thousand characters have about half as many.
const PAUSES_MAX: usize = 8_192;
/// What it costs to leave a second of pause unmatched, and the most for one pause.
const UNMATCHED: f32 = 25.0;
const UNMATCHED_MOST: f32 = 8.0;
/// Pauses up to here cost nothing when left out: closures of consonants.
const CLOSURE: f32 = 0.07;

/// A chain of matches: the last, and the one before.
#[derive(Clone, Copy)]
struct Link {
    anchor: Anchor,
    cost: f32,
    before: Option<usize>,
}

struct Search<'take> {
    words: &'take [Spoken],
    /// Seconds of sound that the words before each place would take; one more than there are words.
    expected: Vec<f32>,
    /// The price of the places passed by without a pause, summed up in the same way.
    passed: Vec<f32>,
    links: Vec<Link>,
}

/// The matched pauses, in order.
pub(super) fn anchors(words: &[Spoken], voiced: &Voiced) -> Vec<Anchor> {
    let mut search = Search::new(words, voiced.length());
    let mut alive = vec![search.keep(Link { anchor: Anchor::START, cost: 0.0, before: None })];
    for (index, pause) in longest(voiced.pauses(), PAUSES_MAX) {
        alive = search.step(&alive, index, pause);
    }
    search.chain(&alive, voiced.length())
}

/// At most `count` of the pauses with their numbers, in order.
fn longest(pauses: &[Pause], count: usize) -> Vec<(usize, Pause)> {
    let mut pauses: Vec<_> = pauses.iter().copied().enumerate().collect();
    if pauses.len() > count {
        pauses.sort_by(|(_, a), (_, b)| b.length.total_cmp(&a.length));
        pauses.truncate(count);
        pauses.sort_unstable_by_key(|(index, _)| *index);
    }
    pauses
}

impl<'take> Search<'take> {
    fn new(words: &'take [Spoken], length: f32) -> Self {
        let weight: f32 = words.iter().map(|word| word.weight).sum();
        let pace = length / weight.max(f32::MIN_POSITIVE);
        let sums = |of: &dyn Fn(&Spoken) -> f32| {
            let mut sum = 0.0;
            let rest = words.iter().map(|word| {
                sum += of(word);
                sum
            });
            std::iter::once(0.0).chain(rest.collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let expected = sums(&|word| word.weight * pace);
        let passed = sums(&|word| passed_by(word.behind));
        Self { words, expected, passed, links: Vec::new() }
    }

    fn keep(&mut self, link: Link) -> usize {
        self.links.push(link);
        self.links.len() - 1
    }

    /// Every chain goes on without the pause, or with it at some place within reach.
    fn step(&mut self, alive: &[usize], index: usize, pause: Pause) -> Vec<usize> {
        let mut next: Vec<Link> = Vec::new();
        for at in alive {
            let Some(link) = self.links.get(*at).copied() else { continue };
            next.push(Link { cost: link.cost + unmatched(pause.length), ..link });
            next.extend(self.matches(*at, link, index, pause));
        }
        next.sort_unstable_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut places = Vec::with_capacity(BEAM);
        next.retain(|link| {
            let place = (link.anchor.words, link.anchor.pause);
            let is_new = places.len() < BEAM && !places.contains(&place);
            if is_new {
                places.push(place);
            }
            is_new
        });
        next.into_iter().map(|link| self.keep(link)).collect()
    }

    fn matches(&self, at: usize, link: Link, index: usize, pause: Pause) -> impl Iterator<Item = Link> {
        let places = self.reach(link.anchor.words, pause.voiced - link.anchor.voiced);
        self.matches_among(places, at, link, index, pause)
    }

    fn matches_among(
        &self,
        places: Range<usize>,
        at: usize,
        link: Link,
        index: usize,
        pause: Pause,
    ) -> impl Iterator<Item = Link> {
        let from = link.anchor;
        let heard = pause.voiced - from.voiced;
        places.filter_map(move |words| {
            let mismatch = self.mismatch(from.words, words, heard)?;
            let behind = self.words.get(words - 1)?.behind;
            let cost = link.cost + mismatch + odd(behind, pause.length) + self.passed(from.words, words - 1);
            let anchor = Anchor { voiced: pause.voiced, words, pause: Some(index) };
            Some(Link { anchor, cost, before: Some(at) })
        })
    }

    /// The places behind `from` that may be as far from it as `heard` seconds: all that are not out of the
    /// question, unless there are too many.
    fn reach(&self, from: usize, heard: f32) -> Range<usize> {
        let first = from + 1;
        let (Some(before), Some(places)) =
            (self.expected.get(from), self.expected.get(first..self.words.len()))
        else {
            return 0..0;
        };
        // The sums grow from place to place, so each condition holds up to one place and no further.
        let is_far = |expected: f32| {
            let off = (heard - expected) / (REACH * REACH_SLACK);
            off * off > variance(expected, heard)
        };
        let early = places.partition_point(|sum| sum - before < heard && is_far(sum - before));
        let nearest = places.partition_point(|sum| sum - before < heard);
        let late = places.partition_point(|sum| sum - before <= heard || !is_far(sum - before));
        let start = early.max(nearest.saturating_sub(PLACES_EACH_SIDE_MAX));
        let end = late.min(nearest + PLACES_EACH_SIDE_MAX).max(start);
        first + start..first + end
    }

    /// What it costs that the words between two places take `heard` seconds; none when it is out of
    /// the question.
    fn mismatch(&self, from: usize, to: usize, heard: f32) -> Option<f32> {
        let expected = self.expected.get(to)? - self.expected.get(from)?;
        let variance = variance(expected, heard);
        let off = heard - expected;
        (off * off <= REACH * REACH * variance).then(|| off * off / (2.0 * variance) + 0.5 * variance.ln())
    }

    fn passed(&self, from: usize, to: usize) -> f32 {
        let sum = |at: usize| self.passed.get(at).copied().unwrap_or_default();
        sum(to) - sum(from)
    }

    /// The cheapest chain when what is left of the words has what is left of the sound.
    fn chain(&self, alive: &[usize], length: f32) -> Vec<Anchor> {
        let total = |at: &usize| {
            let Some(link) = self.links.get(*at) else { return f32::INFINITY };
            let (from, to) = (link.anchor.words, self.words.len());
            let rest = self.mismatch(from, to, length - link.anchor.voiced);
            // A tail that does not fit is still better than none, if every chain has one.
            link.cost + rest.unwrap_or(1e6) + self.passed(from, to.saturating_sub(1))
        };
        let best = alive.iter().min_by(|a, b| total(a).total_cmp(&total(b)));
        let mut anchors = Vec::new();
        let mut at = best.copied();
        while let Some(link) = at.and_then(|at| self.links.get(at)) {
            anchors.extend(link.anchor.pause.is_some().then_some(link.anchor));
            at = link.before;
        }
        anchors.reverse();
        anchors
    }
}

/// How far the time some words take may be from what it should be, in seconds².
fn variance(expected: f32, heard: f32) -> f32 {
    VARIANCE * expected.max(heard) + VARIANCE_LEAST
}

/// What it costs to pass by a place without a pause.
const fn passed_by(behind: Behind) -> f32 {
    match behind {
        Behind::Nothing | Behind::Mark => 0.0,
        Behind::Clause => 0.7,
        Behind::Sentence => 3.0,
    }
}

/// What it costs to pause there.
fn odd(behind: Behind, length: f32) -> f32 {
    match behind {
        Behind::Nothing => 2.0 + 6.0 * length,
        Behind::Mark => 1.0,
        Behind::Clause => 0.0,
        Behind::Sentence => (0.15 - length).max(0.0) * 10.0,
    }
}

fn unmatched(length: f32) -> f32 {
    ((length - CLOSURE).max(0.0) * UNMATCHED).min(UNMATCHED_MOST)
}

#[cfg(test)]
mod tests;
