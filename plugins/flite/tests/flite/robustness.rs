//! Whatever people send: no panic, no nonsense, no time without bound.

use proptest::prelude::*;
use understudy_flite::Flite;
use understudy_plugin::testing::Harness;
use understudy_plugin::{Error, Request};

/// Speaks or refuses, and keeps the contract when it speaks.
fn survive(text: &str, rate: f32) -> Result<(), TestCaseError> {
    let request = Request::text(text).words().rate(rate);
    match Harness::<Flite>::new().synthesize(request) {
        Ok(recording) => {
            prop_assert_eq!(recording.check_contract(), Ok(()), "{:?}", text);
            let is_heard =
                recording.samples().is_some_and(|pcm| pcm.iter().any(|sample| sample.unsigned_abs() > 50));
            prop_assert!(is_heard, "{:?} is silence", text);
        }
        Err(Error::Unsupported(_)) => {}
        Err(error) => prop_assert!(false, "{:?}: {}", text, error),
    }
    Ok(())
}

/// Fragments that the rules look for, to be thrown together.
fn fragment() -> impl Strategy<Value = String> {
    let fragments = [
        "$",
        "\u{20ac}5",
        "5.20",
        "%",
        "\u{b0}C",
        "12/25/2026",
        "2026-11-22",
        ":",
        "10:30",
        "pm",
        "Nov",
        "22nd",
        "XIV",
        "Henry",
        "I",
        "e.g.",
        "Dr.",
        "U.S.",
        "https://",
        "www.",
        "a@b.co",
        "#x",
        "@",
        "**",
        "_",
        "`",
        "[",
        "](",
        ")",
        "<b>",
        "&amp;",
        "\\",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "# ",
        "\u{1f600}",
        "\u{4f60}",
        "\u{301}",
        "\u{200d}",
        "\u{bd}",
        "\u{b2}",
        "\u{2014}",
        "\u{2013}",
        "...",
        "'",
        "\"",
        "(",
        "!",
        "?",
        ",",
        ".",
        "-",
        "+",
        "*",
        "/",
        "=",
        "~",
        "^",
        "5kg",
        "3x4",
        "'90s",
        "1,234",
        "word",
        "The",
        " ",
        " ",
        " ",
        " ",
        "\0",
        "\u{7f}",
        "\u{202e}",
        "\r",
        "\t",
        "0",
        "-5",
        "million",
        "NASA",
    ];
    prop::collection::vec(prop::sample::select(fragments.to_vec()), 0..30).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_spoken_or_refused(text in "\\PC{0,60}", rate in 1.0f32..4.0) {
        survive(&text, rate)?;
    }

    #[test]
    fn any_ascii_is_spoken_or_refused(text in "[ -~\\n]{0,120}", rate in 1.0f32..4.0) {
        survive(&text, rate)?;
    }

    #[test]
    fn any_mixture_of_what_the_rules_look_for_is_spoken_or_refused(text in fragment()) {
        survive(&text, 2.0)?;
    }
}

/// Text that a rule with a loop in the wrong place would take minutes for. Spoken at all, each is
/// bounded by the length of what is spoken.
#[test]
fn hostile_lengths_end() {
    for unit in [
        "7",
        "a",
        "[",
        "](",
        "*",
        "a,",
        "<",
        "&",
        "$",
        "x@",
        "-",
        "'",
        "a.",
        "I",
        "5\u{2013}",
        "\u{4f60}a",
        "http://",
        "# ",
        "\n- a",
    ] {
        let text = unit.repeat(3_000);
        let request = Request::text(text.as_str()).words().rate(4.0);
        match Harness::<Flite>::new().synthesize(request) {
            Ok(recording) => recording.assert_contract(),
            Err(error) => assert!(matches!(error, Error::Unsupported(_)), "{unit}: {error}"),
        }
    }
}
