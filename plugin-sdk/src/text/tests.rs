//! Text: what is cut or marked up is the author's own text, whole and in order.

use proptest::prelude::*;

use super::*;
use crate::TextLimit;

fn check_sentences(text: &str, expected: &[&str]) {
    let found: Vec<&str> = sentences(text).iter().map(|piece| piece.trimmed().text).collect();
    assert_eq!(found, expected);
}

#[test]
fn sentences_end_where_a_reader_would_pause() {
    check_sentences("One. Two! Three? Four", &["One.", "Two!", "Three?", "Four"]);
    check_sentences("It costs $3.50 at example.com today.", &["It costs $3.50 at example.com today."]);
    check_sentences("He said \"Stop.\" Then he left.", &["He said \"Stop.\"", "Then he left."]);
    check_sentences("\"Stop!\" he said. (Twice.) Well.", &["\"Stop!\" he said.", "(Twice.)", "Well."]);
    check_sentences("hello! how are you? fine", &["hello!", "how are you?", "fine"]);
    check_sentences("Title\n\nBody line one\nline two.", &["Title", "Body line one\nline two."]);
    check_sentences("  \n Lead. Next. ", &["Lead.", "Next."]);
    check_sentences("", &[]);
    check_sentences("   ", &[""]);
}

#[test]
fn abbreviations_and_initials_end_no_sentence() {
    check_sentences("Dr. Jones met Mr. J. R. R. Tolkien.", &["Dr. Jones met Mr. J. R. R. Tolkien."]);
    check_sentences("Fruit, e.g. Apples, is good.", &["Fruit, e.g. Apples, is good."]);
    check_sentences("The U.S. Army left the U.S. The end.", &["The U.S. Army left the U.S.", "The end."]);
    check_sentences("At 5 p.m. Ann slept, etc. and so on.", &["At 5 p.m.", "Ann slept, etc. and so on."]);
    check_sentences("See No. 5 in Vol. 2. No. Never.", &["See No. 5 in Vol. 2.", "No.", "Never."]);
    check_sentences("So do I. Then go.", &["So do I.", "Then go."]);
    check_sentences(
        "Am 3. Oktober kam z.B. Herr Meier. Gut.",
        &["Am 3. Oktober kam z.B. Herr Meier.", "Gut."],
    );
}

#[test]
fn numbers_end_sentences_but_not_list_items() {
    check_sentences("It was 1999. We sang.", &["It was 1999.", "We sang."]);
    check_sentences("1. First\n2. Second", &["1. First\n2. Second"]);
}

#[test]
fn an_ellipsis_before_a_small_letter_goes_on() {
    check_sentences("Wait... what? Well… Then go.", &["Wait... what?", "Well…", "Then go."]);
    check_sentences("Hm . . . Fine.", &["Hm . . .", "Fine."]);
}

#[test]
fn scripts_without_spaces_and_without_capitals_are_cut() {
    check_sentences("你好。“再见。”他说！", &["你好。", "“再见。”", "他说！"]);
    check_sentences("これは本です。「はい。」と言った。", &["これは本です。", "「はい。」と言った。"]);
    check_sentences("هل أنت هنا؟ نعم.", &["هل أنت هنا؟", "نعم."]);
    check_sentences("यह घर है। वह गया।", &["यह घर है।", "वह गया।"]);
}

fn check_split(text: &str, limit: TextLimit, expected: &[&str]) {
    assert_eq!(split(text, limit).iter().map(|piece| piece.text).collect::<Vec<_>>(), expected);
}

#[test]
fn a_text_is_cut_at_its_best_boundary() {
    let text = "One two. Three, four; five six. Supercalifragilistic.";
    check_split(text, TextLimit::characters(100), &[text]);
    check_split(
        text,
        TextLimit::characters(32),
        &["One two. Three, four; five six. ", "Supercalifragilistic."],
    );
    check_split(
        text,
        TextLimit::characters(15),
        &["One two. ", "Three, four; ", "five six. ", "Supercalifragil", "istic."],
    );
    check_split("(well-known) $3.50", TextLimit::characters(14), &["(well-known) ", "$3.50"]);
    check_split("你好，世界。再见", TextLimit::bytes(9), &["你好，", "世界。", "再见"]);
    check_split("", TextLimit::bytes(9), &[]);
}

