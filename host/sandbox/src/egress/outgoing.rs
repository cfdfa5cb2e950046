//! A request on its way out, with the secrets in.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::Method;
use http::header::{self, HeaderMap, HeaderValue};
use http_body::Body as _;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use url::Url;

use super::dispatch::Dispatch;
use super::refusal::Refusal;
use crate::secrets::{Place, fill};

/// The largest body in which placeholders are replaced. Requests for speech carry a text and some
/// settings; what is larger is an upload, and no place for a key.
const FILLED_BODY_BYTES_MAX: usize = 1 << 20;

/// An error of a guest's body.
pub(crate) type BodyError = Box<dyn Error + Send + Sync>;

/// A request as a guest made it.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// Time for the answer's head; it can only shorten the host's own.
    pub(crate) first_byte: Option<Duration>,
    /// Time between two pieces of the answer's body; likewise.
    pub(crate) idle: Option<Duration>,
}

/// What it carries.
pub(crate) enum Body {
    Whole(Bytes),
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

/// A piece of a streamed body held a placeholder, which is only replaced in whole bodies.
#[derive(Debug, thiserror::Error)]
#[error("placeholder in a body of more than {FILLED_BODY_BYTES_MAX} bytes")]
pub(crate) struct PlaceholderInStream;

impl Dispatch {
    /// Puts the secrets into the path, the query and the headers.
    pub(super) fn fill_head(&self, outgoing: &mut Outgoing) -> Result<(), Refusal> {
        let Outgoing { url, headers, .. } = outgoing;
        for (_, value) in headers.iter_mut() {
            let Some(filled) = self.filled(url, value.as_bytes(), Place::Plain)? else { continue };
            *value = HeaderValue::from_maybe_shared(Bytes::from(filled))
                .map_err(|_| Refusal::Invalid("secret does not fit into a header".to_owned()))?;
            value.set_sensitive(true);
        }
        let path = self.filled(url, url.path().as_bytes(), Place::Percent)?;
        let query = self.filled(url, url.query().unwrap_or_default().as_bytes(), Place::Percent)?;
        if let Some(path) = path {
            url.set_path(&String::from_utf8_lossy(&path));
        }
        if let Some(query) = query {
            url.set_query(Some(&String::from_utf8_lossy(&query)));
        }
        Ok(())
    }

    /// Puts the secrets into the body. A streamed body that is short is sent as a whole; a long one
    /// is passed on as it comes, and must not hold a placeholder.
    pub(super) async fn fill_body(
        self: &Arc<Self>,
        url: &Url,
        headers: &mut HeaderMap,
        body: Body,
    ) -> Result<reqwest::Body, Refusal> {
        match body {
            Body::Whole(bytes) => self.fill_whole(url, headers, bytes).map(Into::into),
            // A stream without an end in sight would make a GET a chunked one.
            Body::Stream(body) if body.size_hint().exact() == Some(0) => Ok(Bytes::new().into()),
            // Without secrets there is nothing to look for, and nothing to wait for.
            Body::Stream(body) if self.vault().is_empty() => {
                Ok(reqwest::Body::wrap_stream(body.into_data_stream()))
            }
            Body::Stream(mut body) => {
                let mut begun = BytesMut::new();
                while begun.len() <= FILLED_BODY_BYTES_MAX {
                    match body.frame().await {
                        None => return self.fill_whole(url, headers, begun.freeze()).map(Into::into),
                        Some(Ok(frame)) => begun.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
                        Some(Err(error)) => return Err(Refusal::Protocol(error.to_string())),
                    }
                }
                let begun: Result<Bytes, BodyError> = Ok(begun.freeze());
                let dispatch = Arc::clone(self);
                let url = url.clone();
                let pieces = stream::iter([begun]).chain(body.into_data_stream());
                Ok(reqwest::Body::wrap_stream(pieces.map(move |piece| {
                    let piece = piece?;
                    let held = dispatch.issued().is_some_and(|placeholders| placeholders.any_in(&piece));
                    if held || dispatch.filled(&url, &piece, Place::Plain).is_err() {
                        return Err(BodyError::from(PlaceholderInStream));
                    }
                    Ok(piece)
                })))
            }
        }
    }

    fn fill_whole(&self, url: &Url, headers: &mut HeaderMap, bytes: Bytes) -> Result<Bytes, Refusal> {
        // The client counts what is really sent.
        headers.remove(header::CONTENT_LENGTH);
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        match self.filled(url, &bytes, Place::of_body(kind))? {
            None => Ok(bytes),
            Some(_) if bytes.len() > FILLED_BODY_BYTES_MAX => {
                Err(Refusal::Invalid(PlaceholderInStream.to_string()))
            }
            Some(filled) => Ok(filled.into()),
        }
    }

    fn filled(&self, url: &Url, bytes: &[u8], place: Place) -> Result<Option<Vec<u8>>, Refusal> {
        if self.vault().is_empty() {
            return Ok(None);
        }
        fill(self.vault(), self.issued(), url, bytes, place).map_err(|name| self.misdirected(url, &name))
    }
}
