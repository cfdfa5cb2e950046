//! `wasi:http`, for guests with an HTTP client or a `fetch` of their own.
//!
//! Its errors carry no text, so a guest learns the kind and the operator's log the rest.
//! wasmtime runs the future below on a task of its own and ends it with the guest.

use std::sync::Arc;

use futures_util::stream;
use http::Method;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::clients::Purpose;
use super::dispatch::{Dispatch, destination};
use super::incoming::Incoming;
use super::outgoing::{Body, BodyError, Outgoing};
use super::refusal::Refusal;

/// The hook through which `wasi:http` leaves.
#[derive(Debug)]
pub(crate) struct WasiHttp(pub(crate) Arc<Dispatch>);

type Transmission = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for WasiHttp {
    /// The client writes it, from the URL.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _failed: Transmission,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Transmission), Error>> + Send> {
        let dispatch = Arc::clone(&self.0);
        let admitted = outgoing(request, options).and_then(|outgoing| dispatch.admit(outgoing));
        Box::new(async move {
            let incoming = dispatch.perform(admitted.map_err(head_error)?, Purpose::Http).await;
            let sent: Transmission = Box::new(async { Ok(()) });
            Ok((response(incoming.map_err(head_error)?), sent))
        })
    }
}

fn outgoing(request: http::Request<WasiBody>, options: Option<RequestOptions>) -> Result<Outgoing, Refusal> {
    let (head, body) = request.into_parts();
    if head.method == Method::CONNECT {
        return Err(Refusal::Invalid("method is not for requests: CONNECT".to_owned()));
    }
    let options = options.unwrap_or_default();
    Ok(Outgoing {
        method: head.method,
        url: destination(&head.uri.to_string())?,
        headers: head.headers,
        body: Body::Stream(body.map_err(|error| BodyError::from(error.to_string())).boxed_unsync()),
        first_byte: options.first_byte_timeout,
        idle: options.between_bytes_timeout,
    })
}

fn response(mut incoming: Incoming) -> http::Response<WasiBody> {
    let (status, headers) = (incoming.status_code(), incoming.take_headers());
    let pieces = stream::unfold(incoming, async |mut incoming| {
        let piece = incoming.piece().await.map_err(body_error).transpose()?;
        Some((piece.map(Frame::data), incoming))
    });
    let mut response = http::Response::new(StreamBody::new(pieces).boxed_unsync());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn head_error(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Denied(denial) if denial.is_about_an_address() => Error::DestinationIpProhibited,
        Refusal::Denied(_) => Error::HttpRequestDenied,
        Refusal::Invalid(reason) => Error::InternalError(Some(reason)),
        Refusal::Unreachable(_) => Error::DestinationUnavailable,
        Refusal::TimedOut => Error::HttpResponseTimeout,
        Refusal::TooLarge(limit) => Error::HttpResponseBodySize(Some(limit)),
        Refusal::Protocol(_) => Error::HttpProtocolError,
        Refusal::Over(_) => Error::ConnectionLimitReached,
    }
}

fn body_error(refusal: Refusal) -> Error {
    match refusal {
        Refusal::TimedOut => Error::ConnectionReadTimeout,
        Refusal::Protocol(_) | Refusal::Unreachable(_) => Error::HttpResponseIncomplete,
        other => head_error(other),
    }
}
