//! Whose voice stands in for whose.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, advance};
use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{
    Engine, EngineSettings, How, LogicalVoice, SpeechError, SpeechRequest, Substitution, VoicePart,
    VoicePolicy,
};
use understudy_speech::{Encoding, FormatSupport, Gender, ProviderError, Request, Utterance};

use crate::{TEXT, engine_with, failing, request, route, unavailable};

/// A provider with these voices, each `id language gender`, or an id alone that tells nothing more.
fn provider(id: &str, voices: &[&str], fails: bool) -> Arc<Scripted> {
    let mut provider = if fails {
        Scripted::new(id, vec![Step::Fail(unavailable().into())])
    } else {
        Scripted::speaking(id, 1, Vec::new())
    };
    for voice in voices {
        let words: Vec<_> = voice.split(' ').collect();
        let [id, language, gender] = words[..] else {
            provider = provider.with_voice(voice, "und", Gender::Neutral);
            if let Some(voice) = provider.voices.last_mut() {
                (voice.languages, voice.gender) = (Vec::new(), None);
            }
            continue;
        };
        let gender = if gender == "f" { Gender::Female } else { Gender::Male };
        provider = provider.with_voice(id, language, gender);
    }
    Arc::new(provider)
}

fn wanting(voice: &str) -> SpeechRequest {
    let mut wanted = request(TEXT);
    wanted.request.voice = Some(voice.to_owned());
    wanted
}

/// `provider/voice how`, or why nobody stood in.
async fn spoken(engine: &Engine, wanted: SpeechRequest) -> String {
    match engine.speak(wanted).await {
        Ok(speech) => {
            let told = speech.provenance;
            let how = told.substituted.map(|told| format!(" {:?}", told.casting.how)).unwrap_or_default();
            format!("{}/{}{how}", told.provider, told.voice.unwrap_or_default())
        }
        Err(SpeechError::AllFailed { skipped, .. }) => skipped.last().unwrap().reason.clone(),
        Err(error) => error.to_string(),
    }
}

const AMERICAN: [&str; 2] = ["en-US-Aria en-US f", "en-US-Guy en-US m"];

async fn check(theirs: &[&str], voice: &str, expected: &str) {
    let engine =
        engine_with(&[&provider("a", &AMERICAN, true), &provider("b", theirs, false)], route(&["a", "b"]));
    // Its list is known from an earlier day.
    engine.voices("a").await.unwrap();
    assert_eq!(spoken(&engine, wanting(voice)).await, expected, "{voice} among {theirs:?}");
}

#[tokio::test(start_paused = true)]
async fn the_most_alike_voice_stands_in() {
    let theirs = ["x de-DE f", "y en-GB f", "z en-US m", "w en-US f"];
    check(&theirs, "a/en-US-Aria", "b/w Nearest").await;
    check(&theirs, "a/en-US-Guy", "b/z Nearest").await;
    check(&theirs[..2], "a/en-US-Aria", "b/y Nearest").await;
    check(&theirs[..1], "a/en-US-Aria", "none of its voices speaks en-US").await;
    check(&[], "a/en-US-Aria", "none of its voices speaks en-US").await;
}

#[tokio::test(start_paused = true)]
async fn a_language_is_the_same_by_whatever_tag() {
    let check = async |wanted: &str, theirs: &str, expected: bool| {
        let mut settings = route(&["a", "b"]);
        settings.routes.get_mut("main").unwrap().min_score = 0.0;
        let mut second = Scripted::speaking("b", 1, Vec::new()).with_voice("w", theirs, Gender::Female);
        second.manifest.capabilities.languages = second.voices[0].languages.clone();
        let own = format!("{wanted}-Wavenet-A");
        let first = provider("a", &[&format!("{own} {wanted} f")], true);
        let engine = engine_with(&[&first, &Arc::new(second)], settings);
        engine.voices("a").await.unwrap();
        let told = spoken(&engine, wanting(&format!("a/{own}"))).await;
        let refused = format!("none of its voices speaks {wanted}");
        assert_eq!(told, if expected { "b/w Nearest" } else { &refused }, "{wanted} {theirs}");
        let mut spoken_to = request(TEXT);
        spoken_to.request.language = wanted.parse().ok();
        let answered = engine.speak(spoken_to).await.is_ok();
        assert_eq!(answered, expected, "{wanted}, which no voice is named for, {theirs}");
    };
    check("cmn-CN", "zh-CN", true).await;
    check("zh-Hans-CN", "cmn-TW", true).await;
    check("yue-HK", "zh-HK", true).await;
    check("no", "nb-NO", true).await;
    check("tl", "fil-PH", true).await;
    check("zh-HK", "zh-CN", false).await;
    check("zh", "zh-HK", false).await;
}

