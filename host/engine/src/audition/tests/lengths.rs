//! How long a text may take: no wrong alarm over what real voices say, and an alarm over what is cut.

use std::time::Duration;

use super::*;

#[test]
fn every_sentence_passes_at_every_rate() {
    let numbers = [
        "On 12 March 1997, 1,234,567 people paid $5.20 each; Dr. Smith of 221B Baker St. didn't.",
        "NASA and the FBI sent a PDF by www.example.com/index.html.",
        "Notwithstanding internationalization, incomprehensibilities characteristically counterproductive.",
        "Hi.",
        "No!",
        "I am.",
        "Yes",
        "a",
        "Well... I mean, hmm, no? No! Not at all; never: not once (nor twice).",
    ];
    for text in sentences().into_iter().chain(numbers) {
        for rate in [0.5, 1.0, 2.0] {
            let asked = Request { rate: Some(rate), ..request(text) };
            let brief = Brief::of(&asked, None, AuditionSettings::default());
            let found = verdict(&speech_at(text, rate), Encoding::Wav, &brief);
            assert!(found.quality >= 0.9, "{text} at {rate}: {found:?} {brief:?}");
        }
        let unnamed = Request { language: None, ..request(text) };
        let brief = Brief::of(&unnamed, None, AuditionSettings::default());
        assert_eq!(verdict(&speech_at(text, 1.0), Encoding::Wav, &brief).quality, 1.0, "{text}");
    }
}

#[test]
fn speech_cut_to_a_third_is_too_short() {
    for text in sentences().into_iter().map(str::to_owned).chain([paragraph()]) {
        let mut pcm = speech_at(&text, 1.0);
        pcm.samples.truncate(pcm.samples.len() / 3);
        for encoding in [Encoding::Wav, Encoding::Mp3, Encoding::OggOpus] {
            let found = verdict(&pcm, encoding, &brief(&text));
            assert_eq!(codes(&found), ["too_short"], "{text}: {found:?}");
            // A sentence of short words leaves room for a doubt; a paragraph leaves none.
            assert!(found.quality < if text.len() > 100 { 0.7 } else { 1.0 }, "{text}: {found:?}");
        }
    }
}

#[test]
fn speech_said_twice_is_told_and_three_times_is_refused() {
    let mut pcm = speech_at(&paragraph(), 1.0);
    let once = pcm.samples.clone();
    pcm.samples.extend_from_slice(&once);
    assert_eq!(codes(&verdict(&pcm, Encoding::Wav, &brief(&paragraph()))), ["too_long"]);
    pcm.samples.extend_from_slice(&once);
    let thrice = verdict(&pcm, Encoding::Mp3, &brief(&paragraph()));
    assert_eq!(codes(&thrice), ["too_long"]);
    assert!(thrice.quality < 0.7, "{thrice:?}");
}

/// The plausible lengths of `text` in milliseconds.
fn bounds(text: &str, language: &str) -> (u128, u128) {
    let asked = Request { language: language.parse().ok(), ..Request::text(text) };
    let brief = Brief::of(&asked, None, AuditionSettings::default());
    (brief.at_least.as_millis(), brief.at_most.unwrap().as_millis())
}

#[test]
fn every_language_of_the_mission_has_bounds_around_what_readers_do() {
    // The same sentence, and how long a reader at the literature's rate takes for its syllables.
    let check = |text: &str, language: &str, syllables: f64, a_second: f64| {
        let typical = Duration::from_secs_f64(syllables / a_second).as_millis();
        let (least, most) = bounds(text, language);
        assert!(least < typical && typical < most, "{language}: {least} {typical} {most}");
        // Nobody measured Portuguese for us, so its bounds are those of any language.
        let width = if language == "pt-BR" { 7 } else { 5 };
        assert!(most < typical * width, "{language}: {least} {typical} {most}");
        assert!(least * 6 > typical, "{language}: {least} {typical} {most}");
    };
    check("All human beings are born free and equal in dignity and rights.", "en-GB", 18.0, 6.19);
    check("Todos los seres humanos nacen libres e iguales en dignidad y derechos.", "es", 26.0, 7.82);
    check("Tous les êtres humains naissent libres et égaux en dignité et en droits.", "fr-FR", 20.0, 7.18);
    check("Alle Menschen sind frei und gleich an Würde und Rechten geboren.", "de", 18.0, 5.97);
    check("Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti.", "it-IT", 27.0, 6.99);
    check("人人生而自由，在尊严和权利上一律平等。", "zh-CN", 17.0, 5.18);
    check("すべての人間は、生まれながらにして自由であり、平等である。", "ja", 40.0, 7.84);
    check("모든 인간은 태어날 때부터 자유로우며 평등하다.", "ko-KR", 20.0, 7.0);
    check("Todos os seres humanos nascem livres e iguais em dignidade e em direitos.", "pt-BR", 29.0, 6.5);
}

#[test]
fn what_is_read_out_or_not_widens_the_bounds_and_narrows_neither() {
    let (least, most) = bounds("3 kg", "en");
    assert!(least < 20 && most > 2_500, "{least} {most}");
    assert_eq!(bounds("🎉🎉🎉", "en").0, 0);
    assert!(bounds("🎉🎉🎉", "en").1 > 6_000);
    assert_eq!(bounds("nooooooooo", "en").0, bounds("noo", "en").0);
    assert!(bounds("FBI", "en").1 > bounds("fib", "en").1 + 1_000);
}

#[test]
fn who_sets_a_style_or_options_is_given_room() {
    let plain = brief(&paragraph());
    let of = |request: Request| Brief::of(&request, None, AuditionSettings::default());
    let styled = of(Request { style: Some("sad".to_owned()), ..request(&paragraph()) });
    let options = serde_json::Map::from_iter([("speed".to_owned(), 1.8.into())]);
    let optional = of(Request { options: Some(options), ..request(&paragraph()) });
    assert!(optional.at_least < styled.at_least && styled.at_least < plain.at_least);
    assert!(optional.at_most > styled.at_most && styled.at_most > plain.at_most);
}

#[test]
fn ssml_may_pause_for_ever_and_not_lose_its_words() {
    let spoken = Request {
        utterance: understudy_speech::Utterance::Ssml(format!(
            "<speak><prosody rate='fast'>{}</prosody><break time='9s'/>{}</speak>",
            paragraph(),
            paragraph()
        )),
        ..request("")
    };
    let brief = Brief::of(&spoken, None, AuditionSettings::default());
    assert_eq!(brief.at_most, None);
    let plain = self::brief(&paragraph()).at_least;
    assert!(brief.at_least > plain / 3 && brief.at_least < plain, "{brief:?}");
}

#[test]
fn no_text_at_all_has_no_bounds() {
    let brief = Brief::without_text(AuditionSettings::default());
    assert_eq!((brief.at_least, brief.at_most), (Duration::ZERO, None));
}
