//! Who plays, and what of the request is left.

use std::sync::Arc;

use understudy_engine::scripted::Scripted;
use understudy_engine::{Engine, EngineSettings, SpeechRequest};
use understudy_speech::{Encoding, FormatSupport, Gender, Request, TextLimit, TextUnit, Utterance};

use crate::{TEXT, engine, engine_with, good, request, route, told, wanting};

fn flite() -> Arc<Scripted> {
    Arc::new(Scripted::speaking("flite", 1, Vec::new()).with_voice("amy", "en-US", Gender::Female))
}

fn azure() -> Arc<Scripted> {
    Arc::new(Scripted::speaking("azure", 1, Vec::new()))
}

async fn answer(engine: &Engine, wanted: SpeechRequest) -> String {
    match engine.speak(wanted).await {
        Ok(speech) => {
            let provenance = speech.provenance;
            format!("{}/{}", provenance.provider, provenance.voice.unwrap_or_default())
        }
        Err(error) => told(&error),
    }
}

async fn check_cast(provider: Option<&str>, voice: Option<&str>, expected: &str) {
    let settings = EngineSettings { default_provider: Some("flite".to_owned()), ..EngineSettings::default() };
    let engine = engine_with(&[&azure(), &flite()], settings);
    let mut wanted = request(TEXT);
    wanted.provider = provider.map(str::to_owned);
    wanted.request.voice = voice.map(str::to_owned);
    assert_eq!(answer(&engine, wanted).await, expected, "{provider:?} {voice:?}");
}

#[tokio::test]
async fn the_named_provider_plays_then_the_voices_then_the_default() {
    check_cast(None, None, "flite/").await;
    check_cast(None, Some("amy"), "flite/amy").await;
    check_cast(Some("azure"), Some("amy"), "azure/amy").await;
    check_cast(None, Some("azure/amy"), "azure/amy").await;
    check_cast(Some("azure"), Some("azure/amy"), "azure/amy").await;
    check_cast(None, Some("azure/Jenny%2DFemale"), "azure/Jenny-Female").await;
    check_cast(Some("azure"), Some("its/own/name"), "azure/its/own/name").await;
}

