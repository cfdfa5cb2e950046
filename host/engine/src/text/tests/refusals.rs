//! What is refused, and by which words.

use super::*;
use crate::SpeechError;

fn check(text: &str, expected: Option<&str>) {
    assert_eq!(sent(text).err().as_deref(), expected, "{text:?}");
}

const EMPTY: Option<&str> = Some("text must hold something to speak");
const UNSPEAKABLE: Option<&str> = Some("text must hold a letter or a digit to speak");

#[test]
fn a_text_needs_a_letter_or_a_digit_of_any_script() {
    for text in ["Go.", "7", "é", "ñ?", "你好", "こんにちは", "안녕", "नमस्ते", "สวัสดี", "١٢٣", "1️⃣", "(a)", "Ⅷ"]
    {
        check(text, None);
    }
    for text in ["", " ", "\n\t\r", "\u{a0}\u{2003}\u{3000}", "\u{0}\u{7f}", "\u{200b}\u{feff}\u{202e}"] {
        check(text, EMPTY);
    }
    for text in
        ["...", "?!", "—", "。、！", "¿¡", "«»", "؟", "।", "😀", "🎉 🎉", "👩‍👩‍👧", "* * *", "€", "\u{301}"]
    {
        check(text, UNSPEAKABLE);
    }
}

#[test]
fn length_counts_in_characters_and_in_bytes() {
    let rules = TextRules { max_characters: 5, max_bytes: 8, ..TextRules::default() };
    let check = |text: &str, expected: Option<&str>| {
        let mut utterance = Utterance::Text(text.to_owned());
        let fault = admit(&mut utterance, &rules).err();
        assert_eq!(fault.map(|fault| fault.to_string()).as_deref(), expected, "{text}");
    };
    check("abcde", None);
    check("abcdef", Some("text is longer than 5 characters: 6"));
    check("ééé", None);
    check("日本", None);
    check("日本語", Some("text is longer than 8 bytes: 9"));
}

#[test]
fn a_blocked_text_is_refused_by_the_patterns_label_and_never_repeated() {
    let blocked =
        BlockedPatterns::new([("scripts", r"<script|javascript:"), ("cards", r"\b\d{16}\b")]).unwrap();
    let rules = TextRules { blocked, ..TextRules::default() };
    let check = |text: &str, expected: Option<&str>| {
        let mut utterance = Utterance::Text(text.to_owned());
        let fault = admit(&mut utterance, &rules).err();
        let told = fault.as_ref().map(ToString::to_string);
        assert_eq!(told.as_deref(), expected, "{text}");
        assert!(fault.is_none_or(|fault| fault.code() == "text_blocked" && fault.field() == "text"));
    };
    check("My card is 4111 and more.", None);
    check("My card is 4111111111111111.", Some("text matches a blocked pattern: cards"));
    check("See JavaScript:alert", Some("text matches a blocked pattern: scripts"));
    check("See java\u{200b}script:alert", Some("text matches a blocked pattern: scripts"));
}

#[test]
fn no_tag_and_no_reference_hides_what_is_blocked() {
    let blocked = BlockedPatterns::new([("cards", r"\b\d{4}-?\d{4}\b"), ("names", "anna & otto")]).unwrap();
    let rules = TextRules { blocked, ..TextRules::default() };
    let check = |document: &str, expected: Option<&str>| {
        let found = admit(&mut Utterance::Ssml(document.to_owned()), &rules).err();
        let label = found.map(|fault| match fault {
            TextFault::Blocked { label } => label,
            fault => panic!("{document}: {fault}"),
        });
        assert_eq!(label.as_deref(), expected, "{document}");
    };
    check("<speak>It is 1234-5678.</speak>", Some("cards"));
    check("<speak>It is 1234-<break time='0ms'/>5678.</speak>", Some("cards"));
    check("<speak>It is 12<emphasis>34</emphasis>-56<!-- -->78.</speak>", Some("cards"));
    check("<speak>It is &#49;23&#x34;-5678.</speak>", Some("cards"));
    check("<speak>It is <![CDATA[1234-]]>5678.</speak>", Some("cards"));
    check("<speak>It is <sub alias='1234-5678'>secret</sub>.</speak>", Some("cards"));
    check("<speak>Anna &amp; Otto</speak>", Some("names"));
    // Two sentences are no word.
    check("<speak><p>In 1234</p><p>5678 people came.</p></speak>", None);
    check("<speak><s>1234</s><s>5678</s></speak>", None);
    check("<speak><voice name='a'>1234</voice><voice name='b'>5678</voice></speak>", None);
}

#[test]
fn a_pattern_that_does_not_compile_is_named() {
    let check = |patterns: &[(&str, &str)], expected: &str| {
        let told = BlockedPatterns::new(patterns.iter().copied()).unwrap_err().to_string();
        assert_eq!(told, expected);
    };
    check(&[("fine", "a"), ("bad", "(a")], "blocked pattern bad is no regular expression: unclosed group");
    check(
        &[("huge", r"(\w{1000}){1000}")],
        "blocked pattern huge takes more than 8388608 bytes when compiled",
    );
    assert_eq!(BlockedPatterns::new([]).unwrap().blocks("anything"), None);
}

#[test]
fn a_fault_is_the_clients_and_names_its_field() {
    let check = |text: &str, expected: &str| {
        let error = SpeechError::from(sent_fault(text));
        let told = format!("{} {:?}: {error}", error.code(), error.field());
        assert_eq!(told, expected);
        assert!(error.is_client_fault());
    };
    check("?!", "invalid_value Some(\"text\"): text must hold a letter or a digit to speak");
    let long = "a".repeat(100_001);
    check(&long, "text_too_long Some(\"text\"): text is longer than 100000 characters: 100001 characters");
    let mut broken = Utterance::Ssml("<speak>a".to_owned());
    let error = SpeechError::from(admit(&mut broken, &TextRules::default()).unwrap_err());
    assert_eq!(error.field(), Some("ssml"));
    assert!(error.to_string().starts_with("ssml is not well-formed: "), "{error}");
}

fn sent_fault(text: &str) -> TextFault {
    admit(&mut Utterance::Text(text.to_owned()), &TextRules::default()).unwrap_err()
}

#[test]
fn tags_of_languages_are_read_as_callers_write_them() {
    let check = |tag: &str, expected: Result<&str, &str>| {
        let found = language("language", tag).map(String::from).map_err(|error| error.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{tag}");
    };
    check("en", Ok("en"));
    check("en-US", Ok("en-US"));
    check("EN_us", Ok("en-US"));
    check("zh-hANS-cn", Ok("zh-Hans-CN"));
    check("zh-CN-liaoning", Ok("zh-CN-liaoning"));
    check("english", Ok("english"));
    check("e", Err("language must be a BCP-47 tag such as en or en-US, got e"));
    check("en US", Err("language must be a BCP-47 tag such as en or en-US, got en US"));
    check("", Err("language must be a BCP-47 tag such as en or en-US, got "));
}
