//! Who plays a character: itself, whom the operator cast, and who is most like it.

use std::sync::Arc;

use understudy_engine::scripted::{Scripted, Step};
use understudy_engine::{
    CharacterPart, Engine, EngineSettings, LocalCharacter, Manner, Plays, SpeechRequest, VoicePart,
    VoicePolicy,
};
use understudy_speech::{Character, Gender, Language};

use crate::{TEXT, engine_with, request, route, told, unavailable};

pub(crate) fn character(id: &str, name: &str, gender: Gender) -> Character {
    Character {
        id: id.to_owned(),
        name: name.to_owned(),
        description: None,
        traits: vec!["bold".to_owned()],
        emotions: vec!["neutral".to_owned(), "happy".to_owned()],
        languages: "en-US".parse::<Language>().into_iter().collect(),
        gender: Some(gender),
        age: None,
        avatar_url: None,
        voice_settings: None,
    }
}

/// A service with two characters.
pub(crate) fn house(id: &str) -> Scripted {
    let mut house = Scripted::speaking(id, 1, Vec::new());
    house.characters = Some(vec![
        character("char_1", "Captain Nova", Gender::Female),
        character("char_2", "Old Bram", Gender::Male),
    ]);
    house
}

/// A provider of voices that knows no characters and no feelings.
pub(crate) fn voices(id: &str, voices: &[(&str, Gender)]) -> Scripted {
    let start = Scripted::speaking(id, 1, Vec::new());
    let mut provider =
        voices.iter().fold(start, |provider, (voice, gender)| provider.with_voice(voice, "en-US", *gender));
    let can = &mut provider.manifest.capabilities;
    (can.characters, can.emotions, can.styles) = (false, false, false);
    provider
}

pub(crate) const TWO: [(&str, Gender); 2] = [("mike", Gender::Male), ("mary", Gender::Female)];

fn speaking_as(name: &str) -> SpeechRequest {
    let mut wanted = request(TEXT);
    wanted.request.character = Some(name.to_owned());
    wanted
}

pub(crate) fn part(plays: Plays, provider: &str, voice: &str) -> CharacterPart {
    let (provider, voice) = (provider.to_owned(), voice.to_owned());
    let part = VoicePart { provider, voice, rate: None, pitch: None, volume: None, styles: [].into() };
    CharacterPart { plays, part }
}

/// A character of this server, cast so.
fn local(cast: &[CharacterPart]) -> LocalCharacter {
    LocalCharacter {
        name: "Captain Nova".to_owned(),
        gender: Some(Gender::Female),
        languages: "en-US".parse().into_iter().collect(),
        cast: cast.to_vec(),
        ..LocalCharacter::default()
    }
}

fn with_nova(cast: &[CharacterPart]) -> EngineSettings {
    EngineSettings { characters: [("captain-nova".to_owned(), local(cast))].into(), ..route(&["box", "b"]) }
}

/// `provider/voice-or-character how`, or the error.
async fn spoken(engine: &Engine, wanted: SpeechRequest, providers: &[&Arc<Scripted>]) -> String {
    match engine.speak(wanted).await {
        Ok(speech) => {
            let provenance = speech.provenance;
            let asked =
                providers.iter().find(|provider| provider.manifest.id == provenance.provider).unwrap();
            let last = asked.requests().last().cloned().unwrap();
            let who = last.character.clone().or(last.voice.clone()).unwrap_or_default();
            let how =
                provenance.substituted.map(|told| format!(" {:?}", told.casting.how)).unwrap_or_default();
            format!("{}/{who}{how}", provenance.provider)
        }
        Err(error) => told(&error),
    }
}

