//! The network, to which no plugin is granted a host.
//!
//! Every request is denied with the words that say so. There are then no responses and no
//! connections, so a guest has no handle to call their functions with.

use wasmtime::component::Resource;

use super::bindings::understudy::provider::{http, websocket};
use crate::call::CallState;
use crate::trap::bounded;

/// The longest address quoted, in bytes.
const URL_BYTES_MAX: usize = 200;

impl CallState {
    fn denial(&self, url: &str) -> String {
        format!("no host is granted to {}, asked for {}", self.tenant.name, bounded(url, URL_BYTES_MAX))
    }
}

/// A handle that the host never gave out.
fn forged<T: 'static>(_handle: &Resource<T>) -> wasmtime::Error {
    wasmtime::Error::msg("resource handle is unknown to the host")
}

impl http::Host for CallState {
    async fn send(
        &mut self,
        request: http::Request,
    ) -> wasmtime::Result<Result<Resource<http::Response>, http::Error>> {
        Ok(Err(http::Error::Denied(self.denial(&request.url))))
    }
}

impl http::HostResponse for CallState {
    async fn status(&mut self, response: Resource<http::Response>) -> wasmtime::Result<u16> {
        Err(forged(&response))
    }

    async fn header(
        &mut self,
        response: Resource<http::Response>,
        _name: String,
    ) -> wasmtime::Result<Option<String>> {
        Err(forged(&response))
    }

    async fn headers(
        &mut self,
        response: Resource<http::Response>,
    ) -> wasmtime::Result<Vec<(String, String)>> {
        Err(forged(&response))
    }

    async fn read(
        &mut self,
        response: Resource<http::Response>,
        _maximum: u32,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, http::Error>> {
        Err(forged(&response))
    }

    async fn read_all(
        &mut self,
        response: Resource<http::Response>,
        _maximum: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, http::Error>> {
        Err(forged(&response))
    }

    async fn drop(&mut self, response: Resource<http::Response>) -> wasmtime::Result<()> {
        Err(forged(&response))
    }
}

impl websocket::Host for CallState {
    async fn connect(
        &mut self,
        handshake: websocket::Handshake,
    ) -> wasmtime::Result<Result<Resource<websocket::Connection>, websocket::Error>> {
        Ok(Err(websocket::Error::Denied(self.denial(&handshake.url))))
    }
}

impl websocket::HostConnection for CallState {
    async fn send(
        &mut self,
        connection: Resource<websocket::Connection>,
        _message: websocket::Message,
    ) -> wasmtime::Result<Result<(), websocket::Error>> {
        Err(forged(&connection))
    }

    async fn receive(
        &mut self,
        connection: Resource<websocket::Connection>,
        _timeout_ms: Option<u32>,
    ) -> wasmtime::Result<Result<websocket::Event, websocket::Error>> {
        Err(forged(&connection))
    }

    async fn close(
        &mut self,
        connection: Resource<websocket::Connection>,
        _code: u16,
        _reason: String,
    ) -> wasmtime::Result<Result<(), websocket::Error>> {
        Err(forged(&connection))
    }

    async fn header(
        &mut self,
        connection: Resource<websocket::Connection>,
        _name: String,
    ) -> wasmtime::Result<Option<String>> {
        Err(forged(&connection))
    }

    async fn drop(&mut self, connection: Resource<websocket::Connection>) -> wasmtime::Result<()> {
        Err(forged(&connection))
    }
}
