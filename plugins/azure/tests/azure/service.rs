//! The service as these tests play it: a voice list, REST, and the WebSocket.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use understudy_azure::Azure;
pub(crate) use understudy_microsoft_speech::testing::{
    Answer, Log, closed, header, metadata, opening, peer, play, said, tell,
};
use understudy_plugin::http::Request as Sent;
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::websocket::Event;
use understudy_plugin::{Request, http};

pub(crate) const HOST: &str = "westeurope.tts.speech.microsoft.com";
pub(crate) const JENNY: &str = "en-US-JennyNeural";
pub(crate) const AVA_HD: &str = "en-US-Ava:DragonHDLatestNeural";
pub(crate) const YUNXI: &str = "zh-CN-YunxiNeural";
/// Samples of a word, 200 ms at 24 kHz, in bytes.
pub(crate) const WORD_BYTES: usize = 9_600;
const WORD_TICKS: u64 = 2_000_000;

pub(crate) fn voices() -> Value {
    json!([
        { "DisplayName": "Katja", "ShortName": "de-DE-KatjaNeural", "Gender": "Female", "Locale": "de-DE",
          "SampleRateHertz": "24000", "VoiceType": "Neural", "Status": "GA", "WordsPerMinute": "128" },
        { "DisplayName": "Ava HD", "ShortName": AVA_HD, "Gender": "Female", "Locale": "en-US",
          "SampleRateHertz": "48000", "VoiceType": "NeuralHD", "Status": "Preview" },
        { "DisplayName": "Jenny", "ShortName": JENNY, "Gender": "Female", "Locale": "en-US",
          "StyleList": ["chat", "cheerful", "sad"], "SampleRateHertz": "24000", "VoiceType": "Neural", "Status": "GA" },
        { "DisplayName": "Yunxi", "ShortName": YUNXI, "Gender": "Male", "Locale": "zh-CN",
          "StyleList": ["newscast", "cheerful"], "RolePlayList": ["Narrator", "Boy"], "SampleRateHertz": "24000",
          "VoiceType": "Neural", "Status": "GA" },
    ])
}

/// A host with a key and a region.
pub(crate) fn host() -> Harness<Azure> {
    Harness::new().settings(json!({ "region": "westeurope" })).secret("api_key", "k1")
}

/// The voice list, and this for everything else.
pub(crate) fn listing(
    mut reply: impl FnMut(&Sent) -> Reply + 'static,
) -> impl FnMut(&Sent) -> Result<Reply, http::Error> {
    move |request| {
        Ok(if request.url.ends_with("/voices/list") { Reply::json(&voices()) } else { reply(request) })
    }
}

/// A host whose REST answers like this.
pub(crate) fn rest(reply: impl FnMut(&Sent) -> Reply + 'static) -> Harness<Azure> {
    host().http(listing(reply))
}

/// REST that speaks: two frames of MP3, or a tenth of a second of samples.
pub(crate) fn speaking() -> Harness<Azure> {
    rest(|request| match request.header_value("X-Microsoft-OutputFormat") {
        Some(format) if format.starts_with("raw") => Reply::ok([1, 0].repeat(2_400)),
        _ => Reply::ok(mp3()),
    })
}

/// A host whose WebSocket answers documents like this.
pub(crate) fn socket(answer: impl FnMut(&str, &str) -> Vec<Event> + 'static) -> (Harness<Azure>, Log) {
    let log = Log::default();
    let seen = log.clone();
    let answer: Answer = Rc::new(RefCell::new(answer));
    let harness =
        rest(|_| Reply::status(500)).websocket(move |handshake| Ok(peer(&seen, handshake, &answer)));
    (harness, log)
}

/// A turn of samples.
pub(crate) fn speaks(id: &str, document: &str) -> Vec<Event> {
    understudy_microsoft_speech::testing::speaks(id, document, &[1, 0].repeat(WORD_BYTES / 2), WORD_TICKS)
}

/// Two frames of MPEG-2 layer III, 24 kHz, mono, 96 kbit/s.
pub(crate) fn mp3() -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF3, 0xA4, 0xC4];
    frame.resize(288, 0);
    frame.repeat(2)
}

pub(crate) fn hello() -> Request {
    Request::text("Hello there.").voice(JENNY)
}

/// The documents a harness sent over REST.
pub(crate) fn documents(harness: &Harness<Azure>) -> Vec<String> {
    let sent = harness.requests().iter().filter(|request| request.method == "POST");
    sent.map(|request| String::from_utf8(request.body.clone().unwrap()).unwrap()).collect()
}
