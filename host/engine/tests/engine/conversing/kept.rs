//! A performance is kept, shared and had again as a whole.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use understudy_engine::cache::TakeNotes;
use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{CacheUse, Cast, Conversation, ConversationRequest, Engine, Member, SpeechError};
use understudy_speech::{Failure, Provider, Word, WordTimes};

use super::whole::{performance, performer, settings};
use super::{SCENE, performing};
use crate::engine_with;
use crate::keeping::store;

const SECOND: Duration = Duration::from_secs(1);

/// An engine that keeps what `performer` performs, which takes a second.
fn keeping(steps: Vec<Step>) -> (TempDir, Arc<Scripted>, Engine) {
    let performer = performer([vec![Step::Wait(SECOND)], steps].concat());
    let (folder, store) = store();
    let engine = engine_with(&[&performer], settings()).with_store(store);
    (folder, performer, engine)
}

async fn perform(engine: &Engine, id: &str) -> Result<Conversation, SpeechError> {
    let request = ConversationRequest { id: id.into(), ..performing(SCENE) };
    engine.converse(request, |_| {}).await
}

#[tokio::test(start_paused = true)]
async fn a_scene_that_is_asked_for_twice_at_once_is_performed_once() {
    let (_folder, performer, engine) = keeping(performance(100));
    let (first, second) = tokio::join!(perform(&engine, "c-1"), perform(&engine, "c-2"));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.duration, first.whole), (second.duration, second.whole));
    assert_eq!(performer.scripts().len(), 1);
    perform(&engine, "c-3").await.unwrap();
    assert_eq!(performer.scripts().len(), 1, "it is kept");
}

#[tokio::test(start_paused = true)]
async fn words_that_a_service_does_not_time_are_estimated_and_kept() {
    let untold = performance(100).into_iter().filter(|step| !matches!(step, Step::Words(_))).collect();
    let (_folder, performer, engine) = keeping(untold);
    for id in ["c-1", "c-2"] {
        let told = perform(&engine, id).await.unwrap();
        assert_eq!((told.whole.as_deref(), told.word_times), (Some("box"), Some(WordTimes::Estimated)));
        let counts: Vec<_> = told.lines.iter().map(|line| line.words.len()).collect();
        assert_eq!(counts, [4, 4, 4, 3]);
        let third = &told.lines[2];
        let inside = |word: &Word| third.start_ms <= word.start_ms && word.end_ms <= third.end_ms + 5;
        assert!(third.words.iter().all(inside), "{third:?}");
        assert_eq!(third.words[0].in_text(&third.text), Some("Then"));
    }
    assert_eq!(performer.scripts().len(), 1);
    let plain = ConversationRequest { words: false, ..performing(SCENE) };
    let plain = engine.converse(plain, |_| {}).await.unwrap();
    assert!(plain.word_times.is_none() && plain.lines.iter().all(|line| line.words.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_takes_the_performance_from_nobody_who_waits_for_it() {
    let (_folder, performer, engine) = keeping(performance(100));
    let first = tokio::spawn({
        let engine = engine.clone();
        async move { perform(&engine, "c-1").await }
    });
    performer.until(|performer| performer.running() == 1).await;
    let second = tokio::spawn({
        let engine = engine.clone();
        async move { perform(&engine, "c-2").await }
    });
    tokio::time::sleep(SECOND / 2).await;
    first.abort();
    assert_eq!(second.await.unwrap().unwrap().whole.as_deref(), Some("box"));
    assert_eq!(performer.scripts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_plugin_that_is_replaced_asks_its_successor() {
    let replaced = Step::Fail(Failure::Replaced { plugin: "box".to_owned() });
    let (_folder, old, engine) = keeping(vec![replaced]);
    let new = performer(performance(100));
    let cast = Cast::new(vec![Member::new("box", Arc::clone(&new) as Arc<dyn Provider>)]);
    let reloaded = engine.recast(cast, settings());
    let before = tokio::spawn(async move { perform(&engine, "c-1").await });
    old.until(|old| old.running() == 1).await;
    assert_eq!(perform(&reloaded, "c-2").await.unwrap().whole.as_deref(), Some("box"));
    assert_eq!((old.scripts().len(), new.scripts().len()), (1, 1));
    before.abort();
}

/// Ids are the client's to choose.
#[tokio::test(start_paused = true)]
async fn lines_of_two_performances_under_one_id_are_never_one_scene() {
    let (_folder, performer, engine) = keeping(performance(100));
    perform(&engine, "c-1").await.unwrap();
    let cache = engine.store().unwrap().cache();
    let third = cache.list(None, 100).await.unwrap().takes[2].key;
    let line = cache.get(&third, "box").await.unwrap();
    let again = ConversationRequest { id: "c-1".into(), cache: CacheUse::Refresh, ..performing(SCENE) };
    engine.converse(again, |_| {}).await.unwrap();
    cache.put(third, "box", line.notes, line.audio.bytes().await.unwrap()).await.unwrap();
    perform(&engine, "c-1").await.unwrap();
    assert_eq!(performer.scripts().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn lines_of_two_performances_are_never_one_scene() {
    let (_folder, performer, engine) = keeping(performance(100));
    perform(&engine, "c-1").await.unwrap();
    let cache = engine.store().unwrap().cache();
    let third = cache.list(None, 100).await.unwrap().takes[2].key;
    let line = cache.get(&third, "box").await.unwrap();
    let notes = TakeNotes { request_id: "c-0".to_owned(), ..TakeNotes::clone(&line.notes) };
    cache.put(third, "box", Arc::new(notes), line.audio.bytes().await.unwrap()).await.unwrap();
    for performed in [2, 2] {
        perform(&engine, "c-2").await.unwrap();
        assert_eq!(performer.scripts().len(), performed);
    }
}
