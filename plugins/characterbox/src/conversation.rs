//! A conversation the service performs as a whole: at once, or as a job that is polled.
//!
//! A job that nobody waits for any more is cancelled, for it is paid for and keeps a place. The plugin
//! learns of that when it asks whether it is heard; a host that ends the call at its deadline leaves no
//! time for it, so the plugin's own patience should end first.

use std::time::Duration;

use serde_json::Value;
use understudy_plugin::http::Complaint;
use understudy_plugin::{Error, Script, Summary, Take, clock, log, memo};

use crate::audio::{self, Audio};
use crate::order;
use crate::receipt::Receipt;
use crate::refusal;
use crate::scene::{gap_after, mark, pause};
use crate::service::{Answer, Failure, Service};
use crate::settings::Delivery;
use crate::speech::Call;
use crate::words::Words;

const CONVERSATIONS: &str = "/conversations";
/// Remembers that the service has none.
const MISSING: &str = "conversations-missing";
const MISSING_TTL: Duration = Duration::from_secs(60 * 60);
/// Between two polls: when the service does not say, and what is believed of it.
const POLL_AFTER: Duration = Duration::from_secs(2);
const POLL_AFTER_MIN: Duration = Duration::from_millis(100);
const POLL_AFTER_MAX: Duration = Duration::from_secs(30);
/// The most parts that are fetched; the host lets a call make 200 requests, polls and retries included.
const PARTS_MAX: usize = 120;
/// The most polls of one job, for the same reason.
const POLLS_MAX: u32 = 60;
/// How long nobody may have left without it being noticed.
const ATTENTION: Duration = Duration::from_secs(1);

/// Performs a script; nothing when this service cannot, and it has to be done line by line.
pub(crate) fn perform(service: &Service, script: &Script, take: &mut Take) -> Result<Option<Summary>, Error> {
    // A conversation is always fetched by URL, which is what inline delivery is set to avoid.
    let is_wanted = service.settings.conversations && service.settings.delivery == Delivery::Url;
    if !is_wanted || !order::fits(script) || memo::get(MISSING).is_some() {
        return Ok(None);
    }
    let conversation = Conversation { service, script, cast: order::cast(script) };
    let Some((body, receipt, answer)) = conversation.order()? else { return Ok(None) };
    let outcome = conversation.deliver(&body, &receipt, answer, take);
    if !matches!(outcome, Err(Error::Unavailable(_) | Error::TimedOut | Error::RateLimited { .. })) {
        receipt.close();
    }
    outcome.map(Some)
}

/// A conversation that was bought and cannot be joined: the next one is not bought.
fn remember_useless(error: &Error) {
    if matches!(error, Error::Unsupported(_)) {
        remember_missing();
    }
}

fn remember_missing() {
    if let Err(error) = memo::set(MISSING, b"1", MISSING_TTL) {
        log::debug("missing conversations were not remembered", &[("reason", &error)]);
    }
}

struct Conversation<'call> {
    service: &'call Service,
    script: &'call Script,
    cast: Vec<&'call str>,
}

/// What to do about a refused order.
enum Turn {
    /// Ask again with the first document's members alone.
    Bare,
    /// Do without the service's conversations.
    Alone,
    Fail(Error),
}

