//! `[sandbox]` and `[providers.NAME.limits]`: what plugins may use.
//!
//! The keys are those of [`Limits`], where each is explained. The ranges here refuse what could
//! never work: a memory smaller than any guest, or larger than a place in the instance pool.

use std::path::Path;
use std::time::Duration;

use understudy_engine::{EngineSettings, Route};
use understudy_sandbox::{Limits, SandboxOptions};

use super::findings::Findings;
use super::section::Section;
use super::{RequestLimits, Sandbox, characters, folders, routes};

/// Most calls at once; each place reserves address space.
const MAX_SLOTS: u32 = 100_000;
/// Least and largest memory. The upper end is the size of a place in the instance pool.
const MEMORY_BYTES: std::ops::RangeInclusive<usize> = 1 << 20..=256 << 20;
/// Largest table, as the pool has it.
const MAX_TABLE_ELEMENTS: usize = 20_000;
/// Most instances, memories and tables of one guest.
const MAX_PARTS: usize = 1_000;
/// Most bytes of anything that is held in memory for one call.
const MAX_HELD_BYTES: usize = 4 << 30;
/// Longest time of a call: a day.
const MAX_TIME: Duration = Duration::from_secs(86_400);

impl Default for Sandbox {
    fn default() -> Self {
        let engine = EngineSettings::default();
        Self {
            slots: SandboxOptions::default().slots,
            certificate_authorities: None,
            limits: default_limits(
                engine.deadline.max(engine.stream_deadline).max(engine.conversation.deadline),
            ),
        }
    }
}

/// The engine gives each call the deadline of its request. The sandbox's own stands behind it for
/// calls that have none, so unless it is set it must not be the shorter of the two.
fn default_limits(deadline: Duration) -> Limits {
    Limits { deadline, ..Limits::default() }
}

/// The longest time that anything in this file gives a request. Routes are read for good only when the
/// providers they name are known, and those are read with the limits that this is for; so this looks ahead.
pub(super) fn longest_deadline(file: &Section<'_>, requests: &RequestLimits) -> Duration {
    let findings = Findings::new("");
    let file = file.ahead(&findings);
    let routes = routes::routes(&file.section("routes"), &Route::default(), &[]);
    let conversation = characters::conversation(file.section("conversation"));
    let routes = routes.values().filter_map(|route| route.deadline);
    let others = [requests.deadline, requests.stream_deadline, conversation.deadline];
    routes.chain(others).max().unwrap_or_default()
}

/// Reads `[sandbox]`; `deadline` is the longest of any request.
pub(super) fn read(section: Section<'_>, deadline: Duration, folder: &Path) -> Sandbox {
    let default = Sandbox::default();
    let sandbox = Sandbox {
        slots: section.integer("slots", default.slots, 1..=MAX_SLOTS),
        certificate_authorities: section
            .string("certificate_authorities")
            .map(|found| folders::expand(&found.value, folder)),
        limits: read_limits(&section, &default_limits(deadline)),
    };
    section.finish();
    sandbox
}

/// Reads limits; what is absent is as in `default`.
pub(super) fn read_limits(section: &Section<'_>, default: &Limits) -> Limits {
    let millisecond = Duration::from_millis(1);
    Limits {
        memory_bytes: section.integer("memory_bytes", default.memory_bytes, MEMORY_BYTES),
        table_elements: section.integer("table_elements", default.table_elements, 1..=MAX_TABLE_ELEMENTS),
        instances: section.integer("instances", default.instances, 1..=MAX_PARTS),
        memories_and_tables: section.integer(
            "memories_and_tables",
            default.memories_and_tables,
            1..=MAX_PARTS,
        ),
        cpu: section.milliseconds("cpu_ms", default.cpu, millisecond..=MAX_TIME),
        deadline: section.milliseconds("deadline_ms", default.deadline, millisecond..=MAX_TIME),
        output_bytes: section.integer("output_bytes", default.output_bytes, 1..=MAX_HELD_BYTES as u64),
        word_marks: section.integer("word_marks", default.word_marks, 0..=u32::MAX),
        input_bytes: section.integer("input_bytes", default.input_bytes, 1..=MAX_HELD_BYTES),
        host_call_bytes: section.integer("host_call_bytes", default.host_call_bytes, 1..=MAX_HELD_BYTES),
        host_calls: section.integer("host_calls", default.host_calls, 1..=u64::MAX),
        resources: section.integer("resources", default.resources, 1..=1_000_000),
        http_connect: section.milliseconds("http_connect_ms", default.http_connect, millisecond..=MAX_TIME),
        http_first_byte: section.milliseconds(
            "http_first_byte_ms",
            default.http_first_byte,
            millisecond..=MAX_TIME,
        ),
        http_idle: section.milliseconds("http_idle_ms", default.http_idle, millisecond..=MAX_TIME),
        response_bytes: section.integer("response_bytes", default.response_bytes, 1..=MAX_HELD_BYTES as u64),
        message_bytes: section.integer("message_bytes", default.message_bytes, 1..=MAX_HELD_BYTES),
        requests: section.integer("requests", default.requests, 0..=u32::MAX),
        open_requests: section.integer("open_requests", default.open_requests, 1..=u32::MAX),
        log_bytes: section.integer("log_bytes", default.log_bytes, 0..=MAX_HELD_BYTES),
        log_line_bytes: section.integer("log_line_bytes", default.log_line_bytes, 1..=MAX_HELD_BYTES),
        memo_bytes: section.integer("memo_bytes", default.memo_bytes, 0..=MAX_HELD_BYTES),
    }
}
