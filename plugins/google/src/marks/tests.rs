//! Marks in texts and in documents: where they stand, and that nothing else changes.

use proptest::prelude::*;
use understudy_plugin::ssml::{self, Element, Emphasis};

use super::*;
use crate::tags::{self, tags};

fn check_tokens(text: &str, expected: &[&str]) {
    let found: Vec<&str> = tokens(text).into_iter().map(|token| &text[token]).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn what_is_read_as_one_is_not_marked_inside() {
    check_tokens("I don't pay $3.50, ever!", &["I", "don't", "pay", "$3.50,", "ever!"]);
    check_tokens("On 2026-11-23 at 10:30 e-mail", &["On", "2026-11-23", "at", "10:30", "e-mail"]);
    check_tokens("Tom & Jerry", &["Tom", "&", "Jerry"]);
    check_tokens(" \n", &[]);
    check_tokens("Il a 10\u{202f}000\u{a0}$ !", &["Il", "a", "10\u{202f}000", "$", "!"]);
    check_tokens("10\u{a0}000 ou 2\u{2007}500", &["10\u{a0}000", "ou", "2\u{2007}500"]);
    check_tokens("\u{202f}a \u{202f} 1\u{a0}", &["a", "1"]);
}

#[test]
fn words_without_spaces_are_marked_apart_but_for_numbers() {
    check_tokens("你好，世界", &["你", "好，", "世", "界"]);
    check_tokens("于2026年11月开始", &["于2026年11月", "开", "始"]);
    check_tokens("wait—what", &["wait—", "what"]);
}

fn check_text(text: &str, expected: &str) {
    let marked = of_text(text);
    assert_eq!(marked.ssml.replace("<mark name=\"w", "{").replace("\"/>", "}"), expected);
    let plain = ssml::plain(&marked.ssml).unwrap();
    assert_eq!(plain.text(), text.trim_start());
    assert_eq!(plain.marks().len(), marked.tokens.len() + 1);
}

#[test]
fn a_text_becomes_a_document_with_marks() {
    check_text("Hello,  \"big\" world", "<speak>{0}Hello,  {1}\"big\" {2}world{3}</speak>");
    check_text("It's 1 < 2 & so", "<speak>{0}It's {1}1 {2}&lt; {3}2 {4}&amp; {5}so{6}</speak>");
    check_text(" ''a'' ", "<speak>{0}''a'' {1}</speak>");
}

fn check_document(document: &str, expected: Option<&str>) {
    let marked = of_document(document, &tags(document), &ssml::plain(document).unwrap());
    let shown = marked.as_ref().map(|marked| marked.ssml.replace("<mark name=\"", "{").replace("\"/>", "}"));
    assert_eq!(shown.as_deref(), expected);
    if let Some(marked) = marked {
        assert_eq!(ssml::plain(&marked.ssml).unwrap().text(), ssml::plain(document).unwrap().text());
    }
}

#[test]
fn a_document_gets_marks_where_they_may_stand() {
    check_document(
        "<speak>One <p>two</p>&amp; so</speak>",
        Some("<speak>{w0}One <p>{w1}two</p>{w2}&amp; {w3}so{w4}</speak>"),
    );
    check_document(
        "<speak>A <say-as interpret-as='date'>1 2 3</say-as> b<!-- c --></speak><!-- </d> -->",
        Some(
            "<speak>{w0}A {w1}<say-as interpret-as='date'>1 2 3</say-as> {w4}b<!-- c -->{w5}</speak><!-- </d> -->",
        ),
    );
    check_document(
        "<speak>The <sub alias='World Wide Web'>WWW</sub> is <![CDATA[<big>]]>!</speak>",
        Some(
            "<speak>{w0}The {w1}<sub alias='World Wide Web'>WWW</sub> {w4}is {w5}<![CDATA[<big>]]>!{w6}</speak>",
        ),
    );
}

#[test]
fn a_callers_marks_are_not_taken_for_ours() {
    let document = "<speak><mark name='w0'/>One<mark name='w_'/></speak>";
    let marked = of_document(document, &tags(document), &ssml::plain(document).unwrap()).unwrap();
    assert_eq!(
        (marked.token_of("w__0"), marked.token_of("w__1"), marked.token_of("w0")),
        (Some(0), Some(1), None)
    );
    assert_eq!((marked.token_of("w__2"), marked.token_of("w__")), (None, None));
}

#[test]
fn a_document_without_place_or_room_gets_none() {
    check_document("<x:speak xmlns:x='y'>a</x:speak>", None);
    check_document(&format!("<speak>{}</speak>", "a ".repeat(400)), None);
}

#[test]
fn pieces_leave_room_for_their_marks() {
    for text in
        ["a ".repeat(3_000), "& ".repeat(1_500), "你".repeat(2_000), "A longer sentence. ".repeat(400)]
    {
        let pieces = pieces(&text, INPUT_BYTES_MAX);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| of_text(piece.text).ssml.len() <= 5_000));
        assert_eq!(pieces.iter().map(|piece| piece.text).collect::<String>(), text);
    }
    assert_eq!(pieces("Hello, world.", INPUT_BYTES_MAX).len(), 1);
}

