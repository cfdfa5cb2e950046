//! Queries over two small lists, and what holds for any.

use proptest::prelude::*;
use understudy_speech::Gender;

use super::*;

fn voice(id: &str, name: &str, languages: &str, gender: Option<Gender>, styles: &[&str]) -> Voice {
    Voice {
        id: id.to_owned(),
        name: name.to_owned(),
        languages: languages.split_whitespace().map(|tag| tag.parse().unwrap()).collect(),
        gender,
        age: None,
        styles: styles.iter().map(|style| (*style).to_owned()).collect(),
        emotions: Vec::new(),
        neural: true,
        premium: false,
        sample_rate: None,
        description: None,
        labels: Vec::new(),
    }
}

const FEMALE: Option<Gender> = Some(Gender::Female);
const MALE: Option<Gender> = Some(Gender::Male);

fn azure() -> Vec<Voice> {
    vec![
        voice("en-US-JennyNeural", "Jenny", "en-US", FEMALE, &["chat", "Customer Service"]),
        voice("en-US-GuyNeural", "Guy", "en-US", MALE, &["chat"]),
        voice("en-GB-SoniaNeural", "Sonia", "en-GB", FEMALE, &[]),
        voice("zh-HK-HiuGaaiNeural", "HiuGaai", "zh-HK", FEMALE, &[]),
    ]
}

fn others() -> Vec<Voice> {
    let zoe = voice("x1", "Zoé", "fr-FR en-US", FEMALE, &[]);
    let nova = voice("nova", "Nova", "en", None, &[]);
    vec![Voice { description: Some("Warm narrator".to_owned()), ..zoe }, nova.clone(), nova]
}

fn ids(page: &Page<'_>) -> Vec<String> {
    page.entries.iter().map(|entry| entry.id().to_string()).collect()
}

fn check(raw: RawQuery<'_>, expected: &[&str]) {
    let (azure, others) = (azure(), others());
    let catalogue = Catalogue::new([("open", others.as_slice()), ("azure", azure.as_slice())]);
    let page = catalogue.page(&Query::read(&raw).unwrap()).unwrap();
    assert_eq!(ids(&page), expected, "{raw:?}");
    assert_eq!((page.total, page.next), (expected.len(), None));
}

#[test]
fn the_whole_list_is_in_order_and_without_doubles() {
    check(
        RawQuery::default(),
        &[
            "azure/en-GB-SoniaNeural",
            "azure/en-US-GuyNeural",
            "azure/en-US-JennyNeural",
            "azure/zh-HK-HiuGaaiNeural",
            "open/nova",
            "open/x1",
        ],
    );
}

#[test]
fn filters_narrow_by_what_a_voice_is() {
    let raw = RawQuery::default();
    let us = ["azure/en-US-GuyNeural", "azure/en-US-JennyNeural", "open/nova", "open/x1"];
    check(RawQuery { language: Some("en_us"), ..raw }, &us);
    check(RawQuery { language: Some("en-GB"), ..raw }, &["azure/en-GB-SoniaNeural", "open/nova"]);
    check(RawQuery { language: Some("en"), gender: Some("Male"), ..raw }, &["azure/en-US-GuyNeural"]);
    check(RawQuery { language: Some("zh"), ..raw }, &["azure/zh-HK-HiuGaaiNeural"]);
    check(RawQuery { language: Some("yue"), ..raw }, &["azure/zh-HK-HiuGaaiNeural"]);
    check(RawQuery { language: Some("zh-CN"), ..raw }, &[]);
    check(RawQuery { gender: Some("unknown"), ..raw }, &["open/nova"]);
    check(RawQuery { style: Some("customer_service"), ..raw }, &["azure/en-US-JennyNeural"]);
    check(RawQuery { provider: Some("open"), ..raw }, &["open/nova", "open/x1"]);
    check(
        RawQuery { language: Some(" "), gender: Some(""), provider: Some("open"), ..raw },
        &["open/nova", "open/x1"],
    );
}

#[test]
fn search_wants_all_words_and_no_accents() {
    let search = |words| RawQuery { search: Some(words), ..RawQuery::default() };
    check(search("zoe"), &["open/x1"]);
    check(search("ZOÉ narrat"), &["open/x1"]);
    check(search("zoe cold"), &[]);
    check(search("en-us neural"), &["azure/en-US-GuyNeural", "azure/en-US-JennyNeural"]);
}

#[test]
fn what_makes_no_sense_is_told_by_its_field() {
    let azure = azure();
    let catalogue = Catalogue::new([("azure", azure.as_slice())]);
    let check = |raw: RawQuery<'_>, field: &str, expected: &str| {
        let error = Query::read(&raw).and_then(|query| catalogue.page(&query)).unwrap_err();
        assert_eq!((error.field(), error.to_string().as_str()), (field, expected));
        error.hint()
    };
    let raw = RawQuery::default();
    check(
        RawQuery { language: Some("e"), ..raw },
        "language",
        "language must be a BCP-47 tag such as en or en-US, got e",
    );
    check(
        RawQuery { gender: Some("woman"), ..raw },
        "gender",
        "gender must be female, male, neutral or unknown, got woman",
    );
    for limit in ["0", "1001", "-1", "many"] {
        check(
            RawQuery { limit: Some(limit), ..raw },
            "limit",
            &format!("limit must be between 1 and 1000, got {limit}"),
        );
    }
    let long = "a".repeat(201);
    check(
        RawQuery { search: Some(&long), ..raw },
        "search",
        "search must have 200 characters or fewer, got 201",
    );
    let hint = check(RawQuery { provider: Some("azur"), ..raw }, "provider", "provider is not known: azur");
    assert_eq!(hint.as_deref(), Some("did you mean azure?"));
    for cursor in ["nonsense", "e30", "W10", &"A".repeat(5000)] {
        check(
            RawQuery { cursor: Some(cursor), ..raw },
            "cursor",
            "cursor is not one that was given out here",
        );
    }
    let first = catalogue.page(&Query { limit: 1, ..Query::default() }).unwrap();
    check(
        RawQuery { cursor: first.next.as_deref(), gender: Some("male"), ..raw },
        "cursor",
        "cursor belongs to a query with other filters",
    );
}

