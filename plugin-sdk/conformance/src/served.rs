//! The rules that need a service to speak with.

use std::fmt;
use std::time::Duration;

use serde_json::json;
use understudy_audio::inspect;
use understudy_sandbox::Plugin;
use understudy_speech::{Encoding, Failure, Provider, ProviderError, Request, Summary};

use crate::hearing::{Heard, call, hang_up, hear, hear_within, stops_unheard};
use crate::report::Report;
use crate::trouble::Trouble;
use crate::{voices, words};

/// How long a call meets a service that does not answer.
const IMPATIENCE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(30);

/// Several sentences with what trips up spans: capitals, digits, quotes and letters of two bytes.
const TEXT: &str =
    "The understudy knows every line. \"Naïve?\" she said; it is 7 o'clock, and the café closes.";

/// Punctuation alone.
const SILENT: &str = "… — !?";

/// A voice nobody has.
const NOBODY: &str = "nobody-has-this-voice";

/// What services call the text: options that set it would have something else spoken.
const TEXT_FIELDS: [&str; 2] = ["text", "input"];

/// The service behind a plugin, for as long as it is held against the rules.
pub struct Service<'service> {
    /// A voice it has, by its own id; none lets the service choose.
    pub voice: Option<String>,
    /// A text it refuses for what it says, if there is one.
    pub blocked: Option<String>,
    /// Makes a trouble from now on, or with none ends it. Says whether it can; rules for troubles
    /// that cannot be made are skipped.
    pub make: &'service (dyn Fn(Option<Trouble>) -> bool + Sync),
}

impl fmt::Debug for Service<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("voice", &self.voice).finish_non_exhaustive()
    }
}

impl Service<'_> {
    fn request(&self, text: &str) -> Request {
        Request { voice: self.voice.clone(), ..Request::text(text) }
    }
}

/// Holds a loaded plugin against every rule on how it speaks with its service, and how it fails.
pub async fn check_served(plugin: &Plugin, service: &Service<'_>) -> Report {
    let mut report = Report::default();
    (service.make)(None);
    let account = plugin.check(call(PATIENCE)).await.map_err(|failure| failure.to_string());
    report.tell("check", "a good configuration passes its own check", account);
    listed(&mut report, plugin, service).await;
    spoken(&mut report, plugin, service).await;
    streamed(&mut report, plugin, service).await;
    unheard(&mut report, plugin, service).await;
    refused(&mut report, plugin, service).await;
    for trouble in Trouble::ALL {
        troubled(&mut report, plugin, service, trouble).await;
    }
    let left = hang_up(plugin, service.request(TEXT)).await;
    let after = hear(plugin, service.request(TEXT)).await.outcome;
    let recovered = match (left, after) {
        (false, _) => Err("there was no audio to hang up on".to_owned()),
        (true, after) => after.map(drop).map_err(|failure| format!("the next call failed: {failure}")),
    };
    report.tell("cancellation", "a listener who leaves costs the next one nothing", recovered);
    report
}

async fn listed(report: &mut Report, plugin: &Plugin, service: &Service<'_>) {
    const RULE: (&str, &str) = ("voices", "the list has unique ids, and the voice that speaks");
    let held = match plugin.voices(call(PATIENCE)).await {
        // A service without a list is no fault of its plugin.
        Ok(list) if list.is_empty() => return report.skip(RULE.0, RULE.1, "the service lists no voices"),
        Ok(list) => voices::judge(&list).and_then(|()| match &service.voice {
            Some(wanted) if !list.iter().any(|voice| voice.id == *wanted) => {
                Err(format!("the voice that speaks is not in it: {wanted}"))
            }
            _ => Ok(()),
        }),
        Err(failure) => Err(failure.to_string()),
    };
    report.tell(RULE.0, RULE.1, held);
}

