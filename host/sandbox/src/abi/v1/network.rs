//! `http` and `websocket`, translated to the egress and back.

use std::time::Duration;

use http::Method;
use wasmtime::component::Resource;

use super::bindings::understudy::provider::{http as wit_http, websocket as wit_socket};
use crate::call::CallState;
use crate::egress::{
    Body, Closing, Event, Handshake, Incoming, Message, Opened, Outgoing, Refusal, Socket, SocketError,
    read_headers, read_url,
};
use crate::recording::CHUNK_BYTES_MAX;
use crate::trap::bounded;

type Trappable<Done> = wasmtime::Result<Done>;

fn milliseconds(time: Option<u32>) -> Option<Duration> {
    time.map(|time| Duration::from_millis(time.into()))
}

/// What the guest hears of a refusal; the end of the call is no answer to it.
fn http_error(refusal: Refusal) -> Trappable<wit_http::Error> {
    Ok(match refusal {
        Refusal::Denied(denial) => wit_http::Error::Denied(denial.to_string()),
        Refusal::Invalid(reason) => wit_http::Error::Invalid(reason),
        Refusal::Unreachable(reason) => wit_http::Error::Unreachable(reason),
        Refusal::TimedOut => wit_http::Error::TimedOut,
        Refusal::TooLarge(limit) => wit_http::Error::TooLarge(limit),
        Refusal::Protocol(reason) => wit_http::Error::Protocol(reason),
        Refusal::Over(failure) => return Err(failure.into()),
    })
}

fn http_answer<Done>(done: Result<Done, Refusal>) -> Trappable<Result<Done, wit_http::Error>> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(refusal) => http_error(refusal).map(Err),
    }
}

fn outgoing(request: wit_http::Request) -> Result<Outgoing, Refusal> {
    let url = read_url(&request.url)?;
    let method =
        Method::from_bytes(request.method.as_bytes()).ok().filter(|method| method != Method::CONNECT);
    let method = method.ok_or_else(|| {
        Refusal::Invalid(format!("method is not for requests: {}", bounded(&request.method, 32)))
    })?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(Refusal::Invalid(format!("scheme is neither https nor http: {}", url.scheme())));
    }
    Ok(Outgoing {
        method,
        url,
        headers: read_headers(request.headers).map_err(Refusal::Invalid)?,
        body: Body::Whole(request.body.unwrap_or_default().into()),
        first_byte: milliseconds(request.timeout_ms),
        idle: None,
    })
}

