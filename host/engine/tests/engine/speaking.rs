//! Delivery whole: what counts as a take, and what ends one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use understudy_engine::scripted::{Scripted, Step, tone};
use understudy_engine::{EngineSettings, ProviderPolicy, SpeechEvent, SpeechRequest};
use understudy_speech::{
    AudioFormat, Encoding, Failure, FormatSupport, Gender, ProviderError, Word, WordTimes,
};

use crate::{TEXT, WORDS, engine, engine_with, request, route, status, told, wanting};

fn pcm() -> Step {
    Step::Begin(AudioFormat::mono(Encoding::PcmS16le, 24_000))
}

fn script(steps: Vec<Step>) -> Arc<Scripted> {
    Arc::new(Scripted::new("p", steps))
}

#[tokio::test]
async fn audio_that_fits_is_handed_on_without_a_copy() {
    let audio = Bytes::from(tone(24_000));
    let provider = script(vec![pcm(), Step::Audio(audio.clone())]);
    let speech = engine(&[&provider]).speak(wanting(Encoding::PcmS16le, Some(24_000))).await.unwrap();
    assert_eq!(speech.bytes().await.unwrap().as_ptr(), audio.as_ptr());
    assert!(speech.provenance.passed_through);
    assert_eq!(speech.duration, Duration::from_secs(1));
}

#[tokio::test]
async fn a_wave_that_not_every_client_reads_is_written_anew_and_any_other_is_handed_on() {
    let samples = tone(24_000);
    let floats: Vec<u8> = samples
        .chunks_exact(2)
        .flat_map(|pair| (f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).to_le_bytes())
        .collect();
    let wave = |tag: u8, bits: u8, size: u32, data: &[u8]| {
        let mut bytes = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        bytes.extend([tag, 0, 1, 0]);
        bytes.extend(24_000_u32.to_le_bytes());
        bytes.extend((24_000 * u32::from(bits / 8)).to_le_bytes());
        bytes.extend([bits / 8, 0, bits, 0]);
        bytes.extend(b"data");
        bytes.extend(size.to_le_bytes());
        bytes.extend(data);
        Bytes::from(bytes)
    };
    let plain = wave(1, 16, 48_000, &samples);
    let takes = [
        (plain.clone(), true),
        (wave(1, 16, 0, &samples), false),
        (wave(1, 16, u32::MAX, &samples), false),
        (wave(3, 32, 96_000, &floats), false),
        (wave(3, 32, 0, &floats), false),
    ];
    for (index, (take, passes)) in takes.into_iter().enumerate() {
        let provider = script(vec![Step::Begin(AudioFormat::mono(Encoding::Wav, 24_000)), Step::Audio(take)]);
        for wanted in [wanting(Encoding::Wav, None), wanting(Encoding::Wav, Some(24_000))] {
            let speech = engine(&[&provider]).speak(wanted).await.unwrap();
            assert_eq!(speech.provenance.passed_through, passes, "{index}");
            let bytes = speech.bytes().await.unwrap();
            assert_eq!(bytes[44..], plain[44..], "{index}");
            assert_eq!(bytes[16..44], plain[16..44], "{index}");
        }
    }
}

#[tokio::test]
async fn every_encoding_made_here_is_what_it_says_and_as_long() {
    for &encoding in understudy_audio::ENCODABLE {
        let provider = Arc::new(Scripted::speaking("p", 7, Vec::new()));
        let speech = engine(&[&provider]).speak(wanting(encoding, Some(16_000))).await.unwrap();
        assert_eq!(speech.format.encoding, encoding);
        if encoding != Encoding::PcmS16le {
            let seen = understudy_audio::inspect(&speech.bytes().await.unwrap(), None).unwrap();
            assert_eq!(seen.format.encoding, encoding);
            assert!(!seen.truncated, "{encoding}");
        }
        let off = speech.duration.abs_diff(Duration::from_secs(1));
        assert!(off < Duration::from_millis(50), "{encoding}: {:?}", speech.duration);
    }
}

