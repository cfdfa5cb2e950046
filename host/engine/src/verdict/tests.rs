//! The table, row by row.

use std::time::Duration;

use understudy_speech::{Encoding, InvalidField, TextLimit, TextUnit};

use super::*;
use crate::gate::Period;

const MINUTE: Duration = Duration::from_secs(60);

/// `decision blame billed`, as one line.
fn told(error: &SpeechError) -> String {
    let Verdict { decision, blame, billed } = verdict(error);
    let decision = match decision {
        Decision::FailNow => "fail".to_owned(),
        Decision::Retry => "retry".to_owned(),
        Decision::Next => "next".to_owned(),
        Decision::NextAndOpen => "next, open".to_owned(),
        Decision::NextAndHold { quota, time } => {
            let time = time.map(|time| format!(" {} s", time.as_secs())).unwrap_or_default();
            format!("next, hold{}{time}", if quota { " quota" } else { "" })
        }
    };
    let blame = match blame {
        Blame::Nobody => "nobody",
        Blame::Provider => "provider",
        Blame::ProviderIfGivenTime => "provider if given time",
    };
    format!("{decision} | {blame}{}", if billed { " | billed" } else { "" })
}

#[allow(clippy::needless_pass_by_value, reason = "a row is one line")]
fn check(error: SpeechError, expected: &str) {
    assert_eq!(told(&error), expected, "{error}");
    let counts = verdict(&error).blame != Blame::Nobody;
    assert!(!(counts && error.is_client_fault()), "a client's mistake moves no breaker: {error}");
}

fn says(error: ProviderError, expected: &str) {
    check(SpeechError::Failed { provider: "p".to_owned(), failure: error.into() }, expected);
}

fn seen(failure: Failure, expected: &str) {
    check(SpeechError::Failed { provider: "p".to_owned(), failure }, expected);
}

const LIMIT: TextLimit = TextLimit { maximum: 9, unit: TextUnit::Bytes };

fn field() -> InvalidField {
    InvalidField { field: "rate".to_owned(), message: "is odd".to_owned() }
}

#[test]
fn what_a_provider_says() {
    says(ProviderError::InvalidRequest(field()), "fail | nobody");
    says(ProviderError::ContentBlocked("violence".to_owned()), "fail | nobody");
    says(ProviderError::TextTooLong(LIMIT), "next | nobody");
    says(ProviderError::VoiceNotFound("ammy".to_owned()), "next | nobody");
    says(ProviderError::Unsupported("ssml".to_owned()), "next | nobody");
    says(ProviderError::Unauthorized("401".to_owned()), "next, open | provider");
    says(ProviderError::QuotaExhausted { resets_in: None }, "next, hold quota | nobody");
    says(ProviderError::QuotaExhausted { resets_in: Some(MINUTE) }, "next, hold quota 60 s | nobody");
    says(ProviderError::RateLimited { retry_after: None }, "next, hold | nobody");
    says(ProviderError::RateLimited { retry_after: Some(MINUTE) }, "next, hold 60 s | nobody");
    says(ProviderError::Unavailable("503".to_owned()), "retry | provider");
    says(ProviderError::NoAudio, "retry | provider | billed");
    says(ProviderError::TimedOut, "next | provider if given time | billed");
    says(ProviderError::Protocol("no audio key".to_owned()), "next | provider | billed");
}

/// How the contract words a row.
fn worded(error: ProviderError) -> &'static str {
    let error = SpeechError::Failed { provider: "p".to_owned(), failure: error.into() };
    let Verdict { decision, blame, .. } = verdict(&error);
    match (decision, blame) {
        (Decision::FailNow, Blame::Nobody) => "The request ends; nobody is blamed.",
        (Decision::Next, Blame::Nobody) => "Next candidate; nobody is blamed.",
        (Decision::Next, Blame::Provider) => "Next candidate; counted.",
        (Decision::Next, Blame::ProviderIfGivenTime) => "Next candidate; counted when it had time to answer.",
        (Decision::Retry, Blame::Provider) => "Retried, then next candidate; counted.",
        (Decision::NextAndOpen, Blame::Provider) => {
            "Next candidate; counted, and the provider is left alone at once, until it has proved itself."
        }
        (Decision::NextAndHold { .. }, Blame::Nobody) => {
            "Next candidate; the provider is left alone for so long, and nobody is blamed."
        }
        other => panic!("no words for {other:?}"),
    }
}

