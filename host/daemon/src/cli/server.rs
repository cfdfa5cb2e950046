//! Asking a running server, for the commands that show what only it knows.

use std::time::Duration;

use reqwest::{Method, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exit::{Exit, Fault};

/// Where a server listens unless told otherwise.
pub(super) const DEFAULT_URL: &str = "http://127.0.0.1:8750";

/// A server that is there answers at once, whatever its providers do.
const PATIENCE: Duration = Duration::from_secs(5);

/// A reload may compile, and wait for who still plays; a cache may be large.
const ORDER_PATIENCE: Duration = Duration::from_secs(900);

/// The server gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("no server answers at {url}")]
struct NoAnswer {
    url: String,
    source: reqwest::Error,
}

/// The part of an error's body that a person reads.
#[derive(Deserialize)]
struct Refusal {
    error: Refused,
}

#[derive(Deserialize)]
struct Refused {
    message: String,
    hint: Option<String>,
}

/// What the server at `url` answers to a `GET` of `path` with these parameters.
pub(super) async fn ask<T: DeserializeOwned>(
    url: &str,
    path: &str,
    query: &[(String, String)],
) -> Result<T, Fault> {
    call(Method::GET, url, path, query, PATIENCE).await
}

/// Has the server at `url` do what a `POST` to `path` with these parameters means.
pub(super) async fn order<T: DeserializeOwned>(
    url: &str,
    path: &str,
    query: &[(String, String)],
) -> Result<T, Fault> {
    call(Method::POST, url, path, query, ORDER_PATIENCE).await
}

/// Has the server at `url` do what a `POST` to `path` means, and shows each line of its answer; the last.
pub(super) async fn follow<T: DeserializeOwned + Default>(
    url: &str,
    path: &str,
    show: impl Fn(&T),
) -> Result<T, Fault> {
    let mut answer = answered(Method::POST, url, path, &[], ORDER_PATIENCE).await?;
    let (mut last, mut line) = (T::default(), Vec::new());
    while let Some(piece) = answer.chunk().await.map_err(|error| no_answer(url, error))? {
        for byte in piece {
            if byte != b'\n' {
                line.push(byte);
                continue;
            }
            last = serde_json::from_slice(&line).map_err(|error| Fault::new(Exit::Failed, error))?;
            show(&last);
            line.clear();
        }
    }
    Ok(last)
}

/// A query as a server reads it; what is left out is not named.
pub(super) fn pairs(query: &impl Serialize) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(query) else { return Vec::new() };
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

async fn call<T: DeserializeOwned>(
    method: Method,
    url: &str,
    path: &str,
    query: &[(String, String)],
    patience: Duration,
) -> Result<T, Fault> {
    let answer = answered(method, url, path, query, patience).await?;
    answer.json().await.map_err(|error| no_answer(url, error))
}

/// The answer, if it is a success.
async fn answered(
    method: Method,
    url: &str,
    path: &str,
    query: &[(String, String)],
    patience: Duration,
) -> Result<Response, Fault> {
    // The program has a TLS that has to be told its cryptography; done twice, the first stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = format!("{}{path}", url.trim_end_matches('/'));
    let place = reqwest::Url::parse_with_params(&place, query)
        .map_err(|_| Fault::new(Exit::Usage, format!("not the address of a server: {url}")))?;
    let asked = async {
        let client = reqwest::Client::builder().timeout(patience).no_proxy().build()?;
        // The admin's calls want it said, so that no page of another site can make them.
        let request = client.request(method, place).header("content-type", "application/json");
        let answer = request.send().await?;
        if answer.error_for_status_ref().is_ok() {
            return Ok(Ok(answer));
        }
        let failed = answer.error_for_status_ref().map(|_| ());
        Ok(match answer.json::<Refusal>().await {
            Ok(refusal) => Err(refusal.error),
            Err(unreadable) => return Err(failed.err().unwrap_or(unreadable)),
        })
    };
    let answered: Result<Result<Response, Refused>, reqwest::Error> = asked.await;
    match answered {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Refused { message, hint })) => {
            Err(hint.into_iter().fold(Fault::new(Exit::Failed, message), Fault::hint))
        }
        Err(error) => Err(no_answer(url, error)),
    }
}

fn no_answer(url: &str, error: reqwest::Error) -> Fault {
    let advice = if error.is_connect() {
        "`understudy serve` starts a server; --url says where one listens"
    } else {
        "--url says where a server of this version listens"
    };
    Fault::new(Exit::Failed, NoAnswer { url: url.to_owned(), source: error.without_url() }).hint(advice)
}
