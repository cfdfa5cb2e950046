//! Voice lists outlive the process that asked for them.

use std::path::Path;

use understudy_speech::Gender;

use super::*;

fn opened(folder: &Path, provider: &Arc<Scripted>, settings: [u8; 32]) -> Engine {
    let clock = WallClock::new(|| UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let store = Store::open(folder, StoreSettings::default(), &clock);
    let member = Member::new("a", Arc::clone(provider) as Arc<dyn Provider>);
    let cast = Cast::new(vec![Member { settings, ..member }]);
    Engine::new(cast, EngineSettings::default()).with_store(store)
}

/// The names of the voices that are known without asking.
fn known(engine: &Engine) -> Option<Vec<String>> {
    let voices = engine.last_voices("a")?;
    Some(voices.iter().map(|voice| voice.id.clone()).collect())
}

#[tokio::test(start_paused = true)]
async fn a_list_is_known_after_a_restart_until_the_provider_tells_another() {
    let folder = tempfile::tempdir().unwrap();
    let amy = Arc::new(Scripted::speaking("a", 1, Vec::new()).with_voice("amy", "en-US", Gender::Female));
    let engine = opened(folder.path(), &amy, [1; 32]);
    assert_eq!(known(&engine), None);
    engine.voices("a").await.unwrap();
    engine.store().unwrap().flush().await;
    drop(engine);

    let rob = Arc::new(Scripted::speaking("a", 1, Vec::new()).with_voice("rob", "en-GB", Gender::Male));
    let engine = opened(folder.path(), &rob, [1; 32]);
    assert_eq!(known(&engine), Some(vec!["amy".to_owned()]));
    engine.voices("a").await.unwrap();
    assert_eq!(known(&engine), Some(vec!["rob".to_owned()]));
    engine.store().unwrap().flush().await;
    drop(engine);

    // Whoever hangs now is not waited for.
    let mut hanging = Scripted::speaking("a", 1, Vec::new());
    hanging.listing = vec![Step::Hang];
    let hanging = Arc::new(hanging);
    let engine = opened(folder.path(), &hanging, [1; 32]);
    let began = Instant::now();
    let voices = engine.voices_at_hand("a", Duration::from_secs(9)).await.unwrap();
    assert_eq!((voices.len(), began.elapsed()), (1, Duration::ZERO));
    assert_eq!(known(&engine), Some(vec!["rob".to_owned()]));
    hanging.until(|hanging| hanging.listings() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_list_is_that_of_one_plugin_under_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let amy = Arc::new(Scripted::speaking("a", 1, Vec::new()).with_voice("amy", "en-US", Gender::Female));
    let engine = opened(folder.path(), &amy, [1; 32]);
    engine.voices("a").await.unwrap();
    engine.store().unwrap().flush().await;
    drop(engine);
    for (plugin, settings, expected) in [("a", [2; 32], false), ("b", [1; 32], false), ("a", [1; 32], true)] {
        let provider = Arc::new(Scripted::speaking(plugin, 1, Vec::new()));
        let engine = opened(folder.path(), &provider, settings);
        assert_eq!(known(&engine).is_some(), expected, "{plugin} {settings:?}");
    }
}
