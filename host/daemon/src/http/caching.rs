//! What a request wants of the cache.
//!
//! HTTP has words for it, and clients that speak JSON have a field; the field is the plainer wish and
//! goes first. `Cache-Control: no-cache` wants a take that is made now and may be kept; `no-store`
//! wants one of its own that leaves no trace.

use http::HeaderMap;
use http::header::CACHE_CONTROL;
use serde::Deserialize;
use understudy_engine::CacheUse;
use utoipa::ToSchema;

use super::listed::listed;

/// What is wanted of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CacheMode {
    /// The take that is there; else one that is bought, and kept.
    Use,
    /// A take that is bought now; it takes the place of the one that is there.
    Refresh,
    /// A take of its own: neither looked for, nor shared, nor kept.
    Off,
}

impl From<CacheMode> for CacheUse {
    fn from(mode: CacheMode) -> Self {
        match mode {
            CacheMode::Use => Self::Use,
            CacheMode::Refresh => Self::Refresh,
            CacheMode::Off => Self::Off,
        }
    }
}

/// What the head of a request wants; the most careful of its directives counts.
pub(crate) fn wanted(headers: &HeaderMap) -> CacheUse {
    let mut wanted = CacheUse::Use;
    for directive in listed(headers, CACHE_CONTROL) {
        if directive.eq_ignore_ascii_case("no-store") {
            return CacheUse::Off;
        }
        if directive.eq_ignore_ascii_case("no-cache") {
            wanted = CacheUse::Refresh;
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(values: &[&'static str], expected: CacheUse) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        assert_eq!(wanted(&headers), expected, "{values:?}");
    }

    #[test]
    fn the_most_careful_directive_counts() {
        check(&[], CacheUse::Use);
        check(&["max-age=0"], CacheUse::Use);
        check(&["No-Cache"], CacheUse::Refresh);
        check(&["no-cache, no-store"], CacheUse::Off);
        check(&["max-age=0", "no-cache"], CacheUse::Refresh);
        check(&["no-store", "no-cache"], CacheUse::Off);
    }
}