#[tokio::test]
async fn raw_samples_are_mono_because_no_header_could_say_otherwise() {
    let stereo = AudioFormat { channels: 2, ..AudioFormat::mono(Encoding::PcmS16le, 24_000) };
    let provider = script(vec![Step::Begin(stereo), Step::Audio(tone(24_000).into())]);
    let speech = engine(&[&provider]).speak(wanting(Encoding::PcmS16le, None)).await.unwrap();
    assert_eq!((speech.format.channels, speech.audio.length()), (1, 24_000));
    assert_eq!(speech.duration, Duration::from_millis(500));
    let whole = speech.bytes().await.unwrap();
    let mut stream = engine(&[&provider]).stream(wanting(Encoding::PcmS16le, None)).await.unwrap();
    assert_eq!(stream.format().channels, 1);
    assert!(matches!(stream.next().await, Some(Ok(SpeechEvent::Audio(audio))) if audio == whole));
}

#[tokio::test]
async fn words_lie_inside_the_audio_and_come_only_when_asked_for() {
    let provider = Arc::new(Scripted::speaking("p", 3, WORDS.to_vec()));
    let silent = engine(&[&provider]).speak(request(TEXT)).await.unwrap();
    assert_eq!((silent.words.len(), silent.word_times), (0, None));
    let mut wanted = request(TEXT);
    wanted.request.words = true;
    let marked = engine(&[&provider]).speak(wanted).await.unwrap();
    assert_eq!(marked.words, [WORDS[0], Word { end_ms: 1_000, ..WORDS[1] }]);
    assert_eq!(marked.word_times, Some(WordTimes::Native));
}

async fn check(steps: Vec<Step>, expected: &str) {
    let error = engine(&[&script(steps)]).speak(request(TEXT)).await.unwrap_err();
    assert_eq!(told(&error), expected);
}

#[tokio::test]
async fn what_is_not_whole_audio_is_the_providers_fault() {
    check(vec![pcm()], "server provider_no_audio: provider p failed: provider sent no audio").await;
    check(
        vec![pcm(), Step::Audio(Bytes::from_static(b"abc"))],
        "server provider_unusable_audio: provider p sent unusable audio: its last sample is cut off at byte 3",
    )
    .await;
    check(
        vec![Step::Audio(Bytes::from_static(b"ab"))],
        "server plugin_broke_contract: provider p failed: plugin p broke the contract: \
         it sent audio before its format",
    )
    .await;
    let wav = |bytes: &'static [u8]| {
        vec![Step::Begin(AudioFormat::mono(Encoding::Wav, 24_000)), Step::Audio(Bytes::from_static(bytes))]
    };
    check(
        wav(b"<html><body>502 Bad Gateway</body></html>"),
        "server provider_unusable_audio: provider p sent unusable audio: audio begins with no known signature",
    )
    .await;
}

#[tokio::test]
async fn a_take_at_a_rate_nobody_can_use_is_the_providers_fault_and_the_next_speaks() {
    let source = Arc::new(Scripted::speaking("p", 1, Vec::new()));
    let wav = engine(&[&source]).speak(wanting(Encoding::Wav, None)).await.unwrap().bytes().await.unwrap();
    for rate in [4_000_u32, 384_000] {
        let mut odd = wav.to_vec();
        odd[24..28].copy_from_slice(&rate.to_le_bytes());
        let steps = vec![Step::Begin(AudioFormat::mono(Encoding::Wav, 24_000)), Step::Audio(odd.into())];
        let (odd, good) = (script(steps), Arc::new(Scripted::speaking("good", 1, Vec::new())));
        let speech = engine_with(&[&odd, &good], route(&["p", "good"]))
            .speak(wanting(Encoding::Mp3, None))
            .await
            .unwrap();
        assert_eq!(speech.provenance.provider, "good");
        assert_eq!(speech.provenance.attempts[0].outcome, "provider_unusable_audio", "{rate}");
    }
}