#[test]
fn a_grapheme_is_kept_whole_when_it_fits() {
    check_split("e\u{301}e\u{301}", TextLimit::characters(3), &["e\u{301}", "e\u{301}"]);
    check_split("e\u{301}", TextLimit::characters(0), &["e", "\u{301}"]);
    check_split("🦀🦀", TextLimit::bytes(1), &["🦀", "🦀"]);
}

#[test]
fn only_letters_and_digits_can_be_spoken() {
    assert!(is_speakable("…7"));
    assert!(is_speakable("語"));
    assert!(!is_speakable(" …!? 🦀 — "));
}

#[test]
fn white_space_is_trimmed_with_its_place() {
    let piece = Piece { text: "  a b \n", start: 10 };
    assert_eq!(piece.trimmed(), Piece { text: "a b", start: 12 });
    assert_eq!(Piece { text: "  ", start: 3 }.trimmed().text, "");
}

/// Text in which everything that decides something is likely.
fn any_text() -> impl Strategy<Value = String> {
    let parts = "[ \n.!?…。！、,;:\"'“”)(」A-Ca-cé語ि🦀\u{301}0-2]{0,60}";
    prop_oneof![parts.prop_map(String::from), any::<String>()]
}

fn check_cover(text: &str, pieces: &[Piece<'_>]) {
    let mut end = 0;
    for piece in pieces {
        assert_eq!(piece.start, end, "a gap or an overlap in {text:?}");
        assert_eq!(text.get(piece.range()), Some(piece.text));
        assert!(!piece.text.is_empty());
        end = piece.range().end;
    }
    assert_eq!(end, text.len(), "the end of {text:?} is lost");
}

proptest! {
    #[test]
    fn sentences_lose_nothing(text in any_text()) {
        check_cover(&text, &sentences(&text));
    }

    #[test]
    fn pieces_lose_nothing_and_keep_the_limit(text in any_text(), maximum in 0_u32..40, bytes: bool) {
        let limit = if bytes { TextLimit::bytes(maximum) } else { TextLimit::characters(maximum) };
        let pieces = split(&text, limit);
        check_cover(&text, &pieces);
        let least = if bytes { 4 } else { 1 };
        for piece in pieces {
            prop_assert!(limit.unit.length_of(piece.text) <= maximum.max(least) as usize);
        }
    }

    #[test]
    fn pieces_keep_a_limit_of_another_unit(text in any_text(), maximum in 6_usize..60) {
        let length_of = |part: &str| escape_xml(part).len();
        let pieces = split_by(&text, maximum, length_of);
        check_cover(&text, &pieces);
        for piece in pieces {
            prop_assert!(length_of(piece.text) <= maximum, "{:?}", piece);
        }
    }

    #[test]
    fn words_are_where_they_say(text in any_text()) {
        let mut end = 0;
        for word in words(&text) {
            prop_assert!(word.start >= end);
            prop_assert_eq!(text.get(word.range()), Some(word.text));
            prop_assert!(word.is_speakable());
            end = word.range().end;
        }
    }

    #[test]
    fn positions_are_inverse(text in any_text()) {
        let positions = Positions::new(&text);
        let mut utf16 = 0;
        for (character, (byte, value)) in text.char_indices().enumerate() {
            prop_assert_eq!(positions.byte_of_character(character), Some(byte));
            prop_assert_eq!(positions.character_of_byte(byte), Some(character));
            prop_assert_eq!(positions.byte_of_utf16(utf16), Some(byte));
            prop_assert_eq!(positions.utf16_of_byte(byte), Some(utf16));
            for inside in 1..value.len_utf8() {
                prop_assert_eq!(positions.character_of_byte(byte + inside), None);
            }
            utf16 += value.len_utf16();
        }
        let end = (text.chars().count(), text.len(), utf16);
        prop_assert_eq!(positions.span_of_characters(0..end.0), Some(0..end.1));
        prop_assert_eq!(positions.span_of_utf16(0..end.2), Some(0..end.1));
        prop_assert_eq!(positions.byte_of_character(end.0 + 1), None);
        prop_assert_eq!(positions.byte_of_utf16(end.2 + 1), None);
    }

    #[test]
    fn escaped_text_holds_nothing_xml_forbids(text in any_text()) {
        let escaped = escape_xml(&text);
        prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
        prop_assert!(escaped.chars().all(in_xml));
    }
}
