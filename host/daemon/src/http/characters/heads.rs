//! What the head of a conversation says about it, for clients that want the file alone.
//!
//! The same headers as those of a single take, over all lines: who spoke is a list of providers, the
//! substituted are the characters that somebody else played in the whole scene or in a line of it, each
//! with its reason at the same place of the list. The whole account is in the JSON.

use std::sync::Arc;

use axum::response::Response;
use http::HeaderValue;
use understudy_engine::Conversation;

use crate::http::envelope::{Spoken, Who};
use crate::http::error::Dialect;
use crate::http::reply::{DROPPED, DURATION, IGNORED, PROVIDER, SUBSTITUTED, WHY, milliseconds, say};

/// Characters named in a header: a scene may have hundreds, and proxies refuse long heads.
const NAMED_MAX: usize = 32;

/// What is said of one conversation.
#[derive(Debug, PartialEq)]
pub(super) struct Heads {
    providers: Vec<String>,
    /// Characters, and why somebody else played them.
    substituted: Vec<(String, &'static str)>,
    dropped: Vec<String>,
    ignored: Vec<String>,
    duration_ms: u64,
}

impl Heads {
    pub(super) fn of(conversation: &Conversation, ignored: &[String]) -> Self {
        let Conversation { speakers, lines, .. } = conversation;
        let mut heads = Self {
            providers: Vec::new(),
            substituted: Vec::new(),
            dropped: Vec::new(),
            ignored: ignored.to_vec(),
            duration_ms: milliseconds(conversation.duration),
        };
        for speaker in speakers {
            heads.substitute(&speaker.character, speaker.substituted);
        }
        for line in lines {
            note(&mut heads.providers, &line.provider);
            let Some(told) = &line.provenance else { continue };
            told.dropped.iter().for_each(|field| note(&mut heads.dropped, Dialect::Characters.field(field)));
            let character = speakers.get(line.speaker).map(|speaker| speaker.character.as_str());
            heads.substitute(
                character.unwrap_or_default(),
                told.substituted.as_ref().map(|substituted| substituted.why),
            );
        }
        heads
    }

    fn substitute(&mut self, character: &str, why: Option<&'static str>) {
        let is_known = self.substituted.iter().any(|(known, _)| known == character);
        if let Some(why) = why.filter(|_| !is_known && self.substituted.len() < NAMED_MAX) {
            self.substituted.push((character.to_owned(), why));
        }
    }

    /// Writes the headers, and tells the log who spoke.
    pub(super) fn put_on(self, response: &mut Response) {
        let providers = self.providers.join(", ");
        let headers = response.headers_mut();
        say(headers, PROVIDER, &providers);
        let (characters, reasons): (Vec<String>, Vec<&str>) = self.substituted.into_iter().unzip();
        say(headers, SUBSTITUTED, &characters.join(", "));
        say(headers, WHY, &reasons.join(", "));
        say(headers, DROPPED, &self.dropped.join(","));
        say(headers, IGNORED, &self.ignored.join(","));
        headers.insert(DURATION, HeaderValue::from(self.duration_ms));
        response.extensions_mut().insert(Spoken(Arc::new(Who {
            provider: providers,
            voice: None,
            cache: None,
        })));
    }
}

fn note(list: &mut Vec<String>, item: &str) {
    if !list.iter().any(|known| known == item) {
        list.push(item.to_owned());
    }
}
