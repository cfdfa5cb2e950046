//! A conversation without the service's help: line by line, joined here.
//!
//! One of many lines is left to the host, which speaks them by calls of their own and keeps each: the
//! requests of one call are numbered, and one that dies of too many has bought all its lines for nothing.

use understudy_plugin::{Encoding, Error, Line, Request, Script, Summary, Take};

use crate::draft::Draft;
use crate::refusal::TEXT_CHARACTERS_MAX;
use crate::scene::{gap_after, mark, pause};
use crate::service::Service;
use crate::speech::Call;
use crate::words::Words;

/// The most orders of one conversation. Each is two requests, and four where all are tried again; the
/// host lets a call make 200.
const ORDERS_MAX: usize = 40;

/// Performs a script by one order a line.
pub(crate) fn perform(service: &Service, script: &Script, take: &mut Take) -> Result<Summary, Error> {
    let orders = script.lines.iter().map(orders_of).sum::<usize>();
    if orders > ORDERS_MAX {
        return Err(Error::unsupported(format!("a conversation of more than {ORDERS_MAX} orders: {orders}")));
    }
    let mut call = Call::new(service);
    // Where the line begins in what marks point into: the lines joined by line feeds.
    let mut offset = 0;
    let last = script.lines.len().saturating_sub(1);
    for (index, line) in script.lines.iter().enumerate() {
        take.heard()?;
        let start_ms = take.audio_ms().unwrap_or(0);
        let mut draft = Draft::new(service, &request(script, line), line.character.clone())?;
        if last > 0 {
            draft.take_samples();
        }
        let mut words = script.words.then(|| Words::new(&line.text, offset));
        offset += line.text.len() + 1;
        call.speak(&mut draft, &line.text, &mut words, take)?;
        let end_ms = take.audio_ms().or_else(|| by_bit_rate(take)).unwrap_or(start_ms);
        call.end(words, Some(end_ms), take)?;
        take.line(mark(index, start_ms, end_ms))?;
        if index < last {
            pause(take, gap_after(script, index))?;
        }
    }
    // Who spoke is no single character.
    call.character = call.character.filter(|_| one_speaker(script));
    call.finish(take)
}

/// How many orders a line takes, at least.
fn orders_of(line: &Line) -> usize {
    line.text.chars().count().div_ceil(TEXT_CHARACTERS_MAX as usize)
}

fn one_speaker(script: &Script) -> bool {
    script.lines.windows(2).all(|pair| matches!(pair, [one, other] if one.character == other.character))
}

/// The length of a single line that came as a file.
fn by_bit_rate(take: &Take) -> Option<u64> {
    let bits = take.audio_bytes().saturating_mul(8);
    bits.saturating_mul(1_000).checked_div(u64::from(take.format()?.bit_rate?))
}

/// A line as a request of its own.
fn request(script: &Script, line: &Line) -> Request {
    let mut request = Request::text(&line.text);
    request.emotion.clone_from(&line.emotion);
    request.intensity = line.intensity;
    request.language.clone_from(&script.language);
    request.encodings =
        if script.encodings.is_empty() { vec![Encoding::Mp3] } else { script.encodings.clone() };
    request.sample_rate = script.sample_rate;
    request.words = script.words;
    request.options = script.options.clone().map(|mut options| {
        // These are of the conversation, and no single order knows them.
        for name in ["scene", "conversation_type"] {
            options.remove(name);
        }
        options
    });
    request
}
