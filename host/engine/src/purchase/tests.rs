//! One purchase for all who want the same, with and without a cache that works.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use tokio::task::JoinSet;
use understudy_speech::{AudioFormat, Encoding};

use super::*;
use crate::audition::Depth;
use crate::store::{Store, StoreSettings};
use crate::wall_clock::WallClock;

const KEY: TakeKey = TakeKey([1; 32]);

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let clock = WallClock::new(|| UNIX_EPOCH + Duration::from_secs(1_000_000));
    let store = Store::open(folder.path(), StoreSettings::default(), &clock);
    (folder, store)
}

fn take() -> (TakeNotes, Bytes) {
    let notes = TakeNotes::new(AudioFormat::mono(Encoding::Mp3, 24_000), Duration::from_secs(1));
    (notes, Bytes::from(vec![7; 5_000]))
}

async fn buy(purchases: &Purchases, calls: &Arc<AtomicUsize>) -> Bought {
    let calls = Arc::clone(calls);
    let bought = purchases.take_of(KEY, "azure", move |_| async move {
        calls.fetch_add(1, Ordering::SeqCst);
        // Long enough for everyone who asks at once to have asked: the runtime has one thread.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        Ok(take())
    });
    bought.await
}

#[tokio::test]
async fn a_thousand_requests_and_the_next_ones_cost_one_call() {
    let (_folder, store) = store();
    let purchases = Purchases::new(store.cache().clone(), FlightSettings::default());
    let calls = Arc::new(AtomicUsize::new(0));
    let mut asking = JoinSet::new();
    for _ in 0..1_000 {
        let (purchases, calls) = (purchases.clone(), Arc::clone(&calls));
        asking.spawn(async move { buy(&purchases, &calls).await.unwrap() });
    }
    let answers = asking.join_all().await;
    let from = |source| answers.iter().filter(|had| had.source == source).count();
    assert_eq!(from(TakeSource::Bought), 1);
    for had in &answers {
        assert_eq!(
            (had.audio.bytes().await.unwrap(), had.digest),
            (take().1, Some(AudioDigest::of(&take().1)))
        );
    }
    while !purchases.flights.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(buy(&purchases, &calls).await.unwrap().source, TakeSource::Cache);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_a_cache_requests_at_once_still_share_and_later_ones_buy_again() {
    let purchases = Purchases::new(Cache::off(), FlightSettings::default());
    let calls = Arc::new(AtomicUsize::new(0));
    let (first, second) = tokio::join!(buy(&purchases, &calls), buy(&purchases, &calls));
    assert_eq!((first.unwrap().source, second.unwrap().source), (TakeSource::Bought, TakeSource::Shared));
    while !purchases.flights.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(buy(&purchases, &calls).await.unwrap().source, TakeSource::Bought);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failed_purchase_is_told_to_all_and_never_kept() {
    let (_folder, store) = store();
    let purchases = Purchases::new(store.cache().clone(), FlightSettings::default());
    let failing = || {
        purchases.take_of(KEY, "azure", |_| async {
            tokio::task::yield_now().await;
            Err(SpeechError::NoProviders)
        })
    };
    let (first, second) = tokio::join!(failing(), failing());
    assert_eq!([first, second].map(|bought| bought.unwrap_err().code()), ["no_providers"; 2]);
    assert_eq!(store.cache().stats().takes, 0);
    let panicking = purchases.take_of(KEY, "azure", |_| async { panic!("out of tune") }).await;
    assert_eq!(panicking.unwrap_err().to_string(), "internal failure: work panicked: out of tune");
    let calls = Arc::new(AtomicUsize::new(0));
    assert_eq!(buy(&purchases, &calls).await.unwrap().source, TakeSource::Bought);
}

#[tokio::test]
async fn a_take_kept_between_looking_and_buying_is_not_bought_again() {
    let (_folder, store) = store();
    let purchases = Purchases::new(store.cache().clone(), FlightSettings::default());
    let (notes, audio) = take();
    store.cache().put(KEY, "azure", Arc::new(notes), audio).await.unwrap();
    let ticket =
        purchases.begin(Wish { key: KEY, anew: None }, "azure", |_| async { unreachable!("it is kept") });
    assert_eq!(ticket.had().await.unwrap().source, TakeSource::Cache);
}

#[tokio::test]
async fn a_take_is_bought_anew_once_for_all_who_want_that_and_takes_the_old_ones_place() {
    let (_folder, store) = store();
    let purchases = Purchases::new(store.cache().clone(), FlightSettings::default());
    let (notes, old) = take();
    store.cache().put(KEY, "azure", Arc::new(notes.clone()), old).await.unwrap();
    let new = Bytes::from_static(b"new");
    let renew = || {
        let answer = (notes.clone(), new.clone());
        purchases.renew(KEY, "azure", &AuditionSettings::default(), |_| async { Ok(answer) })
    };
    let (first, second) = (renew(), renew());
    let (first, second) = (first.had().await.unwrap(), second.had().await.unwrap());
    assert_eq!((first.source, second.source), (TakeSource::Bought, TakeSource::Shared));
    while !purchases.flights.is_empty() {
        tokio::task::yield_now().await;
    }
    let kept = store.cache().get(&KEY, "azure").await.unwrap();
    assert_eq!(kept.audio.bytes().await.unwrap(), new);
}

#[tokio::test]
async fn a_take_that_is_bought_anew_is_shared_with_those_alone_who_have_it_auditioned_alike() {
    let purchases = Purchases::new(Cache::off(), FlightSettings::default());
    let renew = |depth, min_quality| {
        let audition = AuditionSettings { depth, min_quality, ..AuditionSettings::default() };
        purchases.renew(KEY, "azure", &audition, |_| std::future::pending())
    };
    let check = |depth, min_quality, begins| {
        let ticket = renew(depth, min_quality);
        assert_eq!(ticket.has_begun(), begins, "{depth:?} {min_quality}");
        ticket
    };
    let _under_way = [
        check(Depth::Off, 0.7, true),
        check(Depth::Off, 0.9, false),
        check(Depth::Walk, 0.7, true),
        check(Depth::Walk, 0.9, true),
        check(Depth::Full, 0.7, true),
        check(Depth::Walk, 0.7, false),
    ];
}
