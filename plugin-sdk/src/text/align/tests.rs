//! The aligner: what was heard, found again in the caller's text.

use proptest::prelude::*;

use super::*;

/// Aligns marks of 100 ms each and shows the words as `word@start-end`.
fn check(text: &str, said: &[&str], expected: &str) {
    let mut aligner = Aligner::new(text);
    for (said, at) in said.iter().zip(0..) {
        aligner.hear(said, at * 100..(at + 1) * 100);
    }
    let words = aligner.finish(Some(said.len() as u64 * 100));
    assert_eq!(shown(text, &words), expected, "{text:?} from {said:?}");
}

fn shown(text: &str, words: &[Word]) -> String {
    let show =
        |word: &Word| format!("{}@{}-{}", word.in_text(text).unwrap_or("?"), word.start_ms, word.end_ms);
    words.iter().map(show).collect::<Vec<_>>().join(" ")
}

#[test]
fn words_said_as_written_have_their_own_time() {
    check("Hello, world!", &["Hello", ",", "world", "!"], "Hello@0-100 world@200-300");
    check("hello WORLD", &["HELLO", "world"], "hello@0-100 WORLD@100-200");
    check("Grüße, Zoë", &["grüße", "zoë"], "Grüße@0-100 Zoë@100-200");
}

#[test]
fn however_it_is_cut_it_is_the_same_text() {
    check("don't well-known", &["do", "n't", "well-known"], "don't@0-200 well@200-244 known@244-300");
    check("Hi you", &["H", "i", " ", "y", "o", "u"], "Hi@0-200 you@300-600");
    check("你好世界", &["你好", "世界"], "你@0-50 好@50-100 世@100-150 界@150-200");
    check("state of the art", &["state of the", "art"], "state@0-50 of@50-70 the@70-100 art@100-200");
}

#[test]
fn what_is_read_differently_shares_the_time_of_its_block() {
    check("In 1984 it", &["in", "nineteen", "eighty", "four", "it"], "In@0-100 1984@100-400 it@400-500");
    check("St. Paul's 5%", &["Saint", "Paul's", "five", "percent"], "St@0-100 Paul's@100-200 5@200-400");
    check(
        "costs $3.50 now",
        &["costs", "three", "dollars", "and", "fifty", "cents", "now"],
        "costs@0-100 3.50@100-600 now@600-700",
    );
    check(
        "the 1st 2nd day",
        &["the", "first", "second", "day"],
        "the@0-100 1st@100-200 2nd@200-300 day@300-400",
    );
    check("10", &["ten"], "10@0-100");
}

#[test]
fn what_was_not_marked_lies_between_its_neighbours() {
    check("one (aside) two", &["one", "two"], "one@0-100 aside@100-100 two@100-200");
    let mut aligner = Aligner::new("one aside here two");
    aligner.hear("one", 0..100);
    aligner.hear("two", 400..500);
    assert_eq!(
        shown("one aside here two", &aligner.finish(None)),
        "one@0-100 aside@100-266 here@266-400 two@400-500"
    );
    check("one two three", &["one"], "one@0-100 two@100-100 three@100-100");
    let mut aligner = Aligner::new("one two three");
    aligner.hear("one", 0..100);
    assert_eq!(shown("one two three", &aligner.finish(Some(900))), "one@0-100 two@100-400 three@400-900");
}

#[test]
fn what_was_not_written_is_passed_over() {
    check("one two", &["um", "one", "you", "know", "two"], "one@100-200 two@400-500");
    check("...", &["dot"], "");
    check("", &["dot"], "");
}

#[test]
fn without_any_mark_there_are_no_words() {
    check("one two", &[], "");
    check("one two", &[",", "…"], "");
}

