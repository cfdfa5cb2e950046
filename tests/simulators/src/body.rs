//! Bodies that arrive in pieces.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

/// How many bytes a streaming service puts in one piece, unless it says otherwise.
pub const PIECE_BYTES: usize = 4096;

/// A chunked body that sends each piece on its own, `gap` apart.
pub fn pieces(pieces: Vec<Bytes>, gap: Duration) -> Body {
    let pieces = pieces.into_iter().enumerate();
    Body::from_stream(stream::unfold(pieces, move |mut pieces| async move {
        let (index, piece) = pieces.next()?;
        if index > 0 {
            breathe(gap).await;
        }
        Some((Ok::<_, std::convert::Infallible>(piece), pieces))
    }))
}

/// Cuts `bytes` into pieces of [`PIECE_BYTES`]; a large one may leave a short last piece.
#[must_use]
pub fn cut(bytes: &Bytes) -> Vec<Bytes> {
    (0..bytes.len())
        .step_by(PIECE_BYTES)
        .map(|start| bytes.slice(start..bytes.len().min(start + PIECE_BYTES)))
        .collect()
}

/// Waits `gap`, or one turn of the scheduler, so that what was written leaves on its own.
pub async fn breathe(gap: Duration) {
    if gap.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(gap).await;
    }
}
