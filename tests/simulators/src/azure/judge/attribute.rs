//! What an attribute may say.

use roxmltree::Node;

use crate::ssml::is_time;

const RATES: &[&str] = &["default", "x-slow", "slow", "medium", "fast", "x-fast"];
const PITCHES: &[&str] = &["default", "x-low", "low", "medium", "high", "x-high"];
const VOLUMES: &[&str] = &["default", "silent", "x-soft", "soft", "medium", "loud", "x-loud"];

/// The attribute is there and good.
pub(super) fn required(node: Node<'_, '_>, name: &str, good: impl Fn(&str) -> bool) -> Option<()> {
    node.attribute(name).filter(|value| good(value)).map(|_| ())
}

/// The attribute is good, or not there.
pub(super) fn present(node: Node<'_, '_>, name: &str, good: impl Fn(&str) -> bool) -> Option<()> {
    node.attribute(name).is_none_or(good).then_some(())
}

/// A multiplier, a change in percent, or a name.
pub(super) fn is_rate(value: &str) -> bool {
    RATES.contains(&value) || is_percent(value) || is_number_in(0.0, 10.0)(value)
}

/// Hertz, semitones or percent (a change carries its sign), or a name.
pub(super) fn is_pitch(value: &str) -> bool {
    PITCHES.contains(&value)
        || is_percent(value)
        || value.strip_suffix("Hz").is_some_and(is_number)
        || value.strip_suffix("st").is_some_and(is_number)
}

/// 0 to 100, a change, or a name.
pub(super) fn is_volume(value: &str) -> bool {
    VOLUMES.contains(&value)
        || is_percent(value)
        || (value.starts_with(['+', '-']) && is_number(value))
        || is_number_in(0.0, 100.0)(value)
}

/// `500ms` or `2s`; what is past 20 seconds is clipped, not refused.
pub(super) fn is_duration(value: &str) -> bool {
    is_time(value)
}

/// One of a list of words.
pub(super) fn is_one_of(known: &'static [&'static str]) -> impl Fn(&str) -> bool {
    move |value| known.contains(&value)
}

/// A number within closed bounds.
pub(super) fn is_number_in(low: f64, high: f64) -> impl Fn(&str) -> bool {
    move |value| value.parse::<f64>().is_ok_and(|number| (low..=high).contains(&number))
}

/// Zero to one.
pub(super) fn is_ratio(value: &str) -> bool {
    is_number_in(0.0, 1.0)(value)
}

fn is_percent(value: &str) -> bool {
    value.strip_suffix('%').is_some_and(is_number)
}

fn is_number(value: &str) -> bool {
    value.parse::<f64>().is_ok_and(f64::is_finite)
}
