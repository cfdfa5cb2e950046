//! An order for a fault, and the words a person types for one.

use std::str::FromStr;
use std::time::Duration;

use axum::http::StatusCode;

use super::Fault;

/// The words [`Order::from_str`] takes.
pub const GRAMMAR: &str = "latency=250ms | rate-limit[=30s] | quota | auth | status=503 | hang | cut=4096 | \
     stall=4096 | empty-audio | html[=502] | content-type=text/plain, each with [,times=N] [,path=/v1/…]";

/// A fault, the requests it is for, and how often it strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What happens.
    pub fault: Fault,
    /// Only requests whose path starts with this; none for all.
    pub path: Option<String>,
    /// How many more requests meet it; none for every one.
    pub times: Option<u32>,
}

impl Order {
    /// The fault, if a request for `path` meets it now; counts it down.
    pub(super) fn meet(&mut self, path: &str) -> Option<Fault> {
        if self.path.as_deref().is_some_and(|prefix| !path.starts_with(prefix)) {
            return None;
        }
        match &mut self.times {
            Some(0) => return None,
            Some(times) => *times -= 1,
            None => {}
        }
        Some(self.fault.clone())
    }
}

/// A fault that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}: {text}")]
pub struct OrderError {
    problem: &'static str,
    text: String,
}

impl OrderError {
    pub(crate) fn new(problem: &'static str, text: &str) -> Self {
        Self { problem, text: text.to_owned() }
    }
}

impl FromStr for Order {
    type Err = OrderError;

    /// `NAME[=VALUE][,times=N][,path=PREFIX]`, for example `status=503,times=2`.
    fn from_str(text: &str) -> Result<Self, OrderError> {
        let mut parts = text.split(',').map(|part| match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (part.trim(), None),
        });
        let (name, value) = parts.next().unwrap_or_default();
        let mut order = Self { fault: fault(name, value)?, path: None, times: None };
        for part in parts {
            match part {
                ("times", Some(value)) => order.times = Some(number("expected a count", value)?),
                ("path", Some(value)) => order.path = Some(value.to_owned()),
                (name, _) => return Err(OrderError::new("unknown part of a fault", name)),
            }
        }
        Ok(order)
    }
}

fn fault(name: &str, value: Option<&str>) -> Result<Fault, OrderError> {
    let needed = || value.ok_or_else(|| OrderError::new("fault needs a value", name));
    Ok(match (name, value) {
        ("latency", _) => Fault::Latency(duration(needed()?)?),
        ("rate-limit", _) => Fault::RateLimited { retry_after: value.map(duration).transpose()? },
        ("status", _) => Fault::Failing(status(needed()?)?),
        ("cut", _) => Fault::Cut { after: number("expected a count of bytes", needed()?)? },
        ("stall", _) => Fault::Stall { after: number("expected a count of bytes", needed()?)? },
        ("html", _) => Fault::Html(status(value.unwrap_or("502"))?),
        ("content-type", _) => Fault::ContentType(needed()?.to_owned()),
        ("quota", None) => Fault::QuotaExhausted,
        ("auth", None) => Fault::Unauthorized,
        ("hang", None) => Fault::Hang,
        ("empty-audio", None) => Fault::EmptyAudio,
        ("quota" | "auth" | "hang" | "empty-audio", Some(_)) => {
            return Err(OrderError::new("fault takes no value", name));
        }
        _ => return Err(OrderError::new("unknown fault", name)),
    })
}

fn status(value: &str) -> Result<StatusCode, OrderError> {
    value.parse().map_err(|_| OrderError::new("expected an HTTP status", value))
}

pub(crate) fn duration(value: &str) -> Result<Duration, OrderError> {
    let (digits, unit) = match value.strip_suffix("ms") {
        Some(digits) => (digits, Duration::from_millis as fn(u64) -> Duration),
        None => (value.strip_suffix('s').unwrap_or_default(), Duration::from_secs as fn(u64) -> Duration),
    };
    digits.parse().map(unit).map_err(|_| OrderError::new("expected a duration such as 250ms or 30s", value))
}

pub(crate) fn number<N: FromStr>(problem: &'static str, value: &str) -> Result<N, OrderError> {
    value.parse().map_err(|_| OrderError::new(problem, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<Order, &str>) {
        assert_eq!(text.parse::<Order>().map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    }

    fn always(fault: Fault) -> Result<Order, &'static str> {
        Ok(Order { fault, path: None, times: None })
    }

    #[test]
    fn a_fault_reads_as_it_is_typed() {
        check("latency=250ms", always(Fault::Latency(Duration::from_millis(250))));
        check("rate-limit", always(Fault::RateLimited { retry_after: None }));
        check("rate-limit=30s", always(Fault::RateLimited { retry_after: Some(Duration::from_secs(30)) }));
        check("status=503", always(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE)));
        check("html", always(Fault::Html(StatusCode::BAD_GATEWAY)));
        check("content-type=text/plain", always(Fault::ContentType("text/plain".to_owned())));
        check(
            "cut=4096,times=2,path=/v1/audio",
            Ok(Order {
                fault: Fault::Cut { after: 4096 },
                path: Some("/v1/audio".to_owned()),
                times: Some(2),
            }),
        );
    }

    #[test]
    fn what_is_no_fault_is_refused_by_name() {
        check("earthquake", Err("unknown fault: earthquake"));
        check("hang=1", Err("fault takes no value: hang"));
        check("latency", Err("fault needs a value: latency"));
        check("latency=soon", Err("expected a duration such as 250ms or 30s: soon"));
        check("status=9", Err("expected an HTTP status: 9"));
        check("hang,times=many", Err("expected a count: many"));
        check("hang,where=there", Err("unknown part of a fault: where"));
    }

    #[test]
    fn an_order_strikes_its_own_path_as_often_as_it_says() {
        let mut order: Order = "hang,times=2,path=/v1/audio".parse().unwrap();
        assert_eq!(order.meet("/v1/models"), None);
        assert_eq!(order.meet("/v1/audio/speech"), Some(Fault::Hang));
        assert_eq!(order.meet("/v1/audio/speech"), Some(Fault::Hang));
        assert_eq!(order.meet("/v1/audio/speech"), None);
    }
}
