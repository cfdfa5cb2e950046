//! What is told when nobody could play it.
//!
//! One candidate: its own error, with the calls that were made. Otherwise the error that tells the
//! caller most about what to do: to change the request, when everybody who looked at it refused it; to
//! come back later, when everybody who could play it is only asked too often; else that all of them
//! failed, and how.

use std::time::Duration;

use super::Walk;
use crate::error::SpeechError;
use crate::gate::Withheld;
use crate::plan::Part;

impl Walk<'_> {
    /// The error of a walk that has nobody left, or no time.
    pub(crate) async fn end(self) -> SpeechError {
        let (engine, plan, clock) = self.ground();
        // Whoever a strict route bars was never a candidate.
        let barred = |part: &Part| matches!(part.seat, Err(SpeechError::NoStandIn { .. }));
        let mut candidates = plan.parts.iter().enumerate().filter(|(_, part)| !barred(part));
        let only = candidates.next().filter(|_| candidates.next().is_none()).map(|(index, _)| index);
        let lone = only.is_some();
        let last = self.attempts.last().map(|attempt| attempt.provider.clone());
        if self.errors.is_empty() {
            return clock.exceeded(last.as_deref().unwrap_or(&plan.asked.provider));
        }
        let told = self.errors.into_iter().filter(|(part, _)| only.is_none_or(|only| *part == only));
        let mut told: Vec<SpeechError> = told.map(|(_, error)| error).collect();
        let error = if lone && told.len() == 1 { told.swap_remove(0) } else { decisive(told) };
        let error = match error {
            SpeechError::Withheld { reason: Withheld::Full { .. }, .. } => {
                SpeechError::Busy { retry_after: Duration::from_secs(1) }
            }
            error if lone && counts(&error) && !self.attempts.is_empty() => {
                SpeechError::Tried { attempts: self.attempts, error: Box::new(error) }
            }
            error if lone || !counts(&error) => error,
            error => SpeechError::AllFailed {
                attempts: self.attempts,
                skipped: self.skipped.into_iter().map(|(_, skipped)| skipped).collect(),
                decisive: Box::new(error),
            },
        };
        engine.with_suggestion(error).await
    }
}

/// True for an error that stands for the failure of all.
fn counts(error: &SpeechError) -> bool {
    !error.is_client_fault() && !matches!(error, SpeechError::RateLimited { .. } | SpeechError::Busy { .. })
}

/// The error that says most, of one or more in the order of the plan's walk.
fn decisive(errors: Vec<SpeechError>) -> SpeechError {
    // A candidate that never could have played says nothing about the request.
    let is_absent = |error: &SpeechError| {
        let out = |reason: &Withheld| matches!(reason, Withheld::NotLoaded | Withheld::NotRolledOut);
        match error {
            SpeechError::NoStandIn { .. } => true,
            SpeechError::Withheld { reason, .. } => out(reason),
            _ => false,
        }
    };
    let (absent, present): (Vec<_>, Vec<_>) = errors.into_iter().partition(is_absent);
    let errors = if present.is_empty() { absent } else { present };
    let retry_after = errors.iter().filter_map(SpeechError::retry_after).min();
    let faults = || errors.iter().filter(|error| !error.is_client_fault());
    if faults().next().is_some() && faults().all(SpeechError::is_rate_limit) {
        return SpeechError::RateLimited { retry_after };
    }
    // Of those that were only left alone, the one that may be asked again soonest.
    let says_most = |error: &SpeechError| match error {
        error if error.is_client_fault() => (3, Duration::ZERO),
        SpeechError::Withheld { reason, .. } => (2, reason.retry_after().unwrap_or(Duration::MAX)),
        error if error.is_rate_limit() => (1, Duration::ZERO),
        _ => (0, Duration::ZERO),
    };
    errors
        .into_iter()
        .min_by_key(says_most)
        .unwrap_or_else(|| SpeechError::Internal("a walk failed without an error".to_owned()))
}
