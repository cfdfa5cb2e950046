//! URLs, as far as this protocol has them: what is relative to what, and whose they are.

/// `reference` as seen from `base`, which is absolute.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.trim();
    let scheme_end = base.find("://").unwrap_or_default();
    let is_absolute = reference.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    if is_absolute {
        reference.to_owned()
    } else if reference.starts_with("//") {
        format!("{}:{reference}", base.get(..scheme_end).unwrap_or_default())
    } else if reference.starts_with('/') {
        format!("{}{reference}", origin(base))
    } else {
        let path = base.split(['?', '#']).next().unwrap_or(base);
        let folder_end = path.get(scheme_end + 3..).and_then(|rest| rest.rfind('/'));
        let folder = folder_end.and_then(|end| path.get(..scheme_end + 3 + end)).unwrap_or(path);
        format!("{folder}/{reference}")
    }
}

/// Scheme, host and port, as they are written.
pub(crate) fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let length = url.get(start..).and_then(|rest| rest.find(['/', '?', '#']));
    length.and_then(|length| url.get(..start + length)).unwrap_or(url)
}

/// True when both lead to the same service, and what is secret there may be sent.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    // A user or a password in front of the host would move the comparison off it.
    !one.contains('@') && !other.contains('@') && origin(one).eq_ignore_ascii_case(origin(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, reference: &str, expected: &str) {
        assert_eq!(resolve(base, reference), expected, "{base} {reference}");
    }

    #[test]
    fn references_are_resolved() {
        let base = "https://api.example.com/v1/a/b.mp3?sig=1/2";
        check(base, "https://cdn.example.com/x", "https://cdn.example.com/x");
        check(base, "//cdn.example.com/x", "https://cdn.example.com/x");
        check(base, "/a/c.mp3?u=http://x", "https://api.example.com/a/c.mp3?u=http://x");
        check(base, "c.mp3?sig=2", "https://api.example.com/v1/a/c.mp3?sig=2");
        check("https://api.example.com", "a/c.mp3", "https://api.example.com/a/c.mp3");
        check("http://127.0.0.1:80/v1/", "a.mp3", "http://127.0.0.1:80/v1/a.mp3");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin("https://API.example.com/a", "https://api.example.com"));
        assert!(!same_origin("http://api.example.com/a", "https://api.example.com"));
        assert!(!same_origin("https://api.example.com:8443/a", "https://api.example.com"));
        assert!(!same_origin("https://api.example.com.evil.org/", "https://api.example.com"));
        assert!(!same_origin("https://api.example.com@evil.org/", "https://api.example.com"));
    }
}
