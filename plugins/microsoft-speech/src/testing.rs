//! The service's side of the WebSocket, for the tests of both plugins. Native targets only.
//!
//! It writes the frames as they were captured, and hears what a client says.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;
use understudy_plugin::testing::Peer;
use understudy_plugin::websocket::{CloseFrame, Event, Handshake};
use understudy_plugin::{ssml, text};

/// What was sent to the service.
#[derive(Debug, Default)]
pub struct Seen {
    /// Each connection's.
    pub handshakes: Vec<Handshake>,
    /// Header block and body of each message.
    pub messages: Vec<(String, String)>,
}

impl Seen {
    /// The documents that were to be spoken.
    #[must_use]
    pub fn documents(&self) -> Vec<&str> {
        let ssml = self.messages.iter().filter(|(head, _)| header(head, "Path") == Some("ssml"));
        ssml.map(|(_, body)| body.as_str()).collect()
    }
}

/// What was sent, shared between a test and its service.
pub type Log = Rc<RefCell<Seen>>;

/// What the service says to a document; the first text is the turn's id.
pub type Answer = Rc<RefCell<dyn FnMut(&str, &str) -> Vec<Event>>>;

/// The value of a header in a header block.
#[must_use]
pub fn header<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| *known == name).map(|(_, value)| value.trim())
}

/// The other end of one connection: hears everything, and answers documents.
pub fn peer(log: &Log, handshake: &Handshake, answer: &Answer) -> Peer {
    log.borrow_mut().handshakes.push(handshake.clone());
    let (log, answer) = (log.clone(), answer.clone());
    Peer::new().answers(move |event| {
        let Event::Text(message) = event else { return vec![closed(1003, "clients send text")] };
        let (head, body) = message.split_once("\r\n\r\n").unwrap_or((message, ""));
        log.borrow_mut().messages.push((head.to_owned(), body.to_owned()));
        match (header(head, "Path"), header(head, "X-RequestId")) {
            (Some("ssml"), Some(id)) => (answer.borrow_mut())(id, body),
            _ => Vec::new(),
        }
    })
}

/// The service hangs up.
#[must_use]
pub fn closed(code: u16, reason: &str) -> Event {
    Event::Closed(Some(CloseFrame { code, reason: reason.to_owned() }))
}

/// A text message. The service spells ids in upper case.
#[must_use]
pub fn tell(id: &str, path: &str, body: &str) -> Event {
    Event::Text(format!(
        "X-RequestId:{}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n{body}",
        id.to_uppercase()
    ))
}

/// A binary message; without audio it is the one that closes the stream.
#[must_use]
pub fn play(id: &str, audio: &[u8]) -> Event {
    let media = if audio.is_empty() { "" } else { "Content-Type:audio/mpeg\r\n" };
    frame(&format!("X-RequestId:{id}\r\n{media}X-StreamId:{id}\r\nPath:audio\r\n"), audio)
}

/// A binary message with this header block.
#[must_use]
pub fn frame(head: &str, audio: &[u8]) -> Event {
    let length = u16::try_from(head.len()).unwrap_or(u16::MAX).to_be_bytes();
    Event::Binary([&length, head.as_bytes(), audio].concat())
}

/// Metadata of several words: text, offset and duration in ticks.
#[must_use]
pub fn metadata(entries: &[(&str, u64, u64)]) -> String {
    let entry = |(text, offset, duration): &(&str, u64, u64)| {
        json!({ "Type": "WordBoundary", "Data": { "Offset": offset, "Duration": duration,
            "text": { "Text": text, "Length": text.chars().count(), "BoundaryType": "WordBoundary" } } })
    };
    format!("{:#}", json!({ "Metadata": entries.iter().map(entry).collect::<Vec<_>>() }))
}

/// What comes before the audio, and one message nobody knows.
#[must_use]
pub fn opening(id: &str) -> Vec<Event> {
    vec![
        tell(id, "turn.start", r#"{"context":{"serviceTag":"a"}}"#),
        tell(id, "response", r#"{"context":{"serviceTag":"a"},"audio":{"type":"inline","streamId":"b"}}"#),
        tell(id, "novelty", "not even json"),
    ]
}

/// The text of a document.
#[must_use]
pub fn said(document: &str) -> String {
    ssml::plain(document).map(|plain| plain.text().to_owned()).unwrap_or_default()
}

/// The whole of a turn: `audio` for each word, which takes `ticks`. Three words come at once, their
/// audio cut across its frames, and the last ones are told after the audio.
#[must_use]
pub fn speaks(id: &str, document: &str, audio: &[u8], ticks: u64) -> Vec<Event> {
    let text = said(document);
    let spoken = text::words(&text);
    let timed: Vec<_> = (0..).zip(&spoken).map(|(index, word)| (word.text, index * ticks, ticks)).collect();
    let mut events = opening(id);
    let mut groups = timed.chunks(3).peekable();
    let mut last = Vec::new();
    while let Some(words) = groups.next() {
        let audio = audio.repeat(words.len());
        let (one, other) = audio.split_at(100.min(audio.len()));
        events.extend([play(id, one), play(id, other)]);
        match groups.peek() {
            Some(_) => events.push(tell(id, "audio.metadata", &metadata(words))),
            None => last = words.to_vec(),
        }
    }
    events.extend([play(id, &[]), tell(id, "audio.metadata", &metadata(&last)), tell(id, "turn.end", "{}")]);
    events
}
