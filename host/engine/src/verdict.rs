//! What a failure means: one table, and nothing else decides.
//!
//! Three columns. What happens next: the request ends, the same provider is asked again, or the
//! next candidate steps in, with the provider left alone for a while or not. Who is blamed: a
//! client's mistake never moves a breaker, or one client could silence a provider for all. And
//! whether the service may have billed the text, which is what a budget counts.
//!
//! The matches are exhaustive on purpose: a new kind of failure does not compile without its row.

use std::time::Duration;

use understudy_audio::AudioError;
use understudy_speech::{Failure, ProviderError};

use crate::error::SpeechError;
use crate::gate::Withheld;

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) decision: Decision,
    pub(crate) blame: Blame,
    /// True when the service may have billed the text.
    pub(crate) billed: bool,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The request ends: it would fail everywhere, or must not be shopped around.
    FailNow,
    /// The same provider again while it has retries, then the next candidate.
    Retry,
    /// The next candidate.
    Next,
    /// The next candidate, and the breaker opens at once.
    NextAndOpen,
    /// The next candidate, and the provider is left alone as long as it said.
    NextAndHold {
        /// True when its account is used up, false when it asked for fewer requests.
        quota: bool,
        /// How long it asked for.
        time: Option<Duration>,
    },
}

/// Who is blamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The client, the operator, or nobody.
    Nobody,
    /// The provider.
    Provider,
    /// The provider, when it had a decent time to answer.
    ProviderIfGivenTime,
}

const fn row(decision: Decision, blame: Blame, billed: bool) -> Verdict {
    Verdict { decision, blame, billed }
}

/// The row of an error.
pub(crate) fn verdict(error: &SpeechError) -> Verdict {
    use Blame::{Nobody, Provider, ProviderIfGivenTime};
    use Decision::{FailNow, Next, Retry};
    match error {
        SpeechError::Invalid(_)
        | SpeechError::UnknownProvider { .. }
        | SpeechError::UnknownRoute { .. }
        | SpeechError::UnknownCharacter { .. }
        | SpeechError::Script(_)
        | SpeechError::Line { .. }
        | SpeechError::NoProviderChosen { .. }
        | SpeechError::NoProviders
        | SpeechError::TextTooLong { provider: None, .. } => row(FailNow, Nobody, false),
        SpeechError::TextTooLong { provider: Some(_), .. }
        | SpeechError::UnknownVoice { .. }
        | SpeechError::NotOffered { .. }
        | SpeechError::CannotEncode { .. }
        | SpeechError::NoStandIn { .. } => row(Next, Nobody, false),
        // The take is there, and only what was wanted to be made of it is not.
        SpeechError::TooLarge { .. } => row(FailNow, Nobody, true),
        SpeechError::Failed { failure, .. } => of_failure(failure),
        // A cut or garbled body is a matter of the moment more often than of the text.
        SpeechError::Unusable { .. } => row(Retry, Provider, true),
        SpeechError::DeadlineExceeded { .. } => row(Next, ProviderIfGivenTime, true),
        SpeechError::Encode(error) => of_encoding(error),
        SpeechError::Withheld { reason, .. } => of_withheld(reason),
        SpeechError::Busy { .. }
        | SpeechError::RateLimited { .. }
        | SpeechError::AllFailed { .. }
        | SpeechError::Internal(_) => row(FailNow, Nobody, false),
        // The calls are only told beside it: to a scene, which asks again elsewhere, it is what it was.
        SpeechError::Tried { error, .. } => verdict(error),
    }
}

const fn of_failure(failure: &Failure) -> Verdict {
    use Blame::{Nobody, Provider, ProviderIfGivenTime};
    use Decision::Next;
    match failure {
        Failure::Provider(error) => of_provider_error(error),
        Failure::DeadlineExceeded { .. } => row(Next, ProviderIfGivenTime, true),
        // The same text would most likely do the same again.
        Failure::Trapped { .. }
        | Failure::CpuExceeded { .. }
        | Failure::LimitExceeded { .. }
        | Failure::BrokenContract { .. } => row(Next, Provider, true),
        // It wanted to reach what the operator did not grant, perhaps because this request asked it to.
        Failure::NotGranted { .. } => row(Next, Nobody, false),
        // Who comes next is as good as its successor would be.
        Failure::Replaced { .. } => row(Next, Nobody, true),
        // Our own places are taken, not the service's.
        Failure::Busy { .. } => row(Next, Nobody, false),
    }
}

const fn of_provider_error(error: &ProviderError) -> Verdict {
    use Blame::{Nobody, Provider, ProviderIfGivenTime};
    use Decision::{FailNow, Next, NextAndHold, NextAndOpen, Retry};
    match error {
        ProviderError::InvalidRequest(_) => row(FailNow, Nobody, false),
        // A text that one service will not say is not carried to those that might.
        ProviderError::ContentBlocked(_) => row(FailNow, Nobody, false),
        ProviderError::TextTooLong(_) | ProviderError::VoiceNotFound(_) | ProviderError::Unsupported(_) => {
            row(Next, Nobody, false)
        }
        // Nobody's request gets better by waiting for an operator.
        ProviderError::Unauthorized(_) => row(NextAndOpen, Provider, false),
        ProviderError::QuotaExhausted { resets_in } => {
            row(NextAndHold { quota: true, time: *resets_in }, Nobody, false)
        }
        ProviderError::RateLimited { retry_after } => {
            row(NextAndHold { quota: false, time: *retry_after }, Nobody, false)
        }
        ProviderError::Unavailable(_) => row(Retry, Provider, false),
        // Like a cut body: a matter of the moment more often than of the text.
        ProviderError::NoAudio => row(Retry, Provider, true),
        ProviderError::TimedOut => row(Next, ProviderIfGivenTime, true),
        ProviderError::Protocol(_) => row(Next, Provider, true),
    }
}

/// Audio that passes the audition and cannot be decoded is the provider's; the rest is ours.
const fn of_encoding(error: &AudioError) -> Verdict {
    use Blame::{Nobody, Provider};
    use Decision::{FailNow, Next};
    match error {
        AudioError::Unrecognised
        | AudioError::Empty
        | AudioError::Malformed { .. }
        | AudioError::Unsupported { .. }
        | AudioError::TooLong { .. } => row(Next, Provider, true),
        AudioError::NotEncodable(_)
        | AudioError::SampleRate(_)
        | AudioError::Channels(_)
        | AudioError::Encoder { .. }
        | AudioError::Resampler(_)
        | AudioError::Loudness(_) => row(FailNow, Nobody, true),
    }
}

const fn of_withheld(reason: &Withheld) -> Verdict {
    match reason {
        Withheld::BreakerOpen { .. }
        | Withheld::Held { .. }
        | Withheld::Paced { .. }
        | Withheld::Full { .. }
        | Withheld::Overdrawn { .. }
        | Withheld::NotRolledOut
        | Withheld::NotLoaded => row(Decision::Next, Blame::Nobody, false),
    }
}

#[cfg(test)]
mod tests;
