//! The values of `prosody` and `break`, as numbers.
//!
//! A value this does not understand changes nothing: whether it is an error is the service's
//! decision, made before.

use roxmltree::Node;

use super::Delivery;

/// What a percentage without a sign means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Percent {
    /// `20%` is a fifth more, as Azure and Edge read it.
    Change,
    /// `20%` is a fifth of it, as SSML 1.1 and Google read it.
    Factor,
}

/// The voice's own pitch, for changes given in hertz.
const BASE_HERTZ: f32 = 105.0;
/// What the voice can do; services clip to the same.
const RATE: std::ops::RangeInclusive<f32> = 0.5..=2.0;
const PITCH_SEMITONES: std::ops::RangeInclusive<f32> = -12.0..=12.0;
const GAIN_DB: std::ops::RangeInclusive<f32> = -40.0..=12.0;

/// The delivery inside a `prosody` element that stands in `outer`.
pub(super) fn prosody(node: Node<'_, '_>, outer: Delivery, percent: Percent) -> Delivery {
    let rate = node.attribute("rate").and_then(|value| rate(value, percent)).unwrap_or(1.0);
    let pitch = node.attribute("pitch").and_then(pitch).unwrap_or(0.0);
    let gain = node.attribute("volume").and_then(gain).unwrap_or(0.0);
    Delivery {
        rate: (outer.rate * rate).clamp(*RATE.start(), *RATE.end()),
        pitch: (outer.pitch + pitch).clamp(*PITCH_SEMITONES.start(), *PITCH_SEMITONES.end()),
        gain: (outer.gain + gain).clamp(*GAIN_DB.start(), *GAIN_DB.end()),
    }
}

fn rate(value: &str, percent: Percent) -> Option<f32> {
    match value {
        "x-slow" => Some(0.5),
        "slow" => Some(0.7),
        "medium" | "default" => Some(1.0),
        "fast" => Some(1.5),
        "x-fast" => Some(2.0),
        _ => match value.strip_suffix('%') {
            Some(number) if percent == Percent::Factor && !is_signed(number) => Some(finite(number)? / 100.0),
            Some(number) => Some(1.0 + finite(number)? / 100.0),
            None => finite(value),
        },
    }
}

fn pitch(value: &str) -> Option<f32> {
    if let Some(semitones) = value.strip_suffix("st") {
        return finite(semitones);
    }
    if let Some(number) = value.strip_suffix('%') {
        return Some(semitones(1.0 + finite(number)? / 100.0));
    }
    if let Some(number) = value.strip_suffix("Hz") {
        let hertz = finite(number)?;
        let hertz = if is_signed(number) { BASE_HERTZ + hertz } else { hertz };
        return Some(semitones(hertz / BASE_HERTZ));
    }
    match value {
        "x-low" => Some(-7.0),
        "low" => Some(-3.0),
        "medium" | "default" => Some(0.0),
        "high" => Some(3.0),
        "x-high" => Some(7.0),
        _ => None,
    }
}

fn gain(value: &str) -> Option<f32> {
    if let Some(decibels) = value.strip_suffix("dB") {
        return finite(decibels);
    }
    let share = match value {
        "silent" => 0.0,
        "x-soft" => 0.2,
        "soft" => 0.4,
        "medium" => 0.6,
        "loud" => 0.8,
        "x-loud" | "default" => 1.0,
        _ => match value.strip_suffix('%') {
            Some(number) => 1.0 + finite(number)? / 100.0,
            None if is_signed(value) => 1.0 + finite(value)? / 100.0,
            None => finite(value)? / 100.0,
        },
    };
    Some(20.0 * share.max(0.01).log10())
}

fn semitones(factor: f32) -> f32 {
    12.0 * factor.max(0.1).log2()
}

fn is_signed(number: &str) -> bool {
    number.starts_with(['+', '-'])
}

fn finite(number: &str) -> Option<f32> {
    number.parse().ok().filter(|value: &f32| value.is_finite())
}

/// `500ms` or `1.5s`, rounded down to whole milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be small and not negative"
)]
pub(super) fn milliseconds(value: &str) -> Option<u32> {
    let (number, scale) = match value.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (value.strip_suffix('s')?, 1000.0),
    };
    let milliseconds = finite(number)? * scale;
    (0.0..1e7).contains(&milliseconds).then_some(milliseconds as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: Option<f32>, expected: Option<f32>) {
        match (found, expected) {
            (Some(found), Some(expected)) => {
                assert!((found - expected).abs() < 0.01, "{found} is not {expected}");
            }
            _ => assert_eq!(found, expected),
        }
    }

    #[test]
    fn a_rate_is_a_change_a_factor_or_a_name() {
        check(rate("+10%", Percent::Change), Some(1.1));
        check(rate("-50%", Percent::Factor), Some(0.5));
        check(rate("80%", Percent::Change), Some(1.8));
        check(rate("80%", Percent::Factor), Some(0.8));
        check(rate("1.5", Percent::Change), Some(1.5));
        check(rate("x-fast", Percent::Change), Some(2.0));
        check(rate("quick", Percent::Change), None);
        check(rate("NaN%", Percent::Change), None);
    }

    #[test]
    fn a_pitch_is_semitones_hertz_a_percentage_or_a_name() {
        check(pitch("-2st"), Some(-2.0));
        check(pitch("+105Hz"), Some(12.0));
        check(pitch("+0Hz"), Some(0.0));
        check(pitch("+100%"), Some(12.0));
        check(pitch("low"), Some(-3.0));
        check(pitch("deep"), None);
    }

    #[test]
    fn a_volume_is_decibels_a_change_a_level_or_a_name() {
        check(gain("+6dB"), Some(6.0));
        check(gain("+0%"), Some(0.0));
        check(gain("-50%"), Some(-6.02));
        check(gain("50"), Some(-6.02));
        check(gain("silent"), Some(-40.0));
        check(gain("noisy"), None);
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(milliseconds("500ms"), Some(500));
        assert_eq!(milliseconds("1.5s"), Some(1500));
        assert_eq!(milliseconds("5"), None);
        assert_eq!(milliseconds("-1s"), None);
        assert_eq!(milliseconds("infs"), None);
    }
}
