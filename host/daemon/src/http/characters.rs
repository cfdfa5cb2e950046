//! `/api/v1/characters`: characters, speech with feeling, and conversations.
//!
//! The three calls and their fields are those of the service design this project began with, so that
//! what was written against it finds them here. There the audio was a URL to be downloaded, and here it
//! is the take's own, at the address the request came to. Where nothing is kept, it is a `data:` URL with
//! the audio in it; who wants bytes at once asks with `Accept: audio/*`.

mod conversation;
mod heads;
mod info;
mod manner;
mod performed;
mod sound;
mod speak;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::Understudy;
pub(crate) use info::CharacterInfo;

pub(crate) use conversation::{__path_converse, converse};
pub(crate) use speak::{__path_speak, speak};

/// List the characters
///
/// Those of this server, and those of every provider that has any, with how often each was spoken
/// as. A provider that cannot be asked now has its characters told as they were last known.
#[utoipa::path(
    get, path = "/api/v1/characters/", tag = "Understudy",
    responses((status = 200, description = "Every character.", body = Vec<CharacterInfo>)),
)]
pub(crate) async fn list(State(understudy): State<Arc<Understudy>>) -> Json<Vec<CharacterInfo>> {
    let listed = understudy.engine().characters().await;
    Json(listed.characters.into_iter().map(CharacterInfo::from).collect())
}