#[tokio::test(start_paused = true)]
async fn a_substitute_is_told_with_the_score_and_the_reasons() {
    let engine = engine_with(
        &[&provider("a", &AMERICAN, true), &provider("b", &["y en-GB f"], false)],
        route(&["a", "b"]),
    );
    engine.voices("a").await.unwrap();
    let provenance = engine.speak(wanting("a/en-US-Aria")).await.unwrap().provenance;
    let Substitution { asked, why, casting } = provenance.substituted.unwrap();
    assert_eq!((asked.as_str(), why, casting.how), ("a/en-US-Aria", "provider_unavailable", How::Nearest));
    let score = casting.score.unwrap();
    assert!(score > 0.5 && score < 1.0, "{score}");
    assert!(casting.reasons.iter().any(|reason| reason.contains("language")), "{:?}", casting.reasons);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_listed_is_read_from_the_request_and_the_id() {
    let theirs = ["x de-DE f", "w en-US f"];
    let engine =
        engine_with(&[&provider("a", &[], true), &provider("b", &theirs, false)], route(&["a", "b"]));
    assert_eq!(spoken(&engine, wanting("a/en-US-Aria")).await, "b/w Nearest");
    let unknown = "the language of the text is not known";
    assert_eq!(spoken(&engine, wanting("a/alloy")).await, unknown);
    let mut german = wanting("a/alloy");
    german.request.language = "de".parse().ok();
    assert_eq!(spoken(&engine, german).await, "b/x Nearest");
    let mut sentence = wanting("a/alloy");
    sentence.request.utterance = Utterance::Text("It's easy to tell the depth of a well.".to_owned());
    assert_eq!(spoken(&engine, sentence).await, "b/w Nearest", "the text tells its language itself");
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_lists_no_language_stands_in_after_those_that_speak_it() {
    check(&["any", "w en-US f"], "a/en-US-Aria", "b/w Nearest").await;
    check(&["any", "x de-DE f"], "a/en-US-Aria", "b/any Nearest").await;
}

#[tokio::test(start_paused = true)]
async fn a_route_says_how_alike_is_alike_enough() {
    let theirs = ["x de-DE f"];
    let mut settings = route(&["a", "b"]);
    settings.routes.get_mut("main").unwrap().voice_policy = VoicePolicy::Any;
    let told = |min_score| {
        let mut settings = settings.clone();
        settings.routes.get_mut("main").unwrap().min_score = min_score;
        async move {
            let providers = [&provider("a", &AMERICAN, true), &provider("b", &theirs, false)];
            let engine = engine_with(&providers, settings);
            engine.voices("a").await.unwrap();
            spoken(&engine, wanting("a/en-US-Aria")).await
        }
    };
    assert_eq!(told(0.0).await, "b/x Nearest");
    assert!(told(0.9).await.starts_with("the nearest of its voices scores 0."));
}

#[tokio::test(start_paused = true)]
async fn sisters_have_the_same_voices() {
    for theirs in [&["w en-US f", "en-US-Aria en-US f"][..], &[]] {
        let (azure, edge) = (provider("azure", &AMERICAN, true), provider("edge", theirs, false));
        let engine = engine_with(&[&azure, &edge], route(&["azure", "edge"]));
        let expected =
            if theirs.is_empty() { "none of its voices speaks en-US" } else { "edge/en-US-Aria SameName" };
        assert_eq!(spoken(&engine, wanting("azure/en-US-Aria")).await, expected);
    }
}

fn cast(parts: &[(&str, &str)]) -> LogicalVoice {
    let part = |(provider, voice): &(&str, &str)| VoicePart {
        provider: (*provider).to_owned(),
        voice: (*voice).to_owned(),
        rate: None,
        pitch: None,
        volume: None,
        styles: [("news".to_owned(), format!("{provider}-news"))].into(),
    };
    LogicalVoice { cast: parts.iter().map(part).collect() }
}

fn with_narrator(parts: &[(&str, &str)]) -> EngineSettings {
    EngineSettings { voices: [("narrator".to_owned(), cast(parts))].into(), ..route(&["a", "b"]) }
}

#[tokio::test(start_paused = true)]
async fn a_voice_of_this_server_plays_as_it_is_cast() {
    let (first, second) = (provider("a", &AMERICAN, false), provider("b", &[], false));
    let engine = engine_with(&[&first, &second], with_narrator(&[("b", "bella"), ("a", "en-US-Aria")]));
    let mut wanted = wanting("narrator");
    wanted.request.style = Some("news".to_owned());
    assert_eq!(spoken(&engine, wanted).await, "b/bella");
    assert_eq!(second.requests()[0].style.as_deref(), Some("b-news"));
    let at_first = SpeechRequest { provider: Some("a".to_owned()), ..wanting("narrator") };
    assert_eq!(spoken(&engine, at_first).await, "a/en-US-Aria");
    assert_eq!(spoken(&engine, wanting("a/en-US-Guy")).await, "a/en-US-Guy");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_down_goes_before_what_is_measured() {
    let second = provider("b", &["w en-US f"], false);
    let mut settings = with_narrator(&[("a", "en-US-Aria"), ("b", "bella")]);
    let narrator = settings.voices.get_mut("narrator").unwrap();
    (narrator.cast[0].rate, narrator.cast[1].rate) = (Some(0.8), Some(1.2));
    let engine = engine_with(&[&provider("a", &AMERICAN, true), &second], settings);
    assert_eq!(spoken(&engine, wanting("a/en-US-Aria")).await, "b/bella Mapped");
    let rate = second.requests()[0].rate.unwrap();
    assert!((rate - 1.5).abs() < 1e-6, "the trims are relative to one sound: {rate}");
    assert_eq!(spoken(&engine, wanting("narrator")).await, "b/bella Mapped");
    assert_eq!(spoken(&engine, wanting("a/en-US-Guy")).await, "b/w Nearest");
}

#[tokio::test(start_paused = true)]
async fn another_voice_of_the_same_provider_is_a_stand_in_like_any_other() {
    let first = provider("a", &[], false);
    let refusal = ProviderError::VoiceNotFound("aria".to_owned());
    first.queue(vec![Step::Fail(refusal.clone().into())]);
    let engine = engine_with(&[&first], with_narrator(&[("a", "aria"), ("a", "jenny")]));
    let told = engine.speak(wanting("narrator")).await.unwrap().provenance;
    assert_eq!((told.provider.as_str(), told.voice.as_deref()), ("a", Some("jenny")));
    let Substitution { asked, why, casting } = told.substituted.unwrap();
    assert_eq!((asked.as_str(), why, casting.how), ("narrator", refusal.code(), How::Mapped));
    let told = engine.speak(wanting("narrator")).await.unwrap().provenance;
    assert_eq!((told.voice.as_deref(), told.substituted), (Some("aria"), None));
}

#[tokio::test(start_paused = true)]
async fn a_default_voice_is_nobodys_stand_in() {
    let second = provider("b", &[], false);
    let engine = engine_with(&[&provider("a", &AMERICAN, true), &second], route(&["a", "b"]));
    spoken(&engine, wanting("a/en-US-Aria")).await;
    assert!(second.requests().is_empty());
    assert_eq!(spoken(&engine, request(TEXT)).await, "b/ Unnamed");
}

#[tokio::test(start_paused = true)]
async fn each_candidate_is_asked_for_what_it_can_do() {
    let mut second = Scripted::speaking("b", 1, Vec::new());
    second.manifest.capabilities.styles = false;
    second.manifest.capabilities.rate = None;
    second.manifest.capabilities.formats =
        vec![FormatSupport { encoding: Encoding::PcmS16le, sample_rates: Vec::new() }];
    let second = Arc::new(second);
    let engine = engine_with(&[&provider("a", &[], true), &second], route(&["a", "b"]));
    let mut wanted = request(TEXT);
    (wanted.request.style, wanted.request.rate) = (Some("news".to_owned()), Some(1.5));
    let provenance = engine.speak(wanted).await.unwrap().provenance;
    assert_eq!(provenance.dropped, ["rate", "style"]);
    let expected = Request { encodings: vec![Encoding::PcmS16le], ..Request::text(TEXT) };
    assert_eq!(*second.requests()[0], expected);
}

#[tokio::test(start_paused = true)]
async fn characters_go_to_those_who_play_them() {
    let mut first = Scripted::speaking("a", 1, Vec::new());
    first.manifest.capabilities.characters = false;
    let (first, second) = (Arc::new(first), provider("b", &[], false));
    let engine = engine_with(&[&first, &second], route(&["a", "b"]));
    let mut wanted = request(TEXT);
    wanted.request.character = Some("hamlet".to_owned());
    assert_eq!(spoken(&engine, wanted).await, "b/");
    assert_eq!(spoken(&engine, request(TEXT)).await, "a/");
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_first_candidate_plays_waits_for_no_list() {
    let (first, second) = (provider("a", &AMERICAN, false), provider("b", &["w en-US f"], false));
    let engine = engine_with(&[&first, &second], route(&["a", "b"]));
    engine.speak(wanting("a/en-US-Aria")).await.unwrap();
    assert_eq!((first.listings(), second.listings()), (0, 0), "nothing was waited for");
    second.until(|second| second.listings() == 1).await;
    engine.speak(wanting("a/en-US-Aria")).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!((first.listings(), second.listings()), (1, 1), "what is known is not asked for again");
}

/// A dead `a` before a `b` that does `listing` before it lists its voices.
fn before_a_list_that(listing: Vec<Step>) -> (Engine, Arc<Scripted>) {
    let mut second = Scripted::speaking("b", 1, Vec::new()).with_voice("w", "en-US", Gender::Female);
    second.listing = listing;
    let second = Arc::new(second);
    (engine_with(&[&failing("a", ProviderError::TimedOut), &second], route(&["a", "b"])), second)
}

#[tokio::test(start_paused = true)]
async fn a_list_that_does_not_come_is_not_waited_for_by_every_request() {
    let (engine, _second) = before_a_list_that(vec![Step::Hang]);
    for seconds in [2, 0, 0] {
        let began = Instant::now();
        assert_eq!(spoken(&engine, wanting("a/en-US-Aria")).await, "its voices are not known");
        assert_eq!(began.elapsed(), Duration::from_secs(seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_refused_is_asked_for_once_by_all_who_need_it() {
    let refused = ProviderError::Unauthorized("401".to_owned());
    let moment = Duration::from_millis(300);
    let (engine, second) = before_a_list_that(vec![Step::Wait(moment), Step::Fail(refused.into())]);
    for wait in [moment, Duration::ZERO] {
        let began = Instant::now();
        let together = (0..50).map(|_| spoken(&engine, wanting("a/en-US-Aria")));
        assert!(join_all(together).await.iter().all(|told| told == "its voices are not known"));
        assert_eq!((began.elapsed(), second.listings()), (wait, 1));
    }
    advance(Duration::from_secs(30)).await;
    spoken(&engine, wanting("a/en-US-Aria")).await;
    assert_eq!(second.listings(), 2, "it may have been mended");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_waited_for_on_the_time_of_the_request() {
    let slow = Duration::from_millis(1_500);
    let (engine, _second) = before_a_list_that(vec![Step::Wait(slow)]);
    let hurried = || SpeechRequest { deadline: Some(Duration::from_secs(1)), ..wanting("a/en-US-Aria") };
    let began = Instant::now();
    assert!(engine.speak(hurried()).await.is_err());
    assert!(began.elapsed() <= Duration::from_millis(1_250), "{:?}", began.elapsed());
    tokio::time::sleep(2 * slow).await;
    assert_eq!(spoken(&engine, hurried()).await, "b/w Nearest", "it came meanwhile");
}
