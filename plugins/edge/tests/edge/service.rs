//! The service as these tests play it.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;
use understudy_edge::Edge;
pub(crate) use understudy_microsoft_speech::testing::{
    Answer, Log, closed, frame, metadata, opening, peer, play, said, tell,
};
use understudy_plugin::Request;
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::websocket::{self, Event};

/// One frame of MPEG-2 layer III, 24 kHz, mono, 48 kbit/s: 24 ms.
pub(crate) fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF3, 0x64, 0xC4];
    frame.resize(144, 0);
    frame.repeat(frames)
}

/// Frames of audio for each word, and its time.
pub(crate) const FRAMES_PER_WORD: usize = 10;
const WORD_TICKS: u64 = 2_400_000;

/// A host with the service behind it: `answer` speaks each document.
pub(crate) fn served(answer: impl FnMut(&str, &str) -> Vec<Event> + 'static) -> (Harness<Edge>, Log) {
    let log = Log::default();
    let seen = log.clone();
    let answer: Answer = Rc::new(RefCell::new(answer));
    let harness = Harness::new()
        .http(|_| Ok(Reply::json(&voices())))
        .websocket(move |handshake| Ok(peer(&seen, handshake, &answer)));
    (harness, log)
}

/// A host whose handshakes end like this.
pub(crate) fn refused(error: websocket::Error) -> Harness<Edge> {
    Harness::new().http(|_| Ok(Reply::json(&voices()))).websocket(move |_| Err(error.clone()))
}

/// A host whose service hangs up on every document.
pub(crate) fn hanging_up(code: u16, reason: &'static str) -> Harness<Edge> {
    served(move |_, _| vec![closed(code, reason)]).0
}

pub(crate) fn hello() -> Request {
    Request::text("Hello there.").voice("en-US-AriaNeural")
}

/// The whole of a turn: ten frames a word.
pub(crate) fn speaks(id: &str, document: &str) -> Vec<Event> {
    understudy_microsoft_speech::testing::speaks(id, document, &mp3(FRAMES_PER_WORD), WORD_TICKS)
}

pub(crate) fn voices() -> serde_json::Value {
    let voice = |name: &str, gender: &str| {
        let (locale, short) = name.rsplit_once('-').unwrap();
        json!({ "Name": format!("Microsoft Server Speech Text to Speech Voice ({locale}, {short})"), "ShortName": name,
            "Gender": gender, "Locale": locale, "SuggestedCodec": "audio-24khz-48kbitrate-mono-mp3",
            "FriendlyName": format!("Microsoft {short} Online (Natural) - {locale}"), "Status": "GA" })
    };
    json!([
        voice("de-AT-IngridNeural", "Female"),
        voice("de-DE-KatjaNeural", "Female"),
        voice("en-US-AriaNeural", "Female"),
        voice("en-US-EmmaMultilingualNeural", "Female"),
        voice("en-US-GuyNeural", "Male"),
        voice("zh-CN-liaoning-XiaobeiNeural", "Female"),
    ])
}
