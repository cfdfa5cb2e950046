//! Who asks for what, and what is heard of the answer.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use understudy_audio::{decode, sniff};

use super::lots::Lots;
use crate::support::Daemon;

/// How long a request may take, as the server is told.
pub(super) const DEADLINE: Duration = Duration::from_secs(15);
/// What the server gives a provider beyond it, and what a busy machine makes of that.
const GRACE: Duration = Duration::from_secs(3);
/// Different texts that are asked for, so that some are kept, some shared and most bought.
const TEXTS: u64 = 400;

/// One client and what it wants.
pub(super) struct Asked {
    pub(super) id: String,
    /// Nobody can fulfil it.
    is_mistake: bool,
    body: Value,
    /// It leaves after this.
    patience: Option<Duration>,
}

/// The request `id` of a schedule.
pub(super) fn any(seed: u64, id: u64) -> Asked {
    let mut lots = Lots(seed ^ (id << 20) ^ 0xa5);
    let kind = lots.next(20);
    if kind == 0 {
        return mistake(id);
    }
    let text = format!("The show must go on, and this is line {} of it.", lots.next(TEXTS));
    let format = ["mp3", "wav", "opus", "flac"][usize::try_from(lots.next(4)).unwrap_or_default()];
    let mut body = json!({ "model": "tts-1", "input": text, "response_format": format });
    if lots.next(2) == 0 {
        body["voice"] = json!("azure/en-US-AriaNeural");
    }
    if kind <= 2 {
        body["stream"] = json!(true);
    }
    let patience = (kind >= 18).then(|| Duration::from_millis(lots.next(400)));
    Asked { id: format!("chaos-{id}"), is_mistake: false, body, patience }
}

/// A request that nobody can fulfil.
pub(super) fn mistake(id: u64) -> Asked {
    let wrong = [
        json!({ "input": "" }),
        json!({ "input": "..." }),
        json!({ "input": "Too fast.", "speed": 9 }),
        json!({ "input": "No such form.", "response_format": "midi" }),
        json!({ "input": "Nobody.", "voice": "nowhere/nobody" }),
        json!({ "input": "No way.", "route": "lost" }),
    ];
    let wrong = &wrong[usize::try_from(id).unwrap_or_default() % wrong.len()];
    Asked { id: format!("mistake-{id}"), is_mistake: true, body: wrong.clone(), patience: None }
}

/// What became of it: `ok`, `left`, `refused`, `broken_off`, or the error's code.
pub(super) async fn one(daemon: &Daemon, asked: &Asked) -> String {
    let began = Instant::now();
    let answer = answered(daemon, asked);
    let outcome = match asked.patience {
        Some(patience) => timeout(patience, answer).await.unwrap_or_else(|_| "left".to_owned()),
        None => answer.await,
    };
    let time = began.elapsed();
    assert!(time <= DEADLINE + GRACE, "{}: {outcome} after {time:?}", asked.body);
    outcome
}

async fn answered(daemon: &Daemon, asked: &Asked) -> String {
    let request = daemon.post("/v1/audio/speech", &asked.body).header("x-request-id", &asked.id);
    let answer = request.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", asked.id));
    let (status, streamed) = (answer.status(), asked.body["stream"] == true);
    let body = answer.bytes().await;
    if status.is_success() {
        return match body {
            Ok(audio) => heard(&audio, &asked.body),
            Err(_) if streamed => "broken_off".to_owned(),
            Err(error) => panic!("an answer that looked whole broke off: {error}"),
        };
    }
    let error: Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
    for key in ["message", "type", "param", "code"] {
        assert!(error["error"].get(key).is_some(), "{key}: {error}");
    }
    assert_eq!(status == 400, asked.is_mistake, "{}: {error}", asked.body);
    if asked.is_mistake {
        return "refused".to_owned();
    }
    assert!(status == 429 || status.is_server_error(), "{status}: {error}");
    error["error"]["code"].as_str().expect("a code").to_owned()
}

/// Speech of about the right length, in the format that was asked for.
fn heard(audio: &[u8], asked: &Value) -> String {
    let encoding = sniff(audio).unwrap_or_else(|| panic!("no audio for {asked}"));
    let pcm = decode(audio, None).unwrap_or_else(|error| panic!("{encoding} for {asked}: {error}"));
    let seconds = pcm.duration().as_secs_f64();
    assert!((1.5..8.0).contains(&seconds), "{seconds} s for {asked}");
    "ok".to_owned()
}
