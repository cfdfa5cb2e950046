//! The least and the mean of the last so many values, each at a constant price a value.

use std::collections::VecDeque;

/// The least of a sliding window that begins full of ones.
pub(super) struct Least {
    length: u64,
    taken: u64,
    /// Values that may still become the least, with their places: rising from front to back.
    rising: VecDeque<(u64, f32)>,
}

impl Least {
    pub(super) fn of(length: usize) -> Self {
        Self { length: length as u64, taken: 0, rising: VecDeque::new() }
    }

    /// Takes a value of at most 1 and gives the least of the window that ends with it.
    pub(super) fn push(&mut self, value: f32) -> f32 {
        // Ones need no place: they are what an empty window gives.
        if value < 1.0 {
            while self.rising.back().is_some_and(|(_, last)| *last >= value) {
                self.rising.pop_back();
            }
            self.rising.push_back((self.taken, value));
        }
        self.taken += 1;
        while self.rising.front().is_some_and(|(place, _)| place + self.length < self.taken) {
            self.rising.pop_front();
        }
        self.rising.front().map_or(1.0, |(_, least)| *least)
    }
}

/// The mean of a sliding window that begins full of ones; of nothing but ones it is exactly one.
pub(super) struct Mean {
    window: VecDeque<f64>,
    sum: f64,
    /// How many values of the window are below one.
    below: usize,
}

impl Mean {
    #[expect(clippy::cast_precision_loss, reason = "a window of a few thousand values")]
    pub(super) fn of(length: usize) -> Self {
        Self { window: VecDeque::from(vec![1.0; length]), sum: length as f64, below: 0 }
    }

    /// Takes a value of at most 1 and gives the mean of the window that ends with it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a window of a few thousand values between 0 and 1"
    )]
    pub(super) fn push(&mut self, value: f64) -> f32 {
        let length = self.window.len() as f64;
        let oldest = self.window.pop_front().unwrap_or(1.0);
        self.window.push_back(value);
        self.sum += value - oldest;
        self.below += usize::from(value < 1.0);
        self.below -= usize::from(oldest < 1.0);
        if self.below == 0 {
            // What rounding left in the sum goes, too.
            self.sum = length;
            return 1.0;
        }
        (self.sum / length) as f32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_are_what_a_look_at_the_whole_window_gives(
            values in prop::collection::vec(prop_oneof![Just(1.0_f32), 0.0..1.0_f32], 0..200),
            length in 1..40_usize,
        ) {
            let (mut least, mut mean) = (Least::of(length), Mean::of(length));
            let padded: Vec<f32> = std::iter::repeat_n(1.0, length).chain(values.iter().copied()).collect();
            for (place, value) in values.iter().enumerate() {
                let window = &padded[place + 1..=place + length];
                let lowest = window.iter().copied().fold(1.0, f32::min);
                let middle = window.iter().sum::<f32>() / length as f32;
                prop_assert_eq!(least.push(*value), lowest);
                let given = mean.push(f64::from(*value));
                prop_assert!((given - middle).abs() < 1e-5, "{given} instead of {middle}");
                prop_assert!(given == 1.0 || window.iter().any(|value| *value < 1.0));
            }
        }
    }
}
