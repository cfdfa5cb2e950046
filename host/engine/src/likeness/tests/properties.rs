//! What holds for any voices.

use proptest::prelude::*;
use understudy_speech::Age;

use super::*;

fn any_gender() -> impl Strategy<Value = Option<Gender>> {
    prop::sample::select(vec![None, FEMALE, MALE, Some(Gender::Neutral)])
}

fn any_language() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "en", "en-US", "en-GB", "es-ES en-US", "zh-CN", "zh-HK", "fr-FR de-DE"])
}

fn any_voice() -> impl Strategy<Value = Voice> {
    let ages = vec![None, Some(Age::Child), Some(Age::Young), Some(Age::Adult), Some(Age::Elderly)];
    let ids =
        "[a-d]{1,3}|(en|es)-(US|GB)-(Aria|Guy)(Multilingual)?Neural(-Female)?|en-US-Chirp3-HD-(Kore|Puck)";
    let rates = vec![None, Some(16_000), Some(24_000), Some(48_000)];
    (
        ids,
        any_language(),
        any_gender(),
        prop::sample::select(ages),
        any::<[bool; 3]>(),
        prop::sample::select(rates),
    )
        .prop_map(|(id, language, gender, age, [neural, premium, styled], sample_rate)| Voice {
            age,
            neural,
            premium,
            sample_rate,
            styles: if styled { vec!["sad".to_owned()] } else { Vec::new() },
            ..voice(&id, language, gender)
        })
}

proptest! {
    #[test]
    fn a_voice_is_its_own_best_substitute(voice in any_voice()) {
        prop_assert_eq!(judge(&Wanted::like(&voice), &voice).score, 1.0);
    }

    #[test]
    fn scores_are_in_range_and_are_what_the_reasons_add_up_to(wanted in any_voice(), candidate in any_voice()) {
        let found = judge(&Wanted::like(&wanted).with_style(Some("sad")).with_emotion(Some("x")), &candidate);
        prop_assert!((0.0..=1.0).contains(&found.score));
        let cost: f32 = found.reasons.iter().map(|reason| reason.cost).sum();
        prop_assert!((found.score - (1.0 - cost).max(0.0)).abs() < 1e-6);
    }

    #[test]
    fn the_order_is_total_and_does_not_depend_on_the_lists(
        wanted in any_voice(),
        mut candidates in prop::collection::vec(any_voice(), 0..12),
    ) {
        candidates.dedup_by(|a, b| a.id == b.id);
        let key = |found: &Match<'_>| (found.score.to_bits(), found.voice.id.clone());
        let wanted = Wanted::like(&wanted);
        let before: Vec<_> = rank(&wanted, &candidates).iter().map(key).collect();
        prop_assert_eq!(before.len(), candidates.len());
        prop_assert!(before.windows(2).all(|pair| f32::from_bits(pair[0].0) >= f32::from_bits(pair[1].0)));
        candidates.reverse();
        let after: Vec<_> = rank(&wanted, &candidates).iter().map(key).collect();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn who_speaks_the_language_beats_who_does_not(
        mut speaker in any_voice(),
        mut stranger in any_voice(),
        wanted in any_voice(),
    ) {
        speaker.languages = vec!["ko-KR".parse().unwrap()];
        stranger.id = "stranger".to_owned();
        stranger.languages = vec!["de-DE".parse().unwrap(), "it".parse().unwrap()];
        let korean = "ko".parse().unwrap();
        let wanted = Wanted::like(&wanted).in_language(Some(&korean)).with_style(Some("x")).with_emotion(Some("y"));
        let (near, far) = (judge(&wanted, &speaker), judge(&wanted, &stranger));
        prop_assert!(near.score > far.score, "{near:#?} {far:#?}");
    }

    #[test]
    fn an_unknown_gender_lies_between_the_right_one_and_the_wrong_one(candidate in any_voice()) {
        let wanted = voice("zz", "en-US", FEMALE);
        let of = |gender| {
            let candidate = Voice { id: "q".to_owned(), gender, ..candidate.clone() };
            judge(&Wanted::like(&wanted), &candidate).score
        };
        let (right, unknown, wrong) = (of(FEMALE), of(None), of(MALE));
        prop_assert!(right > unknown && (unknown > wrong || unknown == 0.0), "{right} {unknown} {wrong}");
    }
}
