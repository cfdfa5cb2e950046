//! Whole cue sheets of real paragraphs.

use understudy_audio::cue::{Cue, CueOptions, cues, srt, ssml_text, vtt};
use understudy_speech::Word;

/// Marks for the words of `text` as a voice would speak them: 65 ms a letter, 40 ms between words,
/// 350 ms behind a sentence. `is_word` says which characters are spoken.
pub(crate) fn marks(text: &str, letter_ms: u32) -> (Vec<Word>, u32) {
    let mut words = Vec::new();
    let mut now = 120;
    for (start, word) in spoken(text) {
        let length = word.chars().count() as u32 * letter_ms;
        let end = start + word.len();
        words.push(Word {
            start_byte: start as u32,
            end_byte: end as u32,
            start_ms: now,
            end_ms: now + length,
        });
        let ends =
            text[end..].trim_start_matches(['"', '”', '’', ')']).starts_with(['.', '!', '?', '。', '！']);
        now += length + if ends { 350 } else { 40 };
    }
    (words, now + 200)
}

/// Runs of letters, digits and inner apostrophes; of Chinese, each character.
fn spoken(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let mut end = start + first.len_utf8();
        if !first.is_alphanumeric() {
            continue;
        }
        let alone = |character: char| ('\u{4e00}'..'\u{a000}').contains(&character);
        while let Some((at, next)) = rest.peek().copied() {
            let inner =
                matches!(next, '\'' | '’') && text[at + next.len_utf8()..].starts_with(char::is_alphabetic);
            if alone(first) || alone(next) || !(next.is_alphanumeric() || inner) {
                break;
            }
            end = at + next.len_utf8();
            rest.next();
        }
        found.push((start, &text[start..end]));
    }
    found
}

const PARAGRAPH: &str = "“The show must go on,” said Mrs. O'Hara (she always said so) — and it did.\n\nWhen the \
    lead fell ill at 7:45, an understudy walked out, swallowed, and spoke the first line of a part that she had \
    learned in three nights without telling anyone; nobody in the audience noticed. Rock & roll? No: <i>theatre</i>!";

fn sheet(text: &str, options: &CueOptions) -> Vec<Cue> {
    let (words, audio_ms) = marks(text, 65);
    cues(text, &words, audio_ms, options)
}

#[test]
fn a_paragraph_as_subrip() {
    insta::assert_snapshot!(srt(&sheet(PARAGRAPH, &CueOptions::default())));
}

#[test]
fn a_paragraph_as_webvtt() {
    insta::assert_snapshot!(vtt(&sheet(PARAGRAPH, &CueOptions::default())));
}

#[test]
fn a_paragraph_for_an_upright_telephone() {
    let options = CueOptions { max_line_chars: 18, max_lines: 1, max_ms: 2500, ..CueOptions::default() };
    insta::assert_snapshot!(srt(&sheet(PARAGRAPH, &options)));
}

#[test]
fn chinese_breaks_without_spaces_and_counts_two_columns() {
    let text = "演出必须继续。主演在开场前一刻钟病倒了，替补演员走上舞台，咽了一下口水，说出了第一句台词：“我来了！”观众席里没有一个人注意到。";
    let (words, audio_ms) = marks(text, 220);
    let options = CueOptions { max_line_chars: 32, ..CueOptions::default() };
    insta::assert_snapshot!(srt(&cues(text, &words, audio_ms, &options)));
}

#[test]
fn hours_are_written_and_nothing_is_a_sheet_too() {
    let cue = Cue {
        start_ms: 3_723_004,
        end_ms: 360_000_000,
        lines: vec!["a < b".to_owned(), "c".to_owned()],
        speaker: None,
    };
    assert_eq!(srt(std::slice::from_ref(&cue)), "1\n01:02:03,004 --> 100:00:00,000\na < b\nc\n\n");
    assert_eq!(vtt(&[cue]), "WEBVTT\n\n01:02:03.004 --> 100:00:00.000\na &lt; b\nc\n\n");
    assert_eq!(srt(&[]), "");
    assert_eq!(vtt(&[]), "WEBVTT\n\n");
    assert_eq!(cues("words without marks", &[], 1000, &CueOptions::default()), []);
}

#[test]
fn markup_of_ssml_is_not_read_and_its_entities_are() {
    let document = "<speak>&quot;AT&amp;T&quot; is <emphasis level=\"strong\">big</emphasis>,<break time=\"1s\"/> \
                    <!-- > -->says Élodie.</speak>";
    let mark = |word: &str, start_ms| {
        let start = document.find(word).unwrap() as u32;
        Word { start_byte: start, end_byte: start + word.len() as u32, start_ms, end_ms: start_ms + 300 }
    };
    let words =
        [mark("AT&amp;T", 0), mark("is", 400), mark("big", 800), mark("says", 1200), mark("Élodie", 1600)];
    let text = ssml_text(document);
    assert_eq!(text.len(), document.len());
    let cues = cues(&text, &words, 2000, &CueOptions::default());
    assert_eq!(cues.len(), 1);
    assert_eq!(cues[0].lines, ["\"AT&T\" is big, says Élodie."]);
}

#[test]
fn references_sections_and_quoted_brackets_are_read_as_xml_reads_them() {
    let check = |document: &str, expected: &str| {
        let text = ssml_text(document);
        assert_eq!(text.len(), document.len(), "{document}");
        assert_eq!(text.replace('\0', "").trim(), expected, "{document}");
    };
    check("<speak>It&#x27;s caf&#233; &#8217;n&#8217; &#x1F600;</speak>", "It's café ’n’ \u{1F600}");
    check("<speak>a<![CDATA[ <b> & &amp; ]]>c</speak>", "a <b> & &amp; c");
    check("<speak><sub alias='a > \"b'>a</sub>b <prosody rate=\"<>\">c</prosody></speak>", "ab c");
    check("<?xml version=\"1.0\"?><speak>un<!-- it's > -->done</speak>", "undone");
    check("<speak><voice name=\"a\">Yes.</voice><voice name=\"b\">No.</voice></speak>", "Yes.  No.");
    check("&nbsp; & &#xD800; &#; &", "&nbsp; & &#xD800; &#; &");
    check("<![CDATA[open", "open");
    check("<tag a=\"", "");
    let document = "<speak><![CDATA[<]]>caf&#233; noir</speak>";
    assert_eq!(ssml_text(document).find("noir"), document.find("noir"));
}
