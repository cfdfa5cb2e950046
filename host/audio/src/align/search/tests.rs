//! What is looked at, against a look at everything.

use proptest::prelude::*;

use super::*;
use crate::align::script::spoken;

/// `sounds` and `lengths` in turn, as pauses.
fn pauses(turns: &[(f32, f32)]) -> Vec<Pause> {
    let (mut voiced, mut silent) = (0.0, 0.0);
    let pause = |(sound, length): &(f32, f32)| {
        voiced += sound;
        let pause = Pause { voiced, start: voiced + silent, length: *length };
        silent += length;
        pause
    };
    turns.iter().map(pause).collect()
}

fn start(search: &mut Search) -> Vec<usize> {
    vec![search.keep(Link { anchor: Anchor::START, cost: 0.0, before: None })]
}

proptest! {
    #[test]
    fn nothing_that_matches_is_passed_over(
        text in "([a-z]{1,9}[ ,.]{1,2}|[你好世界]|[1-9]{1,3} ){1,100}",
        turns in prop::collection::vec((0.005_f32..3.0, 0.1_f32..1.0), 1..12),
        rest in 0.0_f32..20.0,
    ) {
        let words = spoken(&text);
        let pauses = pauses(&turns);
        let length = pauses.last().map_or(0.0, |pause| pause.voiced) + rest;
        let mut search = Search::new(&words, length);
        let mut alive = start(&mut search);
        for (index, pause) in pauses.iter().enumerate() {
            for at in &alive {
                let link = search.links[*at];
                let shown = |links: Vec<Link>| {
                    links.iter().map(|link| (link.anchor, link.cost.to_bits())).collect::<Vec<_>>()
                };
                let everywhere = link.anchor.words + 1..words.len();
                let all = search.matches_among(everywhere, *at, link, index, *pause).collect();
                let found = search.matches(*at, link, index, *pause).collect();
                prop_assert_eq!(shown(found), shown(all));
            }
            alive = search.step(&alive, index, *pause);
        }
    }
}

/// Places looked at for `words` words in the sound between pauses, a chain at a time.
fn looked_at(words: usize, turns: &[(f32, f32)]) -> usize {
    let words = spoken(&"understudy ".repeat(words));
    let pauses = pauses(turns);
    let mut search = Search::new(&words, pauses.last().map_or(0.0, |pause| pause.voiced));
    let mut alive = start(&mut search);
    let mut places = 0;
    for (index, pause) in pauses.iter().enumerate() {
        let looked = |at: &usize| {
            let Anchor { words, voiced, .. } = search.links[*at].anchor;
            search.reach(words, pause.voiced - voiced).len()
        };
        places += alive.iter().map(looked).sum::<usize>();
        alive = search.step(&alive, index, *pause);
    }
    places
}

#[test]
fn a_long_text_has_a_few_places_a_pause_looked_at() {
    // An hour and a half, with a pause every three seconds.
    let places = looked_at(12_000, &[(3.0, 0.3)].repeat(1_800));
    assert!(places < 1_800 * BEAM * 16, "{places}");
}

#[test]
fn a_text_far_too_long_for_its_sound_has_no_more_looked_at_than_allowed() {
    let places = looked_at(20_000, &[(0.015, 0.1)].repeat(200));
    assert!(places <= 200 * BEAM * 2 * PLACES_EACH_SIDE_MAX, "{places}");
}

#[test]
fn of_too_many_pauses_the_longest_are_matched_in_order() {
    let turns: Vec<_> = [0.1, 0.4, 0.2, 0.3].map(|length| (1.0, length)).to_vec();
    let kept =
        |count| longest(&pauses(&turns), count).into_iter().map(|(index, _)| index).collect::<Vec<_>>();
    assert_eq!(kept(2), [1, 3]);
    assert_eq!(kept(3), [1, 2, 3]);
    assert_eq!(kept(4), [0, 1, 2, 3]);
}
