//! The grammar, rule by rule.

use proptest::prelude::*;

use super::*;

/// `speaker[emotion intensity]@line:column text +pause`, a line each, or the error.
fn told(script: &str, turns: &[&str]) -> String {
    let turns: Vec<String> = turns.iter().map(|name| (*name).to_owned()).collect();
    let scene = match parse(script, &turns) {
        Ok(scene) => scene,
        Err(error) => return format!("{}: {error}", error.code()),
    };
    let line = |line: &SceneLine| {
        let intensity = line.intensity.map(|strength| format!(" {strength}")).unwrap_or_default();
        let feeling =
            line.emotion.as_ref().map(|emotion| format!("[{emotion}{intensity}]")).unwrap_or_default();
        let pause = line.pause.map(|pause| format!(" +{}", pause.as_secs_f32())).unwrap_or_default();
        format!("{}{feeling}@{}:{} {}{pause}", line.speaker, line.place.line, line.place.column, line.text)
    };
    let lead =
        if scene.lead_in.is_zero() { String::new() } else { format!("+{} | ", scene.lead_in.as_secs_f32()) };
    format!("{lead}{}", scene.lines.iter().map(line).collect::<Vec<_>>().join(" | "))
}

fn check(script: &str, expected: &str) {
    assert_eq!(told(script, &[]), expected, "{script}");
}

#[test]
fn a_line_is_a_speaker_a_feeling_and_a_text() {
    check("Nova: Hi!", "Nova@1:1 Hi!");
    check("  Captain Nova [ happy ] :  Hi: you!  ", "Captain Nova[happy]@1:3 Hi: you!");
    check("Nova [sad 0.8]: Oh.", "Nova[sad 0.8]@1:1 Oh.");
    check("Nova [very sad]: Oh.", "Nova[very sad]@1:1 Oh.");
    check("Nova []: Oh.", "Nova@1:1 Oh.");
}

#[test]
fn a_line_without_a_speaker_goes_on_with_the_one_before() {
    check("A: One\ntwo\n\nB: Three", "A@1:1 One two | B@4:1 Three");
    check("A:\nOne", "A@1:1 One");
    check("A: One\nWait. This is long: two", "A@1:1 One Wait. This is long: two");
    let long = "a".repeat(41);
    check(&format!("A: One\n{long}: two"), &format!("A@1:1 One {long}: two"));
    check("A: One\nSo\\: two", "A@1:1 One So: two");
}

#[test]
fn comments_and_pauses_are_no_text() {
    check("# a scene\nA: One\n  # aside\nB: Two", "A@2:1 One | B@4:1 Two");
    check("A: One\n(pause 0.5)\n(pause 1)\nB: Two", "A@1:1 One +1.5 | B@4:1 Two");
    check("(pause 2)\nA: One", "+2 | A@2:1 One");
}

#[test]
fn a_script_that_names_nobody_is_dealt_in_turn() {
    assert_eq!(told("One\nTwo\n(pause 1)\nThree", &["a", "b"]), "a@1:1 One | b@2:1 Two +1 | a@4:1 Three");
    check("One\nTwo", "invalid_script: script line 1, column 1: nobody says this line");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    check("", "empty_text: script line 1, column 1: script has no lines");
    check("A: One\nB: …", "empty_text: script line 2, column 1: nothing is said by B");
    check("hello\nA: Hi", "invalid_script: script line 1, column 1: nobody says this line");
    check("A: Hi\n : hello", "invalid_script: script line 2, column 2: nobody says this line");
    check(
        "A: Hi\n(pause long)",
        "invalid_script: script line 2, column 1: pause is no number of seconds: long",
    );
    check("A: Hi\n(pause 61)", "invalid_script: script line 2, column 1: pause is no number of seconds: 61");
    check(
        "A: Hi\n(pause 60)\n(pause 0.5)",
        "invalid_script: script line 3, column 1: pause is no number of seconds: 60.5",
    );
    check(
        "(pause 40)\n(pause 40)\nA: Hi",
        "invalid_script: script line 2, column 1: pause is no number of seconds: 80",
    );
}

#[test]
fn json_lines_say_the_same_and_more() {
    check(
        "{\"speaker\": \"Nova\", \"text\": \"Hi!\", \"emotion\": \"happy\", \"intensity\": 0.5, \"pause_after\": 1}\n\
         {\"character_id\": \"b\", \"text\": \"Oh.\"}",
        "Nova[happy 0.5]@1:14 Hi! +1 | b@2:19 Oh.",
    );
    check(
        "{\"speaker\": \"Nova\", \"txt\": \"Hi!\"}",
        "invalid_script: script line 1, column 25: line is not the expected json, unknown field `txt`, \
         expected one of `character`, `character_id`, `speaker`, `text`, `emotion`, `intensity`, \
         `emotion_intensity`, `rate`, `speaking_rate`, `speed`, `pitch`, `volume`, `volume_gain`, `pause_after`",
    );
    check(
        "{\"speaker\": \"A\", \"text\": \"Hi\"}\nB: Two",
        "invalid_script: script line 2, column 1: line is not the expected json, expected value",
    );
    let scene =
        parse("{\"speaker\":\"A\",\"text\":\"Hi\",\"speed\":1.5,\"pitch\":-2,\"volume\":3}", &[]).unwrap();
    let line = scene.lines.first().unwrap();
    assert_eq!((line.rate, line.pitch, line.volume), (Some(1.5), Some(-2.0), Some(3.0)));
}

#[test]
fn a_strength_on_the_services_scale_is_half_of_ours() {
    let row =
        |strength: &str| format!("{{\"speaker\":\"A\",\"text\":\"Hi\",\"emotion\":\"sad\",{strength}}}");
    check(&row("\"emotion_intensity\":0.75"), "A[sad 1.5]@1:13 Hi");
    check(&row("\"intensity\":0.75"), "A[sad 0.75]@1:13 Hi");
    check(
        &row("\"emotion_intensity\":1.5"),
        "invalid_script: script line 1, column 13: emotion_intensity must be between 0 and 1, got 1.5",
    );
    check(
        &row("\"emotion_intensity\":0.5,\"intensity\":1"),
        "invalid_script: script line 1, column 13: emotion_intensity must be left out when there is intensity",
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(script in "[A-Ca-c :.\\[\\]\\\\#(){}\"\n0-9pause]{0,120}") {
        let turns = ["a".to_owned()];
        match parse(&script, &turns) {
            Ok(scene) => {
                prop_assert!(!scene.lines.is_empty());
                for line in scene.lines {
                    prop_assert!(!line.speaker.is_empty() && !line.text.is_empty());
                    prop_assert!(line.place.line <= script.lines().count());
                }
            }
            Err(error) => prop_assert!(error.place.line <= script.lines().count().max(1)),
        }
    }

    #[test]
    fn what_was_said_is_what_is_read(
        lines in prop::collection::vec(("[A-Z][a-z]{0,8}", "[a-z][a-z ,]{0,30}[a-z]"), 1..8)
    ) {
        let script: String = lines.iter().map(|(speaker, text)| format!("{speaker}: {text}\n")).collect();
        let read = parse(&script, &[]).unwrap().lines;
        let read: Vec<_> = read.into_iter().map(|line| (line.speaker, line.text)).collect();
        prop_assert_eq!(read, lines);
    }
}
