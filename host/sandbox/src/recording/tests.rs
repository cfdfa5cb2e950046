//! What gets through is in order, whatever is pushed.

use understudy_speech::take_channel;

use super::*;

const TEXT: &str = "größer als 🎭 je";

fn recording(sink: TakeSink) -> Recording {
    let request = Arc::new(Request::text(TEXT));
    Recording::new("misfit".into(), Arc::new(Limits::default()), sink, Source::Request(request))
}

fn pushed() -> impl proptest::strategy::Strategy<Value = Vec<Word>> {
    use proptest::prelude::*;
    let word =
        (0_u32..24, 0_u32..10, 0_u32..500, 0_u32..100).prop_map(|(start_byte, length, start_ms, time)| {
            Word { start_byte, end_byte: start_byte + length, start_ms, end_ms: start_ms + time }
        });
    // Sorted half of the time, or next to nothing would ever be accepted.
    (proptest::collection::vec(word, 0..12), proptest::bool::ANY).prop_map(|(mut words, sorted)| {
        if sorted {
            words.sort_by_key(|word| (word.start_byte, word.end_byte));
            let mut times: Vec<_> = words.iter().map(|word| word.start_ms).collect();
            times.sort_unstable();
            for (word, start_ms) in words.iter_mut().zip(times) {
                (word.start_ms, word.end_ms) = (start_ms, start_ms + 10);
            }
        }
        words
    })
}

proptest::proptest! {
    #[test]
    fn accepted_words_cut_the_text_at_characters_and_never_run_backwards(words in pushed(), batch in 1_usize..5) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (sink, mut stream) = take_channel(100);
        let mut recording = recording(sink);
        let accepted = runtime.block_on(async {
            for batch in words.chunks(batch) {
                if recording.words(batch.to_vec()).await.is_err() {
                    break;
                }
            }
            drop(recording);
            let mut accepted = Vec::new();
            while let Some(TakeEvent::Words(words)) = stream.next().await {
                accepted.extend(words);
            }
            accepted
        });
        assert!(accepted.iter().all(|word| word.in_text(TEXT).is_some() && word.start_ms <= word.end_ms));
        assert!(accepted.is_sorted_by_key(|word| word.start_byte));
        assert!(accepted.is_sorted_by_key(|word| word.end_byte));
        assert!(accepted.is_sorted_by_key(|word| word.start_ms));
        // And nothing good is refused: the first that was not accepted is bad.
        assert!(words.starts_with(&accepted));
    }
}

#[tokio::test]
async fn a_take_that_nobody_hears_is_not_judged() {
    let (sink, stream) = take_channel(1);
    let mut recording = recording(sink);
    drop(stream);
    let format = AudioFormat::mono(Encoding::PcmS16le, 16_000);
    recording.begin(format).await.unwrap();
    assert_eq!(recording.audio(Bytes::from_static(&[1, 2, 3])).await, Ok(false));
    assert_eq!(recording.words(Vec::new()).await, Ok(false));
    let summary = Summary {
        format,
        voice: None,
        word_times: None,
        characters_billed: None,
        request_id: None,
        character: None,
        emotion_score: None,
    };
    assert_eq!(recording.finish(&summary), Ok(()));
}

#[tokio::test]
async fn a_push_of_nothing_tells_that_the_listener_has_left() {
    let (sink, stream) = take_channel(1);
    let mut recording = recording(sink);
    assert_eq!(recording.words(Vec::new()).await, Ok(true));
    drop(stream);
    assert_eq!(recording.words(Vec::new()).await, Ok(false));
}
