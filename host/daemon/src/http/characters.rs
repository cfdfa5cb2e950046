//! `/api/v1/characters`: characters, speech with feeling, and conversations.
//!
//! The three calls and their fields are those of the service design this project began with, so that
//! what was written against it finds them here. There the audio was somebody's URL. Here nothing is
//! kept on a server of ours, so `audio_url` holds the audio itself as a `data:` URL, which whoever
//! downloads it reads like any other; who wants bytes asks with `Accept: audio/*`.

mod conversation;
mod info;
mod performed;
mod speak;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use understudy_speech::Encoding;

use crate::Understudy;
use info::CharacterInfo;
pub(crate) use info::age_name;

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

/// The audio itself as a URL.
fn data_url(encoding: Encoding, audio: &[u8]) -> String {
    format!("data:{};base64,{}", encoding.media_type(), BASE64_STANDARD.encode(audio))
}
