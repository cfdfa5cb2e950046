//! Which derived forms of takes are asked for often enough to be kept.
//!
//! Encoding again costs tens of milliseconds a minute of speech; keeping costs disk that a take
//! which costs money could have. So a form is kept when it has been asked for a few times.

use hashlink::LinkedHashMap;

use super::key::TakeKey;

/// Forms counted at the same time. The one asked for longest ago is forgotten.
const FORMS_MAX: usize = 4096;

#[derive(Default)]
pub(super) struct Demand(LinkedHashMap<TakeKey, u32>);

impl Demand {
    /// Counts a wish for `form`; true when it is at least the `after`th.
    pub(super) fn ask(&mut self, form: TakeKey, after: u32) -> bool {
        let asked = self.0.remove(&form).unwrap_or(0).saturating_add(1);
        if asked >= after {
            return true;
        }
        if self.0.len() >= FORMS_MAX {
            self.0.pop_front();
        }
        self.0.insert(form, asked);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_wish_is_granted_and_the_counts_are_bounded() {
        let mut demand = Demand::default();
        let form = TakeKey([1; 32]);
        assert_eq!([(); 4].map(|()| demand.ask(form, 3)), [false, false, true, false]);
        for number in 0..2 * u32::try_from(FORMS_MAX).unwrap() {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            demand.ask(TakeKey(key), 3);
        }
        assert_eq!(demand.0.len(), FORMS_MAX);
    }
}
