//! Asked as the sheet's clients ask, and refused in every row of its table.

mod conversations;
mod refused;
mod spoken;

use serde_json::{Value, json};

use super::*;
use crate::testing::{Answer, builder, get, post, send, start};
use crate::{Fault, Simulator};

fn request() -> Value {
    json!({
        "character_id": "char_123", "text": "Hello world, how are you?", "emotion": "happy", "voice_settings": {},
        "output_format": "mp3",
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut request = request();
    request[field] = value;
    request
}

fn scene() -> Value {
    json!({
        "characters": ["char_123", "char_bram"], "conversation_type": "dialogue",
        "script": "Captain Nova [happy]: Hello, Bram!\nOld Bram: Go away.",
    })
}

/// Gets audio from where an answer says it is, without a key.
async fn download(simulator: &Simulator, url: &Value) -> Answer {
    let path = url.as_str().unwrap().strip_prefix(&simulator.base_url()).unwrap();
    send(builder(simulator, "GET", path)).await
}

async fn delete(simulator: &Simulator, path: &str) -> Answer {
    send(builder(simulator, "DELETE", path).bearer_auth(simulator.key())).await
}
