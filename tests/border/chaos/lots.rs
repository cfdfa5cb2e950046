//! What happens when, decided by a seed.

use std::time::Duration;

use axum::http::StatusCode;
use understudy_simulators::Fault;

/// SplitMix64: the same numbers on every machine.
pub(super) struct Lots(pub(super) u64);

impl Lots {
    pub(super) fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// What one purchase meets: every switch of the simulators, and nothing three times in four.
pub(super) fn fault(lots: &mut Lots) -> Option<Fault> {
    let status = |code: u16| StatusCode::from_u16(code).expect("a status");
    let after = usize::try_from(lots.next(9_000)).unwrap_or_default();
    Some(match lots.next(68) {
        0 | 1 => Fault::Latency(Duration::from_millis(lots.next(600))),
        2 => Fault::RateLimited { retry_after: None },
        3 => Fault::RateLimited { retry_after: Some(Duration::from_secs(1 + lots.next(60))) },
        4 => Fault::QuotaExhausted,
        5 => Fault::Unauthorized,
        6 => Fault::Failing(status(500)),
        7 => Fault::Failing(status(502)),
        8 => Fault::Failing(status(503)),
        9 => Fault::Hang,
        10 => Fault::Cut { after },
        11 => Fault::Stall { after },
        12 => Fault::EmptyAudio,
        13 => Fault::Html(status(502)),
        14 => Fault::Html(status(200)),
        15 => Fault::ContentType("text/plain".to_owned()),
        16 => Fault::ContentType("application/json".to_owned()),
        _ => return None,
    })
}
