//! What a provider has sent is this host's to judge, on the time of the request.

use std::time::UNIX_EPOCH;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use understudy_audio::{Target, decode, encode};
use understudy_speech::{AudioFormat, Encoding, FormatSupport, Provider, Request};

use super::*;
use crate::scripted::{Scripted, Step as Scene, tone};
use crate::{
    Cast, EngineSettings, Member, Output, ProviderPolicy, Route, SpeechRequest, Store, StoreSettings,
    WallClock,
};

const SECOND: Duration = Duration::from_secs(1);

/// Sends FLAC, and does not tell when a word is heard.
fn mute(id: &str) -> Member {
    let (pcm, flac) =
        (AudioFormat::mono(Encoding::PcmS16le, 24_000), AudioFormat::mono(Encoding::Flac, 24_000));
    let target = Target { encoding: Encoding::Flac, sample_rate: None, bit_rate: None };
    let audio = encode(&decode(&tone(24_000), Some(pcm)).unwrap(), &target).unwrap().bytes;
    let mut mute = Scripted::new(id, vec![Scene::Begin(flac), Scene::Audio(audio.into())]);
    mute.manifest.capabilities.words = None;
    mute.manifest.capabilities.formats =
        vec![FormatSupport { encoding: Encoding::Flac, sample_rates: vec![24_000] }];
    Member::new(id, Arc::new(mute) as Arc<dyn Provider>)
}

/// An engine with one encoder, whose `a` has two seconds and stands before `b`.
fn engine() -> Engine {
    let policy = ProviderPolicy { timeout: Some(2 * SECOND), ..ProviderPolicy::default() };
    let chain = Route { primary: vec!["a".to_owned(), "b".to_owned()], ..Route::default() };
    let settings = EngineSettings {
        providers: [("a".to_owned(), policy)].into(),
        routes: [("main".to_owned(), chain)].into(),
        default_route: Some("main".to_owned()),
        encoders: 1,
        ..EngineSettings::default()
    };
    Engine::new(Cast::new(vec![mute("a"), mute("b")]), settings)
}

fn with_store(engine: Engine) -> (TempDir, Engine) {
    let folder = tempfile::tempdir().unwrap();
    let clock = WallClock::new(|| UNIX_EPOCH + 1_700_000_000 * SECOND);
    let store = Store::open(folder.path(), StoreSettings::default(), &clock);
    (folder, engine.with_store(store))
}

async fn finish(engine: &Engine, wanted: SpeechRequest) -> Result<String, SpeechError> {
    let mut stream = engine.stream(wanted).await?;
    while stream.next().await.is_some() {}
    Ok(stream.provider().to_owned())
}

/// Speaks while the encoder is busy for so many seconds: who spoke, or the error's code, and after how
/// many seconds; and the calls to `a` that were made, cancelled and failed.
async fn check(
    engine: Engine,
    stream: bool,
    busy: u32,
    expected: (Result<&str, &str>, u64),
    counts: (u64, u64, usize),
) {
    let encoder = Arc::clone(&engine.encoders).acquire_owned().await.unwrap();
    let request = Request { words: true, ..Request::text("The show must go on.") };
    let output = Output { encoding: Some(Encoding::Mp3), ..Output::default() };
    let wanted = SpeechRequest { deadline: Some(8 * SECOND), output, ..SpeechRequest::new("r-1", request) };
    let began = Instant::now();
    let speaking = async {
        let spoken = if stream {
            finish(&engine, wanted).await
        } else {
            engine.speak(wanted).await.map(|speech| speech.provenance.provider)
        };
        (spoken, began.elapsed().as_secs())
    };
    let working = async {
        sleep(busy * SECOND).await;
        drop(encoder);
    };
    let ((spoken, seconds), ()) = tokio::join!(speaking, working);
    let spoken = spoken.as_deref().map_err(SpeechError::code);
    assert_eq!((spoken, seconds), expected, "stream: {stream}, busy: {busy}");
    let status = engine.status().providers.into_iter().find(|status| status.name == "a").unwrap();
    assert_eq!((status.calls, status.cancelled, status.failures.len()), counts);
}

#[tokio::test(start_paused = true)]
async fn a_take_that_waits_for_an_encoder_is_not_thrown_away_at_its_providers_timeout() {
    for stream in [false, true] {
        check(engine(), stream, 5, (Ok("a"), 5), (1, 0, 0)).await;
    }
    let (_folder, engine) = with_store(engine());
    check(engine, false, 5, (Ok("a"), 5), (1, 0, 0)).await;
}

#[tokio::test(start_paused = true)]
async fn a_take_that_waits_past_the_deadline_is_not_held_against_its_provider() {
    for stream in [false, true] {
        check(engine(), stream, 60, (Err("all_providers_failed"), 8), (1, 1, 0)).await;
    }
    let (_folder, engine) = with_store(engine());
    check(engine, false, 60, (Err("all_providers_failed"), 8), (1, 1, 0)).await;
}
