//! What is sent in place of what was written, and the way back.

use proptest::prelude::*;
use proptest::string::string_regex;
use unicode_normalization::UnicodeNormalization;

use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(sent(text).as_deref(), Ok(expected), "{text:?}");
}

#[test]
fn a_listener_hears_no_difference_and_a_service_sees_clean_text() {
    check("tab\tline\r\n.", "tab\tline\r\n.");
    check("a\u{0}b\u{7f}c\u{85}d\u{ffff}e", "a b c d e");
    check("\u{feff}Caf\u{65}\u{301}.", "Café.");
    check("beau\u{ad}ti\u{200b}ful", "beautiful");
    check("\u{202e}abc\u{202c}", "abc");
    check("hi\u{e0061}\u{e0062} there", "hi there");
    check("이\u{1100}\u{1161}\u{11a8}", "이각");
    // Joiners and flags are spelling.
    check("می\u{200c}خواهم", "می\u{200c}خواهم");
    check("क्\u{200d}ष", "क्\u{200d}ष");
    let england = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} wins";
    check(england, england);
}

#[test]
fn a_text_in_order_is_not_copied() {
    let mut utterance = Utterance::Text("Schöne Grüße, 你好.".to_owned());
    let before = utterance.source().as_ptr();
    let prepared = admit(&mut utterance, &TextRules::default()).unwrap();
    assert_eq!(utterance.source().as_ptr(), before);
    assert!(prepared.spans.is_identity() && prepared.notes().is_empty());
}

#[test]
fn marks_come_back_to_the_callers_own_spelling() {
    let original = "\u{feff}Un cafe\u{301} beau\u{ad}tiful\u{200b} \u{0}here.";
    let mut utterance = Utterance::Text(original.to_owned());
    let prepared = admit(&mut utterance, &TextRules::default()).unwrap();
    assert_eq!(utterance.source(), "Un café beautiful  here.");
    assert_eq!((prepared.controls, prepared.invisible), (1, 3));
    assert_eq!(prepared.notes().len(), 2);
    let word = |text: &str| {
        let start = u32::try_from(utterance.source().find(text).unwrap()).unwrap();
        Word {
            start_byte: start,
            end_byte: start + u32::try_from(text.len()).unwrap(),
            start_ms: 0,
            end_ms: 1,
        }
    };
    let mut words = ["Un", "café", "beautiful", "here"].map(word);
    prepared.spans.restore(&mut words);
    let spelled = words.map(|word| word.in_text(original).unwrap());
    assert_eq!(spelled, ["Un", "cafe\u{301}", "beau\u{ad}tiful", "here"]);
}

/// Letters, accents that join them, jamo, joiners, invisible and control characters, white space.
const HARD: &str = "[a-eé \u{0}\u{7f}\u{ad}\u{200b}\u{200d}\u{feff}\u{300}\u{301}\u{323}\u{338}\u{345}<>=\
                    \u{1100}-\u{1103}\u{1161}-\u{1163}\u{11a8}\u{ac00}\u{958}\u{2126}\u{9be}\u{9c7}\u{1f3f4}\u{e0067}日]";

fn hard(most: usize) -> impl Strategy<Value = String> {
    string_regex(&format!("{HARD}{{0,{most}}}")).unwrap()
}

proptest! {
    #[test]
    fn what_is_sent_is_clean_and_normal(text in hard(40)) {
        let done = sanitise(&text, false);
        let sent = done.text.unwrap_or(text);
        prop_assert!(sent.chars().eq(sent.nfc()), "{:?}", sent);
        let again = sanitise(&sent, false);
        prop_assert!(again.text.is_none(), "{:?} {:?}", sent, again);
    }

    #[test]
    fn every_token_leads_back_to_where_it_came_from(text in hard(40)) {
        let done = sanitise(&text, false);
        let sent = done.text.unwrap_or_else(|| text.clone());
        let mut last = 0;
        for token in sent.split(' ').filter(|token| !token.is_empty()) {
            let start = token.as_ptr() as usize - sent.as_ptr() as usize;
            let back = done.spans.original(start..start + token.len());
            prop_assert!(back.start >= last, "{:?}", back);
            last = back.end;
            let original = text.get(back.clone());
            prop_assert!(original.is_some(), "{:?} is no span of {:?}", back, text);
            let again = sanitise(original.unwrap(), false).text.unwrap_or_else(|| original.unwrap().to_owned());
            prop_assert_eq!(again, token);
        }
        prop_assert!(last <= text.len());
    }

    #[test]
    fn any_span_at_all_comes_back_inside_the_text(text in hard(30), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let done = sanitise(&text, false);
        let sent = done.text.unwrap_or_else(|| text.clone());
        let floor = |at: prop::sample::Index| sent.floor_char_boundary(at.index(sent.len() + 1));
        let (start, end) = (floor(a).min(floor(b)), floor(a).max(floor(b)));
        let back = done.spans.original(start..end);
        prop_assert!(start == end || text.get(back.clone()).is_some(), "{:?} of {:?}", back, text);
    }

    #[test]
    fn markup_is_never_joined_to_what_follows_it(text in string_regex(&format!("(<a>|=|&amp;|{HARD}){{0,20}}")).unwrap()) {
        let count = |text: &str| text.matches(['<', '>', '=', '&']).count();
        let done = sanitise(&text, true);
        prop_assert_eq!(count(done.text.as_deref().unwrap_or(&text)), count(&text));
    }
}
