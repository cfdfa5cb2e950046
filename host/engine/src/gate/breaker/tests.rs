//! The breaker: its road from closed to open and back, and what holds whatever happens.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn settings() -> BreakerSettings {
    BreakerSettings { probe: Probe::Request, ..BreakerSettings::default() }
}

/// A breaker, its settings and a clock that is turned by hand.
struct Stage {
    breaker: Breaker,
    settings: BreakerSettings,
    now: Instant,
}

impl Stage {
    fn new(settings: BreakerSettings) -> Self {
        Self { breaker: Breaker::default(), settings, now: Instant::now() }
    }

    /// Plays one letter a call: `o` ok, `f` failed, `x` failed at once, `.` cancelled, `-` refused,
    /// `c` told to check, and `1` lets a second pass.
    fn play(&mut self, calls: &str) {
        for (place, call) in calls.chars().enumerate() {
            if call == '1' {
                self.now += SECOND;
                continue;
            }
            let would = self.breaker.would_refuse(&self.settings, self.now, false);
            let answer = self.breaker.ask(&self.settings, self.now, false);
            assert_eq!(would.is_none(), matches!(answer, Answer::Pass(_)), "{calls} at {place}");
            match (call, answer) {
                ('o', Answer::Pass(ticket)) => self.breaker.succeeded(ticket, &self.settings, self.now),
                ('f', Answer::Pass(ticket)) => self.breaker.failed(ticket, &self.settings, self.now, false),
                ('x', Answer::Pass(ticket)) => self.breaker.failed(ticket, &self.settings, self.now, true),
                ('.', Answer::Pass(ticket)) => self.breaker.released(ticket, self.now),
                ('c', Answer::Check(_)) | ('-', Answer::Refuse { .. }) => {}
                (call, answer) => panic!("{calls} at {place}: {call}, and the breaker said {answer:?}"),
            }
        }
    }
}

fn check(calls: &str, expected: BreakerState) {
    let mut stage = Stage::new(settings());
    stage.play(calls);
    assert_eq!(stage.breaker.state(), expected, "{calls}");
}

#[test]
fn five_failures_in_a_row_open_it_and_four_do_not() {
    use BreakerState::{Closed, Open};
    check("ffff", Closed);
    check("fffff", Open);
    check("fffff-", Open);
    check("oooooooofffff", Open);
    check(&format!("{}fffff", "o".repeat(5_000)), Open);
    check("ffff.o", Closed);
    check("x", Open);
}

#[test]
fn half_of_a_minute_opens_it_and_a_fifth_does_not() {
    use BreakerState::{Closed, Open};
    check("ofofofofof", Open);
    check(&"oooof".repeat(200), Closed);
    check("ffffof", Open);
    let old = format!("ffff{}ffff", "1".repeat(61));
    check(&old, Closed);
}

#[test]
fn how_many_how_long_and_what_share_is_the_operators_to_say() {
    use BreakerState::{Closed, Open};
    let check = |settings: BreakerSettings, calls: &str, expected: BreakerState| {
        let mut stage = Stage::new(settings);
        stage.play(calls);
        assert_eq!(stage.breaker.state(), expected, "{calls}");
    };
    check(BreakerSettings { failures: 2, ..settings() }, "off", Open);
    check(BreakerSettings { failures: 20, ..settings() }, &"f".repeat(19), Closed);
    let short = || BreakerSettings { window: 10 * SECOND, ..settings() };
    let spread = format!("ffff{}f", "1".repeat(20));
    check(short(), &spread, Closed);
    check(settings(), &spread, Open);
    check(BreakerSettings { failure_percent: 80, ..settings() }, "ofofofofof", Closed);
    check(BreakerSettings { failure_percent: 80, ..settings() }, "ffffof", Open);
    let soon = || BreakerSettings { recovery: 5 * SECOND, ..settings() };
    check(soon(), "fffff1111-", Open);
    check(soon(), "fffff11111o", Closed);
}

#[test]
fn it_recovers_through_one_probe() {
    use BreakerState::{Closed, HalfOpen, Open};
    let open = format!("fffff{}", "1".repeat(59));
    check(&format!("{open}-"), Open);
    check(&format!("{open}1o"), Closed);
    check(&format!("{open}1f-"), Open);
    check(&format!("{open}1offff"), Closed);
    check(&format!("{open}1."), HalfOpen);
    check(&format!("{open}1.o"), Closed);
    let again = format!("{open}1f{}o", "1".repeat(60));
    check(&again, Closed);
}

#[test]
fn while_a_probe_is_under_way_nobody_else_is_let_in() {
    let mut stage = Stage::new(settings());
    stage.play("fffff");
    stage.now += 60 * SECOND;
    let Answer::Pass(probe) = stage.breaker.ask(&stage.settings, stage.now, false) else {
        panic!("no probe")
    };
    stage.play("--1-");
    assert!(matches!(stage.breaker.ask(&stage.settings, stage.now, true), Answer::Refuse { .. }));
    stage.breaker.succeeded(probe, &stage.settings, stage.now);
    stage.play("o");
}

