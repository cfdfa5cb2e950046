//! Asked as the Python SDK asks, and refused in both shapes.

mod refused;
mod socket;
mod spoken;

use serde_json::{Value, json};

use super::*;
use crate::Simulator;
use crate::testing::{Answer, builder, send};

const RACHEL: &str = "21m00Tcm4TlvDq8ikWAM";
const TTS: &str = "/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM";
const TEXT: &str = "Hello world, I have 3 cats. They are all asleep!";

fn request() -> Value {
    json!({ "text": TEXT })
}

fn with(field: &str, value: Value) -> Value {
    let mut request = request();
    request[field] = value;
    request
}

async fn ask(simulator: &Simulator, path: &str, body: &Value) -> Answer {
    send(builder(simulator, "POST", path).header("xi-api-key", simulator.key()).json(body)).await
}

async fn look(simulator: &Simulator, path: &str) -> Answer {
    send(builder(simulator, "GET", path).header("xi-api-key", simulator.key())).await
}
