//! Cue sheets of scenes: who speaks is told, and told apart from what is said.

use proptest::prelude::*;
use understudy_audio::cue::{Cue, CueOptions, Line, script_cues, srt, vtt};
use understudy_speech::Word;

use crate::cue_sheets::marks;

/// A line as a [`Line`] borrows it.
struct Spoken {
    speaker: Option<String>,
    text: String,
    words: Vec<Word>,
    start_ms: u32,
    end_ms: u32,
}

/// Lines one behind the other with 300 ms between, marks as a voice would give them.
fn spoken(script: &[(Option<&str>, &str)]) -> (Vec<Spoken>, u32) {
    let mut now = 200;
    let mut lines = Vec::new();
    for (speaker, text) in script {
        let (words, length) = marks(text, 65);
        let words = words
            .into_iter()
            .map(|word| Word { start_ms: word.start_ms + now, end_ms: word.end_ms + now, ..word })
            .collect();
        let end_ms = now + length;
        let speaker = speaker.map(str::to_owned);
        lines.push(Spoken { speaker, text: (*text).to_owned(), words, start_ms: now, end_ms });
        now = end_ms + 300;
    }
    (lines, now)
}

fn sheet(lines: &[Spoken], audio_ms: u32, options: &CueOptions) -> Vec<Cue> {
    let mut script = Vec::new();
    for Spoken { speaker, text, words, start_ms, end_ms } in lines {
        let (start_ms, end_ms) = (*start_ms, *end_ms);
        script.push(Line { speaker: speaker.as_deref(), text, words, start_ms, end_ms });
    }
    script_cues(&script, audio_ms, options)
}

const SCENE: [(Option<&str>, &str); 5] = [
    (
        Some("Captain Nova"),
        "All hands to the bridge! We have lost the port engine, and the storm is a quarter of an hour away.",
    ),
    (Some("Rook"), "Again?"),
    (Some("Rook"), "I fixed it & oiled it."),
    (None, "Thunder."),
    (Some("Captain Nova"), "Then fix it <faster>."),
];

#[test]
fn a_scene_as_subrip_and_as_webvtt() {
    let (lines, audio_ms) = spoken(&SCENE);
    let cues = sheet(&lines, audio_ms, &CueOptions::default());
    insta::assert_snapshot!(format!("{}\n{}", srt(&cues), vtt(&cues)));
}

#[test]
fn names_that_could_break_a_sheet_do_not() {
    let check = |speaker: &str, subrip: &str, webvtt: &str| {
        let cue = Cue {
            start_ms: 0,
            end_ms: 1000,
            lines: vec!["Hello.".to_owned()],
            speaker: Some(speaker.to_owned()),
        };
        let times = ("00:00:00,000 --> 00:00:01,000", "00:00:00.000 --> 00:00:01.000");
        assert_eq!(srt(std::slice::from_ref(&cue)), format!("1\n{}\n{subrip}\n\n", times.0));
        assert_eq!(vtt(&[cue]), format!("WEBVTT\n\n{}\n{webvtt}\n\n", times.1));
    };
    check("Ada", "Ada: Hello.", "<v Ada>Hello.");
    check(" Mrs.\tO'Hara\r\n\nof Tara ", "Mrs. O'Hara of Tara: Hello.", "<v Mrs. O'Hara of Tara>Hello.");
    check("R&D <2>", "R&D <2>: Hello.", "<v R&amp;D &lt;2&gt;>Hello.");
    check("a --> b", "a --> b: Hello.", "<v a --&gt; b>Hello.");
    check("", "Hello.", "Hello.");
    check("\u{0}\n", "Hello.", "Hello.");
    check("演员", "演员: Hello.", "<v 演员>Hello.");
}

#[test]
fn a_line_without_marks_is_shown_while_it_is_spoken() {
    let line = Line {
        speaker: Some("Fox"),
        text: "Nobody told me when the words are, so they are dealt out evenly over the line.",
        words: &[],
        start_ms: 2000,
        end_ms: 8000,
    };
    let cues = script_cues(&[line], 10_000, &CueOptions { max_lines: 1, ..CueOptions::default() });
    assert!(cues.len() > 1, "{cues:?}");
    assert_eq!(cues[0].start_ms, 2000);
    let shown: usize = cues[0].lines.iter().map(|line| line.len() + 1).sum();
    assert_eq!(cues[1].start_ms as usize, 2000 + 6000 * shown / line.text.len());
    assert_eq!(cues.iter().map(|cue| cue.lines.join(" ")).collect::<Vec<_>>().join(" "), line.text);
}

#[test]
fn a_line_without_marks_or_spaces_is_broken_too() {
    let text = "演出必须继续，替身知道每一句台词。没有人注意到，因为他什么都记得。";
    let line = Line { speaker: Some("狐狸"), text, words: &[], start_ms: 0, end_ms: 8000 };
    let cues = script_cues(&[line], 8000, &CueOptions { max_line_chars: 20, ..CueOptions::default() });
    let told: Vec<_> = cues.iter().map(|cue| (cue.start_ms, cue.end_ms, cue.lines.join("|"))).collect();
    insta::assert_debug_snapshot!(told);
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn every_cue_is_one_speakers_and_every_word_is_in_one(
        script in prop::collection::vec(
            (
                prop::option::of(prop::sample::select(vec!["Ada", "Ben", "A very long name of somebody else"])),
                prop::collection::vec(prop::sample::select(vec!["so ", "it goes, ", "on! ", "and ", "understudies "]), 1..20),
            ),
            1..8,
        ),
        max_line_chars in 1..60_usize,
        marked in any::<bool>(),
    ) {
        let texts: Vec<(Option<&str>, String)> =
            script.iter().map(|(speaker, words)| (*speaker, words.concat())).collect();
        let script: Vec<(Option<&str>, &str)> = texts.iter().map(|(who, text)| (*who, text.as_str())).collect();
        let (mut lines, audio_ms) = spoken(&script);
        if !marked {
            lines.iter_mut().for_each(|line| line.words.clear());
        }
        let options = CueOptions { max_line_chars, ..CueOptions::default() };
        let cues = sheet(&lines, audio_ms, &options);
        let mut earliest = 0;
        for cue in &cues {
            prop_assert!(earliest <= cue.start_ms && cue.start_ms <= cue.end_ms && cue.end_ms <= audio_ms);
            earliest = cue.end_ms;
        }
        let mut rest = cues.iter();
        for line in &lines {
            let mut said = String::new();
            while said.len() < squeezed(&line.text).len() {
                let cue = rest.next().unwrap();
                prop_assert_eq!(&cue.speaker, &line.speaker);
                prop_assert!(cue.start_ms >= line.start_ms && cue.start_ms <= line.end_ms);
                said.push_str(&squeezed(&cue.lines.concat()));
            }
            prop_assert_eq!(said, squeezed(&line.text));
        }
        prop_assert!(rest.next().is_none());
    }

    #[test]
    fn a_label_keeps_its_line_inside_the_columns(words in 1..30_usize) {
        let text = "again and ".repeat(words);
        let (lines, audio_ms) = spoken(&[(Some("Captain Nova"), &text)]);
        let cues = sheet(&lines, audio_ms, &CueOptions::default());
        let sheet = srt(&cues);
        prop_assert!(sheet.contains("\nCaptain Nova: again"));
        prop_assert!(sheet.lines().all(|line| line.chars().count() <= 42), "{sheet}");
    }
}
