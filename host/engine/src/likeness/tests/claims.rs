//! One claim a test.

use understudy_speech::Age;

use super::*;

fn order(wanted: &Wanted<'_>, candidates: &[Voice], expected: &[&str]) {
    let ranked = rank(wanted, candidates);
    let ids: Vec<_> = ranked.iter().map(|found| found.voice.id.as_str()).collect();
    assert_eq!(ids, expected, "{ranked:#?}");
}

#[test]
fn language_goes_before_gender_and_gender_before_region() {
    let wanted = voice("aria", "en-US", FEMALE);
    let candidates = [
        voice("lola", "es-ES", FEMALE),
        voice("guy", "en-US", MALE),
        voice("sonia", "en-GB", FEMALE),
        voice("jenny", "en-US", FEMALE),
        voice("somebody", "en-US", None),
    ];
    order(&Wanted::like(&wanted), &candidates, &["jenny", "sonia", "somebody", "guy", "lola"]);
}

#[test]
fn one_id_at_sister_providers_is_one_voice_whatever_their_lists_say() {
    let check = |wanted: &str, candidate: &str, expected: bool| {
        let sister = Voice { gender: None, sample_rate: None, neural: false, ..voice(candidate, "", None) };
        let found = judge(&Wanted::named(wanted), &sister);
        assert_eq!(found.score == 1.0, expected, "{wanted} {candidate}: {:?}", found.reasons);
    };
    check("en-US-AriaNeural", "en-US-AriaNeural", true);
    check("en-US-AriaNeural", "en-us-arianeural", true);
    check("en-US-AriaNeural-Female", "en-US-AriaNeural", true);
    check("en-US-AriaNeural-V2-Female", "en-US-AriaNeural", true);
    check("en-US-AriaNeural", "Microsoft Server Speech Text to Speech Voice (en-US, AriaNeural)", true);
    check(
        "zh-CN-liaoning-XiaobeiNeural",
        "Microsoft Server Speech Text to Speech Voice (zh-CN-liaoning, XiaobeiNeural)",
        true,
    );
    check("en-US-Neural2-C", "en-US-Neural2-C", true);
    check("en-US-AriaNeural", "en-GB-AriaNeural", false);
    check("en-US-AvaNeural", "en-US-AvaMultilingualNeural", false);
    check("en-US-AvaNeural", "en-US-Ava:DragonHDLatestNeural", false);
    check("alloy", "alloy", false);
}

#[test]
fn the_same_person_in_another_model_is_the_nearest() {
    let candidates = [
        voice("en-US-JennyNeural", "en-US", FEMALE),
        voice("en-US-Ava:DragonHDLatestNeural", "en-US", FEMALE),
        voice("en-US-AvaMultilingualNeural", "en-US", FEMALE),
    ];
    order(
        &Wanted::named("en-US-AvaNeural"),
        &candidates,
        &["en-US-AvaMultilingualNeural", "en-US-Ava:DragonHDLatestNeural", "en-US-JennyNeural"],
    );
}

#[test]
fn differences_are_told_in_words() {
    let wanted = voice("aria", "en-US", FEMALE);
    let wanted = Wanted::like(&wanted);
    let check = |candidate: Voice, expected: &str| assert_eq!(faults(&wanted, &candidate), expected);
    let guy = voice("guy", "en-US", MALE);
    check(guy, "gender differs: wanted female, is male; age is unknown; name differs: wanted aria, is guy");
    check(
        voice("Aria", "en-GB", None),
        "language is near: wanted en-US, is en-GB; gender is unknown: wanted female; age is unknown",
    );
    check(
        Voice { neural: false, sample_rate: Some(16_000), ..voice("aria", "en", FEMALE) },
        "language is near: wanted en-US, is en; age is unknown; quality differs: wanted neural, is standard; \
         sample rate differs: wanted 24000 Hz, is 16000 Hz",
    );
    check(voice("aria", "", FEMALE), "language is unknown: wanted en-US; age is unknown");
}

#[test]
fn a_gender_out_of_an_id_is_told_as_that_and_only_read_in_known_schemes() {
    let wanted = voice("Nova", "en-US", FEMALE);
    let gender = |id: &str| {
        let found = voice(id, "en-US", None);
        let reasons = judge(&Wanted::like(&wanted), &found).reasons;
        reasons.into_iter().find(|reason| reason.aspect == Aspect::Gender).unwrap().to_string()
    };
    assert_eq!(
        gender("en-US-Chirp3-HD-Charon"),
        "gender differs: wanted female, is male (by Google's list of this voice's names)"
    );
    assert_eq!(gender("Kore"), "gender is the same: female (by Google's list of this voice's names)");
    assert_eq!(
        gender("en-US-GuyNeural-Male"),
        "gender differs: wanted female, is male (read from the end of the id)"
    );
    assert_eq!(gender("Sweet Lady"), "gender is unknown: wanted female");
    assert_eq!(gender("story-Female"), "gender is unknown: wanted female");
}

