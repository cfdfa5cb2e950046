//! Word marks: every entry of every message, in the caller's own text, at times of the whole take.

use understudy_plugin::testing::Recording;
use understudy_plugin::{Request, WordTimes};

use super::service::{hello, metadata, mp3, opening, play, served, speaks, tell};

/// The words of a recording as `word@start-end`.
fn shown(recording: &Recording) -> String {
    let marks = recording.spoken().into_iter().zip(&recording.words);
    marks
        .map(|(word, mark)| format!("{word}@{}-{}", mark.start_ms, mark.end_ms))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn all_entries_of_a_message_are_read_and_those_after_the_audio_too() {
    let (mut harness, log) = served(speaks);
    let recording = harness.synthesize(Request::text("One, two three (four) five!").words()).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "One@0-240 two@240-480 three@480-720 four@720-960 five@960-1200");
    assert_eq!(recording.summary.word_times, Some(WordTimes::Native));
    let config = &log.borrow().messages[0].1;
    assert!(config.contains(r#""sentenceBoundaryEnabled":"false","wordBoundaryEnabled":"true""#), "{config}");
}

#[test]
fn words_are_spelled_as_the_caller_spells_them() {
    let said = |entries: &'static [(&str, u64, u64)]| {
        move |id: &str, _: &str| {
            let mut events = opening(id);
            events.extend([play(id, &mp3(50)), tell(id, "audio.metadata", &metadata(entries))]);
            events.push(tell(id, "turn.end", "{}"));
            events
        }
    };
    let check = |text: &str, entries: &'static [(&str, u64, u64)], expected: &str| {
        let recording = served(said(entries)).0.synthesize(Request::text(text).words()).unwrap();
        recording.assert_contract();
        assert_eq!(shown(&recording), expected);
    };
    check(
        "R&D costs \"10\" €…",
        &[("R&amp;D", 1_000_000, 2_000_000), ("costs", 3_000_000, 3_000_000), ("ten", 6_000_000, 3_000_000)],
        "R@100-200 D@200-300 costs@300-600 10@600-900",
    );
    check(
        "你好，世界。",
        &[("你好", 500_000, 4_000_000), ("世界", 5_000_000, 4_000_000)],
        "你@50-250 好@250-450 世@500-700 界@700-900",
    );
}

#[test]
fn pieces_begin_where_the_audio_before_them_really_ends() {
    // Each piece ends with silence no word tells of: 37 frames of 24 ms.
    let turn = |id: &str, document: &str| {
        let mut events = speaks(id, document);
        let end = events.len() - 3;
        events.insert(end, play(id, &mp3(37)));
        events
    };
    let source = "One two three. ".repeat(600);
    let (mut harness, log) = served(turn);
    let recording = harness.synthesize(Request::text(&source).words()).unwrap();
    recording.assert_contract();
    let pieces = log.borrow().documents().len();
    assert_eq!((pieces, recording.words.len()), (3, 1_800));
    let frames: usize = recording.audio.len() / 144;
    assert_eq!(frames, 1_800 * 10 + 37 * pieces);
    let mut expected = 0;
    let mut last_piece = 0;
    for (index, word) in recording.words.iter().enumerate() {
        // A piece holds the sentences that fit into 4,096 bytes, three words each.
        let piece = index / (4_096 / 15 * 3);
        expected += 37 * 24 * u32::try_from(piece - last_piece).unwrap();
        last_piece = piece;
        assert_eq!((word.start_ms, word.end_ms), (expected, expected + 240), "word {index}");
        expected += 240;
    }
}

#[test]
fn times_past_what_thirty_two_bits_of_samples_hold_are_right() {
    // 280 s of audio before the second piece; samples × 1,000 pass 2³² at 179 s of 24 kHz.
    let turn = |id: &str, document: &str| {
        let mut events = speaks(id, document);
        let end = events.len() - 3;
        events.insert(end, play(id, &mp3(11_000)));
        events
    };
    let source = format!("First. {}", "x".repeat(4_000) + " y. ") + &"z".repeat(500);
    let recording = served(turn).0.synthesize(Request::text(&source).words()).unwrap();
    recording.assert_contract();
    let last = recording.words.last().unwrap();
    let before = recording.audio.len() as u64 / 144 - 11_000 - 10;
    assert!(before > 11_000);
    assert_eq!(u64::from(last.start_ms), before * 24);
}

#[test]
fn a_take_without_boundaries_has_no_marks() {
    let (mut harness, _log) = served(|id, _| {
        let mut events = opening(id);
        events.extend([play(id, &mp3(5)), tell(id, "turn.end", "{}")]);
        events
    });
    let recording = harness.synthesize(hello().words()).unwrap();
    recording.assert_contract();
    assert_eq!((recording.words.len(), recording.summary.word_times), (0, None));
}
