//! The service as a test plays it: it reads what a client sends as the real one does, and answers
//! with frames of the captured layout.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;
use understudy_edge::Edge;
use understudy_plugin::testing::{Harness, Peer, Reply};
use understudy_plugin::websocket::{self, CloseFrame, Event, Handshake};
use understudy_plugin::{Request, text};

/// One frame of MPEG-2 layer III, 24 kHz, mono, 48 kbit/s: 24 ms.
pub(crate) fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF3, 0x64, 0xC4];
    frame.resize(144, 0);
    frame.repeat(frames)
}

/// Frames of audio for each word, and the words' times within them.
pub(crate) const FRAMES_PER_WORD: usize = 10;
const WORD_TICKS: u64 = 2_400_000;

/// What was sent to the service.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) handshakes: Vec<Handshake>,
    /// Header block and body of each message.
    pub(crate) messages: Vec<(String, String)>,
}

impl Seen {
    /// The documents that were to be spoken.
    pub(crate) fn documents(&self) -> Vec<&str> {
        let ssml = self.messages.iter().filter(|(head, _)| head.ends_with("Path:ssml"));
        ssml.map(|(_, body)| body.as_str()).collect()
    }
}

pub(crate) type Log = Rc<RefCell<Seen>>;

/// What the service does with the document of a turn; the id is the turn's.
pub(crate) type Answer = dyn FnMut(&str, &str) -> Vec<Event>;

/// A host with the service behind it: `answer` speaks each document.
pub(crate) fn served(mut answer: impl FnMut(&str, &str) -> Vec<Event> + 'static) -> (Harness<Edge>, Log) {
    let log = Log::default();
    let seen = log.clone();
    let answer: Rc<RefCell<Answer>> =
        Rc::new(RefCell::new(move |id: &str, document: &str| answer(id, document)));
    let harness = Harness::new().http(|_| Ok(Reply::json(&voices()))).websocket(move |handshake| {
        seen.borrow_mut().handshakes.push(handshake.clone());
        Ok(peer(seen.clone(), answer.clone()))
    });
    (harness, log)
}

fn peer(log: Log, answer: Rc<RefCell<Answer>>) -> Peer {
    Peer::new().answers(move |event| {
        let Event::Text(message) = event else { unreachable!("clients send text") };
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        log.borrow_mut().messages.push((head.to_owned(), body.to_owned()));
        match head.split("\r\n").find_map(|line| line.strip_prefix("X-RequestId:")) {
            Some(id) if head.ends_with("Path:ssml") => answer.borrow_mut()(id, body),
            _ => Vec::new(),
        }
    })
}

/// A host whose handshakes end like this.
pub(crate) fn refused(error: websocket::Error) -> Harness<Edge> {
    Harness::new().http(|_| Ok(Reply::json(&voices()))).websocket(move |_| Err(error.clone()))
}

/// A host whose service hangs up on every document.
pub(crate) fn hanging_up(code: u16, reason: &'static str) -> Harness<Edge> {
    served(move |_, _| vec![closed(code, reason)]).0
}

pub(crate) fn closed(code: u16, reason: &str) -> Event {
    Event::Closed(Some(CloseFrame { code, reason: reason.to_owned() }))
}

pub(crate) fn hello() -> Request {
    Request::text("Hello there.").voice("en-US-AriaNeural")
}

/// The text of a document.
pub(crate) fn said(document: &str) -> String {
    understudy_plugin::ssml::plain(document).unwrap().text().to_owned()
}

/// A text message of the service.
pub(crate) fn tell(id: &str, path: &str, body: &str) -> Event {
    Event::Text(format!(
        "X-RequestId:{}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n{body}",
        id.to_uppercase()
    ))
}

/// A binary message of the service; without audio it is the one that closes the stream.
pub(crate) fn play(id: &str, audio: &[u8]) -> Event {
    let media = if audio.is_empty() { "" } else { "Content-Type:audio/mpeg\r\n" };
    frame(&format!("X-RequestId:{id}\r\n{media}X-StreamId:{id}\r\nPath:audio\r\n"), audio)
}

pub(crate) fn frame(head: &str, audio: &[u8]) -> Event {
    let length = u16::try_from(head.len()).unwrap().to_be_bytes();
    Event::Binary([&length, head.as_bytes(), audio].concat())
}

/// Metadata of several words at once.
pub(crate) fn words(entries: &[(&str, u64, u64)]) -> String {
    let entry = |(text, offset, duration): &(&str, u64, u64)| {
        json!({ "Type": "WordBoundary", "Data": { "Offset": offset, "Duration": duration,
            "text": { "Text": text, "Length": text.chars().count(), "BoundaryType": "WordBoundary" } } })
    };
    serde_json::to_string_pretty(&json!({ "Metadata": entries.iter().map(entry).collect::<Vec<_>>() }))
        .unwrap()
}

pub(crate) fn opening(id: &str) -> Vec<Event> {
    vec![
        tell(id, "turn.start", r#"{"context":{"serviceTag":"a"}}"#),
        tell(id, "response", r#"{"context":{"serviceTag":"a"},"audio":{"type":"inline","streamId":"b"}}"#),
        tell(id, "novelty", "not even json"),
    ]
}

/// The whole of a turn: ten frames a word, its words three to a message, the last after the audio.
pub(crate) fn speaks(id: &str, document: &str) -> Vec<Event> {
    let text = said(document);
    let spoken = text::words(&text);
    let timed: Vec<_> =
        (0..).zip(&spoken).map(|(index, word)| (word.text, index * WORD_TICKS, WORD_TICKS)).collect();
    let mut events = opening(id);
    for (index, entries) in timed.chunks(3).enumerate() {
        let audio = mp3(FRAMES_PER_WORD * entries.len());
        // Frames of MP3 do not respect those of the protocol.
        let (one, other) = audio.split_at(100);
        events.extend([play(id, one), play(id, other)]);
        if (index + 1) * 3 < timed.len() {
            events.push(tell(id, "audio.metadata", &words(entries)));
        }
    }
    let last = timed.chunks(3).next_back().unwrap_or_default();
    events.extend([play(id, &[]), tell(id, "audio.metadata", &words(last)), tell(id, "turn.end", "{}")]);
    events
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
        voice("en-US-GuyNeural", "Male"),
        voice("zh-CN-liaoning-XiaobeiNeural", "Female"),
    ])
}
