//! Where the audio of an answer is: a URL that any client can download.

use base64_simd::STANDARD;
use bytes::Bytes;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderName};
use understudy_engine::cache::TakeNotes;
use understudy_engine::{CacheUse, Engine};

use crate::http::caching;
use crate::http::tts::PLACE;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The URL of a file of `provider`'s: its place on this server, by the address the client knows the
/// server under; the audio itself where the client names none, or nothing is kept, or is to be.
pub(super) async fn url(
    engine: &Engine,
    headers: &HeaderMap,
    (provider, notes): (&str, TakeNotes),
    audio: &Bytes,
) -> String {
    let media_type = notes.format.encoding.media_type();
    let is_to_be_kept = caching::wanted(headers) != CacheUse::Off;
    let kept = match base(headers).filter(|_| is_to_be_kept) {
        Some(base) => engine.keep_file(provider, notes, audio.clone()).await.map(|digest| (base, digest)),
        None => None,
    };
    match kept {
        Some((base, digest)) => format!("{base}{PLACE}{digest}"),
        None => format!("data:{media_type};base64,{}", STANDARD.encode_to_string(audio)),
    }
}

/// This server's address as the client knows it. A proxy in front says which scheme that has.
fn base(headers: &HeaderMap) -> Option<String> {
    let host: Authority = headers.get(HOST)?.to_str().ok()?.parse().ok()?;
    let proto = headers.get(FORWARDED_PROTO).and_then(|proto| proto.to_str().ok());
    let first = proto.and_then(|proto| proto.split(',').next()).map(str::trim);
    let scheme = first.filter(|scheme| matches!(*scheme, "http" | "https")).unwrap_or("http");
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heads: &[(&'static str, &'static str)], expected: Option<&str>) {
        let heads = heads.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        assert_eq!(base(&heads.collect()).as_deref(), expected);
    }

    #[test]
    fn the_address_is_the_one_the_client_used() {
        check(&[("host", "127.0.0.1:8750")], Some("http://127.0.0.1:8750"));
        check(&[("host", "tts.example"), ("x-forwarded-proto", "https, http")], Some("https://tts.example"));
        check(&[("host", "tts.example"), ("x-forwarded-proto", "ftp")], Some("http://tts.example"));
        check(&[("host", "not a host")], None);
        check(&[], None);
    }
}
