//! What a restart leaves of the catalogue of characters.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{CharacterProfile, Engine, Store, StoreSettings, WallClock};

use super::kept;
use crate::characters::{TWO, house, voices};
use crate::{TEXT, engine_with, request, route, unavailable};

/// An engine on the store of a folder, in the year that is said.
fn engine_in(folder: &Path, year: u64, providers: &[&Arc<Scripted>]) -> Engine {
    let clock = WallClock::new(move || UNIX_EPOCH + Duration::from_secs(year * 31_557_600));
    let store = Store::open(folder, StoreSettings::default(), &clock);
    engine_with(providers, route(&["box", "b"])).with_store(store)
}

async fn speak_as(engine: &Engine, name: &str) -> String {
    let mut wanted = request(TEXT);
    wanted.request.character = Some(name.to_owned());
    let provenance = engine.speak(wanted).await.unwrap().provenance;
    format!("{}/{}", provenance.provider, provenance.voice.unwrap_or_default())
}

async fn bram(engine: &Engine) -> CharacterProfile {
    engine.character("Old Bram").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_restart_forgets_no_profile_and_no_use_of_it() {
    let (folder, alive) = (tempfile::tempdir().unwrap(), Arc::new(house("box")));
    let engine = engine_in(folder.path(), 1, &[&alive]);
    speak_as(&engine, "Old Bram").await;
    speak_as(&engine, "Old Bram").await;
    let first = bram(&engine).await;
    kept(&engine).await;
    drop(engine);

    let engine = engine_in(folder.path(), 2, &[&alive]);
    assert_eq!(bram(&engine).await, first, "nothing about it has changed");
    speak_as(&engine, "box/char_2").await;
    kept(&engine).await;
    drop(engine);

    let engine = engine_in(folder.path(), 3, &[&alive]);
    let third = bram(&engine).await;
    assert_eq!((third.usage_count, third.created_ms), (3, first.created_ms));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_at_the_start_has_the_characters_of_earlier_days() {
    let (folder, mut dead) = (tempfile::tempdir().unwrap(), house("box"));
    let engine = engine_in(folder.path(), 1, &[&Arc::new(house("box"))]);
    engine.characters().await;
    kept(&engine).await;
    drop(engine);

    dead.steps = vec![Step::Fail(unavailable().into())];
    dead.characters = None;
    let (dead, other) = (Arc::new(dead), Arc::new(voices("b", &TWO)));
    let engine = engine_in(folder.path(), 2, &[&dead, &other]);
    assert_eq!(speak_as(&engine, "Captain Nova").await, "b/mary");
    assert_eq!(speak_as(&engine, "Old Bram").await, "b/mike");
    let listed = engine.characters().await;
    assert_eq!((listed.characters.len(), listed.missed.len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn who_left_before_a_restart_has_left_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut less = house("box");
    less.characters.as_mut().unwrap().truncate(1);
    for (year, provider) in [(1, house("box")), (2, less)] {
        let engine = engine_in(folder.path(), year, &[&Arc::new(provider)]);
        engine.characters().await;
        kept(&engine).await;
    }
    let mut mute = house("box");
    mute.characters = None;
    let engine = engine_in(folder.path(), 3, &[&Arc::new(mute)]);
    let active: Vec<_> = engine.characters().await.characters.iter().map(|known| known.is_active).collect();
    assert_eq!(active, [true, false]);
}
