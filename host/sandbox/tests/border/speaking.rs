//! What a plugin is for.

use std::sync::Arc;

use understudy_speech::{
    AudioFormat, Encoding, Failure, Line, LineMark, Provider, ProviderError, Request, Script, TakeEvent,
    WordTimes, take_channel,
};

use crate::support::{call, failure, misfit, plugin, sandbox, speak, speak_request};

fn script(lines: &[&str]) -> Arc<Script> {
    let line = |text: &&str| Line {
        character: "hamlet".to_owned(),
        text: (*text).to_owned(),
        emotion: None,
        intensity: None,
        pause_ms: None,
    };
    Arc::new(Script {
        lines: lines.iter().map(line).collect(),
        gap_ms: None,
        language: None,
        encodings: Vec::new(),
        sample_rate: None,
        words: false,
        options: None,
    })
}

#[tokio::test]
async fn a_take_arrives_in_pieces_with_its_format_first() {
    let (summary, events) = speak(&plugin().await, "speak 3 größer words").await;
    let summary = summary.unwrap();
    let format = AudioFormat::mono(Encoding::PcmS16le, 16_000);
    assert_eq!((summary.format, summary.word_times), (format, Some(WordTimes::Native)));
    assert_eq!(events[0], TakeEvent::Begin(format));
    let audio: Vec<usize> = events
        .iter()
        .filter_map(|event| if let TakeEvent::Audio(bytes) = event { Some(bytes.len()) } else { None })
        .collect();
    assert_eq!(audio, [3_200, 3_200, 3_200]);
    let TakeEvent::Words(words) = &events[4] else { panic!("{:?}", events[4]) };
    let spelled: Vec<_> = words.iter().map(|word| word.in_text("speak 3 größer words").unwrap()).collect();
    assert_eq!(spelled, ["speak", "3", "größer", "words"]);
}

#[tokio::test]
async fn words_that_nobody_wants_are_not_marked() {
    let (summary, events) = speak_request(&plugin().await, Request::text("speak 1")).await;
    assert_eq!(summary.unwrap().word_times, None);
    assert!(!events.iter().any(|event| matches!(event, TakeEvent::Words(_))));
}

#[tokio::test]
async fn a_plugin_is_told_when_nobody_listens_any_more() {
    let (sink, mut stream) = take_channel(1);
    let plugin = plugin().await;
    let request = Arc::new(Request::text("flood-audio"));
    let (outcome, ()) = tokio::join!(plugin.synthesize(call(), request, sink), async move {
        assert!(matches!(stream.next().await, Some(TakeEvent::Begin(_))));
        assert!(matches!(stream.next().await, Some(TakeEvent::Audio(_))));
    });
    // It stopped flooding and went on to the end, which is then not held against it.
    outcome.unwrap();
}

#[tokio::test]
async fn what_a_provider_says_went_wrong_arrives_as_it_said_it() {
    let plugin = plugin().await;
    let said = async |text| match failure(&plugin, text).await {
        Failure::Provider(error) => error,
        failure => panic!("{failure}"),
    };
    assert_eq!(said("refuse yorick").await, ProviderError::VoiceNotFound("yorick".to_owned()));
    let ProviderError::RateLimited { retry_after: Some(time) } = said("refuse rate-limited").await else {
        panic!()
    };
    assert_eq!(time.as_millis(), 1_500);
    assert_eq!(said("refuse invalid").await.to_string(), "request is invalid: rate is too much");
    let ProviderError::Unavailable(message) = said("refuse verbose").await else { panic!() };
    assert!(message.len() < 1_010 && !message.contains('\u{1b}'), "{message}");
}

#[tokio::test]
async fn voices_characters_and_checks_are_answered() {
    let plugin = plugin().await;
    plugin.check(call()).await.unwrap();
    let ids: Vec<String> = plugin.voices(call()).await.unwrap().into_iter().map(|voice| voice.id).collect();
    assert_eq!(ids, ["ophelia", "yorick"]);
    let characters = plugin.characters(call()).await.unwrap();
    assert_eq!(characters[0].voice_settings, Some(serde_json::json!({ "pitch": -2 })));
}

#[tokio::test]
async fn a_conversation_is_marked_line_by_line() {
    let (sink, mut stream) = take_channel(100);
    let plugin = plugin().await;
    plugin.converse(call(), script(&["to be", "or not"]), sink).await.unwrap();
    let mut marks = Vec::new();
    while let Some(event) = stream.next().await {
        if let TakeEvent::Line(mark) = event {
            marks.push(mark);
        }
    }
    let mark = |index| LineMark { index, start_ms: index * 100, end_ms: index * 100 + 100 };
    assert_eq!(marks, [mark(0), mark(1)]);
    let (sink, _stream) = take_channel(100);
    let failure = plugin.converse(call(), script(&["lost"]), sink).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "plugin misfit broke the contract: line mark is outside of the script: 100"
    );
}

#[tokio::test]
async fn a_plugin_without_characters_says_so_itself() {
    let config = understudy_sandbox::PluginConfig::named("voices-only");
    let plugin = sandbox().load(misfit(&["voices-only"]), config).await.unwrap();
    assert!(!plugin.manifest().capabilities.characters);
    speak(&plugin, "speak 1").await.0.unwrap();
    let unsupported = Failure::Provider(ProviderError::Unsupported("characters".to_owned()));
    assert_eq!(plugin.characters(call()).await.unwrap_err(), unsupported);
    let (sink, _stream) = take_channel(1);
    assert_eq!(plugin.converse(call(), script(&["alas"]), sink).await.unwrap_err(), unsupported);
}