impl Conversation<'_> {
    /// Places the order. Nothing when the service has no conversations, or not this one.
    fn order(&self) -> Result<Option<(Value, Receipt, Answer)>, Error> {
        for bare in [false, true] {
            let body = order::body(self.service, self.script, bare)?;
            let receipt = Receipt::of(CONVERSATIONS, &body);
            let complaint = match self.service.post(CONVERSATIONS, &body, &receipt.key) {
                Ok(answer) => return Ok(Some((body, receipt, answer))),
                Err(Failure::Failed(error)) => return Err(error),
                Err(Failure::Refused(complaint)) => complaint,
            };
            // What may pass keeps its key, for whoever tries again.
            let passing = complaint.status == 429 || complaint.status >= 500 && complaint.status != 501;
            if !passing {
                receipt.close();
            }
            match self.turn(&complaint, bare) {
                Turn::Bare => {
                    log::warn("service is asked in its first words", &[("reason", &complaint.message)]);
                }
                Turn::Alone => return Ok(None),
                Turn::Fail(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn turn(&self, complaint: &Complaint, bare: bool) -> Turn {
        let param = complaint.param.as_deref().unwrap_or_default();
        let is_option = self.script.options.as_ref().is_some_and(|options| options.contains_key(param));
        let about_character = complaint.is(&["character_not_found"]) || complaint.says("character");
        match complaint.status {
            405 | 501 => self.missing(),
            404 if !about_character => self.missing(),
            // Line by line, what is too long is split and what a character lacks is done without.
            413 => Turn::Alone,
            _ if complaint.is(&["unsupported_emotion", "unsupported_language"])
                && self.service.settings.downgrade =>
            {
                Turn::Alone
            }
            _ if complaint.is(&["invalid_field", "unsupported_format"]) && !is_option && !bare => {
                if order::is_writable(self.script) {
                    Turn::Bare
                } else {
                    Turn::Alone
                }
            }
            _ => Turn::Fail(refusal::of_speech(complaint, &self.cast)),
        }
    }

    fn missing(&self) -> Turn {
        log::info("service has no conversations, they are performed line by line", &[]);
        remember_missing();
        Turn::Alone
    }

    /// Waits for what was ordered, and hands it on.
    fn deliver(
        &self,
        body: &Value,
        receipt: &Receipt,
        answer: Answer,
        take: &mut Take,
    ) -> Result<Summary, Error> {
        let answer = self.completed(answer, take)?;
        let document = &answer.document;
        let segments = self.segments(document)?;
        let spans = match Audio::read(document, "combined_audio_url") {
            Some(audio) => {
                let mut again =
                    || self.again(body, receipt, |document| Audio::read(document, "combined_audio_url"));
                audio::deliver(self.service, audio, take, &mut again)?;
                told_spans(self.script, document, &segments, take.audio_ms())
            }
            None => self.join(body, receipt, &segments, take)?,
        };
        let mut call = Call::new(self.service);
        let mut offset = 0;
        let rows = self.script.lines.iter().zip(&segments).zip(&spans).enumerate();
        for (index, ((line, segment), (start_ms, end_ms))) in rows {
            let mut words = self.script.words.then(|| Words::new(&line.text, offset));
            offset += line.text.len() + 1;
            if let Some(words) = &mut words {
                words.hear(segment.get("words"), *start_ms);
            }
            call.end(words, Some(*end_ms), take)?;
            take.line(mark(index, *start_ms, *end_ms))?;
            call.scores.extend(segment.get("emotion_score").and_then(Value::as_f64));
        }
        call.bill(document);
        let told = document.get("request_id").or_else(|| document.get("conversation_id"));
        call.request_id = told.and_then(Value::as_str).map(str::to_owned).or(answer.request_id);
        call.finish(take)
    }

    /// The segments, one a line.
    fn segments(&self, document: &Value) -> Result<Vec<Value>, Error> {
        let listed = document.get("segments").or_else(|| document.get("audio_segments"));
        let segments = listed.and_then(Value::as_array).cloned().unwrap_or_default();
        if segments.len() == self.script.lines.len() {
            return Ok(segments);
        }
        let (told, wanted) = (segments.len(), self.script.lines.len());
        Err(Error::protocol(format!(
            "conversation has another number of segments than of lines: {told}, {wanted}"
        )))
    }

    /// Joins the segments of a conversation that came in parts; when each is heard, in milliseconds.
    fn join(
        &self,
        body: &Value,
        receipt: &Receipt,
        segments: &[Value],
        take: &mut Take,
    ) -> Result<Vec<(u64, u64)>, Error> {
        if segments.len() > PARTS_MAX {
            remember_missing();
            return Err(Error::unsupported(format!("a conversation of more than {PARTS_MAX} parts")));
        }
        let mut spans = Vec::with_capacity(segments.len());
        for (index, segment) in segments.iter().enumerate() {
            if index > 0 {
                pause(take, gap_after(self.script, index - 1)).inspect_err(remember_useless)?;
            }
            let start_ms = take.audio_ms().unwrap_or(0);
            let audio = Audio::read(segment, "audio_url").ok_or(Error::NoAudio)?;
            let mut again = || {
                self.again(body, receipt, |document| {
                    Audio::read(self.segments(document).ok()?.get(index)?, "audio_url")
                })
            };
            audio::deliver(self.service, audio, take, &mut again)?;
            spans.push((start_ms, take.audio_ms().unwrap_or(start_ms)));
        }
        Ok(spans)
    }

    /// The same conversation under the same key, for URLs that are fresh.
    fn again(
        &self,
        body: &Value,
        receipt: &Receipt,
        find: impl Fn(&Value) -> Option<Audio>,
    ) -> Result<Audio, Error> {
        let answer = self.service.post(CONVERSATIONS, body, &receipt.key);
        let answer = answer.map_err(|failure| self.of_failure(failure))?;
        find(&answer.document).ok_or(Error::NoAudio)
    }

    /// Polls until the conversation is there; takes it back when nobody waits for it any more.
    fn completed(&self, mut answer: Answer, take: &Take) -> Result<Answer, Error> {
        let begun = clock::now();
        loop {
            let text = |name: &str| answer.document.get(name).and_then(Value::as_str);
            match text("status").unwrap_or("completed") {
                "processing" | "queued" | "pending" => {}
                "failed" => return Err(refusal::of_failed(answer.document.get("error"), &self.cast)),
                "canceled" | "cancelled" => {
                    return Err(Error::unavailable("conversation was cancelled by the service"));
                }
                _ => return Ok(answer),
            }
            let id = text("conversation_id").filter(|id| is_id(id));
            let id = id
                .ok_or_else(|| Error::protocol("conversation is processing and has no usable id"))?
                .to_owned();
            let pace = self.service.settings.max_conversation_wait() / POLLS_MAX;
            let polled = self.sit(poll_after(&answer.document).max(pace), begun, take).and_then(|()| {
                let request = self.service.request("GET", &format!("{CONVERSATIONS}/{id}"));
                self.service.ask(&request).map_err(|failure| self.of_failure(failure))
            });
            match polled {
                Ok(next) => answer = next,
                Err(error) => {
                    self.cancel(&id);
                    return Err(error);
                }
            }
        }
    }

    /// Waits for the next poll, with an ear to the house.
    fn sit(&self, wait: Duration, begun: Duration, take: &Take) -> Result<(), Error> {
        let until = clock::now() + wait;
        let patience = begun + self.service.settings.max_conversation_wait();
        loop {
            take.heard()?;
            let now = clock::now();
            if now >= patience {
                return Err(Error::TimedOut);
            }
            let left = until.min(patience).saturating_sub(now);
            if left.is_zero() {
                return Ok(());
            }
            clock::wait(left.min(ATTENTION));
        }
    }

    /// Takes a conversation back. It is tried once: whoever waited is gone.
    fn cancel(&self, id: &str) {
        let request = self.service.request("DELETE", &format!("{CONVERSATIONS}/{id}"));
        match request.send() {
            Ok(response) => log::info("conversation was cancelled", &[("status", &response.status())]),
            Err(error) => log::warn("conversation could not be cancelled", &[("reason", &error)]),
        }
    }

    fn of_failure(&self, failure: Failure) -> Error {
        match failure {
            Failure::Refused(complaint) if complaint.is(&["conversation_not_found"]) => {
                Error::unavailable("conversation was lost by the service")
            }
            Failure::Refused(complaint) => refusal::of_speech(&complaint, &self.cast),
            Failure::Failed(error) => error,
        }
    }
}

fn poll_after(document: &Value) -> Duration {
    let told = document.get("poll_after").and_then(Value::as_f64);
    let told = told.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    told.map_or(POLL_AFTER, |told| told.clamp(POLL_AFTER_MIN, POLL_AFTER_MAX))
}

fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// When each line is heard by the service's own account, in milliseconds, within audio of this length
/// if it is known. A service that tells no starts has what its lines leave of the whole between them, in
/// equal gaps; one that does not tell the whole either is taken to keep to the script's pauses.
fn told_spans(
    script: &Script,
    document: &Value,
    segments: &[Value],
    audio_ms: Option<u64>,
) -> Vec<(u64, u64)> {
    let end = audio_ms.unwrap_or(u64::from(u32::MAX));
    let lengths: Vec<u64> =
        segments.iter().map(|segment| milliseconds(segment, "duration").unwrap_or(0)).collect();
    let gaps = u64::try_from(segments.len().saturating_sub(1)).unwrap_or(0);
    let whole = audio_ms.or_else(|| milliseconds(document, "total_duration"));
    let between = whole.and_then(|whole| whole.saturating_sub(lengths.iter().sum()).checked_div(gaps));
    let mut spans: Vec<(u64, u64)> = Vec::with_capacity(segments.len());
    let mut next = 0;
    for (index, (segment, length)) in segments.iter().zip(lengths).enumerate() {
        let before = spans.last().map_or(0, |(start, _)| *start);
        let start = milliseconds(segment, "start").unwrap_or(next).clamp(before, end.max(before));
        let stop = start.saturating_add(length).min(end).max(start);
        spans.push((start, stop));
        next = stop + between.unwrap_or_else(|| u64::from(gap_after(script, index)));
    }
    spans
}

/// A member in seconds.
fn milliseconds(object: &Value, name: &str) -> Option<u64> {
    let seconds = object.get(name).and_then(Value::as_f64).filter(|seconds| seconds.is_finite())?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast holds at the ends")]
    let milliseconds = (seconds * 1_000.0).round() as u64;
    Some(milliseconds)
}
