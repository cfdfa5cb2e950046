//! The layer around every service: it remembers the request, and does the harm that was ordered.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, UPGRADE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::{Fault, Faults};
use crate::body::breathe;
use crate::received::Log;
use crate::service::{Refusal, Service};

/// The largest request body any simulator reads: past every service's own limit, so that the
/// service is the one who refuses.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long the last bytes before a break have to leave on their own.
const FLUSH: Duration = Duration::from_millis(20);

/// What was ordered for this request and is the service's own to carry out. An extension of every
/// request: `Extension(ordered): Extension<Ordered>`.
#[derive(Clone, Debug, Default)]
pub struct Ordered {
    /// Answer as if all went well, with no audio.
    pub empty_audio: bool,
    /// A WebSocket breaks after this many bytes of audio. (HTTP bodies are cut by the layer.)
    pub cut: Option<usize>,
    /// A WebSocket goes quiet after this many bytes of audio. (HTTP bodies stall in the layer.)
    pub stall: Option<usize>,
}

impl Ordered {
    /// The audio the service may send: all of it, or none.
    #[must_use]
    pub fn audio(&self, bytes: Bytes) -> Bytes {
        if self.empty_audio { Bytes::new() } else { bytes }
    }
}

/// The layer's state.
#[derive(Clone)]
pub(crate) struct Interference {
    faults: Faults,
    log: Log,
    service: Arc<dyn Service>,
}

impl Interference {
    pub(crate) fn new(faults: Faults, log: Log, service: Arc<dyn Service>) -> Self {
        Self { faults, log, service }
    }

    pub(crate) fn around(self, router: Router) -> Router {
        router.layer(from_fn_with_state(self, interfere))
    }
}

async fn interfere(State(state): State<Interference>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let upgrading = parts.headers.contains_key(UPGRADE);
    let body =
        if upgrading { Bytes::new() } else { to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default() };
    let sequence =
        state.log.arrived(parts.method.clone(), parts.uri.clone(), parts.headers.clone(), body.clone());

    let faults = state.faults.take(parts.uri.path(), upgrading || parts.method == Method::POST);
    let mut ordered = Ordered::default();
    for fault in &faults {
        match fault {
            Fault::Latency(delay) => tokio::time::sleep(*delay).await,
            Fault::EmptyAudio => ordered.empty_audio = true,
            Fault::Cut { after } => ordered.cut = Some(*after),
            Fault::Stall { after } => ordered.stall = Some(*after),
            _ => {}
        }
    }
    let response = match instead(&faults, state.service.as_ref()).await {
        Some(response) => response,
        None => {
            parts.extensions.insert(ordered.clone());
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            if response.status().is_success() { spoil(response, &faults, &ordered) } else { response }
        }
    };
    state.log.answered(sequence, response.status().as_u16());
    response
}

/// The answer that replaces the service's, if one was ordered.
async fn instead(faults: &[Fault], service: &dyn Service) -> Option<Response> {
    for fault in faults {
        let refusal = match fault {
            Fault::Hang => std::future::pending().await,
            Fault::Html(status) => return Some(proxy_page(*status)),
            Fault::RateLimited { retry_after } => Refusal::RateLimited { retry_after: *retry_after },
            Fault::QuotaExhausted => Refusal::QuotaExhausted,
            Fault::Unauthorized => Refusal::Unauthorized,
            Fault::Failing(status) => Refusal::Failing(*status),
            _ => continue,
        };
        return Some(service.refuse(&refusal));
    }
    None
}

/// A good answer, cut, stalled or mislabelled.
fn spoil(mut response: Response, faults: &[Fault], ordered: &Ordered) -> Response {
    for fault in faults {
        if let Fault::ContentType(label) = fault
            && let Ok(label) = HeaderValue::from_str(label)
        {
            response.headers_mut().insert(CONTENT_TYPE, label);
        }
    }
    let ending = match (ordered.cut, ordered.stall) {
        (Some(after), _) => (after, Ending::Break),
        (None, Some(after)) => (after, Ending::Quiet),
        (None, None) => return response,
    };
    let (parts, body) = response.into_parts();
    // A length known beforehand stays in the header: a cut is then a short body, as in the wild.
    Response::from_parts(parts, broken(body, ending.0, ending.1))
}

#[derive(Clone, Copy)]
enum Ending {
    Break,
    Quiet,
}

/// The first `after` bytes of a body, and then its ending.
fn broken(body: Body, after: usize, ending: Ending) -> Body {
    let pieces = body.into_data_stream();
    Body::from_stream(stream::unfold((pieces, after), move |(mut pieces, left)| async move {
        if left > 0
            && let Some(Ok(mut piece)) = pieces.next().await
        {
            piece.truncate(left);
            let left = left - piece.len();
            return Some((Ok(piece), (pieces, left)));
        }
        breathe(FLUSH).await;
        match ending {
            Ending::Quiet => std::future::pending().await,
            Ending::Break => {
                Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)), (pieces, 0)))
            }
        }
    }))
}

/// What a reverse proxy says when nobody is behind it.
fn proxy_page(status: StatusCode) -> Response {
    let title = format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or_default());
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    let length = page.len();
    (status, [(CONTENT_TYPE, "text/html".to_owned()), (CONTENT_LENGTH, length.to_string())], page)
        .into_response()
}
