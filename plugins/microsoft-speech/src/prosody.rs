//! The caller's controls as the service counts them.

/// Rates the service knows, as a factor; past them it clips.
pub const RATE: (f32, f32) = (0.5, 2.0);
/// Half to one and a half times the voice's own pitch, in semitones.
pub const PITCH: (f32, f32) = (-12.0, 7.0);
/// Gains in decibels: a hundredth of the amplitude to twice it.
pub const VOLUME: (f32, f32) = (-40.0, 6.0);

/// A rate as a change in percent: 1.2 is 20.
#[must_use]
pub fn rate_percent(factor: f32) -> i32 {
    whole((f64::from(factor) - 1.0) * 100.0)
}

/// A gain in decibels as a change of the amplitude in percent: −6 is −50.
#[must_use]
pub fn volume_percent(decibels: f32) -> i32 {
    whole((10_f64.powf(f64::from(decibels) / 20.0) - 1.0) * 100.0)
}

/// A shift in semitones as a change in hertz of a voice that speaks at `base` hertz.
#[must_use]
pub fn pitch_hertz(semitones: f32, base: f64) -> i32 {
    whole(base * (2_f64.powf(f64::from(semitones) / 12.0) - 1.0))
}

/// To the nearest whole number; what no whole number holds is held at its ends.
#[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
fn whole(value: f64) -> i32 {
    value.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_changes() {
        for (factor, percent) in [(1.0, 0), (1.2, 20), (0.5, -50), (2.0, 100), (0.926, -7)] {
            assert_eq!(rate_percent(factor), percent, "{factor}");
        }
        for (decibels, percent) in [(0.0, 0), (-6.0, -50), (6.0, 100), (-40.0, -99), (-96.0, -100)] {
            assert_eq!(volume_percent(decibels), percent, "{decibels} dB");
        }
        for (semitones, hertz) in [(0.0, 0), (12.0, 200), (-12.0, -100), (1.0, 12), (-0.001, 0)] {
            assert_eq!(pitch_hertz(semitones, 200.0), hertz, "{semitones} semitones");
        }
    }
}
