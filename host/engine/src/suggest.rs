//! "Did you mean …".

use strsim::damerau_levenshtein;

/// Names longer than this are nobody's slip of the finger, and their distance is quadratic.
const LENGTH_MAX: usize = 128;

/// The known name a person most likely meant, when one is near enough: the same but for case, or
/// at most a third of the letters wrong.
#[must_use]
pub fn nearest<'known>(wanted: &str, known: impl IntoIterator<Item = &'known str>) -> Option<&'known str> {
    if wanted.is_empty() || wanted.len() > LENGTH_MAX {
        return None;
    }
    let wanted = wanted.to_lowercase();
    known
        .into_iter()
        .filter(|name| name.len() <= LENGTH_MAX)
        .map(|name| (damerau_levenshtein(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, name)| distance * 3 <= name.chars().count().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, expected: Option<&str>) {
        assert_eq!(nearest(wanted, ["flite", "google", "azure", "amy"]), expected, "{wanted}");
    }

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_finds_none() {
        check("flit", Some("flite"));
        check("Azure", Some("azure"));
        check("goolge", Some("google"));
        check("ami", Some("amy"));
        check("openai", None);
        check("", None);
        check(&"flite".repeat(100), None);
    }
}
