//! Mishaps as a person types them. Lines are counted from 1, as scripts are read.

use std::time::Duration;

use super::Mishap;
use crate::fault::{OrderError, duration, number};

/// The words [`read`] takes.
pub(super) const GRAMMAR: &str = "expired-url | wrong-hash | wrong-size | truncated-audio | oversized-audio | \
     private-redirect | redirects=4 | missing-duration | missing-audio-url | bad-json | paging-loop | \
     no-conversations | slow=POLLS[,every=1s] | dies-at-line=7 | dies-after=6, each with [,times=N]";

/// What `poll_after` says unless an order does.
const EVERY: Duration = Duration::from_secs(1);

/// Reads `NAME[=VALUE][,times=N]`; the mishap, and how often it happens.
pub(super) fn read(text: &str) -> Result<(Mishap, Option<u32>), OrderError> {
    let mut parts = text.split(',').map(|part| match part.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (part.trim(), None),
    });
    let (name, value) = parts.next().unwrap_or_default();
    let (mut mishap, mut times) = (mishap(name, value)?, None);
    for part in parts {
        match (part, &mut mishap) {
            (("times", Some(value)), _) => times = Some(number("expected a count", value)?),
            (("every", Some(value)), Mishap::SlowConversations { poll_after, .. }) => {
                *poll_after = duration(value)?;
            }
            ((name, _), _) => return Err(OrderError::new("unknown part of a fault", name)),
        }
    }
    Ok((mishap, times))
}

fn mishap(name: &str, value: Option<&str>) -> Result<Mishap, OrderError> {
    Ok(match (name, value) {
        ("expired-url", None) => Mishap::ExpiredUrl,
        ("wrong-hash", None) => Mishap::WrongHash,
        ("wrong-size", None) => Mishap::WrongSize,
        ("truncated-audio", None) => Mishap::TruncatedAudio,
        ("oversized-audio", None) => Mishap::OversizedAudio,
        ("private-redirect", None) => Mishap::PrivateRedirect,
        ("missing-duration", None) => Mishap::MissingDuration,
        ("missing-audio-url", None) => Mishap::MissingAudioUrl,
        ("bad-json", None) => Mishap::BadJson,
        ("paging-loop", None) => Mishap::PagingLoop,
        ("no-conversations", None) => Mishap::NoConversations,
        ("redirects", Some(value)) => Mishap::Redirects(number("expected a count", value)?),
        ("slow", Some(value)) => Mishap::SlowConversations {
            polls: number("expected a count of polls", value)?,
            poll_after: EVERY,
        },
        ("dies-at-line", Some(value)) => {
            let line: usize = number("expected the number of a line", value)?;
            let line = line.checked_sub(1);
            Mishap::DiesAtLine(line.ok_or_else(|| OrderError::new("lines are counted from 1", name))?)
        }
        ("dies-after", Some(value)) => Mishap::DiesAfter(number("expected a count of texts", value)?),
        _ => return Err(OrderError::new("unknown fault", name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(Mishap, Option<u32>), &str>) {
        assert_eq!(read(text).map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn a_mishap_reads_as_it_is_typed() {
        check("wrong-hash", Ok((Mishap::WrongHash, None)));
        check("expired-url,times=1", Ok((Mishap::ExpiredUrl, Some(1))));
        check("redirects=4", Ok((Mishap::Redirects(4), None)));
        check("dies-at-line=7", Ok((Mishap::DiesAtLine(6), None)));
        check("dies-after=6", Ok((Mishap::DiesAfter(6), None)));
        let slow = |poll_after| Mishap::SlowConversations { polls: 5, poll_after };
        check("slow=5", Ok((slow(Duration::from_secs(1)), None)));
        check("slow=5,every=200ms", Ok((slow(Duration::from_millis(200)), None)));
        check("slow", Err("unknown fault: slow"));
        check("dies-at-line=0", Err("lines are counted from 1: dies-at-line"));
        check("wrong-hash,every=1s", Err("unknown part of a fault: every"));
    }

    #[test]
    fn every_word_of_the_grammar_is_one() {
        let words = GRAMMAR.split(", each").next().unwrap().split(" | ");
        for word in words.map(|word| word.replace("POLLS", "3").replace(['[', ']'], "")) {
            read(&word).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
