//! Listening to one call, and to when what arrives.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, timeout};
use understudy_sandbox::Plugin;
use understudy_speech::{
    AudioFormat, Call, Failure, Provider, Request, Summary, TakeEvent, Word, take_channel,
};

/// How long a call may take: as long as an impatient client waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Events the plugin may be ahead.
const BUFFER: usize = 4;

/// What came of a call.
pub(crate) struct Heard {
    pub(crate) outcome: Result<Summary, Failure>,
    pub(crate) begun: Option<AudioFormat>,
    pub(crate) audio: Bytes,
    pub(crate) words: Vec<Word>,
    /// Audio arrived while the plugin was still speaking.
    pub(crate) early: bool,
}

pub(crate) fn call(patience: Duration) -> Call {
    Call { request_id: "conformance".into(), deadline: Instant::now() + patience }
}

/// Has a request spoken and listens to the end.
pub(crate) async fn hear(plugin: &Plugin, request: Request) -> Heard {
    hear_within(plugin, request, PATIENCE).await
}

/// The same with a deadline of one's own.
pub(crate) async fn hear_within(plugin: &Plugin, request: Request, patience: Duration) -> Heard {
    let (sink, mut stream) = take_channel(BUFFER);
    let mut speaking = std::pin::pin!(plugin.synthesize(call(patience), Arc::new(request), sink));
    let (mut begun, mut audio, mut words, mut early) = (None, BytesMut::new(), Vec::new(), false);
    let mut outcome = None;
    loop {
        let event = tokio::select! {
            biased;
            event = stream.next() => event,
            ended = &mut speaking, if outcome.is_none() => {
                outcome = Some(ended);
                continue;
            }
        };
        match event {
            Some(TakeEvent::Begin(found)) => begun = Some(found),
            Some(TakeEvent::Audio(piece)) => {
                early |= outcome.is_none();
                audio.extend_from_slice(&piece);
            }
            Some(TakeEvent::Words(found)) => words.extend(found),
            Some(TakeEvent::Line(_)) => {}
            None => break,
        }
    }
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => speaking.await,
    };
    Heard { outcome, begun, audio: audio.freeze(), words, early }
}

/// Listens until the first audio and hangs up; true when there was any.
pub(crate) async fn hang_up(plugin: &Plugin, request: Request) -> bool {
    let (sink, mut stream) = take_channel(1);
    let speaking = plugin.synthesize(call(PATIENCE), Arc::new(request), sink);
    let listening = async {
        while let Some(event) = stream.next().await {
            if matches!(event, TakeEvent::Audio(_)) {
                return true;
            }
        }
        false
    };
    // Whichever ends first, the other is dropped with it.
    tokio::select! {
        heard = listening => heard,
        _ = speaking => false,
    }
}

/// Asks for speech that nobody hears from the first push on; true when the call ends by then.
pub(crate) async fn stops_unheard(plugin: &Plugin, request: Request, patience: Duration) -> bool {
    let (sink, stream) = take_channel(BUFFER);
    drop(stream);
    timeout(patience, plugin.synthesize(call(PATIENCE), Arc::new(request), sink)).await.is_ok()
}