#[test]
fn the_check_is_asked_first_and_a_request_with_nowhere_else_to_go_does_not_wait_for_it() {
    let mut stage = Stage::new(BreakerSettings::default());
    stage.play("fffff");
    stage.now += 60 * SECOND;
    let Answer::Check(check) = stage.breaker.ask(&stage.settings, stage.now, false) else {
        panic!("no check")
    };
    stage.play("-");
    stage.breaker.check_passed(check);
    stage.play("o");
    assert_eq!(stage.breaker.state(), BreakerState::Closed);

    stage.play("fffff");
    stage.now += 60 * SECOND;
    let Answer::Check(check) = stage.breaker.ask(&stage.settings, stage.now, false) else {
        panic!("no check")
    };
    stage.breaker.failed(check, &stage.settings, stage.now, true);
    assert_eq!(stage.breaker.state(), BreakerState::Open);
    stage.now += 60 * SECOND;
    stage.play("c-");
    let sole = stage.breaker.ask(&stage.settings, stage.now, true);
    assert!(matches!(sole, Answer::Pass(_)), "{sole:?}");
}

#[test]
fn a_check_that_is_never_told_does_not_shut_the_provider_out() {
    let mut stage = Stage::new(BreakerSettings::default());
    stage.play("fffff");
    stage.now += 60 * SECOND;
    let Answer::Check(lost) = stage.breaker.ask(&stage.settings, stage.now, false) else {
        panic!("no check")
    };
    stage.breaker.released(lost, stage.now);
    stage.play("c");
}

#[test]
fn a_call_from_before_says_nothing_about_now() {
    let mut stage = Stage::new(settings());
    let Answer::Pass(old) = stage.breaker.ask(&stage.settings, stage.now, false) else { panic!("no pass") };
    stage.play("fffff");
    stage.breaker.succeeded(old, &stage.settings, stage.now);
    assert_eq!(stage.breaker.state(), BreakerState::Open, "an old success does not close it");
    stage.now += 60 * SECOND;
    stage.play("o");
    stage.breaker.failed(old, &stage.settings, stage.now, true);
    assert_eq!(stage.breaker.state(), BreakerState::Closed, "an old failure does not open it");
}

/// What happens to a breaker.
#[derive(Clone, Debug)]
enum Event {
    Ask { sole: bool },
    End { which: usize, how: u8 },
    Pass(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => any::<bool>().prop_map(|sole| Event::Ask { sole }),
        3 => (any::<usize>(), 0_u8..4).prop_map(|(which, how)| Event::End { which, how }),
        1 => (0_u64..40).prop_map(Event::Pass),
    ];
    prop::collection::vec(event, 0..300)
}

proptest! {
    #[test]
    fn whatever_happens_it_refuses_while_open_probes_once_and_always_recovers(
        events in events(),
        by_check in any::<bool>(),
    ) {
        let probe = if by_check { Probe::Check } else { Probe::Request };
        let mut stage = Stage::new(BreakerSettings { probe, ..BreakerSettings::default() });
        // Calls under way: the ticket, whether it is a check, and whether it was half-open.
        let mut under_way: Vec<(Ticket, bool, bool)> = Vec::new();
        for event in events {
            match event {
                Event::Pass(seconds) => stage.now += Duration::from_secs(seconds),
                Event::Ask { sole } => {
                    let closed = stage.breaker.refuses_for(stage.now);
                    let was = stage.breaker.state();
                    let would = stage.breaker.would_refuse(&stage.settings, stage.now, sole);
                    let answer = stage.breaker.ask(&stage.settings, stage.now, sole);
                    prop_assert_eq!(would.is_none(), matches!(answer, Answer::Pass(_)));
                    match answer {
                        Answer::Pass(ticket) => {
                            prop_assert_eq!(closed, None, "an open breaker let somebody in");
                            under_way.push((ticket, false, was != BreakerState::Closed));
                        }
                        Answer::Check(ticket) => {
                            prop_assert!(closed.is_none() && by_check && !sole);
                            under_way.push((ticket, true, true));
                        }
                        Answer::Refuse { retry_after } => prop_assert!(!retry_after.is_zero()),
                    }
                    let epoch = stage.breaker.epoch;
                    let probes = under_way.iter().filter(|(ticket, _, proof)| *proof && ticket.epoch == epoch);
                    prop_assert!(probes.count() <= 1, "two probes at once");
                }
                Event::End { which, how } => {
                    if under_way.is_empty() {
                        continue;
                    }
                    let (ticket, is_check, _) = under_way.swap_remove(which % under_way.len());
                    match (is_check, how) {
                        (true, 0) => stage.breaker.check_passed(ticket),
                        (false, 0) => stage.breaker.succeeded(ticket, &stage.settings, stage.now),
                        (_, 1) => stage.breaker.failed(ticket, &stage.settings, stage.now, false),
                        (_, 2) => stage.breaker.failed(ticket, &stage.settings, stage.now, true),
                        _ => stage.breaker.released(ticket, stage.now),
                    }
                }
            }
        }
        for (ticket, ..) in under_way {
            stage.breaker.released(ticket, stage.now);
        }
        stage.now += Duration::from_secs(61);
        let Answer::Pass(ticket) = stage.breaker.ask(&stage.settings, stage.now, true) else {
            return Err(TestCaseError::fail("it never recovers"));
        };
        stage.breaker.succeeded(ticket, &stage.settings, stage.now);
        prop_assert_eq!(stage.breaker.state(), BreakerState::Closed);
    }
}