/// Elements of every kind, nested, with any text in them.
fn element() -> impl Strategy<Value = Element> {
    let leaf = prop_oneof![
        "\\PC{0,12}".prop_map(|text| Element::new("p").text(text)),
        "\\PC{1,8}".prop_map(|text| Element::say_as("characters", None, &text)),
        ("\\PC{0,8}", "[a-z ]{0,8}").prop_map(|(text, alias)| Element::substitute(&text, &alias)),
        "[a-z>'\"]{0,4}".prop_map(|name| Element::mark(&name)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let parent = prop_oneof![
            Just(Element::new("s")),
            Just(Element::prosody().rate(1.2)),
            Just(Element::emphasis(Emphasis::Strong)),
            Just(Element::new("audio").attribute("src", "https://x/?a>b")),
        ];
        (parent, "\\PC{0,6}", prop::collection::vec(inner, 0..4))
            .prop_map(|(parent, text, children)| children.into_iter().fold(parent.text(text), Element::with))
    })
}

proptest! {
    #[test]
    fn any_text_keeps_its_text_and_its_words(text in "[\\PC \n]{0,60}") {
        let marked = of_text(&text);
        let plain = ssml::plain(&marked.ssml).unwrap();
        prop_assert_eq!(plain.text(), text.trim_start());
        prop_assert_eq!(plain.marks().len(), marked.tokens.len() + 1);
        let mut bounds = marked.tokens.iter();
        // A combining sign alone is a word with the space before it.
        for word in words(&text).iter().map(Piece::trimmed) {
            let within = |token: &Range<usize>| token.start <= word.start && word.range().end <= token.end;
            prop_assert!(bounds.clone().any(within), "{} is cut", word.text);
        }
        let broken = |character: char| character.is_whitespace() && !"\u{202f}\u{a0}\u{2007}".contains(character);
        prop_assert!(bounds.all(|token| !text[token.clone()].contains(broken)));
    }

    #[test]
    fn any_document_keeps_its_text_and_what_is_billed(children in prop::collection::vec(element(), 0..5)) {
        let document = children.into_iter().fold(Element::new("speak").text("a"), Element::with).to_string();
        let (found, plain) = (tags(&document), ssml::plain(&document).unwrap());
        if let Some(marked) = of_document(&document, &found, &plain) {
            let again = ssml::plain(&marked.ssml).unwrap();
            let said = |plain: &Plain| plain.text().split_whitespace().collect::<String>();
            prop_assert_eq!(said(&again), said(&plain));
            prop_assert!(again.marks().len() > plain.marks().len());
            let billed = |document: &str| tags::characters_billed(document, &tags(document));
            prop_assert_eq!(billed(&marked.ssml), billed(&document));
            let in_closed = again.marks().iter().filter(|mark| marked.token_of(&mark.name).is_some()).count();
            prop_assert_eq!(in_closed, again.marks().len() - plain.marks().len());
        }
    }
}
