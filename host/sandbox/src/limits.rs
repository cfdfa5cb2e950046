//! What one call may use up, and one plugin may keep.
//!
//! Every number is a key of the provider's `limits` table in the configuration. The defaults are
//! generous for speech (an hour of compressed audio, a voice computed in the sandbox) and small
//! next to what one process can bear from a hundred calls at once.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest memory a guest can have at all: a slot of the instance pool is reserved for it.
pub(crate) const POOL_MEMORY_BYTES: usize = 256 << 20;

/// The most table elements a guest can have in one table.
pub(crate) const POOL_TABLE_ELEMENTS: usize = 20_000;

/// Limits of one call, or where it says so of one plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Linear memory of all the guest's memories together, in bytes; 256 MiB is the most. Past
    /// it the call fails. A Rust guest needs 1–2 MiB, a JavaScript or Python one 10–60 MiB.
    pub memory_bytes: usize,
    /// Elements of all the guest's tables together; 20,000 in one table is the most.
    pub table_elements: usize,
    /// Core module instances. A Rust guest has 1–4, a Python one about 14.
    pub instances: usize,
    /// Memories and, separately, tables. Guests in other languages have up to two of each.
    pub memories_and_tables: usize,
    /// Processor time: milliseconds in which the guest computed, or the host worked for it
    /// without waiting. Time parked in an import is free.
    #[serde(rename = "cpu_ms", serialize_with = "to_millis", deserialize_with = "from_millis")]
    pub cpu: Duration,
    /// Wall-clock time of the whole call, waiting for a free instance included. The caller's own
    /// deadline can only shorten it.
    #[serde(rename = "deadline_ms", serialize_with = "to_millis", deserialize_with = "from_millis")]
    pub deadline: Duration,
    /// Audio pushed into a take, in bytes.
    pub output_bytes: u64,
    /// Word marks and line marks pushed into a take.
    pub word_marks: u32,
    /// Text, names and options of a request or script, in bytes. More is refused before the call, and is
    /// no failure of the plugin.
    pub input_bytes: usize,
    /// Bytes that can cross from guest to host in one import or one result.
    pub host_call_bytes: usize,
    /// Calls into the host, those of WASI included. A guest waits in at most one at a time.
    pub host_calls: u64,
    /// Open host resources: streams, pollables, requests.
    pub resources: usize,
    /// Time to resolve a name, connect and agree on TLS.
    #[serde(rename = "http_connect_ms", serialize_with = "to_millis", deserialize_with = "from_millis")]
    pub http_connect: Duration,
    /// Time from sending a request to the head of its answer, connecting included.
    #[serde(rename = "http_first_byte_ms", serialize_with = "to_millis", deserialize_with = "from_millis")]
    pub http_first_byte: Duration,
    /// Time between two pieces of a body, and between two messages of a WebSocket.
    #[serde(rename = "http_idle_ms", serialize_with = "to_millis", deserialize_with = "from_millis")]
    pub http_idle: Duration,
    /// The body of one answer, decompressed, or all messages of one WebSocket, in bytes.
    pub response_bytes: u64,
    /// One message of a WebSocket, either way, in bytes.
    pub message_bytes: usize,
    /// Requests and WebSocket handshakes.
    pub requests: u32,
    /// Answers and WebSockets that are open at once.
    pub open_requests: u32,
    /// What the guest may write to the log, standard output and error included, in bytes.
    pub log_bytes: usize,
    /// The length of one log line, in bytes; the rest of the line is cut off.
    pub log_line_bytes: usize,
    /// Keys and values a plugin may keep in `memo` between its calls, in bytes.
    pub memo_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 128 << 20,
            table_elements: POOL_TABLE_ELEMENTS,
            instances: 64,
            memories_and_tables: 16,
            // A voice that computes in the sandbox at twenty times real time speaks twenty
            // minutes in this; the deadline is the engine's own default.
            cpu: Duration::from_secs(60),
            deadline: Duration::from_secs(100),
            output_bytes: 256 << 20,
            word_marks: 500_000,
            input_bytes: 1 << 20,
            host_call_bytes: 16 << 20,
            host_calls: 5_000_000,
            resources: 1_000,
            http_connect: Duration::from_secs(10),
            // A service that thinks before it speaks thinks about the whole text.
            http_first_byte: Duration::from_secs(60),
            http_idle: Duration::from_secs(30),
            response_bytes: 256 << 20,
            message_bytes: 4 << 20,
            requests: 200,
            open_requests: 32,
            log_bytes: 64 << 10,
            log_line_bytes: 2 << 10,
            memo_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// The limits while a plugin describes itself, which is pure: nothing to wait for, little to
    /// compute.
    pub(crate) fn while_describing(&self) -> Self {
        Self {
            cpu: self.cpu.min(Duration::from_secs(1)),
            deadline: self.deadline.min(Duration::from_secs(10)),
            ..self.clone()
        }
    }
}

fn to_millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn from_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_what_they_write_and_refuse_unknown_keys() {
        let limits = Limits { cpu: Duration::from_millis(1_500), ..Limits::default() };
        let text = serde_json::to_string(&limits).unwrap();
        assert!(text.contains("\"cpu_ms\":1500"), "{text}");
        assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
        assert!(serde_json::from_str::<Limits>("{\"cpu\": 1}").is_err());
        assert_eq!(serde_json::from_str::<Limits>("{}").unwrap(), Limits::default());
    }
}
