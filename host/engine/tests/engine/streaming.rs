//! Delivery stream: early failures are errors, late ones end the stream.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{Engine, EngineSettings, Finished, SpeechEvent, SpeechRequest, SpeechStream};
use understudy_speech::{AudioFormat, Encoding, Failure, ProviderError, Word, WordTimes};

use crate::{TEXT, WORDS, engine, engine_with, request, told, wanting};

fn pcm() -> Step {
    Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000))
}

fn script(steps: Vec<Step>) -> Arc<Scripted> {
    Arc::new(Scripted::new("p", steps))
}

fn unavailable() -> Step {
    Step::Fail(Failure::Provider(ProviderError::Unavailable("503".to_owned())))
}

/// A whole stream.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) pieces: usize,
    pub(super) audio: Vec<u8>,
    pub(super) words: Vec<Word>,
    pub(super) finished: Option<Box<Finished>>,
    pub(super) error: Option<String>,
}

pub(super) async fn hear(mut stream: SpeechStream) -> Heard {
    let mut heard = Heard::default();
    while let Some(event) = stream.next().await {
        assert!(heard.finished.is_none() && heard.error.is_none(), "nothing follows the last event");
        match event {
            Ok(SpeechEvent::Audio(audio)) => {
                assert!(!audio.is_empty());
                heard.pieces += 1;
                heard.audio.extend_from_slice(&audio);
            }
            Ok(SpeechEvent::Words(words)) => heard.words.extend(words),
            Ok(SpeechEvent::Finished(finished)) => heard.finished = Some(finished),
            Err(error) => heard.error = Some(told(&error)),
        }
    }
    heard
}

async fn refused(engine: &Engine, wanted: SpeechRequest) -> String {
    told(&engine.stream(wanted).await.unwrap_err())
}

#[tokio::test]
async fn samples_that_fit_are_sent_on_piece_by_piece() {
    let provider = Arc::new(Scripted::speaking("p", 5, WORDS.to_vec()));
    let mut wanted = request(TEXT);
    wanted.request.words = true;
    let stream = engine(&[&provider]).stream(wanted).await.unwrap();
    assert_eq!(stream.format(), AudioFormat::mono(Encoding::PcmS16le, 24_000));
    let heard = hear(stream).await;
    assert_eq!((heard.pieces, heard.audio), (5, tone(24_000)));
    assert_eq!(heard.words, WORDS);
    let finished = heard.finished.unwrap();
    assert_eq!(finished.duration, Some(Duration::from_secs(1)));
    assert_eq!(finished.word_times, Some(WordTimes::Native));
    assert!(finished.provenance.passed_through);
}

#[tokio::test]
async fn samples_are_encoded_while_they_come() {
    for encoding in [Encoding::Mp3, Encoding::Wav, Encoding::Flac, Encoding::OggOpus, Encoding::Aac] {
        let provider = Arc::new(Scripted::speaking("p", 10, Vec::new()));
        let stream = engine(&[&provider]).stream(wanting(encoding, None)).await.unwrap();
        assert_eq!(stream.format().encoding, encoding);
        let heard = hear(stream).await;
        assert!(heard.error.is_none(), "{encoding}: {:?}", heard.error);
        assert_eq!(understudy_audio::sniff(&heard.audio), Some(encoding));
        let decoded = understudy_audio::decode(&heard.audio, None).unwrap().duration();
        // A stream's header cannot say how much of the last MP3 or AAC frames is padding.
        let off = decoded.abs_diff(Duration::from_secs(1));
        assert!(off < Duration::from_millis(150), "{encoding}: {decoded:?}");
    }
}

#[tokio::test]
async fn audio_is_heard_before_the_provider_is_done() {
    let provider = script(vec![pcm(), Step::Audio(tone(24_000).into()), Step::Hang]);
    for encoding in [Encoding::PcmS16le, Encoding::Mp3, Encoding::Wav] {
        let mut stream = engine(&[&provider]).stream(wanting(encoding, None)).await.unwrap();
        assert!(matches!(stream.next().await, Some(Ok(SpeechEvent::Audio(_)))), "{encoding}");
    }
}

#[tokio::test]
async fn a_compressed_take_in_the_wrong_encoding_is_sent_as_one() {
    let source = Arc::new(Scripted::speaking("p", 1, Vec::new()));
    let flac = engine(&[&source]).speak(wanting(Encoding::Flac, None)).await.unwrap();
    let mut steps = vec![Step::Begin(AudioFormat::mono(Encoding::Flac, 24_000))];
    let flac = flac.bytes().await.unwrap();
    steps.extend(flac.chunks(1000).map(|piece| Step::Audio(flac.slice_ref(piece))));
    let provider = script(steps);
    let heard = hear(engine(&[&provider]).stream(wanting(Encoding::Mp3, None)).await.unwrap()).await;
    assert_eq!((heard.pieces, heard.error), (1, None));
    assert_eq!(understudy_audio::sniff(&heard.audio), Some(Encoding::Mp3));
    let heard = hear(engine(&[&provider]).stream(wanting(Encoding::Flac, None)).await.unwrap()).await;
    assert_eq!((heard.audio, heard.error), (flac.to_vec(), None));
}