#[test]
fn the_texts_language_goes_before_the_wanted_voices_own() {
    let wanted = voice("en-US-AvaMultilingualNeural", "en-US de-DE", FEMALE);
    let german = "de-DE".parse().unwrap();
    let candidates = [
        voice("en-US-JennyNeural", "en-US", FEMALE),
        voice("ryan", "en-GB de-DE", FEMALE),
        voice("de-DE-KatjaNeural", "de-DE", FEMALE),
    ];
    let wanted = Wanted::like(&wanted).in_language(Some(&german));
    order(&wanted, &candidates, &["de-DE-KatjaNeural", "ryan", "en-US-JennyNeural"]);
}

#[test]
fn a_voice_of_another_language_that_speaks_the_wanted_one_beats_none_that_does() {
    let wanted = voice("jenny", "en-US", FEMALE);
    let candidates = [
        voice("remy", "fr-FR", FEMALE),
        voice("vivienne", "fr-FR en-US", FEMALE),
        voice("anna", "en", FEMALE),
    ];
    order(&Wanted::like(&wanted), &candidates, &["anna", "vivienne", "remy"]);
}

#[test]
fn tags_of_one_spoken_language_are_one_and_cantonese_is_not_mandarin() {
    let language = |wanted: &str, offered: &str| {
        let wanted = voice("a", wanted, None);
        judge(&Wanted::like(&wanted), &voice("b", offered, None)).reasons[0].verdict
    };
    assert_eq!(language("zh-CN", "cmn-CN"), Verdict::Same);
    assert_eq!(language("zh-HK", "yue-HK"), Verdict::Same);
    assert_eq!(language("zh-HK", "zh-CN"), Verdict::Differs);
    assert_eq!(language("zh-CN", "zh-TW"), Verdict::Near);
    assert_eq!(language("nb-NO", "no-NO"), Verdict::Same);
    assert_eq!(language("en", "en-IN"), Verdict::Same);
    assert_eq!(language("pt-BR", "es-ES"), Verdict::Differs);
}

#[test]
fn a_search_shows_a_language_by_its_sound_and_by_its_tag() {
    let check = |wanted: &str, offered: &str, expected: bool| {
        let shown = speaks(&offered.parse().unwrap(), &wanted.parse().unwrap());
        assert_eq!(shown, expected, "{wanted} {offered}");
    };
    check("en", "en-GB", true);
    check("en-GB", "en", true);
    check("en-GB", "en-US", false);
    check("zh-Hans-CN", "zh-CN", true);
    check("cmn-CN", "zh-CN", true);
    check("zh", "zh-HK", true);
    check("yue", "zh-HK", true);
    check("zh-CN", "zh-HK", false);
    check("es", "en", false);
}

#[test]
fn a_style_that_is_asked_for_counts_and_one_that_is_not_does_not() {
    let wanted = voice("aria", "en-US", FEMALE);
    let plain = voice("a", "en-US", FEMALE);
    let actor = Voice { styles: vec!["Customer Service".to_owned()], ..voice("b", "en-US", FEMALE) };
    order(&Wanted::like(&wanted), &[actor.clone(), plain.clone()], &["a", "b"]);
    let styled = Wanted::like(&wanted).with_style(Some("customer_service"));
    order(&styled, &[plain.clone(), actor.clone()], &["b", "a"]);
    assert!(faults(&styled, &plain).contains("style differs: wanted customer_service"));
    let sad = Wanted::like(&wanted).with_emotion(Some("sad"));
    assert!(faults(&sad, &actor).contains("emotion differs: wanted sad"));
}

#[test]
fn ages_have_an_order_and_a_child_is_next_to_nobody() {
    let of_age = |id: &str, age| Voice { age, ..voice(id, "en-US", FEMALE) };
    let wanted = of_age("w", Some(Age::Young));
    let candidates = [
        of_age("d", Some(Age::Child)),
        of_age("b", None),
        of_age("c", Some(Age::Adult)),
        of_age("a", Some(Age::Young)),
    ];
    order(&Wanted::like(&wanted), &candidates, &["a", "b", "c", "d"]);
}

#[test]
fn nothing_known_of_the_wanted_voice_is_said_and_not_guessed() {
    let found = judge(&Wanted::named("some-voice"), &voice("x", "en-US", FEMALE)).reasons;
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(told[0], "language is unknown of the wanted voice: is en-US");
    assert_eq!(told[1], "gender is unknown of the wanted voice: is female");
}
