//! The history in a folder of its own: recording, asking, forgetting, and what a restart keeps.

use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

use tempfile::TempDir;

use super::*;
use crate::store::{Store, StoreSettings};

const DAY_MS: u64 = 86_400_000;
/// 2026-11-23T00:00:00Z.
const START_MS: u64 = 1_795_392_000_000;

struct Place {
    folder: TempDir,
    now_ms: Arc<AtomicU64>,
    settings: HistorySettings,
}

impl Place {
    fn new(settings: HistorySettings) -> Self {
        let now_ms = Arc::new(AtomicU64::new(START_MS));
        Self { folder: tempfile::tempdir().unwrap(), now_ms, settings }
    }

    fn open(&self) -> Store {
        let now_ms = Arc::clone(&self.now_ms);
        let clock = WallClock::new(move || UNIX_EPOCH + Duration::from_millis(now_ms.load(Ordering::SeqCst)));
        let settings = StoreSettings { history: self.settings.clone(), ..StoreSettings::default() };
        Store::open(self.folder.path(), settings, &clock)
    }

    fn turn(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

/// Request `number` came `number` milliseconds after the start.
fn record(number: u64) -> RequestRecord {
    let status = if number.is_multiple_of(3) { RequestStatus::Failed } else { RequestStatus::Completed };
    let mut record = RequestRecord::new(format!("r-{number}"), START_MS + number, "Hello there.", status);
    record.provider = Some(if number.is_multiple_of(2) { "azure" } else { "edge" }.to_owned());
    record.route = Some("narration".to_owned());
    record.task_id = Some(format!("task-{}", number % 4));
    record.rate = Some(1.25);
    record.take = Some("0123456789abcdef".repeat(4).parse().unwrap());
    record.attempts =
        vec![AttemptRecord { provider: "azure".to_owned(), outcome: "ok".to_owned(), ms: number }];
    record
}

async fn filled(place: &Place, count: u64) -> Store {
    let store = place.open();
    (0..count).for_each(|number| store.history().record(record(number)));
    store.history().flush().await;
    store
}

/// The numbers of all records that `query` describes, page by page.
async fn pages(store: &Store, mut query: HistoryQuery, length: usize) -> Vec<Vec<u64>> {
    let mut pages = Vec::new();
    loop {
        let page = store.history().query(query.clone(), length).await.unwrap();
        pages.push(page.records.iter().map(|record| record.at_ms - START_MS).collect());
        match page.next {
            // As a client sends it back.
            Some(next) => query.after = Some(next.to_string().parse().unwrap()),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn every_condition_narrows_and_pages_follow_without_gap_or_repeat() {
    let store = filled(&Place::new(HistorySettings::default()), 12).await;
    let store = &store;
    let check = |query: HistoryQuery, expected: Vec<Vec<u64>>| async move {
        assert_eq!(pages(store, query.clone(), 3).await, expected, "{query:?}");
    };
    let all = HistoryQuery::default;
    check(all(), vec![vec![11, 10, 9], vec![8, 7, 6], vec![5, 4, 3], vec![2, 1, 0]]).await;
    check(
        HistoryQuery { from_ms: Some(START_MS + 2), until_ms: Some(START_MS + 6), ..all() },
        vec![vec![5, 4, 3], vec![2]],
    )
    .await;
    let azure = Some("azure".to_owned());
    check(HistoryQuery { provider: azure.clone(), ..all() }, vec![vec![10, 8, 6], vec![4, 2, 0]]).await;
    let failed = Some(RequestStatus::Failed);
    check(HistoryQuery { status: failed, ..all() }, vec![vec![9, 6, 3], vec![0]]).await;
    check(HistoryQuery { status: failed, provider: azure, ..all() }, vec![vec![6, 0]]).await;
    check(HistoryQuery { task_id: Some("task-1".to_owned()), ..all() }, vec![vec![9, 5, 1]]).await;
    check(
        HistoryQuery { task_id: Some("task-1".to_owned()), until_ms: Some(START_MS + 9), ..all() },
        vec![vec![5, 1]],
    )
    .await;
    check(HistoryQuery { task_id: Some("task".to_owned()), ..all() }, vec![vec![]]).await;
    check(HistoryQuery { route: Some("other".to_owned()), ..all() }, vec![vec![]]).await;
    check(HistoryQuery { from_ms: Some(5), until_ms: Some(5), ..all() }, vec![vec![]]).await;
}

#[tokio::test]
async fn records_survive_a_restart_and_are_found_by_their_id() {
    let place = Place::new(HistorySettings::default());
    drop(filled(&place, 5).await);
    let store = place.open();
    let mut expected = record(3);
    expected.text = None;
    assert_eq!(store.history().find("r-3").await.unwrap(), Some(expected));
    assert_eq!(store.history().find("r-5").await.unwrap(), None);
    // The same moment as before, and the same id: two records, of which the newer is found.
    // Whoever asks is told of it at once.
    store.history().record(RequestRecord { code: Some("again".to_owned()), ..record(3) });
    assert_eq!(store.history().find("r-3").await.unwrap().unwrap().code.as_deref(), Some("again"));
    assert_eq!(pages(&store, HistoryQuery::default(), 9).await, [vec![4, 3, 3, 2, 1, 0]]);
}

#[tokio::test]
async fn text_is_kept_only_when_asked_for_and_its_hash_always() {
    for store_text in [false, true] {
        let place = Place::new(HistorySettings { store_text, ..HistorySettings::default() });
        let store = filled(&place, 1).await;
        let found = store.history().find("r-0").await.unwrap().unwrap();
        assert_eq!(found.text.as_deref(), store_text.then_some("Hello there."));
        let expected = "23ea498e82f4435b1c135324eedef4ba64061600897077bf76082a50b41a9c13";
        assert_eq!((found.characters, found.text_sha256.to_string().as_str()), (12, expected));
    }
}

#[tokio::test]
async fn no_name_takes_more_room_than_a_name() {
    let place = Place::new(HistorySettings::default());
    let store = place.open();
    let long = || Some("é".repeat(1_000_000));
    let mut named = record(0);
    (named.user_id, named.task_id, named.voice, named.emotion) = (long(), long(), long(), long());
    (named.provider, named.route, named.character, named.language) = (long(), long(), long(), long());
    store.history().record(named);
    let mut found = store.history().find("r-0").await.unwrap().unwrap();
    assert_eq!(found.names().map(|name| name.len()).max(), Some(256));
}

#[tokio::test]
async fn a_record_from_the_future_holds_up_nothing_behind_it() {
    let settings = HistorySettings { max_age: Duration::from_secs(60), ..HistorySettings::default() };
    let place = Place::new(settings);
    let store = place.open();
    (0..64).for_each(|number| store.history().record(record(1_000 * DAY_MS + number)));
    (0..64).for_each(|number| store.history().record(record(number)));
    store.history().flush().await;
    assert_eq!(store.history().0.shared.ledger().unwrap().lengths(), [64, 64]);
    place.turn(DAY_MS);
    store.history().flush().await;
    assert_eq!(store.history().0.shared.ledger().unwrap().lengths(), [64]);
    assert_eq!(store.history().find("r-63").await.unwrap(), None);
}

#[tokio::test]
async fn records_are_forgotten_by_number_and_by_age_with_all_that_leads_to_them() {
    let settings =
        HistorySettings { records_max: 4, max_age: Duration::from_secs(60), ..HistorySettings::default() };
    let place = Place::new(settings);
    let store = filled(&place, 9).await;
    assert_eq!(pages(&store, HistoryQuery::default(), 9).await, [vec![8, 7, 6, 5]]);
    assert_eq!(store.history().find("r-4").await.unwrap(), None);
    let task = HistoryQuery { task_id: Some("task-0".to_owned()), ..HistoryQuery::default() };
    assert_eq!(pages(&store, task, 9).await, [vec![8]]);
    place.turn(60_007);
    store.history().flush().await;
    assert_eq!(pages(&store, HistoryQuery::default(), 9).await, [vec![8, 7]]);
    assert_eq!(store.history().stats().records, 2);
    let ledger = store.history().0.shared.ledger().unwrap();
    assert_eq!(ledger.lengths(), [2]);
}

#[tokio::test]
async fn more_than_goes_at_once_is_forgotten_without_being_asked_again() {
    let place =
        Place::new(HistorySettings { max_age: Duration::from_secs(60), ..HistorySettings::default() });
    let store = filled(&place, 3_000).await;
    place.turn(DAY_MS);
    store.history().flush().await;
    let left = store.history().stats().records;
    assert!((1..3_000).contains(&left), "{left}");
    for _ in 0..100 {
        if store.history().stats().records == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{left} stay");
}

#[tokio::test]
async fn records_that_come_one_by_one_grow_together_into_full_blocks() {
    let place = Place::new(HistorySettings::default());
    let store = place.open();
    for number in 0..140 {
        store.history().record(record(number));
        store.history().flush().await;
    }
    assert_eq!(store.history().0.shared.ledger().unwrap().lengths(), [64, 64, 8, 4]);
    assert_eq!(pages(&store, HistoryQuery::default(), 140).await, [(0..140).rev().collect::<Vec<_>>()]);
    assert_eq!(store.history().find("r-70").await.unwrap().unwrap().at_ms, START_MS + 70);
    drop(store);
    let store = place.open();
    assert_eq!(store.history().stats().records, 140);
    store.history().record(record(140));
    store.history().flush().await;
    assert_eq!(pages(&store, HistoryQuery::default(), 2).await[0], [140, 139]);
}

#[tokio::test]
async fn records_like_another_are_read_wherever_they_were_written_together() {
    let place = Place::new(HistorySettings::default());
    let store = place.open();
    let history = store.history();
    let first = Arc::new(history.kept(record(0)));
    let id = |number: u64| Arc::<str>::from(format!("again-{number}"));
    for number in 0..200 {
        history.record_again(&first, &id(number), Duration::from_millis(number), 0);
        if number % 90 == 40 {
            history.record(record(number));
        }
    }
    for number in [0, 63, 64, 65, 127, 128, 199] {
        let found = history.find(&id(number)).await.unwrap().unwrap();
        assert_eq!((found.latency_ms, found.take), (number, first.take));
    }
    assert_eq!(history.stats().records, 202);
}

#[tokio::test]
async fn pages_are_in_the_order_of_time_whatever_order_requests_ended_in() {
    let place = Place::new(HistorySettings::default());
    let store = place.open();
    let order: Vec<u64> = (0..300).map(|number| number * 7 % 300).collect();
    for numbers in order.chunks(90) {
        numbers.iter().for_each(|number| store.history().record(record(*number)));
        store.history().flush().await;
    }
    let expected: Vec<u64> = (0..300).rev().collect();
    assert_eq!(pages(&store, HistoryQuery::default(), 33).await.concat(), expected);
}

#[tokio::test]
async fn what_finds_the_queue_full_is_dropped_and_counted() {
    let place = Place::new(HistorySettings { queue_max: 2, ..HistorySettings::default() });
    let store = place.open();
    (0..20_000).for_each(|number| store.history().record(record(number)));
    store.history().flush().await;
    let stats = store.history().stats();
    assert_eq!(stats.written + stats.dropped, 20_000);
    assert!(stats.dropped > 0, "{stats:?}");
    assert_eq!(stats.records as u64, stats.written);
}

#[tokio::test]
async fn counters_add_up_by_day_and_month_and_survive_a_restart() {
    let place = Place::new(HistorySettings::default());
    let store = place.open();
    assert_eq!(store.counters().add("azure", 100), Spoken { today: 100, this_month: 100 });
    assert_eq!(store.counters().add("edge", 7), Spoken { today: 7, this_month: 7 });
    place.turn(DAY_MS);
    assert_eq!(store.counters().add("azure", 20), Spoken { today: 20, this_month: 120 });
    drop(store);
    let store = place.open();
    assert_eq!(store.counters().spoken("azure"), Spoken { today: 20, this_month: 120 });
    place.turn(10 * DAY_MS);
    assert_eq!(store.counters().spoken("azure"), Spoken::default());
    place.turn(500 * DAY_MS);
    store.counters().add("edge", 1);
    store.flush().await;
    drop(store);
    let ledger = Ledger::open(&place.folder.path().join("history")).unwrap();
    assert_eq!(ledger.counters().unwrap().len(), 2, "what is old is forgotten");
}

#[tokio::test]
async fn without_a_folder_nothing_is_recorded_and_counters_count() {
    let place = Place::new(HistorySettings::default());
    let first = place.open();
    let second = filled(&place, 3).await;
    assert!(matches!(second.history().state(), StoreState::Degraded { .. }));
    let refused = second.history().query(HistoryQuery::default(), 9).await;
    assert_eq!(refused.map_err(|reason| reason.code()), Err("store_locked"));
    assert_eq!(second.counters().add("azure", 5).today, 5);
    let off = Store::off(&WallClock::new(|| UNIX_EPOCH));
    off.history().record(record(1));
    assert_eq!(pages(&off, HistoryQuery::default(), 9).await, [Vec::<u64>::new()]);
    assert_eq!(second.history().stats().dropped, 3);
    first.counters().add("azure", 30);
    drop(first);
    second.tend();
    second.history().record(record(1));
    second.flush().await;
    assert_eq!(pages(&second, HistoryQuery::default(), 9).await, [vec![1]]);
    assert_eq!((second.state(), second.counters().spoken("azure").today), (StoreState::Serving, 35));
}

#[tokio::test]
async fn a_damaged_history_begins_anew_and_leaves_the_cache_alone() {
    let place = Place::new(HistorySettings::default());
    drop(filled(&place, 50).await);
    for name in ["db", "conf"] {
        std::fs::write(place.folder.path().join("history/1").join(name), vec![0xEE; 70_000]).unwrap();
    }
    let store = filled(&place, 2).await;
    assert_eq!(store.state(), StoreState::Serving);
    assert_eq!(pages(&store, HistoryQuery::default(), 9).await, [vec![1, 0]]);
    assert!(!store.cache().stats().repair.index_replaced);
}

#[tokio::test]
async fn a_history_that_churns_is_rewritten_and_stays_small() {
    let settings =
        HistorySettings { records_max: 200, rewrite_bytes: 1_500_000, ..HistorySettings::default() };
    let place = Place::new(settings);
    let store = place.open();
    let mut most = 0;
    for round in 0..40 {
        (0..500).for_each(|number| store.history().record(record(round * 500 + number)));
        store.history().flush().await;
        most = most.max(store.history().stats().bytes);
    }
    let stats = store.history().stats();
    assert_eq!((stats.records, stats.written, stats.dropped), (200, 20_000, 0));
    assert!(most <= 4_000_000, "{most} bytes");
    assert_eq!(pages(&store, HistoryQuery::default(), 500).await[0].len(), 200);
}
