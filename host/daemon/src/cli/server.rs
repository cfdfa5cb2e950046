//! Asking a running server, for the commands that show what only it knows.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::exit::{Exit, Fault};

/// Where a server listens unless told otherwise.
pub(super) const DEFAULT_URL: &str = "http://127.0.0.1:8750";

/// A server that is there answers at once, whatever its providers do.
const PATIENCE: Duration = Duration::from_secs(5);

/// A reload may compile, and wait for who still plays.
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

/// Has the server at `url` do what a `POST` to `path` means.
pub(super) async fn order<T: DeserializeOwned>(url: &str, path: &str) -> Result<T, Fault> {
    call(Method::POST, url, path, &[], ORDER_PATIENCE).await
}

async fn call<T: DeserializeOwned>(
    method: Method,
    url: &str,
    path: &str,
    query: &[(String, String)],
    patience: Duration,
) -> Result<T, Fault> {
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
            return Ok(Ok(answer.json().await?));
        }
        let failed = answer.error_for_status_ref().map(|_| ());
        Ok(match answer.json::<Refusal>().await {
            Ok(refusal) => Err(refusal.error),
            Err(unreadable) => return Err(failed.err().unwrap_or(unreadable)),
        })
    };
    let answered: Result<Result<T, Refused>, reqwest::Error> = asked.await;
    match answered {
        Ok(Ok(value)) => Ok(value),
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
