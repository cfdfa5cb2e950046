//! SSML: what the builder writes parses, and what the reader makes of it points back.

use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn check_plain(document: &str, expected: &str) {
    assert_eq!(plain(document).map(|plain| plain.text().to_owned()).as_deref(), Ok(expected), "{document}");
}

fn check_refused(document: &str, expected: &str) {
    let error = plain(document).map(|plain| plain.text().to_owned()).unwrap_err();
    assert!(error.reason.contains(expected), "{document}: {error}");
}

#[test]
fn the_text_is_what_a_service_would_speak() {
    check_plain("<speak>Hello</speak>", "Hello");
    check_plain("<?xml version='1.0'?><!-- note --><speak>Hi <b>you</b></speak>\n", "Hi you");
    check_plain("<speak>one<break time='1s'/>two</speak>", "one two");
    check_plain("<speak>one <break/> two</speak>", "one  two");
    check_plain("<speak><p>One.</p> <p><s>Two</s><s>three</s></p></speak>", "One.\n\nTwo\n\nthree");
    check_plain("<speak><sub alias=\"World &amp; Web\">WWW</sub>!</speak>", "World & Web!");
    check_plain("<speak><metadata>x</metadata><audio src='a'><desc>bell</desc>ding</audio></speak>", "ding");
    check_plain("<speak>a &lt;&#x41;&#66;&gt; <![CDATA[<raw>&amp;]]></speak>", "a <AB> <raw>&amp;");
    check_plain("<speak>a<sub alias=''>x</sub><p><sub alias=' '>x</sub></p>b</speak>", "a\n\nb");
    check_plain("<speak/>", "");
    check_plain("<s:speak xmlns:s='x'>un<s:emphasis>believ</s:emphasis>able</s:speak>", "unbelievable");
}

#[test]
fn what_is_not_one_well_formed_document_is_refused() {
    check_refused("<!DOCTYPE speak [<!ENTITY a 'aaaa'>]><speak>&a;</speak>", "document type");
    check_refused("<speak>&a;</speak>", "entity is not allowed: a");
    check_refused("<speak>&#0;</speak>", "");
    check_refused("<speak>Hello", "ended inside");
    check_refused("", "ended inside");
    check_refused("<speak>a</voice></speak>", "voice");
    check_refused("<html>a</html>", "must be one speak");
    check_refused("<speak/><speak/>", "must be one speak");
    check_refused("a<speak/>", "inside of the root");
    check_refused("<speak/>&amp;", "inside of the root");
    check_refused("<speak a='1' a='2'/>", "");
    check_refused(&"<speak>".repeat(101), "nested deeper");
}

#[test]
fn spans_lead_back_to_the_document() {
    let document = "<speak>Tom &amp; <sub alias='World Wide Web'>WWW</sub>, ünd <b>Je</b>rry</speak>";
    let plain = plain(document).unwrap();
    let check = |word: &str, expected: &str| {
        let at = plain.text().find(word).unwrap();
        let span = plain.document_span(at..at + word.len()).unwrap();
        assert_eq!(&document[span], expected);
    };
    check("Tom", "Tom");
    check("&", "&amp;");
    check("Tom &", "Tom &amp;");
    check("Wide", "WWW");
    check("ünd", "ünd");
    check("Jerry", "Je</b>rry");
    assert_eq!(plain.document_span(3..3), None);
    assert_eq!(plain.document_span(0..plain.text().len() + 1), None);
}

#[test]
fn marks_stand_where_they_stood() {
    let plain = plain("<speak>one <mark name='a&amp;b'/>two</speak>").unwrap();
    assert_eq!(plain.marks(), [Mark { name: "a&b".to_owned(), at: 4 }]);
}

