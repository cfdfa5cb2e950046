//! Lists in a head: `Accept`, `Cache-Control`, the tags of a condition (RFC 9110, section 5.6.1).

use http::{HeaderMap, HeaderName};

/// What a list has, on all its lines.
pub(super) fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}
