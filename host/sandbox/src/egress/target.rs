//! Where a request goes: its URL, read once.
//!
//! What is judged, dialled and sent is one parsed value. The parser is the browsers' own: it
//! lower-cases names, writes them in ASCII and reads every spelling of an IPv4 address, so none of
//! that is left for a guest to play with.

use std::net::IpAddr;

use url::{Host, Url};

use crate::trap::bounded;

/// The longest URL, in bytes. Services that take text in the query stay below 8 KiB.
const URL_BYTES_MAX: usize = 16 << 10;

/// Reads an absolute web address; the error says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    if text.len() > URL_BYTES_MAX {
        return Err(format!("url is longer than {URL_BYTES_MAX} bytes: {}", text.len()));
    }
    let mut url = Url::parse(text).map_err(|error| format!("url is not absolute and valid: {error}"))?;
    if !matches!(url.scheme(), "https" | "http" | "wss" | "ws") {
        return Err(format!("scheme is not https, http, wss or ws: {}", bounded(url.scheme(), 32)));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("url carries a user name or password".to_owned());
    }
    url.set_fragment(None);
    let undotted = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned);
    if let Some(host) = undotted {
        url.set_host(Some(&host)).map_err(|error| format!("url has no host: {error}"))?;
    }
    Ok(url)
}

/// Whether it goes out unencrypted.
pub(crate) fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "ws")
}

/// The address, when the host is one.
pub(crate) fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    }
}

/// Scheme, host and port: what may be shown of it.
pub(crate) fn origin(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Host and port as the `host` header spells them.
pub(crate) fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let parsed = parse(text);
        assert_eq!(parsed.as_ref().map(Url::as_str).map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn a_url_is_read_as_it_will_be_sent() {
        check("https://API.example.com./v1?a=b#c", Ok("https://api.example.com/v1?a=b"));
        check("wss://example.com:443", Ok("wss://example.com/"));
        check("http://0x7f.1:80", Ok("http://127.0.0.1/"));
        check("https:\\\\example.com\\@evil.org", Ok("https://example.com/@evil.org"));
    }

    #[test]
    fn what_is_no_plain_web_address_is_refused() {
        check("api.example.com", Err("url is not absolute and valid: relative URL without a base"));
        check("ftp://example.com", Err("scheme is not https, http, wss or ws: ftp"));
        check("https://example.com@evil.org/", Err("url carries a user name or password"));
        check("https://:pass@evil.org/", Err("url carries a user name or password"));
        check("https://", Err("url is not absolute and valid: empty host"));
        check(&format!("https://e.com/{}", "x".repeat(20_000)), Err("url is longer than 16384 bytes: 20014"));
    }
}