#[test]
fn a_cursor_outlives_voices_that_come_and_go() {
    let all = azure();
    let query = Query { limit: 2, ..Query::default() };
    let first = Catalogue::new([("azure", all.as_slice())]).page(&query).unwrap();
    assert_eq!(ids(&first), ["azure/en-GB-SoniaNeural", "azure/en-US-GuyNeural"]);
    let mut later = all[..].to_vec();
    later.retain(|voice| voice.name != "Guy" && voice.name != "Sonia");
    later.push(voice("en-AU-NatashaNeural", "Natasha", "en-AU", FEMALE, &[]));
    let query = Query { cursor: first.next, ..query };
    let second = Catalogue::new([("azure", later.as_slice())]).page(&query).unwrap();
    assert_eq!(ids(&second), ["azure/en-US-JennyNeural", "azure/zh-HK-HiuGaaiNeural"]);
    assert_eq!(second.next, None);
}

#[test]
fn facets_count_what_another_choice_would_give() {
    let (azure, others) = (azure(), others());
    let catalogue = Catalogue::new([("azure", azure.as_slice()), ("open", others.as_slice())]);
    let query = Query::read(&RawQuery { gender: Some("male"), ..RawQuery::default() }).unwrap();
    let page = catalogue.page(&query).unwrap();
    let told = |counts: &[Count]| {
        counts.iter().map(|count| format!("{} {}", count.value, count.count)).collect::<Vec<_>>()
    };
    assert_eq!(told(&page.facets.genders), ["female 4", "male 1", "unknown 1"]);
    assert_eq!(told(&page.facets.languages), ["en 1"]);
    assert_eq!(told(&page.facets.providers), ["azure 1"]);
    let all = catalogue.page(&Query::default()).unwrap().facets;
    assert_eq!(told(&all.locales), ["en-US 3", "en 1", "en-GB 1", "fr-FR 1", "zh-HK 1"]);
    assert_eq!(told(&all.styles), ["chat 2", "customer-service 1"]);
}

fn any_list() -> impl Strategy<Value = Vec<Voice>> {
    let languages = prop::sample::select(vec![
        "",
        "en",
        "en-US",
        "en-GB de-DE",
        "zh-HK",
        "cmn-CN",
        "yue-HK zh-CN",
        "no-NO",
    ]);
    let genders = prop::sample::select(vec![None, FEMALE, MALE]);
    let styles = prop::sample::select(vec![&[][..], &["chat"], &["chat", "sad"]]);
    let voice = ("[a-c]{1,2}", "[A-Cé]{0,2}", languages, genders, styles)
        .prop_map(|(id, name, languages, gender, styles)| voice(&id, &name, languages, gender, styles));
    prop::collection::vec(voice, 0..15)
}

proptest! {
    #[test]
    fn pages_of_any_size_are_the_list(one in any_list(), two in any_list(), limit in 1_usize..6, male in any::<bool>()) {
        let catalogue = Catalogue::new([("one", one.as_slice()), ("two", two.as_slice())]);
        let gender = male.then_some(GenderFilter::Is(Gender::Male));
        let whole = catalogue.page(&Query { limit: 1000, gender, ..Query::default() }).unwrap();
        let mut query = Query { limit, gender, ..Query::default() };
        let mut seen = Vec::new();
        loop {
            let page = catalogue.page(&query).unwrap();
            prop_assert!(page.entries.len() <= limit && page.total == whole.total);
            seen.extend(ids(&page));
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => break,
            }
        }
        prop_assert_eq!(seen, ids(&whole));
    }

    #[test]
    fn the_order_of_the_lists_is_not_the_order_of_the_catalogue(one in any_list(), two in any_list()) {
        let there = Catalogue::new([("one", one.as_slice()), ("two", two.as_slice())]);
        let back = Catalogue::new([("two", two.as_slice()), ("one", one.as_slice())]);
        let all = Query { limit: 1000, ..Query::default() };
        prop_assert_eq!(ids(&there.page(&all).unwrap()), ids(&back.page(&all).unwrap()));
    }

    #[test]
    fn a_count_is_the_total_of_the_query_that_chooses_it(list in any_list(), male in any::<bool>()) {
        let catalogue = Catalogue::new([("one", list.as_slice())]);
        let query = Query { gender: male.then_some(GenderFilter::Is(Gender::Male)), ..Query::default() };
        let facets = catalogue.page(&query).unwrap().facets;
        let total = |query: Query| catalogue.page(&query).unwrap().total;
        for Count { value, count } in facets.languages {
            prop_assert_eq!(total(Query { language: value.parse().ok(), ..query.clone() }), count, "{}", value);
        }
        for Count { value, count } in facets.genders {
            prop_assert_eq!(total(Query { gender: value.parse().ok(), ..query.clone() }), count, "{}", value);
        }
        for Count { value, count } in facets.styles {
            prop_assert_eq!(total(Query { style: Some(value.clone()), ..query.clone() }), count, "{}", value);
        }
    }
}