#[tokio::test]
async fn what_fails_before_the_first_audio_is_an_error_and_no_stream() {
    let failed = "server provider_unavailable: provider p failed: provider is unavailable: 503";
    assert_eq!(refused(&engine(&[&script(vec![unavailable()])]), request(TEXT)).await, failed);
    assert_eq!(refused(&engine(&[&script(vec![pcm(), unavailable()])]), request(TEXT)).await, failed);
    assert_eq!(
        refused(&engine(&[&script(vec![pcm()])]), request(TEXT)).await,
        "server provider_no_audio: provider p failed: provider sent no audio"
    );
    let page = Bytes::from_static(b"<html>502</html>");
    let page = vec![Step::Begin(AudioFormat::mono(Encoding::Mp3, 24_000)), Step::Audio(page)];
    assert_eq!(
        refused(&engine(&[&script(page)]), request(TEXT)).await,
        "server provider_unusable_audio: provider p sent unusable audio: it said mp3 and sent something else"
    );
}

#[tokio::test]
async fn what_fails_later_ends_the_stream_with_its_error() {
    let audio = || Step::Audio(tone(10).into());
    let heard =
        hear(engine(&[&script(vec![pcm(), audio(), unavailable()])]).stream(request(TEXT)).await.unwrap());
    let heard = heard.await;
    assert_eq!(heard.pieces, 1);
    assert_eq!(
        heard.error.as_deref(),
        Some("server provider_unavailable: provider p failed: provider is unavailable: 503")
    );
    let cut = script(vec![pcm(), audio(), Step::Audio(Bytes::from_static(b"x"))]);
    let heard = hear(engine(&[&cut]).stream(request(TEXT)).await.unwrap()).await;
    assert_eq!(
        heard.error.as_deref(),
        Some(
            "server provider_unusable_audio: provider p sent unusable audio: its last sample is cut off at byte 21"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_behind_a_stream_ends_it_with_an_error() {
    let steps = vec![pcm(), Step::Audio(tone(10).into()), Step::Wait(Duration::from_secs(1)), Step::Panic];
    let heard = hear(engine(&[&script(steps)]).stream(request(TEXT)).await.unwrap()).await;
    assert_eq!(
        heard.error.as_deref(),
        Some("server internal: internal failure: the stream stopped before its end")
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_until_the_first_audio_and_a_longer_one_after_it() {
    let late = script(vec![pcm(), Step::Hang]);
    assert_eq!(
        refused(&engine(&[&late]), request(TEXT)).await,
        "server deadline_exceeded: provider p did not finish within 100000 ms \
         (send a shorter text, or raise the deadline)"
    );
    late.until(|provider| provider.running() == 0).await;
    let long = script(vec![pcm(), Step::Audio(tone(10).into()), Step::Wait(Duration::from_secs(500))]);
    let heard = hear(engine(&[&long]).stream(request(TEXT)).await.unwrap()).await;
    assert_eq!(heard.error, None);
    let stuck = script(vec![pcm(), Step::Audio(tone(10).into()), Step::Hang]);
    let heard = hear(engine(&[&stuck]).stream(request(TEXT)).await.unwrap()).await;
    assert!(heard.error.unwrap().contains("did not finish within 600000 ms"));
}

#[tokio::test]
async fn dropping_the_stream_cancels_the_provider() {
    let provider = script(vec![pcm(), Step::Audio(tone(10).into()), Step::Hang]);
    let stream = engine(&[&provider]).stream(request(TEXT)).await.unwrap();
    assert_eq!(provider.running(), 1);
    drop(stream);
    provider.until(|provider| provider.running() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_stops_reading_holds_its_provider_back_and_not_for_ever() {
    let mut steps = vec![pcm()];
    steps.extend((0..1000).map(|_| Step::Audio(tone(10).into())));
    let provider = script(steps);
    let settings = EngineSettings { take_buffer: 2, ..EngineSettings::default() };
    let stream = engine_with(&[&provider], settings).stream(request(TEXT)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(590)).await;
    assert_eq!(provider.running(), 1, "it waits for its listener");
    provider.until(|provider| provider.running() == 0).await;
    let heard = hear(stream).await;
    assert!(heard.pieces < 20, "{} pieces were buffered", heard.pieces);
    assert!(heard.error.unwrap().contains("did not finish within 600000 ms"));
}