#[tokio::test]
async fn another_encoding_than_announced_is_refused() {
    let source = Arc::new(Scripted::speaking("p", 1, Vec::new()));
    let flac = engine(&[&source]).speak(wanting(Encoding::Flac, None)).await.unwrap();
    let flac = flac.bytes().await.unwrap();
    let liar = vec![Step::Begin(AudioFormat::mono(Encoding::Wav, 24_000)), Step::Audio(flac.clone())];
    check(liar, "server provider_unusable_audio: provider p sent unusable audio: it said wav and sent flac")
        .await;
    let cut = flac.slice(..flac.len() / 2);
    let steps = vec![Step::Begin(AudioFormat::mono(Encoding::Flac, 24_000)), Step::Audio(cut)];
    let error = engine(&[&script(steps)]).speak(request(TEXT)).await.unwrap_err();
    assert_eq!(error.code(), "provider_unusable_audio", "{error}");
}

#[tokio::test]
async fn whole_audio_that_cannot_be_this_text_is_the_providers_fault() {
    check(
        vec![pcm(), Step::Audio(tone(2_400).into())],
        "server provider_unusable_audio: provider p sent unusable audio: its quality is 0.17, under 0.70: \
         it is too short for its text: 100 ms instead of 245 or more",
    )
    .await;
    check(
        vec![pcm(), Step::Audio(vec![0; 48_000].into())],
        "server provider_unusable_audio: provider p sent unusable audio: its quality is 0.00, under 0.70: \
         it is silent, at most -120 dBFS",
    )
    .await;
}

#[tokio::test]
async fn a_provider_error_keeps_its_code_and_its_blame() {
    let fails = |error: ProviderError| vec![pcm(), Step::Fail(Failure::Provider(error))];
    check(
        fails(ProviderError::Unavailable("503".to_owned())),
        "server provider_unavailable: provider p failed: provider is unavailable: 503",
    )
    .await;
    check(
        fails(ProviderError::ContentBlocked("violence".to_owned())),
        "client content_blocked: provider p refused: provider blocked the content: violence",
    )
    .await;
    let trapped = Failure::Trapped { plugin: "p".to_owned(), reason: "unreachable".to_owned() };
    check(
        vec![pcm(), Step::Fail(trapped)],
        "server plugin_trapped: provider p failed: plugin p trapped: unreachable",
    )
    .await;
}