#[test]
fn elements_are_spelled_as_services_take_them() {
    let document = Element::speak("de")
        .with(
            Element::voice("Conrad")
                .with(Element::express_as("sad").attribute("styledegree", "2").text("Weh")),
        )
        .with(Element::say_as("date", Some("dmy"), "1.2.2026"))
        .with(Element::prosody().rate(0.85).pitch(2.5).volume(-6.0).text("x"))
        .with(Element::pause(Duration::from_secs(1)))
        .with(Element::new("my tag").attribute("a<", "\"'\n"));
    assert_eq!(
        document.to_string(),
        "<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"de\" \
         xmlns:mstts=\"https://www.w3.org/2001/mstts\"><voice name=\"Conrad\"><mstts:express-as style=\"sad\" \
         styledegree=\"2\">Weh</mstts:express-as></voice><say-as interpret-as=\"date\" \
         format=\"dmy\">1.2.2026</say-as><prosody rate=\"-15%\" pitch=\"+2.5st\" volume=\"-6dB\">x</prosody>\
         <break time=\"1000ms\"/><_my_tag _a_=\"&quot;&apos;\n\"/></speak>"
    );
}

fn any_element() -> impl Strategy<Value = Element> {
    let leaf = (any::<String>(), any::<String>(), any::<String>(), any::<String>()).prop_map(
        |(name, key, value, text)| {
            Element::new(&name).attribute(&key, &value).attribute(&value, &key).text(text)
        },
    );
    leaf.prop_recursive(4, 16, 4, |inner| {
        (any::<String>(), prop::collection::vec(inner, 0..4)).prop_map(|(text, children)| {
            children.into_iter().fold(Element::express_as(&text).text(text), Element::with)
        })
    })
}

proptest! {
    #[test]
    fn whatever_is_built_can_be_read(text: String, inner in any_element()) {
        let document = Element::speak("en").text(&text).with(inner).to_string();
        prop_assert!(plain(&document).is_ok(), "{document}");
    }

    #[test]
    fn built_text_comes_back_as_it_was(text in "[^\\p{Cc}\u{FFFE}\u{FFFF}]*") {
        let document = Element::speak("en").text(&text).to_string();
        let read = plain(&document).unwrap();
        prop_assert_eq!(read.text(), text);
    }

    #[test]
    fn every_span_leads_to_a_part_of_the_document(words in prop::collection::vec("[a-zé&<]{1,6}", 1..8)) {
        let document = words.iter().fold(Element::speak("en"), |element, word| {
            element.with(Element::emphasis(Emphasis::Reduced).text(word)).text(" ")
        }).to_string();
        let plain = plain(&document).unwrap();
        let mut at = 0;
        let mut rebuilt = String::new();
        for word in &words {
            let span = plain.document_span(at..at + word.len()).unwrap();
            write!(rebuilt, "{}", &document[span]).unwrap();
            at += word.len() + 1;
        }
        let escaped: String = words.iter().map(|word| crate::text::escape_xml(word).into_owned()).collect();
        prop_assert_eq!(rebuilt, escaped);
    }

    #[test]
    fn no_document_makes_the_reader_panic(document in "(<speak>|</speak>|<sub alias='a'>|</sub>|<p>|&amp;|&#1;|<!\\[CDATA\\[|\\]\\]>|<mark name=''/>|é| |<|>|\u{0}){0,20}") {
        if let Ok(plain) = plain(&document) {
            for (at, character) in plain.text().char_indices() {
                let span = plain.document_span(at..at + character.len_utf8()).unwrap();
                prop_assert!(document.get(span).is_some());
            }
        }
    }
}

#[test]
fn words_of_an_alias_are_one_mark_of_the_document() {
    let document = r#"<speak>I like <sub alias="world wide web">WWW</sub> a lot</speak>"#;
    let plain = plain(document).unwrap();
    let words = crate::text::words(plain.text());
    let timed = |(index, word): (u64, &crate::text::Piece<'_>)| {
        crate::Word::new(word.range(), index * 100..index * 100 + 100)
    };
    let words: Vec<_> = (0..).zip(&words).map(timed).collect();
    let mut placing = plain.placing();
    let mut placed: Vec<_> = words.into_iter().flat_map(|word| placing.put([word])).collect();
    assert_eq!(placed.len(), 4, "the last is held back");
    placed.extend(placing.last());
    let shown: Vec<_> =
        placed.iter().map(|word| (word.in_text(document).unwrap(), word.start_ms, word.end_ms)).collect();
    assert_eq!(
        shown,
        [("I", 0, 100), ("like", 100, 200), ("WWW", 200, 500), ("a", 500, 600), ("lot", 600, 700)]
    );
}
