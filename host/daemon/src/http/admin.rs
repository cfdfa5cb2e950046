//! `POST /api/v1/admin/reload`, and who may make the admin's calls.
//!
//! Whoever can make them has the server read files, start code, throw away what was paid for, and tell what
//! others had spoken. So they are answered to programs of this machine alone, unless the configuration says
//! otherwise, and three ways around that are closed. A proxy on this machine makes every client look local,
//! so a request that says it was passed on is not from here. A page in a browser on this machine may send
//! requests to any address, so what a page sent from elsewhere is refused, and what changes anything needs
//! a content type that no page may send unasked; what only tells can be sent by it and not read. And a name
//! that was made to lead here gives a page the right origin, so the host has to be an address or `localhost`.

pub(crate) mod cache;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use http::header::{CONTENT_TYPE, FORWARDED, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::error::{ApiError, ErrorBody};
use crate::Understudy;
use crate::config::AdminFrom;
use crate::reload::{ReloadReport, Trigger};

/// Proof that the caller may tell the server what to do, and be told what it did for others.
pub(crate) struct Admin(());

impl FromRequestParts<Arc<Understudy>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, understudy: &Arc<Understudy>) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        admit(understudy.config().server.admin_from, peer, &parts.headers)?;
        if !parts.method.is_safe() {
            demand_json(&parts.headers)?;
        }
        Ok(Self(()))
    }
}

/// Reload
///
/// Reads the configuration and the plugins anew, takes what is right, and answers when it is done.
/// What is refused changes nothing that serves and is told in the report. Callers on this machine
/// only, unless `server.admin_from` says otherwise; send `content-type: application/json`.
#[utoipa::path(
    post, path = "/api/v1/admin/reload", operation_id = "reload", tag = "Operation",
    responses(
        (status = 200, description = "What was done.", body = ReloadReport),
        (status = 403, description = "The caller is not on this machine.", body = ErrorBody),
        (status = 415, description = "The content type is missing.", body = ErrorBody),
        (status = 503, description = "The server is still starting.", body = ErrorBody),
    )
)]
pub(crate) async fn reload(
    _: Admin,
    State(understudy): State<Arc<Understudy>>,
) -> Result<Json<ReloadReport>, ApiError> {
    let reloaded = understudy.reload(Trigger::Request).await;
    reloaded.map(Json).map_err(|error| {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_loaded", error.to_string())
            .hint("ask again when /readyz says ready")
    })
}

fn admit(from: AdminFrom, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), ApiError> {
    let forbidden = |message: &str| ApiError::new(StatusCode::FORBIDDEN, "admin_forbidden", message);
    match from {
        AdminFrom::Anywhere => {}
        AdminFrom::Nowhere => {
            return Err(forbidden("the admin's calls are switched off").hint("see server.admin_from"));
        }
        AdminFrom::Loopback => {
            let here = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
            if !here || headers.contains_key(FORWARDED) || headers.contains_key("x-forwarded-for") {
                return Err(forbidden("the admin's calls are for this machine alone").hint(
                    "call 127.0.0.1 on the server's machine, which server.listen has to have; or see \
                     server.admin_from",
                ));
            }
            if !is_named_plainly(headers) {
                return Err(forbidden("the host is neither an address nor localhost"));
            }
        }
    }
    if is_from_another_site(headers) {
        return Err(forbidden("a page of another site sent this"));
    }
    Ok(())
}

fn demand_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        let message = "content type is not JSON";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
            .hint("send `content-type: application/json`; a page of another site may not"));
    }
    Ok(())
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

fn is_named_plainly(headers: &HeaderMap) -> bool {
    let host = host(headers);
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.is_empty() || name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

/// Browsers say where a page comes from; programs say nothing.
fn is_from_another_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return true;
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let origin = origin.to_str().unwrap_or_default();
    let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    own.is_none_or(|own| !own.eq_ignore_ascii_case(host(headers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call from `peer` with these headers on top of a content type, and what is said to it.
    fn check(from: AdminFrom, peer: &str, headers: &[(&'static str, &str)], expected: Result<(), &str>) {
        let mut map = HeaderMap::new();
        map.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        map.insert(HOST, "127.0.0.1:8750".parse().unwrap());
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let admitted = admit(from, peer.parse().ok(), &map).and_then(|()| demand_json(&map));
        assert_eq!(admitted.map_err(|error| error.code), expected, "{from:?} {peer} {headers:?}");
    }

    #[test]
    fn only_this_machine_is_answered_unless_the_configuration_says_otherwise() {
        check(AdminFrom::Loopback, "127.0.0.1", &[], Ok(()));
        check(AdminFrom::Loopback, "::1", &[], Ok(()));
        check(AdminFrom::Loopback, "::ffff:127.0.0.1", &[], Ok(()));
        check(AdminFrom::Loopback, "10.0.0.7", &[], Err("admin_forbidden"));
        check(AdminFrom::Loopback, "unknown", &[], Err("admin_forbidden"));
        check(AdminFrom::Loopback, "127.0.0.1", &[("x-forwarded-for", "10.0.0.7")], Err("admin_forbidden"));
        check(AdminFrom::Loopback, "127.0.0.1", &[("forwarded", "for=10.0.0.7")], Err("admin_forbidden"));
        check(AdminFrom::Anywhere, "10.0.0.7", &[], Ok(()));
        check(AdminFrom::Nowhere, "127.0.0.1", &[], Err("admin_forbidden"));
    }

    #[test]
    fn a_page_of_another_site_is_refused_and_our_own_is_not() {
        let check = |headers: &[(&'static str, &str)], expected| {
            check(AdminFrom::Loopback, "127.0.0.1", headers, expected);
            check(AdminFrom::Anywhere, "127.0.0.1", headers, expected);
        };
        check(&[("origin", "http://127.0.0.1:8750"), ("sec-fetch-site", "same-origin")], Ok(()));
        check(&[("origin", "http://evil.example")], Err("admin_forbidden"));
        check(&[("origin", "null")], Err("admin_forbidden"));
        check(&[("sec-fetch-site", "cross-site")], Err("admin_forbidden"));
        check(&[("sec-fetch-site", "same-site")], Err("admin_forbidden"));
        check(&[("content-type", "text/plain")], Err("unsupported_media_type"));
    }

    #[test]
    fn a_name_that_was_made_to_lead_here_is_refused() {
        check(AdminFrom::Loopback, "127.0.0.1", &[("host", "evil.example:8750")], Err("admin_forbidden"));
        check(AdminFrom::Loopback, "127.0.0.1", &[("host", "localhost:8750")], Ok(()));
        check(AdminFrom::Loopback, "127.0.0.1", &[("host", "[::1]:8750")], Ok(()));
    }
}