#[tokio::test]
async fn a_misspelt_voice_is_told_with_the_one_that_was_meant() {
    let missing = Failure::Provider(ProviderError::VoiceNotFound("ammy".to_owned()));
    let provider = Scripted::new("p", vec![Step::Fail(missing)]).with_voice("amy", "en", Gender::Female);
    let error = engine(&[&Arc::new(provider)]).speak(request(TEXT)).await.unwrap_err();
    assert_eq!(
        told(&error),
        "client voice_not_found: provider p has no such voice: ammy (did you mean p/amy?)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_call_whoever_set_it() {
    let late = script(vec![pcm(), Step::Hang]);
    let settings = EngineSettings { deadline: Duration::from_secs(7), ..EngineSettings::default() };
    let engine = engine_with(&[&late], settings);
    let error = engine.speak(request(TEXT)).await.unwrap_err();
    assert_eq!(error.to_string(), "provider p did not finish within 7000 ms");
    let sooner = SpeechRequest { deadline: Some(Duration::from_secs(2)), ..request(TEXT) };
    let error = engine.speak(sooner).await.unwrap_err();
    assert_eq!(error.to_string(), "provider p did not finish within 2000 ms");
    assert!(!error.is_client_fault());
    assert_eq!(late.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_within_its_deadline_is_left_alone() {
    let slow = script(vec![pcm(), Step::Wait(Duration::from_secs(99)), Step::Audio(tone(24_000).into())]);
    assert!(engine(&[&slow]).speak(request(TEXT)).await.is_ok());
}

#[tokio::test]
async fn dropping_the_future_cancels_the_provider() {
    let provider = script(vec![pcm(), Step::Hang]);
    let engine = engine(&[&provider]);
    let mut speaking = Box::pin(engine.speak(request(TEXT)));
    tokio::select! {
        biased;
        _ = &mut speaking => unreachable!("it hangs"),
        () = provider.until(|provider| provider.running() == 1) => {}
    }
    drop(speaking);
    assert_eq!(provider.running(), 0);
}

#[tokio::test]
async fn a_take_past_the_memory_limit_ends() {
    let provider = Arc::new(Scripted::speaking("p", 10, Vec::new()));
    let settings = EngineSettings { max_audio_bytes: 20_000, ..EngineSettings::default() };
    let error = engine_with(&[&provider], settings).speak(request(TEXT)).await.unwrap_err();
    assert_eq!(
        told(&error),
        "server plugin_limit_exceeded: provider p failed: plugin p passed its limit of 20000 bytes of audio"
    );
}

#[tokio::test]
async fn a_voice_list_is_asked_for_once() {
    let provider = Arc::new(Scripted::new("p", Vec::new()).with_voice("amy", "en", Gender::Female));
    let engine = engine(&[&provider]);
    let (first, second) = tokio::join!(engine.voices("p"), engine.voices("p"));
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(provider.listings(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_voice_list_at_hand_is_never_waited_for_twice() {
    let mut provider = Scripted::new("p", Vec::new()).with_voice("amy", "en", Gender::Female);
    provider.listing = vec![Step::Wait(Duration::from_secs(5))];
    let provider = Arc::new(provider);
    let (engine, patience) = (engine(&[&provider]), Duration::from_secs(2));
    assert_eq!(engine.voices_at_hand("p", patience).await, None);
    let began = tokio::time::Instant::now();
    assert_eq!(engine.voices_at_hand("p", patience).await, None);
    assert!(began.elapsed().is_zero(), "it was waited for already");
    let late = engine.voices_within("p", patience).await.unwrap_err();
    assert_eq!(
        told(&late),
        "server deadline_exceeded: provider p did not finish within 2000 ms (send a shorter text, or raise the deadline)"
    );
    engine.voices("p").await.unwrap();
    // Long after the list has grown old it is still there at once, and asked for anew.
    tokio::time::advance(Duration::from_secs(10_000)).await;
    let (began, listed) = (tokio::time::Instant::now(), provider.listings());
    assert_eq!(engine.voices_at_hand("p", patience).await.unwrap().len(), 1);
    assert!(began.elapsed().is_zero());
    provider.until(|provider| provider.listings() == listed + 1).await;
}

#[tokio::test]
async fn a_failed_check_says_why() {
    let mut provider = Scripted::new("p", Vec::new());
    provider.check = Err(ProviderError::Unauthorized("401".to_owned()).into());
    let error = engine(&[&Arc::new(provider)]).check("p").await.unwrap_err();
    assert_eq!(
        told(&error),
        "server provider_unauthorized: provider p failed: provider refused the credentials: 401 \
         (check the provider's credentials in the configuration)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_for_the_formats_and_the_rate_the_operator_takes_from_it() {
    use Encoding::{Mp3, PcmS16le, Wav, WebmOpus};
    let check = async |formats: &[Encoding], wanted: SpeechRequest, expected: (&[Encoding], Option<u32>)| {
        let mut provider = Scripted::speaking("a", 1, Vec::new());
        let formats_had = [PcmS16le, Mp3, Wav];
        provider.manifest.capabilities.formats =
            formats_had.map(|encoding| FormatSupport { encoding, sample_rates: Vec::new() }).into();
        let provider = Arc::new(provider);
        let policy = ProviderPolicy {
            default_sample_rate: Some(22_050),
            supported_formats: Some(formats.to_vec()),
            ..ProviderPolicy::default()
        };
        let settings = EngineSettings { providers: [("a".to_owned(), policy)].into(), ..route(&["a"]) };
        engine_with(&[&provider], settings).speak(wanted).await.unwrap();
        let asked = Arc::clone(&provider.requests()[0]);
        assert_eq!((asked.encodings.as_slice(), asked.sample_rate), expected);
    };
    check(&[Wav, PcmS16le], request(TEXT), (&[PcmS16le, Wav], Some(22_050))).await;
    check(&[Wav], wanting(Mp3, Some(16_000)), (&[Wav], Some(16_000))).await;
    // What it has none of is no reason to fall silent.
    check(&[WebmOpus], request(TEXT), (&[PcmS16le, Mp3, Wav], Some(22_050))).await;
}

/// A provider that tells no word times speaks two words with a pause between them.
#[tokio::test]
async fn words_nobody_tells_are_estimated_and_told_as_such() {
    let mut mute =
        script(vec![pcm(), Step::Audio([tone(12_000), vec![0; 24_000], tone(12_000)].concat().into())]);
    Arc::get_mut(&mut mute).unwrap().manifest.capabilities.words = None;
    let engine = engine(&[&mute]);
    let mut wanted = request("Hello, hello.");
    wanted.request.words = true;
    let expected = [
        Word { start_byte: 0, end_byte: 5, start_ms: 0, end_ms: 500 },
        Word { start_byte: 7, end_byte: 12, start_ms: 1_000, end_ms: 1_500 },
    ];
    let speech = engine.speak(wanted.clone()).await.unwrap();
    assert_eq!((speech.words.as_slice(), speech.word_times), (&expected[..], Some(WordTimes::Estimated)));
    let mut stream = engine.stream(wanted).await.unwrap();
    let (mut words, mut times) = (Vec::new(), None);
    while let Some(event) = stream.next().await {
        match event.unwrap() {
            SpeechEvent::Words(more) => words.extend(more),
            SpeechEvent::Finished(finished) => times = finished.word_times,
            SpeechEvent::Audio(_) => assert!(words.is_empty(), "an estimate comes behind the audio"),
        }
    }
    assert_eq!((words.as_slice(), times), (&expected[..], Some(WordTimes::Estimated)));
    let plain = engine.speak(request("Hello, hello.")).await.unwrap();
    assert_eq!((plain.words.len(), plain.word_times), (0, None), "nobody asked");
}

#[tokio::test]
async fn a_form_larger_than_audio_may_be_is_refused_before_it_is_made_and_blames_nobody() {
    let provider = Arc::new(Scripted::speaking("p", 1, Vec::new()));
    let settings = EngineSettings { max_audio_bytes: 100_000, ..EngineSettings::default() };
    let engine = engine_with(&[&provider], settings);
    let error = engine.speak(wanting(Encoding::Wav, Some(192_000))).await.unwrap_err();
    let hint = "ask for a lower sample_rate or a compressed encoding, split the text, or raise limits.max_audio_bytes";
    assert_eq!(
        told(&error),
        format!(
            "client audio_too_large: audio as wav at 192000 Hz takes more than 100000 bytes: 384000 ({hint})"
        )
    );
    assert_eq!((error.field(), provider.requests().len()), (Some("sample_rate"), 1), "it is not tried again");
    assert_eq!(status(&engine, "p").failures.len(), 0);
    for smaller in [wanting(Encoding::Wav, Some(48_000)), wanting(Encoding::Mp3, Some(192_000))] {
        engine.speak(smaller).await.unwrap();
    }
}

#[tokio::test]
async fn a_compressed_take_that_is_too_large_without_its_compression_is_told_by_its_encoding() {
    let source = Arc::new(Scripted::speaking("p", 1, Vec::new()));
    let flac = engine(&[&source]).speak(wanting(Encoding::Flac, None)).await.unwrap();
    let flac = flac.bytes().await.unwrap();
    let steps = vec![Step::Begin(AudioFormat::mono(Encoding::Flac, 24_000)), Step::Audio(flac.clone())];
    let settings = EngineSettings { max_audio_bytes: flac.len(), ..EngineSettings::default() };
    let engine = engine_with(&[&script(steps)], settings);
    let error = engine.speak(wanting(Encoding::PcmS16le, None)).await.unwrap_err();
    assert_eq!((error.code(), error.field()), ("audio_too_large", Some("encoding")), "{error}");
    assert_eq!(engine.speak(wanting(Encoding::Flac, None)).await.unwrap().bytes().await.unwrap(), flac);
}