impl wit_http::Host for CallState {
    async fn send(
        &mut self,
        request: wit_http::Request,
    ) -> Trappable<Result<Resource<Incoming>, wit_http::Error>> {
        let sent = match outgoing(request) {
            Ok(outgoing) => self.dispatch.send(outgoing).await,
            Err(refusal) => Err(refusal),
        };
        match http_answer(sent)? {
            Ok(incoming) => Ok(Ok(self.resources.push(incoming)?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl wit_http::HostResponse for CallState {
    async fn status(&mut self, response: Resource<Incoming>) -> Trappable<u16> {
        Ok(self.resources.get(&response)?.status())
    }

    async fn header(&mut self, response: Resource<Incoming>, name: String) -> Trappable<Option<String>> {
        Ok(self.resources.get(&response)?.header(&name))
    }

    async fn headers(&mut self, response: Resource<Incoming>) -> Trappable<Vec<(String, String)>> {
        Ok(self.resources.get(&response)?.headers())
    }

    async fn read(
        &mut self,
        response: Resource<Incoming>,
        maximum: u32,
    ) -> Trappable<Result<Option<Vec<u8>>, wit_http::Error>> {
        let piece = self.resources.get_mut(&response)?.read(maximum as usize).await;
        http_answer(piece.map(|piece| piece.map(Vec::from)))
    }

    async fn peek(
        &mut self,
        response: Resource<Incoming>,
        known: u32,
        maximum: u32,
    ) -> Trappable<Result<Vec<u8>, wit_http::Error>> {
        let start = self.resources.get_mut(&response)?.peek(known as usize, maximum as usize).await;
        http_answer(start.map(Vec::from))
    }

    async fn read_all(
        &mut self,
        response: Resource<Incoming>,
        maximum: u32,
    ) -> Trappable<Result<Vec<u8>, wit_http::Error>> {
        http_answer(self.resources.get_mut(&response)?.read_all(maximum as usize).await)
    }

    async fn forward(
        &mut self,
        response: Resource<Incoming>,
    ) -> Trappable<Result<Option<u64>, wit_http::Error>> {
        let (recording, resources) = self.recording_and_resources("response.forward")?;
        let response = resources.get_mut(&response)?;
        let mut bytes = 0;
        loop {
            let piece = match response.read(CHUNK_BYTES_MAX).await {
                Ok(Some(piece)) => piece,
                ended => return http_answer(ended.map(|_| Some(bytes))),
            };
            bytes += piece.len() as u64;
            if !recording.audio(piece).await? {
                return Ok(Ok(None));
            }
        }
    }

    async fn drop(&mut self, response: Resource<Incoming>) -> Trappable<()> {
        self.resources.delete(response)?;
        Ok(())
    }
}

fn socket_error(error: SocketError) -> Trappable<wit_socket::Error> {
    Ok(match error {
        SocketError::Closed => wit_socket::Error::Closed,
        SocketError::Refused(refusal) => match http_error(refusal)? {
            wit_http::Error::Denied(denial) => wit_socket::Error::Denied(denial),
            wit_http::Error::Invalid(reason) => wit_socket::Error::Invalid(reason),
            wit_http::Error::Unreachable(reason) => wit_socket::Error::Unreachable(reason),
            wit_http::Error::TimedOut => wit_socket::Error::TimedOut,
            wit_http::Error::TooLarge(limit) => wit_socket::Error::TooLarge(limit),
            wit_http::Error::Protocol(reason) => wit_socket::Error::Protocol(reason),
        },
    })
}

fn socket_answer<Done>(done: Result<Done, SocketError>) -> Trappable<Result<Done, wit_socket::Error>> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(error) => socket_error(error).map(Err),
    }
}

impl wit_socket::Host for CallState {
    async fn connect(
        &mut self,
        handshake: wit_socket::Handshake,
    ) -> Trappable<Result<Resource<Socket>, wit_socket::Error>> {
        let opened = self.dispatch.connect(Handshake {
            url: handshake.url,
            headers: handshake.headers,
            protocols: handshake.protocols,
            patience: milliseconds(handshake.timeout_ms),
        });
        match socket_answer(opened.await.map_err(SocketError::Refused))? {
            Ok(Opened::Socket(socket)) => Ok(Ok(self.resources.push(*socket)?)),
            Ok(Opened::Refused { status, headers, body }) => {
                Ok(Err(wit_socket::Error::Refused(wit_socket::Refusal { status, headers, body })))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

impl wit_socket::HostConnection for CallState {
    async fn send(
        &mut self,
        connection: Resource<Socket>,
        message: wit_socket::Message,
    ) -> Trappable<Result<(), wit_socket::Error>> {
        let message = match message {
            wit_socket::Message::Text(text) => Message::Text(text),
            wit_socket::Message::Binary(bytes) => Message::Binary(bytes),
        };
        socket_answer(self.resources.get(&connection)?.send(message).await)
    }

    async fn receive(
        &mut self,
        connection: Resource<Socket>,
        timeout_ms: Option<u32>,
    ) -> Trappable<Result<wit_socket::Event, wit_socket::Error>> {
        let received = self.resources.get_mut(&connection)?.receive(milliseconds(timeout_ms)).await;
        socket_answer(received.map(|event| match event {
            Event::Message(Message::Text(text)) => {
                wit_socket::Event::Message(wit_socket::Message::Text(text))
            }
            Event::Message(Message::Binary(bytes)) => {
                wit_socket::Event::Message(wit_socket::Message::Binary(bytes))
            }
            Event::Closed(closing) => wit_socket::Event::Closed(
                closing.map(|Closing { code, reason }| wit_socket::CloseFrame { code, reason }),
            ),
        }))
    }

    async fn close(
        &mut self,
        connection: Resource<Socket>,
        code: u16,
        reason: String,
    ) -> Trappable<Result<(), wit_socket::Error>> {
        socket_answer(self.resources.get_mut(&connection)?.close(Closing { code, reason }).await)
    }

    async fn header(&mut self, connection: Resource<Socket>, name: String) -> Trappable<Option<String>> {
        Ok(self.resources.get(&connection)?.header(&name))
    }

    async fn drop(&mut self, connection: Resource<Socket>) -> Trappable<()> {
        self.resources.delete(connection)?;
        Ok(())
    }
}
