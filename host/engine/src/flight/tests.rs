//! Single flight on paused time.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{advance, sleep};

use super::*;

type Outcome = Result<Bytes, String>;

const GRACE: Duration = Duration::from_secs(2);

fn flights() -> Flights<&'static str, Outcome> {
    Flights::new(FlightSettings { grace: GRACE, replay_bytes_max: 1_000 })
}

fn audio(byte: u8) -> TakeEvent {
    TakeEvent::Audio(Bytes::from(vec![byte; 100]))
}

/// Says whether it is still there.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Lets every task that can run come to rest. The runtime is single-threaded and time stands.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_ask_at_once_are_one_call_with_one_answer() {
    let (flights, calls) = (flights(), Arc::new(AtomicUsize::new(0)));
    let mut asking = JoinSet::new();
    for number in 0..1_000 {
        let (flights, calls) = (flights.clone(), Arc::clone(&calls));
        asking.spawn(async move {
            sleep(Duration::from_millis(number % 50)).await;
            let mut ticket = flights.join("take", move |announcer| async move {
                calls.fetch_add(1, Ordering::SeqCst);
                for byte in 0..5 {
                    announcer.announce(audio(byte));
                    sleep(Duration::from_millis(20)).await;
                }
                Ok(Bytes::from_static(b"the whole"))
            });
            let mut heard = Vec::new();
            while let Some(event) = ticket.next().await.unwrap() {
                heard.push(event);
            }
            (heard, ticket.outcome().await.unwrap().unwrap())
        });
    }
    let answers = asking.join_all().await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(answers.len(), 1_000);
    let expected = ((0..5).map(audio).collect::<Vec<_>>(), Bytes::from_static(b"the whole"));
    assert!(answers.iter().all(|answer| *answer == expected));
    settle().await;
    assert!(flights.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_to_ask_may_leave_while_another_listens() {
    let flights = flights();
    let (go, gone) = oneshot::channel::<()>();
    let first = flights.join("take", move |_| async move {
        gone.await.unwrap();
        Ok(Bytes::from_static(b"done"))
    });
    let second = flights.join("take", |_| async { unreachable!("it is under way") });
    assert_eq!((first.has_begun(), second.has_begun()), (true, false));
    drop(first);
    advance(10 * GRACE).await;
    settle().await;
    go.send(()).unwrap();
    assert_eq!(second.outcome().await, Ok(Ok(Bytes::from_static(b"done"))));
}

#[tokio::test(start_paused = true)]
async fn work_nobody_wants_ends_after_the_grace_and_not_before() {
    let (flights, alive) = (flights(), Arc::new(AtomicUsize::new(0)));
    let begin = || {
        let guard = Arc::clone(&alive);
        flights.join("take", move |_| async move {
            let _alive = Alive::new(&guard);
            std::future::pending().await
        })
    };
    let check = |expected: usize| assert_eq!(alive.load(Ordering::SeqCst), expected);
    let ticket = begin();
    settle().await;
    drop(ticket);
    settle().await;
    advance(GRACE - Duration::from_millis(1)).await;
    settle().await;
    check(1);
    // A retry within the grace attaches to the same work, and the grace begins anew.
    let retry = begin();
    assert!(!retry.has_begun());
    advance(10 * GRACE).await;
    settle().await;
    check(1);
    drop(retry);
    settle().await;
    advance(GRACE + Duration::from_millis(1)).await;
    settle().await;
    check(0);
    assert!(flights.is_empty());
    assert!(begin().has_begun());
}

#[tokio::test(start_paused = true)]
async fn an_error_reaches_all_and_the_next_to_ask_begins_anew() {
    let flights = flights();
    let failing = |_| async { Err("declined".to_owned()) };
    let tickets: Vec<_> = (0..3).map(|_| flights.join("take", failing)).collect();
    for ticket in &tickets {
        assert_eq!(ticket.outcome().await, Ok(Err("declined".to_owned())));
    }
    settle().await;
    assert!(flights.join("take", failing).has_begun());
}

#[tokio::test(start_paused = true)]
async fn a_panic_reaches_all_as_an_error() {
    let flights = flights();
    let panicking = |_| async { panic!("out of tune") };
    let tickets: Vec<_> = (0..3).map(|_| flights.join("take", panicking)).collect();
    for ticket in &tickets {
        assert_eq!(ticket.outcome().await, Err(FlightLost::Panicked("out of tune".to_owned())));
    }
    settle().await;
    assert!(flights.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_latecomer_hears_the_beginning_and_then_follows() {
    let flights = flights();
    let (go, gone) = oneshot::channel::<()>();
    let _first = flights.join("take", move |announcer| async move {
        announcer.announce(audio(1));
        announcer.announce(audio(2));
        gone.await.unwrap();
        announcer.announce(audio(3));
        Ok(Bytes::new())
    });
    settle().await;
    let mut late = flights.find(&"take").unwrap();
    assert_eq!((late.next().await, late.next().await), (Ok(Some(audio(1))), Ok(Some(audio(2)))));
    assert!(late.next().now_or_never().is_none());
    go.send(()).unwrap();
    assert_eq!((late.next().await, late.next().await), (Ok(Some(audio(3))), Ok(None)));
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_falls_behind_the_buffer_is_told_and_has_the_outcome() {
    let flights = flights();
    let (go, gone) = oneshot::channel::<()>();
    let mut slow = flights.join("take", move |announcer| async move {
        announcer.announce(audio(0));
        gone.await.unwrap();
        (1..=10).for_each(|byte| announcer.announce(audio(byte)));
        Ok(Bytes::from_static(b"the whole"))
    });
    assert_eq!(slow.next().await, Ok(Some(audio(0))));
    go.send(()).unwrap();
    assert_eq!(slow.outcome().await, Ok(Ok(Bytes::from_static(b"the whole"))));
    assert_eq!((slow.next().await, slow.next().await), (Err(Overrun), Err(Overrun)));
}

#[tokio::test(start_paused = true)]
async fn work_that_has_landed_is_shared_until_it_ends_and_never_given_up() {
    let (flights, finished) = (flights(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&finished);
    let first = flights.join("take", move |announcer| async move {
        announcer.land(Ok(Bytes::from_static(b"landed")));
        sleep(10 * GRACE).await;
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Bytes::from_static(b"too late"))
    });
    assert_eq!(first.outcome().await, Ok(Ok(Bytes::from_static(b"landed"))));
    let second = flights.join("take", |_| async { unreachable!("it is under way") });
    assert_eq!(second.outcome().await, Ok(Ok(Bytes::from_static(b"landed"))));
    drop((first, second));
    settle().await;
    advance(9 * GRACE).await;
    settle().await;
    assert_eq!(flights.len(), 1);
    advance(GRACE).await;
    settle().await;
    assert_eq!((finished.load(Ordering::SeqCst), flights.len()), (1, 0));
}

#[test]
fn listeners_of_a_runtime_that_ends_are_told() {
    let flights = flights();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ticket = runtime.block_on(async { flights.join("take", |_| std::future::pending()) });
    drop(runtime);
    let here = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(here.block_on(ticket.outcome()), Err(FlightLost::Ended));
}

#[tokio::test(start_paused = true)]
async fn work_that_lands_in_its_grace_goes_on_to_its_end() {
    let (flights, finished) = (flights(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&finished);
    let ticket = flights.join("take", move |announcer| async move {
        sleep(GRACE / 2).await;
        announcer.land(Ok(Bytes::from_static(b"landed")));
        sleep(10 * GRACE).await;
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Bytes::new())
    });
    settle().await;
    drop(ticket);
    for _ in 0..22 {
        advance(GRACE / 2).await;
        settle().await;
    }
    assert_eq!((finished.load(Ordering::SeqCst), flights.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_phase_is_reached_when_it_is_told_or_passed_and_at_the_landing() {
    let (flights, second) = (flights(), Duration::from_secs(1));
    let told = flights.join("told", move |announcer| async move {
        sleep(second).await;
        announcer.reach(Phase::Called);
        std::future::pending().await
    });
    let silent = flights.join("silent", move |_| async move {
        sleep(second).await;
        Ok(Bytes::new())
    });
    let tickets = [told, silent];
    let has_reached = |phase| tickets.iter().filter(|ticket| ticket.has_reached(phase)).count();
    assert_eq!((has_reached(Phase::Waiting), has_reached(Phase::Called)), (2, 0));
    for ticket in &tickets {
        ticket.reached(Phase::Called).await;
        assert!(ticket.has_reached(Phase::Called));
    }
}
