//! What is configured, and what the engine is told.

use std::path::Path;
use std::time::Duration;

use understudy_engine::audition::Depth;
use understudy_engine::{ConversationSettings, Delivery, Plays, Probe, Recast, VoicePolicy};
use understudy_speech::{Age, Encoding, Gender};

use super::*;

/// Each key is set to what it is not by default, and arrives at the engine.
#[test]
fn what_is_configured_is_what_the_engine_does() {
    let text = include_str!("../../tests/every_engine_key.toml");
    let config = Config::parse(text, Path::new("understudy.toml")).unwrap();
    let engine = engine_settings(&config, &[]);
    let default = EngineSettings::default();
    let seconds = |seconds: f64| Duration::from_secs_f64(seconds);
    assert_eq!((engine.deadline, engine.stream_deadline), (seconds(50.0), seconds(500.0)));
    assert_eq!(engine.default_provider.as_deref(), Some("azure"));
    assert_eq!(engine.default_route.as_deref(), Some("narration"));
    assert_eq!((engine.text.max_characters, engine.text.max_bytes), (9_000, 20_000));
    assert_eq!(engine.text.blocked.blocks("say the password"), Some("secret"));
    let limits = &engine.limits;
    assert_eq!((limits.max_concurrent_syntheses, limits.queue_depth), (20, 30));
    assert_eq!(limits.queue_deadline, seconds(4.0));
    assert_eq!((engine.breaker.failures, engine.breaker.failure_percent), (3, 80));
    assert_eq!((engine.breaker.window, engine.breaker.recovery), (seconds(30.0), seconds(20.0)));
    assert_eq!((engine.breaker.patience, engine.breaker.probe), (seconds(5.0), Probe::Request));
    assert_eq!((engine.retry.backoff, engine.retry.backoff_max), (seconds(0.2), seconds(3.0)));
    assert_eq!((engine.retry.rate_limit_hold, engine.retry.quota_hold), (seconds(6.0), seconds(400.0)));
    assert_eq!(engine.retry.hold_max, seconds(1_000.0));
    assert_eq!((engine.hedge.enabled, engine.hedge.after), (true, Some(seconds(1.5))));
    let unrouted = &engine.unrouted;
    assert_eq!((unrouted.voice_policy, unrouted.min_score), (VoicePolicy::Any, 0.5));
    assert_eq!((unrouted.audition, unrouted.audition_share), (Depth::Full, 0.1));
    assert_eq!(unrouted.min_quality, 0.8);
    let route = &engine.routes["narration"];
    assert_eq!(route.providers().map(|(_, name)| name).collect::<Vec<_>>(), ["azure", "edge", "flite"]);
    assert_eq!((route.voice_policy, route.min_score), (VoicePolicy::Strict, 0.5), "as unrouted but for one");
    assert_eq!((route.delivery, route.deadline), (Some(Delivery::Stream), Some(seconds(20.0))));
    let policy = engine.policy("azure");
    assert_eq!((policy.tier, policy.priority, policy.weight), (Tier::Fallback, 10, Some(3)));
    assert_eq!((policy.timeout, policy.max_retries), (Some(seconds(8.0)), 1));
    let counts = [policy.requests_per_minute, policy.concurrent_requests].map(|count| count.unwrap().get());
    assert_eq!((counts, policy.rollout_percent), ([100, 10], 25));
    assert_eq!((policy.max_text_length, policy.price_per_million_characters), (Some(5_000), Some(16.0)));
    assert_eq!(policy.default_sample_rate, Some(22_050));
    assert_eq!(policy.supported_formats, Some(vec![Encoding::Wav, Encoding::Mp3]));
    assert_eq!((policy.characters_per_day, policy.characters_per_month), (Some(1_000), Some(20_000)));
    let [first, _] = engine.voices["anna"].cast.as_slice() else { panic!("{:?}", engine.voices) };
    assert_eq!((first.rate, first.pitch, first.volume), (Some(1.1), Some(-1.0), Some(2.0)));
    assert_eq!(first.styles["cheerful"], "happy");
    characters_arrive(&engine);
    assert_eq!(engine.take_buffer, default.take_buffer);
}

fn characters_arrive(engine: &EngineSettings) {
    let nova = &engine.characters["captain-nova"];
    assert_eq!(
        (nova.name.as_str(), nova.traits.as_slice()),
        ("Captain Nova", ["bold".to_owned()].as_slice())
    );
    assert_eq!((nova.gender, nova.age), (Some(Gender::Female), Some(Age::Adult)));
    assert_eq!(nova.languages.iter().map(ToString::to_string).collect::<Vec<_>>(), ["en-US"]);
    let plays: Vec<_> = nova.cast.iter().map(|part| (part.plays, part.part.voice.as_str())).collect();
    assert_eq!(plays, [(Plays::Character, "char_123"), (Plays::Voice, "ada")]);
    let happy = &nova.emotions["happy"];
    assert_eq!((happy.style.as_deref(), happy.rate, happy.pitch), (Some("cheerful"), Some(1.1), Some(2.0)));
    assert_eq!((happy.volume, happy.instructions.as_deref()), (Some(1.0), Some("Smile.")));
    let expected = ConversationSettings {
        recast: Recast::Line,
        parallel: 2,
        gap: Duration::from_millis(500),
        target_lufs: Some(-18.0),
        max_lines: 50,
        deadline: Duration::from_secs(60),
        whole: false,
    };
    assert_eq!(engine.conversation, expected);
}

#[test]
fn the_offline_voice_stands_in_last_unless_its_section_says_otherwise() {
    let tier = |text: &str| {
        let config = Config::parse(text, Path::new("understudy.toml")).unwrap();
        let ready = PluginStatus {
            name: crate::built_in::OFFLINE_VOICE.to_owned(),
            state: PluginState::Ready,
            source: crate::PluginSource::BuiltIn(crate::built_in::OFFLINE_VOICE.to_owned()),
            facts: None,
            generation: None,
            candidate: None,
            trial: None,
        };
        engine_settings(&config, &[ready]).policy("flite").tier
    };
    assert_eq!(tier(""), Tier::Emergency);
    assert_eq!(tier("[providers.flite]"), Tier::Primary);
}
