//! SSML: what is a document, and where it is not one.

use proptest::prelude::*;

use super::*;

fn fault(document: &str) -> Option<String> {
    let mut utterance = Utterance::Ssml(document.to_owned());
    admit(&mut utterance, &TextRules::default()).err().map(|fault| fault.to_string())
}

fn check(document: &str, expected: Option<&str>) {
    assert_eq!(fault(document).as_deref(), expected, "{document}");
}

#[test]
fn documents_of_every_service_pass() {
    check("<speak>Hello &amp; welcome, caf&#233; &#x41;.</speak>", None);
    check(
        "<?xml version=\"1.0\"?>\n<!-- by hand -->\n<speak version='1.0'>a<break time=\"1s\"/></speak>\n",
        None,
    );
    check(
        "<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xmlns:mstts=\"http://www.w3.org/2001/mstts\" \
         xml:lang=\"en-US\"><voice name=\"en-US-JennyNeural\"><mstts:express-as style=\"cheerful\">Hi</mstts:express-as>\
         </voice></speak>",
        None,
    );
    // Polly's own examples declare no prefix.
    check("<speak><amazon:effect name=\"whispered\">Secret</amazon:effect></speak>", None);
    check("<speak><sub alias=\"World Wide Web\">…</sub></speak>", None);
    check("<speak><audio src=\"https://example.com/a.mp3\"/></speak>", None);
    check("<speak><![CDATA[1 < 2 ]]></speak>", None);
    check("<ssml:speak>a</ssml:speak>", None);
}

#[test]
fn a_fault_is_placed_in_the_text_as_it_was_written() {
    let column = |document: &str| fault(document).and_then(|told| Some(told.rsplit_once(", ")?.1.to_owned()));
    for spoken in ["Tom", "\u{200b}e\u{301}", "a\u{7}b", "\u{feff}\u{ad}\u{202e}", "ab\u{200b}"] {
        let document = format!("<speak>{spoken} & Jerry</speak>");
        assert_eq!(column(&document).as_deref(), Some("column 12"), "{document:?}");
    }
    assert_eq!(column("<speak>\ne\u{301}<p>").as_deref(), Some("column 6"));
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    let broken = |what: &str, place: &str| Some(format!("ssml is not well-formed: {what} at {place}"));
    let check =
        |document: &str, expected: Option<String>| assert_eq!(fault(document), expected, "{document}");
    check("<speak>a", broken("an element is not closed", "line 1, column 9"));
    check("<speak>a</speak", broken("a tag, a comment or a section is not closed", "line 1, column 9"));
    check(
        "<speak>\n  <p>ä</s>\n</speak>",
        broken("another element is closed than was opened", "line 2, column 7"),
    );
    check("<speak>Tom & Jerry</speak>", broken("an ampersand is not written as &amp;", "line 1, column 12"));
    check(
        "<speak><break time=1s/>a</speak>",
        broken("an attribute is doubled or not quoted", "line 1, column 8"),
    );
    check(
        "<speak><break time=\"1s\" time=\"2s\"/>a</speak>",
        broken("an attribute is doubled or not quoted", "line 1, column 8"),
    );
    check("<speak><p x=\"<\">a</p></speak>", broken("an attribute breaks the grammar", "line 1, column 8"));
    check("<speak><1>a</1></speak>", broken("an element has no proper name", "line 1, column 8"));
    check("<speak>a ]]> b</speak>", broken("]]> stands in the text", "line 1, column 8"));
    check("<speak>a<!-- b -- c --></speak>", broken("a comment holds two hyphens", "line 1, column 16"));
}

