//! Where a key that is unknown here would be right.
//!
//! Somebody who writes `min_quality_threshold` at the top of the file knows what they want and not
//! where it goes. So the keys of all sections are looked through for it; and then the names that the
//! design this program grew from, and services like it, have for the same things.

use super::keys::keys;

/// Names for keys that have another one here, each with the path of that.
const KNOWN_AS: [(&str, &str); 14] = [
    ("api_key", "providers.NAME.secrets"),
    ("api_url", "providers.NAME.settings"),
    ("base_url", "providers.NAME.settings"),
    ("cache_ttl_hours", "cache.ttl_hours"),
    ("daily_budget", "providers.NAME.characters_per_day"),
    ("emergency_providers", "routes.NAME.emergency"),
    ("enable_caching", "cache.enabled"),
    ("enable_quality_scoring", "fallback.audition"),
    ("failure_threshold", "breaker.failures"),
    ("fallback_chain", "routes.NAME.fallback"),
    ("fallback_providers", "routes.NAME.fallback"),
    ("max_cache_size_mb", "cache.max_size_mb"),
    ("primary_providers", "routes.NAME.primary"),
    ("recovery_timeout", "breaker.recovery_seconds"),
];
/// Places that are named; more than these help nobody.
const PLACES_MAX: usize = 3;

/// Where `key`, which is unknown in the table `here`, would be right, in words.
pub(super) fn elsewhere(here: &str, key: &str) -> Option<String> {
    let keys = keys();
    let is_section = keys.iter().any(|known| known.path.starts_with(&format!("{key}.")));
    if is_section && !here.is_empty() {
        return Some(format!("[{key}] is a section of its own"));
    }
    if keys.iter().any(|known| known.path == key) {
        return Some(format!("`{key}` stands before the first section"));
    }
    let mut tables: Vec<&str> = keys
        .iter()
        .filter_map(|known| known.path.rsplit_once('.'))
        .filter(|(_, last)| *last == key)
        .map(|(table, _)| table)
        .collect();
    tables.dedup();
    if tables.is_empty() {
        let (_, path) = KNOWN_AS.iter().find(|(other, _)| *other == key)?;
        let (table, key) = path.rsplit_once('.')?;
        return Some(format!("here it is `{key}` in [{table}]"));
    }
    let places: Vec<String> = tables.iter().take(PLACES_MAX).map(|table| format!("[{table}]")).collect();
    Some(format!("`{key}` belongs in {}", places.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(here: &str, key: &str, expected: Option<&str>) {
        assert_eq!(elsewhere(here, key).as_deref(), expected, "{key} in [{here}]");
    }

    #[test]
    fn a_key_finds_the_section_it_belongs_in() {
        check("", "listen", Some("`listen` belongs in [server]"));
        check(
            "",
            "min_quality_threshold",
            Some("`min_quality_threshold` belongs in [fallback] or [routes.NAME]"),
        );
        check("fallback", "default_route", Some("`default_route` stands before the first section"));
        check("providers.azure", "retry", Some("[retry] is a section of its own"));
        check("", "prioritty", None);
    }

    #[test]
    fn the_names_others_have_for_a_key_lead_to_one_that_is_there() {
        check("", "enable_caching", Some("here it is `enabled` in [cache]"));
        check("providers.azure", "api_key", Some("here it is `secrets` in [providers.NAME]"));
        let keys = keys();
        for (other, path) in KNOWN_AS {
            assert!(keys.iter().any(|key| key.path == path), "{path}");
            assert!(!keys.iter().any(|key| key.path.ends_with(&format!(".{other}"))), "{other} is a key");
        }
    }
}
