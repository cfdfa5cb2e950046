//! Speech: one text by one character, in as many pieces as it takes.

use serde_json::Value;
use understudy_plugin::text::{Piece, split};
use understudy_plugin::{Character, Error, Request, Summary, Take, TextLimit, WordTimes, log};

use crate::audio::{self, Audio};
use crate::cast::{self, Member};
use crate::draft::Draft;
use crate::receipt::Receipt;
use crate::refusal::{self, TEXT_CHARACTERS_MAX};
use crate::service::{Answer, Failure, Service};
use crate::words::Words;

const SYNTHESIZE: &str = "/synthesize";
/// How often an order may be lowered: once for each member that can be.
const LOWERED_MAX: usize = 8;

/// Who speaks: the character, the voice, the operator's choice, else the first that suits.
pub(crate) fn speaker(service: &Service, request: &Request) -> Result<String, Error> {
    let named = request.character.as_ref().or(request.voice.as_ref());
    if let Some(id) = named.or(service.settings.character.as_ref()).filter(|id| !id.is_empty()) {
        return Ok(id.clone());
    }
    let cast = cast::read(service)?;
    let active = || cast.iter().filter(|member| member.is_active());
    let found = match &request.language {
        Some(language) => active().find(|member| member.speaks(language)),
        None => active().next(),
    };
    let found = found.map(|member| member.character_id.clone());
    found.ok_or_else(|| match &request.language {
        Some(language) => Error::unsupported(format!("the language: {language}")),
        None => Error::unsupported("speech without a character, for the account has none"),
    })
}

/// What one call has come to so far.
#[derive(Debug)]
pub(crate) struct Call<'call> {
    pub(crate) service: &'call Service,
    pub(crate) billed: Option<u32>,
    pub(crate) request_id: Option<String>,
    pub(crate) character: Option<Character>,
    pub(crate) scores: Vec<f64>,
    /// Words were marked.
    marked: bool,
}

impl<'call> Call<'call> {
    pub(crate) const fn new(service: &'call Service) -> Self {
        Self { service, billed: None, request_id: None, character: None, scores: Vec::new(), marked: false }
    }

    /// Speaks a text of any length into the take.
    pub(crate) fn speak(
        &mut self,
        draft: &mut Draft,
        text: &str,
        words: &mut Option<Words<'_>>,
        take: &mut Take,
    ) -> Result<(), Error> {
        let pieces = pieces(text, TEXT_CHARACTERS_MAX);
        if pieces.len() > 1 {
            draft.take_samples();
        }
        for piece in pieces {
            match self.say(draft, piece.text, words, take) {
                Err(Error::TextTooLong(limit)) if !limit.allows(piece.text) => {
                    draft.take_samples();
                    for part in self::pieces(piece.text, limit.maximum) {
                        self.say(draft, part.text, words, take)?;
                    }
                }
                said => said?,
            }
        }
        Ok(())
    }

    fn say(
        &mut self,
        draft: &mut Draft,
        text: &str,
        words: &mut Option<Words<'_>>,
        take: &mut Take,
    ) -> Result<(), Error> {
        let start_ms = take.audio_ms().unwrap_or(0);
        let (body, receipt, answer) = self.order(draft, text)?;
        let Some(audio) = Audio::read(&answer.document, "audio_url") else {
            receipt.close();
            return Err(Error::NoAudio);
        };
        let (service, character) = (self.service, draft.character.clone());
        let mut again = || {
            let answer = service.post(SYNTHESIZE, &body, &receipt.key);
            let answer = answer.map_err(|failure| of_failure(failure, &character))?;
            Audio::read(&answer.document, "audio_url").ok_or(Error::NoAudio)
        };
        let delivered = audio::deliver(service, audio, take, &mut again);
        // What is wrong with the audio would be wrong again under the same key.
        if !matches!(delivered, Err(Error::Unavailable(_) | Error::TimedOut | Error::RateLimited { .. })) {
            receipt.close();
        }
        delivered?;
        self.note(&answer);
        if let Some(words) = words {
            words.hear(answer.document.get("words"), start_ms);
            words.give(take)?;
        }
        Ok(())
    }

    /// Orders a text, asking for less where the service has less.
    fn order(&mut self, draft: &mut Draft, text: &str) -> Result<(Value, Receipt, Answer), Error> {
        for _ in 0..LOWERED_MAX {
            let body = draft.body(text);
            let receipt = Receipt::of(SYNTHESIZE, &body);
            let failure = match self.service.post(SYNTHESIZE, &body, &receipt.key) {
                Ok(answer) => return Ok((body, receipt, answer)),
                Err(failure) => failure,
            };
            let Failure::Refused(complaint) = &failure else {
                return Err(of_failure(failure, &draft.character));
            };
            let passing = complaint.status == 429 || complaint.status >= 500;
            if !passing {
                receipt.close();
            }
            if !draft.lower(complaint, &self.service.settings) {
                return Err(of_failure(failure, &draft.character));
            }
        }
        Err(Error::protocol("service refuses every order, however little is asked for"))
    }

    /// Notes what an answer says beside its audio.
    fn note(&mut self, answer: &Answer) {
        let document = &answer.document;
        self.bill(document);
        let told = document.get("request_id").and_then(Value::as_str).map(str::to_owned);
        self.request_id = self.request_id.take().or(told).or_else(|| answer.request_id.clone());
        self.scores.extend(document.get("emotion_score").and_then(Value::as_f64));
        let told = document.get("character_info").and_then(Member::read);
        if told.is_none() || document.get("duration").is_none() {
            log::debug("answer lacks what it should have beside the audio", &[]);
        }
        self.character = told.map(|member| member.character()).or(self.character.take());
    }

    /// Notes what an answer says it cost.
    pub(crate) fn bill(&mut self, document: &Value) {
        let characters = document.pointer("/usage/characters").and_then(Value::as_u64);
        if let Some(characters) = characters.and_then(|characters| u32::try_from(characters).ok()) {
            self.billed = Some(self.billed.unwrap_or(0).saturating_add(characters));
        }
    }

    /// Hands on the last words of a text.
    pub(crate) fn end(
        &mut self,
        words: Option<Words<'_>>,
        end_ms: Option<u64>,
        take: &mut Take,
    ) -> Result<(), Error> {
        if let Some(words) = words {
            self.marked |= words.finish(end_ms, take)?;
        }
        Ok(())
    }

    /// Sums up.
    pub(crate) fn finish(self, take: &Take) -> Result<Summary, Error> {
        let mut summary = take.summary()?;
        summary.word_times = self.marked.then_some(WordTimes::Native);
        summary.characters_billed = self.billed;
        summary.request_id = self.request_id;
        summary.character = self.character;
        if !self.scores.is_empty() {
            let mean = self.scores.iter().sum::<f64>() / self.scores.len() as f64;
            #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
            let mean = mean.clamp(0.0, 1.0) as f32;
            summary.emotion_score = Some(mean).filter(|mean| mean.is_finite());
        }
        Ok(summary)
    }
}

/// The whole text when it fits, untouched; else its parts.
fn pieces(text: &str, characters_max: u32) -> Vec<Piece<'_>> {
    let limit = TextLimit::characters(characters_max);
    if limit.allows(text) {
        return vec![Piece { text, start: 0 }];
    }
    let speakable = split(text, limit).into_iter().filter(Piece::is_speakable);
    speakable.map(|piece| piece.trimmed()).collect()
}

fn of_failure(failure: Failure, character: &str) -> Error {
    match failure {
        Failure::Refused(complaint) => refusal::of_speech(&complaint, &[character]),
        Failure::Failed(error) => error,
    }
}
