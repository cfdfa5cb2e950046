//! What the judge of SSML lets pass, and how it refuses the rest.

use super::*;

const HEAD: &str = "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' \
     xmlns:mstts='http://www.w3.org/2001/mstts' xml:lang='en-US'>";

fn verdict(ssml: &str) -> Result<&'static str, String> {
    judge(ssml).map(|accepted| accepted.voice.short_name)
}

/// What the service says to `body` directly under `speak`.
fn check_root(body: &str, expected: Result<&str, &str>) {
    let found = verdict(&format!("{HEAD}{body}</speak>"));
    assert_eq!(found.as_ref().map(|voice| *voice).map_err(String::as_str), expected, "{body}");
}

/// What the service says to `body` inside a plain voice.
fn check(body: &str, accepted: bool) {
    let expected = if accepted { Ok("en-US-JennyNeural") } else { Err(INVALID) };
    check_root(&format!("<voice name='en-US-JennyNeural'>{body}</voice>"), expected);
}

#[test]
fn a_voice_with_text_is_spoken() {
    check("Hello &amp; goodbye", true);
    check_root("\n <voice name='en-US-AriaNeural'>a</voice>\n <!-- b -->", Ok("en-US-AriaNeural"));
}

#[test]
fn what_is_no_xml_is_refused_in_the_words_of_the_reader() {
    assert_eq!(verdict("Hello"), Err("Data at the root level is invalid. Line 1, position 1.".to_owned()));
    let open = verdict(&format!("{HEAD}<voice name='en-US-JennyNeural'>a & b</voice></speak>")).unwrap_err();
    assert!(open.starts_with("The SSML is not well-formed XML. Line 1, position "), "{open}");
}

#[test]
fn the_root_needs_its_name_version_namespace_and_language() {
    for (from, to) in [
        ("version='1.0' ", ""),
        ("version='1.0'", "version='2.0'"),
        (" xmlns='http://www.w3.org/2001/10/synthesis'", ""),
        (" xml:lang='en-US'", ""),
    ] {
        let ssml = format!("{HEAD}<voice name='en-US-JennyNeural'>a</voice></speak>").replacen(from, to, 1);
        assert_eq!(verdict(&ssml), Err(INVALID.to_owned()), "{ssml}");
    }
}

#[test]
fn only_a_voice_may_stand_directly_under_the_root() {
    let misplaced =
        "Node [speak] with type [RootSpeak] should not contain node [prosody] with type [Others].";
    check_root("<prosody rate='+10%'>a</prosody>", Err(misplaced));
    let misplaced = "Node [speak] with type [RootSpeak] should not contain node [break] with type [Others].";
    check_root("<break time='1s'/>", Err(misplaced));
    check_root("", Err(INVALID));
}

#[test]
fn an_unknown_voice_is_named() {
    check_root("<voice name='en-US-NopeNeural'>a</voice>", Err("Unsupported voice en-US-NopeNeural."));
    for name in
        ["", "alloy", "en-US-ZiraRUS", "Microsoft Server Speech Text to Speech Voice (en-US, ZiraRUS)"]
    {
        check_root(&format!("<voice name='{name}'>a</voice>"), Err(STANDARD));
    }
    check_root("<voice>a</voice>", Err(INVALID));
}

#[test]
fn prosody_takes_the_documented_values_and_no_others() {
    for good in [
        "rate='+10%'",
        "rate='1.5'",
        "pitch='-2st'",
        "pitch='+80Hz'",
        "volume='50'",
        "volume='+20'",
        "rate='x-fast'",
    ] {
        check(&format!("<prosody {good}>a</prosody>"), true);
    }
    for bad in ["rate='quick'", "rate='+10 %'", "pitch='2 octaves'", "volume='150'", ""] {
        check(&format!("<prosody {bad}>a</prosody>"), false);
    }
}

#[test]
fn an_unknown_style_passes_and_a_bad_degree_or_role_does_not() {
    check("<mstts:express-as style='no-such-style' styledegree='1.5' role='Girl'>a</mstts:express-as>", true);
    check("<mstts:express-as style='sad' styledegree='3'>a</mstts:express-as>", false);
    check("<mstts:express-as style='sad' role='Robot'>a</mstts:express-as>", false);
    check("<mstts:express-as>a</mstts:express-as>", false);
    check("<mstts:no-such-element/>", false);
}

#[test]
fn pauses_and_bookmarks_need_their_values() {
    check("<break time='99s'/><break strength='weak'/>a<bookmark mark='m'/>", true);
    check("<mstts:silence type='Leading' value='200ms'/>a", true);
    check("<break time='soon'/>a", false);
    check("<bookmark/>a", false);
    check("<mstts:silence type='Before' value='200ms'/>a", false);
}

#[test]
fn an_hd_voice_takes_almost_no_markup() {
    let hd = |body: &str, expected| {
        check_root(&format!("<voice name='en-US-Ava:DragonHDLatestNeural'>{body}</voice>"), expected);
    };
    hd("<lang xml:lang='de-DE'>Hallo</lang>", Ok("en-US-Ava:DragonHDLatestNeural"));
    hd("<prosody rate='+10%'>a</prosody>", Err(INVALID));
    hd("a<break time='1s'/>", Err(INVALID));
    hd("<mstts:express-as style='sad'>a</mstts:express-as>", Err(INVALID));
}

#[test]
fn there_may_be_fifty_voices_and_no_more() {
    let voice = "<voice name='en-US-JennyNeural'>a</voice>";
    check_root(&voice.repeat(50), Ok("en-US-JennyNeural"));
    check_root(&voice.repeat(51), Err(INVALID));
}
