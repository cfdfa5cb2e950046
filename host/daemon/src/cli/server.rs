//! Asking a running server, for the commands that show what only it knows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Method, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exit::{Exit, Fault};
use crate::config::Server;

/// A server that is there answers at once, whatever its providers do.
const PATIENCE: Duration = Duration::from_secs(5);

/// A reload may compile, and wait for who still plays; a cache may be large.
const ORDER_PATIENCE: Duration = Duration::from_secs(900);

/// How long is waited for an answer.
#[derive(Clone, Copy)]
enum Patience {
    /// For all of it.
    Whole(Duration),
    /// For its beginning, and from each piece to the next.
    Piece(Duration),
}

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

impl From<Refused> for Fault {
    fn from(Refused { message, hint }: Refused) -> Self {
        hint.into_iter().fold(Self::new(Exit::Failed, message), Self::hint)
    }
}

/// The address that a command `said`, or that of a server with these settings, from this machine.
pub(super) fn place(said: Option<&str>, server: &Server) -> Result<String, Fault> {
    if let Some(url) = said {
        return Ok(url.to_owned());
    }
    let known = server.listen.iter().find(|address| address.port() != 0).ok_or_else(|| {
        Fault::new(Exit::Usage, "server.listen lets the server take any free port")
            .hint("--url says where it listens; its log tells")
    })?;
    Ok(format!("http://{}", near(*known)))
}

/// Whoever listens on every network of the machine does so on the machine's own.
fn near(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What the server at `url` answers to a `GET` of `path` with these parameters.
pub(super) async fn ask<T: DeserializeOwned>(
    url: &str,
    path: &str,
    query: &[(String, String)],
) -> Result<T, Fault> {
    call(Method::GET, url, path, query, Patience::Whole(PATIENCE)).await
}

/// Has the server at `url` do what a `POST` to `path` with these parameters means.
pub(super) async fn order<T: DeserializeOwned>(
    url: &str,
    path: &str,
    query: &[(String, String)],
) -> Result<T, Fault> {
    call(Method::POST, url, path, query, Patience::Whole(ORDER_PATIENCE)).await
}

/// Has the server at `url` do what a `POST` to `path` means, and shows each line of its answer; the last.
pub(super) async fn follow<T: DeserializeOwned + Default>(
    url: &str,
    path: &str,
    show: impl Fn(&T),
) -> Result<T, Fault> {
    // How long all of it takes is a matter of how much there is.
    lines(answered(Method::POST, url, path, &[], Patience::Piece(ORDER_PATIENCE)).await?, url, show).await
}

async fn lines<T: DeserializeOwned + Default>(
    mut answer: Response,
    url: &str,
    show: impl Fn(&T),
) -> Result<T, Fault> {
    let (mut last, mut line) = (T::default(), Vec::new());
    while let Some(piece) = answer.chunk().await.map_err(|error| no_answer(url, error))? {
        for byte in piece {
            if byte != b'\n' {
                line.push(byte);
                continue;
            }
            if let Ok(Refusal { error }) = serde_json::from_slice(&line) {
                return Err(error.into());
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
    patience: Patience,
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
    patience: Patience,
) -> Result<Response, Fault> {
    // The program has a TLS that has to be told its cryptography; done twice, the first stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = format!("{}{path}", url.trim_end_matches('/'));
    let place = reqwest::Url::parse_with_params(&place, query).ok();
    let place = place.filter(|place| ["http", "https"].contains(&place.scheme())).ok_or_else(|| {
        Fault::new(Exit::Usage, format!("not the address of a server: {url}"))
            .hint("write it with its scheme, for example http://localhost:8750")
    })?;
    let asked = async {
        let client = reqwest::Client::builder().no_proxy();
        let client = match patience {
            Patience::Whole(time) => client.timeout(time),
            Patience::Piece(time) => client.read_timeout(time),
        };
        let client = client.build()?;
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
        Ok(Err(refused)) => Err(refused.into()),
        Err(error) => Err(no_answer(url, error)),
    }
}

fn no_answer(url: &str, error: reqwest::Error) -> Fault {
    let advice = if error.is_connect() {
        "`understudy serve` starts a server; --config or --url says where one listens"
    } else {
        "--url says where a server of this version listens"
    };
    Fault::new(Exit::Failed, NoAnswer { url: url.to_owned(), source: error.without_url() }).hint(advice)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn check(said: Option<&str>, listen: &[&str], expected: Option<&str>) {
        let listen = listen.iter().map(|address| address.parse().unwrap()).collect();
        let server = Server { listen, ..Server::default() };
        assert_eq!(place(said, &server).ok().as_deref(), expected);
    }

    /// Answers the first call with a line every so often.
    async fn trickling(lines: usize, pause: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            for line in 1..=lines {
                tokio::time::sleep(pause).await;
                if stream.write_all(format!("{line}\n").as_bytes()).await.is_err() {
                    return;
                }
            }
        });
        url
    }

    #[tokio::test]
    async fn an_answer_that_goes_on_may_take_longer_than_its_pieces() {
        let followed = async |patience| -> Result<usize, Fault> {
            let url = trickling(8, Duration::from_millis(100)).await;
            lines(answered(Method::POST, &url, "/", &[], patience).await?, &url, |_| ()).await
        };
        let patience = Duration::from_millis(500);
        assert_eq!(followed(Patience::Piece(patience)).await.ok(), Some(8));
        assert_eq!(followed(Patience::Whole(patience)).await.ok(), None);
    }

    #[test]
    fn a_server_is_asked_where_it_was_told_to_listen() {
        check(None, &["127.0.0.1:8750", "10.0.0.1:1"], Some("http://127.0.0.1:8750"));
        check(None, &["0.0.0.0:9000"], Some("http://127.0.0.1:9000"));
        check(None, &["[::]:9000"], Some("http://[::1]:9000"));
        check(None, &["10.0.0.1:0", "10.0.0.1:9000"], Some("http://10.0.0.1:9000"));
        check(None, &["127.0.0.1:0"], None);
        check(Some("http://there:1/"), &["127.0.0.1:0"], Some("http://there:1/"));
    }
}