#[tokio::test(start_paused = true)]
async fn a_character_is_known_by_its_public_id_its_id_and_its_name() {
    let (house, other) = (Arc::new(house("box")), Arc::new(voices("b", &TWO)));
    let engine = engine_with(&[&house, &other], route(&["box", "b"]));
    for name in ["box/char_1", "char_1", "Captain Nova", "captain nova", "Captain-Nova"] {
        assert_eq!(spoken(&engine, speaking_as(name), &[&house, &other]).await, "box/char_1", "{name}");
    }
    assert_eq!(
        spoken(&engine, speaking_as("Captain Novva"), &[&house]).await,
        "client character_not_found: no such character: Captain Novva (did you mean Captain Nova?)"
    );
    assert_eq!(
        spoken(&engine, speaking_as("Hamlet"), &[&house]).await,
        "client character_not_found: no such character: Hamlet (the characters are box/char_1, box/char_2)"
    );
    assert_eq!(
        spoken(&engine, speaking_as(" "), &[&house]).await,
        "client invalid_value: character must name a character, or be left out"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_services_character_is_played_by_the_voice_most_like_it() {
    let mut dead = house("box");
    dead.steps = vec![Step::Fail(unavailable().into())];
    let (dead, other) = (Arc::new(dead), Arc::new(voices("b", &TWO)));
    let engine = engine_with(&[&dead, &other], route(&["box", "b"]));
    let all = [&dead, &other];
    assert_eq!(spoken(&engine, speaking_as("Captain Nova"), &all).await, "b/mary Nearest");
    assert_eq!(spoken(&engine, speaking_as("Old Bram"), &all).await, "b/mike Nearest");
    let speech = engine.speak(speaking_as("Old Bram")).await.unwrap();
    assert_eq!(speech.provenance.substituted.unwrap().asked, "box/char_2");
    assert!(other.requests().iter().all(|request| request.character.is_none()), "it knows no characters");
}

#[tokio::test(start_paused = true)]
async fn a_character_of_this_server_is_played_by_a_services_own_of_its_name_first() {
    let (house, other) = (Arc::new(house("box")), Arc::new(voices("b", &TWO)));
    let cast = [part(Plays::Voice, "b", "mike")];
    let engine = engine_with(&[&house, &other], with_nova(&cast));
    assert_eq!(spoken(&engine, speaking_as("captain-nova"), &[&house, &other]).await, "box/char_1");
    let alone = engine_with(&[&other], with_nova(&cast));
    assert_eq!(spoken(&alone, speaking_as("Captain Nova"), &[&other]).await, "b/mike");
    let unmapped = engine_with(&[&other], with_nova(&[]));
    assert_eq!(spoken(&unmapped, speaking_as("captain-nova"), &[&other]).await, "b/mary");
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_cast_holds_in_its_order() {
    let (house, other) = (Arc::new(house("box")), Arc::new(voices("b", &TWO)));
    let cast = [part(Plays::Voice, "b", "mike"), part(Plays::Character, "box", "char_2")];
    let engine = engine_with(&[&house, &other], with_nova(&cast));
    let all = [&house, &other];
    assert_eq!(spoken(&engine, speaking_as("captain-nova"), &all).await, "b/mike");
    let at_box = SpeechRequest { provider: Some("box".to_owned()), ..speaking_as("captain-nova") };
    assert_eq!(spoken(&engine, at_box, &all).await, "box/char_2");
    other.queue(vec![Step::Fail(understudy_speech::ProviderError::TimedOut.into())]);
    assert_eq!(spoken(&engine, speaking_as("captain-nova"), &all).await, "box/char_2 Asked");
}

#[tokio::test(start_paused = true)]
async fn a_feeling_is_carried_over_and_what_was_lost_is_told() {
    let (house, other) = (Arc::new(house("box")), Arc::new(voices("b", &TWO)));
    let mut settings = with_nova(&[part(Plays::Voice, "b", "mary")]);
    let nova = settings.characters.get_mut("captain-nova").unwrap();
    let manner = Manner { rate: Some(1.25), ..Manner::default() };
    nova.emotions.insert("happy".to_owned(), manner);
    let engine = engine_with(&[&house, &other], settings);
    let happy = |provider: &str| {
        let mut wanted = SpeechRequest { provider: Some(provider.to_owned()), ..speaking_as("captain-nova") };
        wanted.request.emotion = Some("happy".to_owned());
        wanted
    };
    let own = engine.speak(happy("box")).await.unwrap().provenance;
    assert_eq!((house.requests()[0].emotion.as_deref(), own.dropped.len()), (Some("happy"), 0));
    let carried = engine.speak(happy("b")).await.unwrap().provenance;
    assert_eq!(carried.notes, ["emotion happy was carried by rate ×1.25"]);
    assert_eq!(carried.dropped, ["emotion"]);
    assert_eq!((other.requests()[0].rate, other.requests()[0].emotion.clone()), (Some(1.25), None));
}

#[tokio::test(start_paused = true)]
async fn a_strict_route_has_no_strangers_in_a_part() {
    let mut dead = house("box");
    dead.steps = vec![Step::Fail(unavailable().into())];
    let (dead, other) = (Arc::new(dead), Arc::new(voices("b", &TWO)));
    let mut settings = with_nova(&[]);
    settings.routes.get_mut("main").unwrap().voice_policy = VoicePolicy::Strict;
    let engine = engine_with(&[&dead, &other], settings.clone());
    let error = engine.speak(speaking_as("captain-nova")).await.unwrap_err();
    assert_eq!(error.code(), "provider_unavailable");
    let nova = settings.characters.get_mut("captain-nova").unwrap();
    nova.cast = vec![part(Plays::Voice, "b", "mike")];
    let engine = engine_with(&[&dead, &other], settings);
    assert_eq!(spoken(&engine, speaking_as("captain-nova"), &[&dead, &other]).await, "b/mike Mapped");
}

#[tokio::test(start_paused = true)]
async fn the_catalogue_tells_all_characters_and_counts_their_use() {
    let mut mute = house("mute");
    mute.characters = None;
    let (house, mute) = (Arc::new(house("box")), Arc::new(mute));
    let engine = engine_with(&[&house, &mute], with_nova(&[]));
    engine.speak(speaking_as("Old Bram")).await.unwrap();
    engine.speak(speaking_as("captain-nova")).await.unwrap();
    let listed = engine.characters().await;
    let rows: Vec<String> =
        listed.characters.iter().map(|known| format!("{} {}", known.id, known.usage_count)).collect();
    assert_eq!(rows, ["captain-nova 1", "box/char_1 0", "box/char_2 1"]);
    let missed: Vec<_> = listed.missed.iter().map(|(name, error)| (name.as_str(), error.code())).collect();
    assert_eq!(missed, [("mute", "provider_unavailable")]);
    assert_eq!(engine.character("old bram").await.unwrap().id, "box/char_2");
}

#[tokio::test(start_paused = true)]
async fn who_is_not_listed_any_more_has_left_and_is_still_known() {
    let engine = engine_with(&[&Arc::new(house("box"))], route(&["box"]));
    engine.characters().await;
    let mut changed = house("box");
    changed.characters.as_mut().unwrap().truncate(1);
    let members = vec![understudy_engine::Member::new("box", Arc::new(changed))];
    let engine = engine.recast(understudy_engine::Cast::new(members), route(&["box"]));
    let active: Vec<_> = engine.characters().await.characters.iter().map(|known| known.is_active).collect();
    assert_eq!(active, [true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_character_of_a_service_that_cannot_be_asked_for_its_list_is_tried_there() {
    let mut mute = house("box");
    mute.characters = None;
    let (mute, other) = (Arc::new(mute), Arc::new(voices("b", &TWO)));
    let engine = engine_with(&[&mute, &other], route(&["box", "b"]));
    assert_eq!(spoken(&engine, speaking_as("box/char_9"), &[&mute, &other]).await, "box/char_9");
    assert_eq!(
        spoken(&engine, speaking_as("b/char_9"), &[&mute, &other]).await,
        "client character_not_found: no such character: b/char_9 (there are no characters; write one as [characters.NAME])"
    );
}