async fn spoken(report: &mut Report, plugin: &Plugin, service: &Service<'_>) {
    let capabilities = &plugin.manifest().capabilities;
    let heard = hear(plugin, service.request(TEXT)).await;
    report.tell("speaks", "a text becomes audio of the format that was said", audio(&heard).map(drop));
    for format in &capabilities.formats {
        let request = Request { encodings: vec![format.encoding], ..service.request(TEXT) };
        let heard = hear(plugin, request).await;
        let held = audio(&heard).and_then(|summary| {
            let (sent, wanted) = (summary.format.encoding, format.encoding);
            // A WAVE states its length first; a plugin that streams sends the samples in it.
            let unpacked = wanted == Encoding::Wav && sent == Encoding::PcmS16le;
            if sent == wanted || unpacked {
                Ok(())
            } else {
                Err(format!("asked for {wanted}, it sent {sent}"))
            }
        });
        let held = held.map_err(|reason| format!("{}: {reason}", format.encoding));
        report.tell("format", "every format of the manifest can be had", held);
    }
    const WORDS: (&str, &str) = ("words", "marks reproduce the text and lie inside the audio");
    if capabilities.words.is_some() {
        let heard = hear(plugin, Request { words: true, ..service.request(TEXT) }).await;
        let told = heard.outcome.as_ref().is_ok_and(|summary| summary.word_times.is_some());
        if heard.outcome.is_ok() && !told && heard.words.is_empty() {
            report.skip(WORDS.0, WORDS.1, "this service tells none, and the take says so");
        } else {
            let held = duration_ms(&heard).and_then(|audio_ms| words::judge(TEXT, &heard.words, audio_ms));
            report.tell(WORDS.0, WORDS.1, held);
        }
    } else {
        report.skip(WORDS.0, WORDS.1, "the plugin claims none");
    }
}

/// A plugin that collects a take before it hands it on looks the same on a good day, so its service
/// stops in mid-speech: what was sent until then has to be heard.
async fn streamed(report: &mut Report, plugin: &Plugin, service: &Service<'_>) {
    let (rule, asks) = (Trouble::Stall.rule(), Trouble::Stall.asks());
    if !plugin.manifest().capabilities.streaming {
        return report.skip(rule, asks, "the plugin does not claim it");
    }
    if !(service.make)(Some(Trouble::Stall)) {
        let early = hear(plugin, service.request(TEXT)).await.early;
        let held = if early { Ok(()) } else { Err("it all came at the end".to_owned()) };
        return report.tell(rule, asks, held);
    }
    let heard = hear_within(plugin, service.request(TEXT), IMPATIENCE).await;
    (service.make)(None);
    let held = match heard.outcome {
        Ok(_) => Err("half of the audio was taken for the whole".to_owned()),
        Err(_) if heard.audio.is_empty() => Err("nothing is heard before the service has ended".to_owned()),
        Err(failure) => Trouble::Stall.judge(&failure),
    };
    report.tell(rule, asks, held);
}

/// Nobody listens, and the plugin is told with its first push. Its service stalls, so one that wants the
/// rest all the same does not come back.
async fn unheard(report: &mut Report, plugin: &Plugin, service: &Service<'_>) {
    const UNHEARD: (&str, &str) = ("stops-unheard", "a plugin that is told `false` by a push stops");
    if !plugin.manifest().capabilities.streaming {
        return report.skip(UNHEARD.0, UNHEARD.1, "the plugin does not claim to stream");
    }
    if !(service.make)(Some(Trouble::Stall)) {
        return report.skip(UNHEARD.0, UNHEARD.1, "the service cannot stall");
    }
    let stopped = stops_unheard(plugin, service.request(TEXT), IMPATIENCE).await;
    (service.make)(None);
    let held = if stopped { Ok(()) } else { Err("it went on for audio that nobody hears".to_owned()) };
    report.tell(UNHEARD.0, UNHEARD.1, held);
}

/// What is wrong with the request, whatever the service's day.
async fn refused(report: &mut Report, plugin: &Plugin, service: &Service<'_>) {
    let unknown = Request { voice: Some(NOBODY.to_owned()), ..Request::text(TEXT) };
    let unknown = hear(plugin, unknown).await.outcome;
    report.tell("error-voice-not-found", "a voice nobody has is the caller's mistake", mistaken(unknown));

    let silent = hear(plugin, service.request(SILENT)).await.outcome;
    let held = match silent {
        Err(Failure::Provider(ProviderError::Unsupported(_))) => Ok(()),
        Err(failure) => Err(format!("it was {}: {failure}", failure.code())),
        Ok(_) => Err("silence was sold for speech".to_owned()),
    };
    report.tell("error-unspeakable", "text in which nothing can be spoken is unsupported", held);

    optioned(report, plugin, service).await;
    blocked(report, plugin, service).await;

    const TOO_LONG: (&str, &str) = ("error-text-too-long", "a text past the limit is text-too-long, with it");
    let Some(limit) = plugin.manifest().capabilities.text_limit else {
        return report.skip(TOO_LONG.0, TOO_LONG.1, "the plugin claims no limit");
    };
    let words = "on and ".repeat(limit.maximum as usize / "on and ".len() + 1);
    let held = match hear(plugin, service.request(&words)).await.outcome {
        Err(Failure::Provider(ProviderError::TextTooLong(told))) if told == limit => Ok(()),
        Err(failure) => Err(format!("it was {}: {failure}", failure.code())),
        Ok(_) => Err("it was taken".to_owned()),
    };
    report.tell(TOO_LONG.0, TOO_LONG.1, held);
}

