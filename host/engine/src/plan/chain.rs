//! The order of the providers when the caller does not name one.
//!
//! By tier, then by priority, and among equals by weight: the order is drawn anew for every request
//! so that they share the work, but from the request's id, so that a rehearsal of a request shows
//! what the request itself will do.

use std::cmp::Reverse;

use crate::cast::Cast;
use crate::chance::draw;
use crate::settings::{EngineSettings, Route, Tier};

use super::Terms;

/// A provider that waits for its turn.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    name: &'a str,
    tier: Tier,
    priority: i32,
    weight: Option<u32>,
    /// It plays characters and the request has one.
    in_character: bool,
}

/// The providers of a route; without one, or when it lists none, those the configuration names.
pub(super) fn of<'a>(
    settings: &'a EngineSettings,
    cast: &'a Cast,
    terms: &Terms,
    request_id: &str,
    has_character: bool,
) -> Vec<&'a str> {
    let route = terms.route.as_ref().and_then(|name| settings.routes.get(name));
    let listed: Vec<(Tier, &str)> = route.into_iter().flat_map(Route::providers).collect();
    let named = || cast.names().filter_map(|name| Some((settings.providers.get(name)?.tier, name)));
    let listed = if listed.is_empty() { named().collect() } else { listed };
    let place = |(tier, name): (Tier, &'a str)| {
        let policy = settings.policy(name);
        let plays = |name| cast.find(name).is_some_and(|seat| seat.capabilities().characters);
        Place {
            name,
            tier,
            priority: policy.priority,
            weight: policy.weight,
            in_character: has_character && plays(name),
        }
    };
    let mut places: Vec<Place<'a>> = Vec::with_capacity(listed.len());
    for listed in listed {
        // A provider that stands in two tiers plays in the first of them.
        if !places.iter().any(|place| place.name == listed.1) {
            places.push(place(listed));
        }
    }
    order(&mut places, request_id);
    places.into_iter().map(|place| place.name).collect()
}

fn order(places: &mut [Place<'_>], seed: &str) {
    let rank = |place: &Place<'_>| (!place.in_character, place.tier, Reverse(place.priority));
    places.sort_by_key(rank);
    for equals in places.chunk_by_mut(|a, b| rank(a) == rank(b)) {
        if equals.len() > 1 && equals.iter().any(|place| place.weight.is_some()) {
            equals.sort_by(|a, b| lot(b, seed).total_cmp(&lot(a, seed)));
        }
    }
}

/// The highest lot goes first. A uniform number to the power of one over the weight wins with a
/// chance in proportion to it (Efraimidis and Spirakis, 2006); its logarithm keeps the order.
fn lot(place: &Place<'_>, seed: &str) -> f64 {
    match place.weight.unwrap_or(1) {
        0 => f64::NEG_INFINITY,
        weight => (1.0 - draw(&["weight", place.name, seed])).ln() / f64::from(weight),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn place(name: &str, tier: Tier, priority: i32) -> Place<'_> {
        Place { name, tier, priority, weight: None, in_character: false }
    }

    fn check(mut places: Vec<Place<'_>>, expected: &str) {
        order(&mut places, "r-1");
        let names: Vec<_> = places.iter().map(|place| place.name).collect();
        assert_eq!(names.join(" "), expected);
    }

    #[test]
    fn tiers_go_before_priorities_and_characters_before_both() {
        use Tier::{Emergency, Fallback, Primary};
        check(vec![place("b", Primary, 0), place("a", Primary, 0)], "b a");
        check(vec![place("a", Primary, 1), place("b", Primary, 2), place("c", Primary, -1)], "b a c");
        check(vec![place("a", Emergency, 9), place("b", Fallback, 0), place("c", Primary, -9)], "c b a");
        let acting = Place { in_character: true, ..place("c", Emergency, 0) };
        check(vec![place("a", Primary, 9), acting], "c a");
    }

    #[test]
    fn weights_share_requests_in_their_proportion() {
        let led_by = |name| {
            let leads = |request: &u32| {
                let weighted = |name, weight| Place { weight: Some(weight), ..place(name, Tier::Primary, 0) };
                let mut places = vec![weighted("a", 1), weighted("b", 3), weighted("never", 0)];
                order(&mut places, &request.to_string());
                places.first().is_some_and(|place| place.name == name)
            };
            (0..2_000).filter(leads).count()
        };
        assert!((425..575).contains(&led_by("a")), "{}", led_by("a"));
        assert!((1_425..1_575).contains(&led_by("b")), "{}", led_by("b"));
        assert_eq!(led_by("never"), 0);
    }
}