/// What is written above a case in `source`, behind `begin`.
fn written(source: &str, begin: &str, case: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for line in source.split_once(begin).unwrap().1.lines().map(str::trim) {
        match line.strip_prefix("///") {
            Some(more) => words.push(more.trim()),
            None if line.split(['(', ',', ' ']).next() == Some(case) => return words.join(" "),
            None => words.clear(),
        }
    }
    panic!("{case} is not there");
}

#[test]
fn the_contract_and_the_sdk_say_what_each_case_leads_to() {
    let wit = include_str!("../../../../wit/v1/types.wit");
    let sdk = include_str!("../../../../plugin-sdk/src/error.rs");
    let text = || "x".to_owned();
    for (case, name, error) in [
        ("invalid-request", "InvalidRequest", ProviderError::InvalidRequest(field())),
        ("text-too-long", "TextTooLong", ProviderError::TextTooLong(LIMIT)),
        ("voice-not-found", "VoiceNotFound", ProviderError::VoiceNotFound(text())),
        ("unsupported", "Unsupported", ProviderError::Unsupported(text())),
        ("unauthorized", "Unauthorized", ProviderError::Unauthorized(text())),
        ("quota-exhausted", "QuotaExhausted", ProviderError::QuotaExhausted { resets_in: None }),
        ("rate-limited", "RateLimited", ProviderError::RateLimited { retry_after: None }),
        ("content-blocked", "ContentBlocked", ProviderError::ContentBlocked(text())),
        ("unavailable", "Unavailable", ProviderError::Unavailable(text())),
        ("timed-out", "TimedOut", ProviderError::TimedOut),
        ("protocol", "Protocol", ProviderError::Protocol(text())),
        ("no-audio", "NoAudio", ProviderError::NoAudio),
    ] {
        let worded = worded(error);
        for written in [written(wit, "variant error {", case), written(sdk, "pub enum Error {", name)] {
            assert!(written.contains(worded), "{case}: {written:?} does not say {worded:?}");
        }
    }
}

#[test]
fn what_the_host_sees() {
    let plugin = || "p".to_owned();
    seen(
        Failure::DeadlineExceeded { plugin: plugin(), limit: MINUTE },
        "next | provider if given time | billed",
    );
    seen(Failure::Trapped { plugin: plugin(), reason: "unreachable".to_owned() }, "next | provider | billed");
    seen(Failure::CpuExceeded { plugin: plugin(), limit: MINUTE }, "next | provider | billed");
    let memory = Failure::LimitExceeded { plugin: plugin(), what: "bytes of memory", limit: 9 };
    seen(memory, "next | provider | billed");
    seen(
        Failure::BrokenContract { plugin: plugin(), reason: "audio first".to_owned() },
        "next | provider | billed",
    );
    let (reason, hint) = ("p asked for api.example.com".to_owned(), "grant it".to_owned());
    seen(Failure::NotGranted { plugin: plugin(), reason, hint }, "next | nobody");
    seen(Failure::Replaced { plugin: plugin() }, "next | nobody | billed");
    seen(Failure::Busy { plugin: plugin() }, "next | nobody");
}