async fn optioned(report: &mut Report, plugin: &Plugin, service: &Service<'_>) {
    const OPTIONS: (&str, &str) =
        ("error-invalid-request", "options that set the text are the caller's mistake");
    let options = TEXT_FIELDS.iter().map(|name| ((*name).to_owned(), json!("Something else.")));
    let request = Request { options: Some(options.collect()), ..service.request(TEXT) };
    let held = match hear(plugin, request).await.outcome {
        Err(Failure::Provider(ProviderError::InvalidRequest(field))) if field.field == "options" => Ok(()),
        Err(Failure::Provider(ProviderError::Unsupported(_))) => Ok(()),
        Err(failure) => Err(format!("it was {}: {failure}", failure.code())),
        Ok(_) => return report.skip(OPTIONS.0, OPTIONS.1, "plugin and service leave such options unread"),
    };
    report.tell(OPTIONS.0, OPTIONS.1, held);
}

async fn blocked(report: &mut Report, plugin: &Plugin, service: &Service<'_>) {
    const BLOCKED: (&str, &str) =
        ("error-content-blocked", "a text refused for what it says is content-blocked");
    let Some(text) = &service.blocked else {
        return report.skip(BLOCKED.0, BLOCKED.1, "the service speaks every text");
    };
    let held = match hear(plugin, service.request(text)).await.outcome {
        Err(Failure::Provider(ProviderError::ContentBlocked(_))) => Ok(()),
        Err(failure) => Err(format!("it was {}: {failure}", failure.code())),
        Ok(_) => Err("it was spoken".to_owned()),
    };
    report.tell(BLOCKED.0, BLOCKED.1, held);
}

/// The summary of a take that is what it says.
fn audio(heard: &Heard) -> Result<&Summary, String> {
    let summary = heard.outcome.as_ref().map_err(|failure| format!("{}: {failure}", failure.code()))?;
    if heard.begun.is_some_and(|begun| begun.encoding != summary.format.encoding) {
        return Err("the format it began with is not the one it ended with".to_owned());
    }
    duration_ms(heard).map(|_| summary)
}

/// How long the audio plays; an error when it is none, or not whole.
fn duration_ms(heard: &Heard) -> Result<u64, String> {
    let summary = heard.outcome.as_ref().map_err(|failure| format!("{}: {failure}", failure.code()))?;
    let claimed = summary.format;
    let raw = (claimed.encoding == Encoding::PcmS16le).then_some(claimed);
    let seen =
        inspect(&heard.audio, raw).map_err(|error| format!("it is no {}: {error}", claimed.encoding))?;
    if seen.format.encoding != claimed.encoding {
        return Err(format!("it said {} and sent {}", claimed.encoding, seen.format.encoding));
    }
    if seen.truncated || seen.duration.is_zero() {
        return Err(format!("it is not whole: {} ms", seen.duration.as_millis()));
    }
    Ok(u64::try_from(seen.duration.as_millis()).unwrap_or(u64::MAX))
}

fn mistaken(outcome: Result<Summary, Failure>) -> Result<(), String> {
    match outcome {
        Err(Failure::Provider(
            ProviderError::VoiceNotFound(_)
            | ProviderError::Unsupported(_)
            | ProviderError::InvalidRequest(_),
        )) => Ok(()),
        Err(failure) => Err(format!("it was {}: {failure}", failure.code())),
        Ok(_) => Err("somebody else spoke, and nobody was told".to_owned()),
    }
}

async fn troubled(report: &mut Report, plugin: &Plugin, service: &Service<'_>, trouble: Trouble) {
    let (rule, asks) = (trouble.rule(), trouble.asks());
    if !(service.make)(Some(trouble)) {
        return report.skip(rule, asks, "the service cannot do it");
    }
    let patience = if trouble == Trouble::Hang { IMPATIENCE } else { PATIENCE };
    let heard = hear_within(plugin, service.request(TEXT), patience).await;
    (service.make)(None);
    let held = match heard.outcome {
        Ok(_) => Err("it was taken for a success".to_owned()),
        Err(failure) => trouble.judge(&failure),
    };
    report.tell(rule, asks, held);
}
