//! Ten thousand requests through five providers that fail in every way they can, on a schedule that
//! a seed decides; and that a client's mistakes count against nobody.

mod play;

use std::sync::Arc;
use std::time::Duration;

use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{BreakerState, SpeechRequest};
use understudy_speech::{InvalidField, ProviderError, Request, TextLimit, TextUnit};

use crate::TEXT;
use play::{Lots, NAMES, engine_of, pcm, play, play_kept, settings, spoken};

#[tokio::test(start_paused = true)]
async fn whatever_providers_do_every_request_ends_well_or_with_a_reason_and_no_limit_is_passed() {
    let told = play(1, 10_000).await;
    assert_eq!(told.outcomes.values().sum::<u64>(), 10_000);
    assert!(told.time > Duration::from_secs(490), "{:?}", told.time);
    for provider in told.providers {
        assert!(provider.successes > 0 && provider.failures.len() > 8, "{provider:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_schedule_ends_as_well() {
    play(2, 2_000).await;
}

#[tokio::test(start_paused = true)]
async fn with_a_store_all_of_that_holds_and_the_history_has_every_request_and_every_call() {
    for seed in [1, 2] {
        let told = play_kept(seed, 4_000).await;
        assert_eq!(told.outcomes.values().sum::<u64>(), 4_000);
    }
}

#[tokio::test(start_paused = true)]
async fn no_mistake_of_a_client_ever_moves_a_breaker() {
    let mistakes = [
        ProviderError::InvalidRequest(InvalidField {
            field: "style".to_owned(),
            message: "is odd".to_owned(),
        }),
        ProviderError::ContentBlocked("violence".to_owned()),
        ProviderError::VoiceNotFound("ammy".to_owned()),
        ProviderError::Unsupported("ssml".to_owned()),
        ProviderError::TextTooLong(TextLimit { maximum: 9, unit: TextUnit::Bytes }),
    ];
    let mut lots = Lots(7);
    let provider = |name: &&str| {
        let provider = Scripted::new(name, vec![pcm(), Step::Audio(spoken())]);
        for _ in 0..5_000 {
            let mistake = mistakes[usize::try_from(lots.next(5)).unwrap()].clone();
            provider.queue(vec![Step::Fail(mistake.into())]);
        }
        Arc::new(provider)
    };
    let cast: Vec<_> = NAMES.iter().map(provider).collect();
    let mut settings = settings();
    settings.providers.clear();
    let engine = engine_of(&cast, settings);
    for id in 0..1_000_u64 {
        let wanted = SpeechRequest {
            deadline: Some(Duration::from_millis(lots.next(50))),
            ..SpeechRequest::new(id.to_string(), Request::text(TEXT))
        };
        let error = engine.speak(wanted).await.unwrap_err();
        assert!(error.is_client_fault() || error.code() == "deadline_exceeded", "{error}");
    }
    for status in engine.status().providers {
        assert_eq!(status.breaker, BreakerState::Closed, "{}", status.name);
    }
    assert!(cast[0].requests().len() > 900);
}
