//! Which headers a guest may set, and what it is shown.
//!
//! Some headers are about the connection, which belongs to the host: a guest that could set them
//! could end one request inside of another. As a browser's `fetch` does, they are left out without
//! a word, because libraries set them by habit. `host` is different: at a shared front end it picks
//! the customer, so another value than the URL's would reach a place nobody granted. That is
//! refused.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::target;
use crate::trap::bounded;

/// Headers of one connection rather than of the message (RFC 9110, section 7.6.1), and those that
/// frame a body, which the client writes itself.
const OF_THE_CONNECTION: [HeaderName; 10] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
];

/// The most headers of a request, and their bytes together.
const HEADERS_MAX: usize = 100;
const HEADER_BYTES_MAX: usize = 64 << 10;

/// Reads a guest's list of headers.
pub(crate) fn read(list: Vec<(String, String)>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(list.len().min(HEADERS_MAX));
    for (name, value) in list {
        let invalid = |what: &str| format!("{what} is not valid: {}", bounded(&name, 100));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("header name"))?;
        let value = HeaderValue::from_str(&value)
            .or_else(|_| HeaderValue::from_bytes(value.as_bytes()))
            .map_err(|_| invalid("header value"))?;
        headers.try_append(key, value).map_err(|_| "too many headers".to_owned())?;
    }
    Ok(headers)
}

/// Leaves out what is not the guest's to set. `content-length` is checked and written by the
/// client, which knows the body.
pub(crate) fn admit(headers: &mut HeaderMap, url: &Url) -> Result<(), String> {
    let another = headers.get_all(header::HOST).iter().find(|value| {
        let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
        value != target::authority(url) && Some(value.as_str()) != url.host_str()
    });
    if let Some(another) = another {
        let another = bounded(&String::from_utf8_lossy(another.as_bytes()), 100);
        return Err(format!("host header differs from the url: {another}"));
    }
    headers.remove(header::HOST);
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        return Err(format!("headers are more than {HEADERS_MAX} or {HEADER_BYTES_MAX} bytes"));
    }
    Ok(())
}

/// A value as a guest reads it; bytes that are no UTF-8 are replaced.
pub(crate) fn shown(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// All headers as a guest reads them.
pub(crate) fn listed(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), shown(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &[(&str, &str)], expected: Result<&[(&str, &str)], &str>) {
        let owned = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let url = target::parse("https://api.example.com:8443/").unwrap();
        let admitted = read(owned(list)).and_then(|mut headers| {
            admit(&mut headers, &url)?;
            Ok(listed(&headers))
        });
        assert_eq!(admitted, expected.map(owned).map_err(str::to_owned), "{list:?}");
    }

    #[test]
    fn a_guest_s_own_headers_pass_and_those_of_the_connection_are_left_out() {
        check(&[("X-Api-Key", "a"), ("accept", "ü")], Ok(&[("x-api-key", "a"), ("accept", "ü")]));
        check(&[("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Upgrade", "h2c")], Ok(&[]));
        check(&[("Host", "API.example.com:8443"), ("a", "b")], Ok(&[("a", "b")]));
        check(&[("Host", "api.example.com")], Ok(&[]));
    }

    #[test]
    fn another_host_and_broken_headers_are_refused() {
        check(&[("Host", "evil.example.com")], Err("host header differs from the url: evil.example.com"));
        check(
            &[("Host", "api.example.com:443")],
            Err("host header differs from the url: api.example.com:443"),
        );
        check(&[("a b", "c")], Err("header name is not valid: a b"));
        check(&[("a", "b\r\nc: d")], Err("header value is not valid: a"));
        check(&[("a", "b"); 101], Err("headers are more than 100 or 65536 bytes"));
        check(&[("a", &"b".repeat(70_000))], Err("headers are more than 100 or 65536 bytes"));
    }
}