#[test]
fn what_the_engine_finds() {
    let name = || "p".to_owned();
    check(SpeechError::Invalid(field()), "fail | nobody");
    check(SpeechError::TextTooLong { length: 10, limit: LIMIT, provider: None }, "fail | nobody");
    check(SpeechError::TextTooLong { length: 10, limit: LIMIT, provider: Some(name()) }, "next | nobody");
    let unknown =
        SpeechError::UnknownProvider { name: name(), field: "provider", known: Vec::new(), suggestion: None };
    check(unknown, "fail | nobody");
    let route = SpeechError::UnknownRoute { name: name(), known: Vec::new(), suggestion: None };
    check(route, "fail | nobody");
    check(SpeechError::NoProviderChosen { known: Vec::new() }, "fail | nobody");
    check(SpeechError::NoProviders, "fail | nobody");
    let voice = SpeechError::UnknownVoice {
        provider: name(),
        voice: "ammy".to_owned(),
        suggestion: None,
        known: Vec::new(),
    };
    check(voice, "next | nobody");
    let reason = "is not".to_owned();
    check(SpeechError::NotOffered { provider: name(), field: "ssml", reason }, "next | nobody");
    check(SpeechError::CannotEncode { encoding: Encoding::Mp3, provider: name() }, "next | nobody");
    let (field, encoding) = ("sample_rate", Encoding::Wav);
    let large = SpeechError::TooLarge { field, encoding, sample_rate: 192_000, bytes: 9, bytes_max: 8 };
    check(large, "fail | nobody | billed");
    let reason = "none".to_owned();
    check(SpeechError::NoStandIn { provider: name(), asked: "a/b".to_owned(), reason }, "next | nobody");
    let reason = "it is cut off".to_owned();
    check(SpeechError::Unusable { provider: name(), reason }, "retry | provider | billed");
    check(
        SpeechError::DeadlineExceeded { provider: name(), limit: MINUTE },
        "next | provider if given time | billed",
    );
    check(SpeechError::Internal("it broke".to_owned()), "fail | nobody");
    check(SpeechError::Busy { retry_after: MINUTE }, "fail | nobody");
    check(SpeechError::RateLimited { retry_after: None }, "fail | nobody");
    let all = SpeechError::AllFailed {
        attempts: Vec::new(),
        skipped: Vec::new(),
        decisive: Box::new(SpeechError::NoProviders),
    };
    check(all, "fail | nobody");
    let tried = SpeechError::Tried { attempts: Vec::new(), error: Box::new(SpeechError::NoProviders) };
    check(tried, "fail | nobody");
    let slow = Box::new(SpeechError::DeadlineExceeded { provider: name(), limit: MINUTE });
    let tried = SpeechError::Tried { attempts: Vec::new(), error: slow };
    check(tried, "next | provider if given time | billed");
}

#[test]
fn what_the_gate_says_counts_against_nobody() {
    let retry_after = MINUTE;
    for reason in [
        Withheld::BreakerOpen { retry_after },
        Withheld::Held { quota: true, retry_after },
        Withheld::Paced { limit: 9, retry_after },
        Withheld::Full { limit: 9 },
        Withheld::Overdrawn { period: Period::Day, limit: 9, retry_after },
        Withheld::NotRolledOut,
        Withheld::NotLoaded,
    ] {
        check(SpeechError::Withheld { provider: "p".to_owned(), reason }, "next | nobody");
    }
}

#[test]
fn audio_that_cannot_be_decoded_is_its_providers_and_encoding_is_ours() {
    let encoding = Encoding::Mp3;
    let words = || "frame 3".to_owned();
    for error in [
        AudioError::Unrecognised,
        AudioError::Empty,
        AudioError::Malformed { encoding, reason: words() },
        AudioError::Unsupported { encoding, what: words() },
        AudioError::TooLong { samples_max: 9 },
    ] {
        check(SpeechError::Encode(error), "next | provider | billed");
    }
    for error in [
        AudioError::NotEncodable(encoding),
        AudioError::SampleRate(7),
        AudioError::Channels(3),
        AudioError::Encoder { encoding, reason: words() },
        AudioError::Resampler(words()),
        AudioError::Loudness(words()),
    ] {
        check(SpeechError::Encode(error), "fail | nobody | billed");
    }
}
