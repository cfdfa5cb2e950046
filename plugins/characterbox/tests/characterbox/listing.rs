//! The characters, as voices and as characters, page by page.

use serde_json::{Value, json};
use understudy_plugin::testing::{Harness, Reply};
use understudy_plugin::{Age, Error, Gender};

use super::{CharacterBox, asked, path, refusal, service};

fn listed(pages: Vec<Value>) -> Harness<CharacterBox> {
    service(move |_, count| Ok(Reply::json(&pages[count.min(pages.len() - 1)])))
}

fn named(id: &str) -> Value {
    json!({ "character_id": id, "name": id })
}

#[test]
fn a_character_is_all_that_is_told_of_it() {
    let nova = json!({
        "character_id": "char_123", "name": "Captain Nova", "description": "Bold.",
        "personality_traits": ["bold", "warm"], "voice_settings": { "speed": 1.0 },
        "supported_emotions": ["neutral", "happy"], "language_codes": ["en-US", "English!"], "gender": "female",
        "age_group": "elderly", "avatar_url": "https://a.example/n.png", "preview_url": "https://a.example/n.mp3",
        "is_active": true, "is_premium": true, "usage_count": 3, "favourite_colour": "blue",
    });
    let page = json!({ "characters": [nova, { "character_id": "gone", "is_active": false }, { "id": "old", "name": null }] });
    let mut harness = listed(vec![page]);
    let [nova, old] = &harness.characters().unwrap()[..] else { panic!() };
    assert_eq!((nova.id.as_str(), nova.name.as_str()), ("char_123", "Captain Nova"));
    assert_eq!((nova.gender, nova.age), (Some(Gender::Female), Some(Age::Elderly)));
    assert_eq!(
        (nova.traits.len(), nova.emotions.len(), &nova.languages[..]),
        (2, 2, &["en-US".to_owned()][..])
    );
    assert_eq!(nova.voice_settings, Some(json!({ "speed": 1.0 })));
    assert_eq!((old.id.as_str(), old.name.as_str()), ("old", "old"));
    let voices = harness.voices().unwrap();
    assert!(harness.requests().is_empty(), "the list is kept");
    assert!(voices[0].premium && voices[0].emotions == ["neutral", "happy"]);
    assert_eq!(voices[0].labels[0], ("traits".to_owned(), "bold, warm".to_owned()));
}

#[test]
fn pages_are_read_to_the_last() {
    let mut harness = listed(vec![
        json!({ "characters": [named("a"), named("b")], "has_more": true, "next_cursor": "c 1" }),
        json!({ "characters": [named("b"), { "name": "nobody" }, 7], "next_cursor": "c2" }),
        json!({ "characters": [named("c")], "has_more": false, "next_cursor": "c3" }),
    ]);
    let ids: Vec<String> = harness.characters().unwrap().into_iter().map(|character| character.id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(
        asked(&harness),
        ["GET /characters", "GET /characters?cursor=c%201", "GET /characters?cursor=c2"]
    );
    assert_eq!(harness.logs().len(), 2);
}

#[test]
fn a_list_without_an_end_is_left() {
    let mut harness =
        listed(vec![json!({ "characters": [named("a")], "has_more": true, "next_cursor": "same" })]);
    assert_eq!(harness.characters().unwrap().len(), 1);
    assert_eq!(harness.requests().len(), 2);
    let mut harness = service(|_, count| {
        Ok(Reply::json(
            &json!({ "characters": [named(&count.to_string())], "next_cursor": count.to_string() }),
        ))
    });
    assert_eq!(harness.characters().unwrap().len(), 50);
}

#[test]
fn a_list_that_is_none_is_an_error() {
    let mut harness = listed(vec![json!({ "voices": [] })]);
    assert_eq!(harness.voices().unwrap_err(), Error::protocol("list of characters has no characters"));
    let mut harness = service(|_, _| Ok(refusal(401, "invalid_api_key")));
    assert_eq!(harness.voices().unwrap_err(), Error::unauthorized("status 401: m"));
}

#[test]
fn a_check_asks_for_one_character() {
    let mut harness = listed(vec![json!({ "characters": [] })]);
    assert_eq!(harness.check(), Ok(()));
    assert_eq!(path(&harness.requests()[0]), "/characters?limit=1");
    let mut harness = service(|_, _| Ok(refusal(402, "insufficient_credits")));
    assert_eq!(harness.check(), Err(Error::QuotaExhausted { resets_in: None }));
    let mut harness = service(|_, _| Ok(Reply::status(404)));
    let expected = Error::unauthorized("no such service at base_url, status 404: ");
    assert_eq!(harness.check(), Err(expected));
}