#[test]
fn bombs_and_other_peoples_files_are_refused_before_they_are_read() {
    let doctype = Some("ssml must not declare a document type at line 1, column 1");
    check("<!DOCTYPE speak [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\">]><speak>&b;</speak>", doctype);
    check("<!DOCTYPE speak SYSTEM \"file:///etc/passwd\"><speak>a</speak>", doctype);
    let entity =
        "ssml must not use an entity but lt, gt, amp, quot, apos and character references at line 1, column";
    check("<speak>&nbsp;a</speak>", Some(&format!("{entity} 8")));
    check("<speak>a&#0;</speak>", Some(&format!("{entity} 9")));
    check("<speak>a&#xFFFF;</speak>", Some(&format!("{entity} 9")));
    check("<speak><p x=\"&xxe;\">a</p></speak>", Some(&format!("{entity} 8")));
    check(
        "<?xml-stylesheet href=\"a\"?><speak>a</speak>",
        Some("ssml must not hold a processing instruction at line 1, column 1"),
    );
    let deep = format!("<speak>{}a{}</speak>", "<p>".repeat(100_000), "</p>".repeat(100_000));
    let rules = TextRules { max_characters: usize::MAX, max_bytes: usize::MAX, ..TextRules::default() };
    let told = admit(&mut Utterance::Ssml(deep), &rules).unwrap_err().to_string();
    assert_eq!(told, "ssml must not nest deeper than 64 elements at line 1, column 197");
    let wide: String = (0..100).map(|n| format!(" a{n}=\"\"")).collect();
    check(
        &format!("<speak{wide}>a</speak>"),
        Some("ssml must not give an element more than 64 attributes at line 1, column 1"),
    );
}

#[test]
fn there_is_one_root_and_it_is_speak() {
    let root = "ssml must have speak as its outermost element at line 1, column 1";
    check("<p>a</p>", Some(root));
    check("hello", Some(root));
    check("<!-- a -->", Some(root));
    check("hello <speak>a</speak>", Some(root));
    let outside = "ssml must hold nothing outside of its outermost element at line 1, column 17";
    check("<speak>a</speak><speak>b</speak>", Some(outside));
    check("<speak>a</speak> and", Some(outside));
    check("<speak>a</speak>&#32;", Some(outside));
    let declared =
        "ssml is not well-formed: the XML declaration is not that of a UTF-8 document at line 1, column";
    check("<speak>a</speak><?xml version=\"1.0\"?>", Some(&format!("{declared} 17")));
    check("<?xml version=\"1.0\" encoding=\"utf-16\"?><speak>a</speak>", Some(&format!("{declared} 1")));
}

#[test]
fn a_document_needs_something_to_speak_too() {
    check("<speak/>", Some("text must hold something to speak"));
    check("<speak> <break time=\"1s\"/>\n</speak>", Some("text must hold something to speak"));
    check("<speak><p>?!</p></speak>", Some("text must hold a letter or a digit to speak"));
    check("<speak><p>😀 &amp;</p></speak>", Some("text must hold a letter or a digit to speak"));
    check("<speak>&#55;</speak>", None);
}

#[test]
fn control_characters_and_accents_are_repaired_in_documents_too() {
    let mut utterance = Utterance::Ssml("<speak>a\u{0}<b>e\u{301}</b>\u{338}</speak>".to_owned());
    let prepared = admit(&mut utterance, &TextRules::default()).unwrap();
    assert_eq!(utterance.source(), "<speak>a <b>é</b>\u{338}</speak>");
    assert_eq!((prepared.controls, prepared.characters), (1, 27));
}

proptest! {
    #[test]
    fn any_document_at_all_is_judged_and_a_fault_lies_within_it(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<speak>", "</speak>", "<p a='1'", "/>", "<", ">", "&", "&amp;", "&#x", ";", "<!--", "-->", "<![CDATA[", "]]>",
                "<!DOCTYPE", "[", "]", "<?xml", "?>", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding='utf-8'?>", " ", "&#32;", "<p", ">", "\n", "é", "a", " x=\"", "\"", "xmlns:q='u'", "<q:p>", "</q:p>",
            ]),
            0..14,
        ),
        rooted in any::<bool>(),
    ) {
        let middle = pieces.concat();
        let document = if rooted { format!("<speak>{middle}</speak>") } else { middle };
        match ssml::check(&document, true, (&document, &SpanMap::default())) {
            Err(TextFault::Ssml { line, column, .. }) => {
                let found = document.split('\n').nth(line - 1);
                prop_assert!(found.is_some_and(|found| column <= found.chars().count() + 1), "{} {}", line, column);
            }
            // Another parser, which also wants its prefixes declared, has nothing against it.
            Ok(_) => match roxmltree::Document::parse(&document) {
                Ok(_) | Err(roxmltree::Error::UnknownNamespace(..)) => {}
                Err(error) => prop_assert!(false, "{error}: {document}"),
            },
            Err(fault) => prop_assert!(false, "{fault}"),
        }
    }
}