#[test]
fn words_are_handed_out_as_soon_as_they_are_certain() {
    let text = "One 2 three four. Five";
    let mut aligner = Aligner::new(text);
    aligner.hear("one", 0..100);
    aligner.hear("two", 100..200);
    assert_eq!(shown(text, &aligner.words()), "One@0-100");
    aligner.hear("three", 200..300);
    aligner.hear("fo", 300..350);
    assert_eq!(shown(text, &aligner.words()), "2@100-200 three@200-300");
    aligner.hear("ur", 350..400);
    assert_eq!(shown(text, &aligner.words()), "four@300-400");
    assert_eq!(aligner.words(), []);
    aligner.hear("five", 400..500);
    assert_eq!(shown(text, &aligner.finish(None)), "Five@400-500");
}

#[test]
fn a_passage_in_another_script_costs_no_more_than_itself() {
    let strange = "Здравствуйте дорогие друзья ".repeat(12);
    let text = format!("{strange}and here we are again");
    let mut aligner = Aligner::new(&text);
    let said: Vec<String> = (0..36).map(|index| format!("zdrav{index}")).collect();
    for (said, at) in said.iter().map(String::as_str).chain("and here we are again".split(' ')).zip(0..) {
        aligner.hear(said, at * 100..(at + 1) * 100);
    }
    let words = aligner.finish(None);
    assert_eq!(words.len(), 41);
    assert_eq!(words.last().map(|word| (word.start_ms, word.end_ms)), Some((4_000, 4_100)));
}

#[test]
fn times_that_run_backwards_are_moved_on() {
    let mut aligner = Aligner::new("one two three");
    for (said, time) in [("one", 500..900), ("two", 100..100), ("three", 800..1_000)] {
        aligner.hear(said, time);
    }
    let words = aligner.finish(None);
    assert_eq!(shown("one two three", &words), "one@500-900 two@500-500 three@800-1000");
}

#[test]
fn seconds_are_rounded_and_never_negative() {
    let check = |seconds: f64, expected: u64| assert_eq!(milliseconds(seconds), expected, "{seconds}");
    check(0.275, 275);
    check(0.6, 600);
    check(1.0004, 1_000);
    check(1.0006, 1_001);
    check(-0.02, 0);
    check(f64::NAN, 0);
    check(1e300, 0);
}

fn any_prose() -> impl Strategy<Value = String> {
    "([a-zA-ZäÉß]{1,7}|[0-9]{1,4}|你好|שלום|é|'|-|\\$|%|🦀){0,4}( ([a-z]{1,9}|[0-9.,]{1,5}|世界|!|\\.)){0,40}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_word_is_marked_once_in_order_whatever_was_said(
        text in any_prose(),
        said in prop::collection::vec((any_prose(), 0_u64..3_000, 0_u64..500), 0..12),
        pieces: bool,
    ) {
        let mut aligner = Aligner::new(&text);
        let mut marks = Vec::new();
        for (said, start, length) in &said {
            aligner.hear(said, *start..start + length);
            if pieces {
                marks.extend(aligner.words());
            }
        }
        marks.extend(aligner.finish(None));
        let spans: Vec<_> = marks.iter().map(Word::span).collect();
        let expected: Vec<_> = words(&text).iter().map(Piece::range).collect();
        prop_assert!(spans == expected || marks.is_empty());
        prop_assert!(marks.is_sorted_by_key(|word| word.start_ms));
        prop_assert!(marks.iter().all(|word| word.start_ms <= word.end_ms));
    }

    #[test]
    fn a_text_said_as_written_keeps_every_time(text in "([a-zß0-9]{1,8}[ ,.!]{1,2}){1,60}") {
        let expected: Vec<_> = words(&text);
        let mut aligner = Aligner::new(&text);
        for (word, at) in expected.iter().zip(0..) {
            aligner.hear(word.text, at * 70..at * 70 + 60);
        }
        let marks = aligner.finish(None);
        prop_assert_eq!(marks.len(), expected.len());
        for (mark, at) in marks.iter().zip(0..) {
            prop_assert_eq!((mark.start_ms, mark.end_ms), (at * 70, at * 70 + 60));
        }
    }
}
