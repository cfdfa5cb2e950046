//! What goes wrong with a service, and what a plugin may make of it.

use std::time::Duration;

use understudy_speech::{Failure, ProviderError};

/// Something a service does on its bad day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It limits the rate and says for how long, in seconds.
    RateLimited {
        /// The wait it names; none when it names none.
        retry_after: Option<Duration>,
    },
    /// The account is used up.
    QuotaExhausted,
    /// It refuses the credentials.
    Unauthorized,
    /// It is down for a moment: a 503 in its own words.
    Unavailable,
    /// It reads the request and never answers.
    Hang,
    /// The connection breaks in the middle of the audio.
    Cut,
    /// Nothing follows after some seconds of the audio, and the connection stays open.
    Stall,
    /// It says success and sends no audio.
    EmptyAudio,
    /// A proxy's HTML page under a success.
    Html,
}

impl Trouble {
    /// Each of them once, but for the one that shows who streams.
    pub(crate) const ALL: [Self; 9] = [
        Self::RateLimited { retry_after: None },
        Self::RateLimited { retry_after: Some(Duration::from_secs(7)) },
        Self::QuotaExhausted,
        Self::Unauthorized,
        Self::Unavailable,
        Self::Hang,
        Self::Cut,
        Self::EmptyAudio,
        Self::Html,
    ];

    /// The rule's name.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::RateLimited { retry_after: None } => "error-rate-limited",
            Self::RateLimited { .. } => "error-retry-after",
            Self::QuotaExhausted => "error-quota-exhausted",
            Self::Unauthorized => "error-unauthorized",
            Self::Unavailable => "error-unavailable",
            Self::Hang => "deadline",
            Self::Cut => "error-cut",
            Self::Stall => "streaming",
            Self::EmptyAudio => "error-empty-audio",
            Self::Html => "error-html",
        }
    }

    /// What the rule asks.
    pub(crate) const fn asks(self) -> &'static str {
        match self {
            Self::RateLimited { retry_after: None } => "a refusal for the rate is rate-limited",
            Self::RateLimited { .. } => "the wait a service names is handed on",
            Self::QuotaExhausted => "an account that is used up is quota-exhausted",
            Self::Unauthorized => "refused credentials are unauthorized",
            Self::Unavailable => "a service that is down is unavailable",
            Self::Hang => "a service that never answers ends with the deadline",
            Self::Cut => "audio that breaks off is a failure and no take",
            Self::Stall => "audio arrives before the end when that is claimed",
            Self::EmptyAudio => "a success without audio is a failure",
            Self::Html => "a page in place of audio is a failure",
        }
    }

    /// Whether the plugin made of it what a host can act on.
    pub(crate) fn judge(self, failure: &Failure) -> Result<(), String> {
        use ProviderError as Error;
        let fits = match (self, failure) {
            (
                Self::RateLimited { retry_after: wanted },
                Failure::Provider(Error::RateLimited { retry_after }),
            ) => wanted.is_none() || *retry_after == wanted,
            (Self::QuotaExhausted, Failure::Provider(Error::QuotaExhausted { .. }))
            | (Self::Unauthorized, Failure::Provider(Error::Unauthorized(_)))
            | (Self::Unavailable, Failure::Provider(Error::Unavailable(_)))
            | (
                Self::Hang | Self::Stall,
                Failure::Provider(Error::TimedOut) | Failure::DeadlineExceeded { .. },
            )
            | (
                Self::Cut | Self::EmptyAudio | Self::Html,
                Failure::Provider(Error::Protocol(_) | Error::NoAudio | Error::Unavailable(_)),
            ) => true,
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("it was {}: {failure}", failure.code())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_a_host_would_act_wrongly_on_breaks_the_rule() {
        let limited = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            Failure::from(ProviderError::RateLimited { retry_after })
        };
        let protocol = Failure::from(ProviderError::Protocol("429".to_owned()));
        let wait = Trouble::RateLimited { retry_after: Some(Duration::from_secs(7)) };
        assert!(wait.judge(&limited(7)).is_ok());
        assert!(wait.judge(&limited(8)).is_err());
        assert!(wait.judge(&protocol).is_err());
        assert!(Trouble::RateLimited { retry_after: None }.judge(&limited(7)).is_ok());
        assert!(Trouble::Unauthorized.judge(&protocol).is_err());
        assert!(Trouble::Cut.judge(&protocol).is_ok());
        assert!(Trouble::Cut.judge(&Failure::Busy { plugin: "amy".to_owned() }).is_err());
    }
}