#[tokio::test]
async fn a_name_nobody_has_is_told_with_the_one_that_was_meant() {
    check_cast(Some("flit"), None, "client unknown_provider: no such provider: flit (did you mean flite?)")
        .await;
    check_cast(
        Some("x"),
        None,
        "client unknown_provider: no such provider: x (the providers are azure, flite)",
    )
    .await;
    check_cast(
        None,
        Some("azur/amy"),
        "client unknown_provider: no such provider: azur (did you mean azure/amy?)",
    )
    .await;
    check_cast(
        Some("azure"),
        Some("flite/amy"),
        "client invalid_value: voice must be a voice of provider azure, got flite/amy",
    )
    .await;
    check_cast(None, Some(" "), "client invalid_value: voice must name a voice, or be left out").await;
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_before_it_is_looked_for() {
    type Naming = fn(&mut SpeechRequest, String);
    let names: [(&str, Naming); 8] = [
        ("provider", |wanted, name| wanted.provider = Some(name)),
        ("route", |wanted, name| wanted.route = Some(name)),
        ("user", |wanted, name| wanted.user = Some(name)),
        ("task", |wanted, name| wanted.task = Some(name)),
        ("voice", |wanted, name| wanted.request.voice = Some(name)),
        ("style", |wanted, name| wanted.request.style = Some(name)),
        ("emotion", |wanted, name| wanted.request.emotion = Some(name)),
        ("character", |wanted, name| wanted.request.character = Some(name)),
    ];
    for (field, naming) in names {
        let mut wanted = request(TEXT);
        naming(&mut wanted, "é".repeat(150));
        let refusal = format!("client invalid_value: {field} must be at most 256 bytes, got 300");
        assert_eq!(answer(&engine(&[&flite()]), wanted).await, refusal);
    }
    let mut wanted = request(TEXT);
    wanted.user = Some("é".repeat(128));
    assert_eq!(answer(&engine(&[&flite()]), wanted).await, "flite/");
}

#[tokio::test]
async fn without_a_default_only_a_lone_provider_plays_unasked() {
    assert_eq!(answer(&engine(&[&flite()]), request(TEXT)).await, "flite/");
    assert_eq!(
        answer(&engine(&[&azure(), &flite()]), request(TEXT)).await,
        "client no_provider_chosen: request names no provider and there is no default \
         (the providers are azure, flite)"
    );
    assert_eq!(
        answer(&engine(&[]), request(TEXT)).await,
        "server no_providers: no provider is available (load a plugin; `understudy doctor` tells why none is)"
    );
}

/// A server that is starting has nobody yet, and a name that will be right in a second is no mistake.
#[tokio::test]
async fn where_nobody_is_there_no_name_is_wrong() {
    let nobody = engine(&[]);
    let by_provider = SpeechRequest { provider: Some("flite".to_owned()), ..request(TEXT) };
    let mut by_voice = request(TEXT);
    by_voice.request.voice = Some("flite/kal".to_owned());
    for wanted in [by_provider, by_voice] {
        let error = nobody.speak(wanted).await.unwrap_err();
        assert_eq!((error.code(), error.is_worth_retrying()), ("no_providers", true));
    }
}

/// Speaks `change` of a plain request at a provider that lacks every control.
async fn check_plain(change: impl FnOnce(&mut Request), dropped: &[&str]) {
    let mut plain = Scripted::speaking("plain", 1, Vec::new());
    let can = &mut plain.manifest.capabilities;
    (can.styles, can.emotions, can.characters, can.words) = (false, false, false, None);
    (can.rate, can.pitch, can.volume) = (None, None, None);
    let plain = Arc::new(plain);
    let mut wanted = request(TEXT);
    change(&mut wanted.request);
    let speech = engine(&[&plain]).speak(wanted).await.unwrap();
    assert_eq!(speech.provenance.dropped, dropped);
    let asked = plain.requests().pop().unwrap();
    let expected = Request { encodings: vec![Encoding::PcmS16le], ..Request::text(TEXT) };
    assert_eq!(*asked, expected, "what is dropped is not sent");
}

#[tokio::test]
async fn what_a_provider_cannot_honour_is_dropped_and_told() {
    check_plain(|request| request.style = Some("newscast".to_owned()), &["style"]).await;
    check_plain(
        |request| (request.emotion, request.intensity) = (Some("sad".to_owned()), Some(2.0)),
        &["emotion", "intensity"],
    )
    .await;
    // Estimated here instead.
    check_plain(|request| request.words = true, &[]).await;
    check_plain(|request| (request.rate, request.pitch) = (Some(1.5), Some(-2.0)), &["rate", "pitch"]).await;
}

#[tokio::test]
async fn a_neutral_control_is_honoured_by_leaving_it_out() {
    let neutral = |request: &mut Request| {
        (request.rate, request.pitch, request.volume) = (Some(1.0), Some(0.0), Some(0.0));
    };
    check_plain(neutral, &[]).await;
    // A provider that has the controls is not asked for them either: some voices of Azure refuse them all.
    let able = azure();
    engine(&[&able]).speak(with(neutral)).await.unwrap();
    let asked = able.requests().pop().unwrap();
    assert_eq!((asked.rate, asked.pitch, asked.volume), (None, None, None));
    engine(&[&able]).speak(with(|request| request.rate = Some(1.1))).await.unwrap();
    assert_eq!(able.requests().pop().unwrap().rate, Some(1.1));
}

/// Speaks `wanted` at a provider that `limit` has narrowed.
async fn check_refused(limit: impl FnOnce(&mut Scripted), wanted: SpeechRequest, expected: &str) {
    let mut narrow = Scripted::speaking("narrow", 1, Vec::new());
    limit(&mut narrow);
    let narrow = Arc::new(narrow);
    assert_eq!(answer(&engine(&[&narrow]), wanted).await, expected);
    assert!(narrow.requests().is_empty(), "a refused request is not sent");
}

fn with(change: impl FnOnce(&mut Request)) -> SpeechRequest {
    let mut wanted = request(TEXT);
    change(&mut wanted.request);
    wanted
}

#[tokio::test]
async fn what_would_be_another_take_is_refused() {
    check_refused(
        |_| (),
        with(|request| request.rate = Some(4.0)),
        "client unsupported: provider narrow does not offer this: rate must be between 0.5 and 2, got 4",
    )
    .await;
    check_refused(
        |_| (),
        with(|request| request.rate = Some(f32::NAN)),
        "client invalid_value: rate must be between 0.25 and 4, got NaN",
    )
    .await;
    check_refused(
        |provider| provider.manifest.capabilities.ssml = false,
        with(|request| request.utterance = Utterance::Ssml("<speak>hi</speak>".to_owned())),
        "client unsupported: provider narrow does not offer this: ssml must be left out, only plain text is spoken",
    )
    .await;
    check_refused(
        |provider| provider.manifest.capabilities.languages = vec!["en".parse().unwrap()],
        with(|request| request.language = "de-AT".parse().ok()),
        "client unsupported: provider narrow does not offer this: language must be one of en, got de-AT",
    )
    .await;
    check_refused(
        |provider| {
            provider.manifest.capabilities.text_limit = Some(TextLimit { maximum: 19, unit: TextUnit::Bytes });
        },
        request(TEXT),
        "client text_too_long: text is longer than provider narrow takes, 19 bytes: 20 bytes (split the text)",
    )
    .await;
    check_refused(
        |_| (),
        wanting(Encoding::WebmOpus, None),
        "client cannot_encode: encoding cannot be produced: webm-opus (ask for mp3, opus, aac, flac, wav or pcm)",
    )
    .await;
    check_refused(
        |_| (),
        wanting(Encoding::Mp3, Some(7)),
        "client invalid_value: sample_rate must be between 8000 and 192000, got 7",
    )
    .await;
    check_refused(|_| (), request("\u{7}\n"), "client invalid_value: text must hold something to speak")
        .await;
}

#[tokio::test]
async fn a_region_more_or_less_does_not_change_the_language() {
    let mut american = Scripted::speaking("american", 1, Vec::new());
    american.manifest.capabilities.languages = vec!["en-US".parse().unwrap()];
    let american = Arc::new(american);
    let wanted = with(|request| request.language = "en-GB".parse().ok());
    assert_eq!(answer(&engine(&[&american]), wanted).await, "american/");
}

async fn check_encodings(wanted: SpeechRequest, expected: &[Encoding]) {
    let mut provider = Scripted::speaking("p", 1, Vec::new());
    provider.manifest.capabilities.formats = vec![
        FormatSupport { encoding: Encoding::Mp3, sample_rates: vec![24_000] },
        FormatSupport { encoding: Encoding::OggOpus, sample_rates: Vec::new() },
        FormatSupport { encoding: Encoding::Flac, sample_rates: Vec::new() },
        FormatSupport { encoding: Encoding::PcmS16le, sample_rates: Vec::new() },
    ];
    let provider = Arc::new(provider);
    engine(&[&provider]).speak(wanted).await.ok();
    assert_eq!(provider.requests().pop().unwrap().encodings, expected);
}

#[tokio::test]
async fn the_provider_is_asked_for_what_needs_least_work() {
    use Encoding::{Flac, Mp3, OggOpus, PcmS16le};
    check_encodings(request(TEXT), &[Mp3, OggOpus, Flac, PcmS16le]).await;
    check_encodings(wanting(Mp3, Some(24_000)), &[Mp3, PcmS16le, Flac, OggOpus]).await;
    check_encodings(wanting(Mp3, Some(16_000)), &[PcmS16le, Flac, Mp3, OggOpus]).await;
    check_encodings(wanting(Encoding::Wav, None), &[PcmS16le, Flac, Mp3, OggOpus]).await;
}

#[tokio::test]
async fn control_characters_are_spoken_as_spaces_and_noted() {
    let provider = flite();
    let speech = engine(&[&provider]).speak(request("one\u{0}two\u{85}three")).await.unwrap();
    assert_eq!(speech.provenance.notes, ["control characters in the text were spoken as spaces: 2"]);
    assert_eq!(provider.requests().pop().unwrap().utterance.source(), "one two three");
}

#[tokio::test(start_paused = true)]
async fn the_leader_of_a_request_is_told_beforehand() {
    let engine = engine_with(&[&good("a"), &good("b")], route(&["b", "a"]));
    assert_eq!(engine.leader("r-1", None, false).as_deref(), Some("b"));
    assert_eq!(engine.leader("r-1", Some("nowhere"), false), None);
    assert_eq!(engine.speak(request(TEXT)).await.unwrap().provenance.provider, "b");
}
