//! What is said, word for word: a line for each thing people write.

use flite_rs::{Engine, pipeline};

use super::*;

/// The words of a text as the synthesizer says them, ` | ` between sentences.
fn said(engine: &Engine, source: &str) -> String {
    let words = |sentence: &Sentence| {
        let tokens: Vec<_> = sentence.parts.iter().flat_map(|part| part.spoken.iter().cloned()).collect();
        let utterance = pipeline::analyse(&engine.language(), &tokens, engine.params());
        let words = utterance.iter_relation("Word").map(|word| utterance.name(word).to_owned());
        words.collect::<Vec<_>>().join(" ")
    };
    match prepare(source) {
        Ok(sentences) => sentences.iter().map(words).collect::<Vec<_>>().join(" | "),
        Err(error) => format!("{error:?}"),
    }
}

/// Checks pairs of a text and what is said for it.
fn check(cases: &[(&str, &str)]) {
    let engine = Engine::new();
    for (source, expected) in cases {
        assert_eq!(said(&engine, source), *expected, "{source:?}");
    }
}

#[test]
fn plain_text_is_the_synthesizers_own() {
    check(&[
        ("The show must go on.", "the show must go on"),
        (
            "don't I'll we've it's James' dogs' rock'n'roll y'all o'clock",
            "dont i 'll we 've it 's james dogs rocknroll yall oclock",
        ),
        ("well-known state-of-the-art mother-in-law", "well known state of the art mother in law"),
        ("I read it. I will read it.", "i red it | i will reed it"),
        ("NASA and the FBI", "nasa and the f b i"),
        (
            "5G, MP3, B2B, COVID-19, H2O, iPhone 15, 4K, T-shirt",
            "five g m p three b two b covid nineteen h two o iphone fifteen four k t shirt",
        ),
        (
            "555-1234, 555-123-4567, (555) 123-4567",
            "five five five one two three four five five five one two three four five six seven five five five one two three four five six seven",
        ),
        (
            "1st 22nd 100th 3/4 1/2 2 1/2",
            "first twenty second one hundredth three fourth 's a half two and a half",
        ),
        ("Room 101, Route 66, Boeing 747", "room one hundred one route sixty six boeing seven four seven"),
    ]);
}

#[test]
fn unicode_is_folded_and_not_lost() {
    check(&[
        ("“It’s a café,” she said — quietly…", "it 's a cafe she said quietly"),
        ("Straße, naïve, Ångström, Đà Nẵng, Łódź", "strasse naive angstrom da nang lodz"),
        ("2½ cups at 20 °C", "two and a half cups at twenty degrees celsius"),
        ("𝓗𝓮𝓵𝓵𝓸 ｗｏｒｌｄ", "hello world"),
        ("π is 3.14159 and α-β", "pi is three point one four one five nine and alpha beta"),
        ("Hello 😀 world 👨\u{200d}👩\u{200d}👧", "hello world"),
        ("¿Qué? ¡Hola!", "que | hola"),
        ("co\u{ad}operate", "cooperate"),
    ]);
}

#[test]
fn numbers_are_read_as_quantities() {
    check(&[
        (
            "1,234.56 and 1,234,567 and 123456 and 0.5 and -3.25 and 007",
            "one thousand two hundred thirty four point five six and one million two hundred thirty four thousand five hundred sixty seven and one hundred twenty three thousand four hundred fifty six and zero point five and minus three point two five and zero zero seven",
        ),
        ("100,000,000 1000 10000 2,000", "one hundred million one thousand ten thousand two thousand"),
        (
            "50% of 3.5% or 10–20% and 5 %",
            "fifty percent of three point five percent or ten to twenty percent and five percent",
        ),
        (
            "3.5 million people, 10K views, 3M users",
            "three point five million people ten k views three million users",
        ),
        (
            "pages 10-20 and 10–20 km, 2.5-3.5 and −5–10",
            "pages ten to twenty and ten to twenty kilometers two point five to three point five and minus five to ten",
        ),
        ("The score was 3-2 at 16:9.", "the score was three two at sixteen to nine"),
        (
            "#1, ~5, ≥3, <5, +7, ±2",
            "number one about five at least three less than five plus seven plus or minus two",
        ),
        ("x² + y³ = 10⁶", "x squared plus y cubed equals ten to the sixth"),
        (
            "5 * 3, 5*3, 3x4, 1920×1080",
            "five times three five times three three by four nineteen twenty by ten eighty",
        ),
    ]);
}

#[test]
fn money_is_said_after_its_amount() {
    check(&[
        (
            "It costs $5.20, €5, £3.50, ¥1000 and 20€.",
            "it costs five dollars twenty cents five euros three pounds fifty pence one thousand yen and twenty euros",
        ),
        (
            "$1.5 million, €5bn, $5M, -$3, US$10, $1, £0.01",
            "one point five million dollars five billion euros five million dollars minus three dollars ten dollars one dollar one penny",
        ),
        ("$ 5 and 5 USD and 1 EUR", "five dollars and five dollars and one euro"),
        (
            "$5.5 $1,234.50 $0.99 $5–$10",
            "five point five dollars one thousand two hundred thirty four dollars fifty cents ninety nine cents five dollars to ten dollars",
        ),
        ("$20/hr and 5€/kg", "twenty dollars per hour and five euros per kilogram"),
    ]);
}

#[test]
fn dates_and_years() {
    check(&[
        (
            "12/25/2026 and 25/12/2026 and 2026-11-22 and 22.11.2026",
            "december twenty fifth twenty twenty six and december twenty fifth twenty twenty six and november twenty second twenty twenty six and november twenty second twenty twenty six",
        ),
        (
            "22 Nov 2026 and Nov 22, 2026 and Nov. 22nd and November 1",
            "twenty second november twenty twenty six and november twenty second twenty twenty six and november twenty second and november first",
        ),
        (
            "in 1984, 2005, 2010, 1906, 1900 people, 2000, since 1066",
            "in nineteen eighty four two thousand five twenty ten nineteen oh six nineteen hundred people two thousand since ten sixty six",
        ),
        ("the 1990s, the '90s and the 60s", "the nineteen ninety 's the ninety 's and the sixty 's"),
        (
            "1998–2003 and 1998-1999",
            "nineteen ninety eight to two thousand three and nineteen ninety eight to nineteen ninety nine",
        ),
        ("on Sat 5 May, Mon–Fri", "on saturday fifth may monday to friday"),
        ("He had 1234 apples.", "he had one thousand two hundred thirty four apples"),
        ("13/13/2026", "thirteen slash thirteen slash two thousand twenty six"),
    ]);
}

#[test]
fn times_of_day() {
    check(&[
        (
            "at 10:30pm, 9am, 9 a.m. and 14:00 or 2:00 or 10:05 or 10:30:15",
            "at ten thirty p m nine _a m nine _a m and fourteen hundred or two oclock or ten oh five or ten thirty and fifteen seconds",
        ),
        (
            "9am-5pm and 9 AM or 9:30 PM or 10.30pm, 9:00–17:00",
            "nine _a m to five p m and nine _a m or nine thirty p m or ten thirty p m nine oclock to seventeen hundred",
        ),
        ("I am here at 7 pm", "i am here at seven p m"),
    ]);
}

#[test]
fn units_follow_numbers_alone() {
    check(&[
        (
            "3.5km, 5 kg, 1 kg, 60 mph, 100 km/h, 5 m², 5GB, 16 GB",
            "three point five kilometers five kilograms one kilogram sixty miles per hour one hundred kilometers per hour five square meters five gigabytes sixteen gigabytes",
        ),
        (
            "The temperature is -5°C or 23°F, a 90° angle.",
            "the temperature is minus five degrees celsius or twenty three degrees fahrenheit a ninety degrees angle",
        ),
        (
            "5 in the morning, 5in, It's 5'10\" tall",
            "five in the morning five inches it 's five foot ten tall",
        ),
        (
            "3.5GHz 5µm 10 ms, 3.5s",
            "three point five gigahertz five micrometers ten milliseconds three point five seconds",
        ),
        ("The min. is 5 min. and max. 7 hr.", "the min is five minutes and maximum seven hours"),
    ]);
}

#[test]
fn roman_numerals_need_a_reason() {
    check(&[
        (
            "Henry VIII, Chapter IV, World War II, Louis XIV, Super Bowl LVII, Rocky III",
            "henry the eighth chapter four world war two louis the fourteenth super bowl fifty seven rocky three",
        ),
        (
            "I am Malcolm X. Part I of Vitamin C and Plan B.",
            "i am malcolm x part one of vitamin c and plan b",
        ),
        (
            "Queen Elizabeth I was. Pope John Paul II.",
            "queen elizabeth the first was | pope john paul the second",
        ),
        ("The CD and the DVD and MC", "the c d and the d v d and m c"),
    ]);
}

#[test]
fn abbreviations_do_not_end_sentences() {
    check(&[
        ("e.g. this, i.e. that, etc. The end.", "for example this that is that et cetera | the end"),
        (
            "Dr. Smith lives on Main St. now. Mr. Jones, Mrs. Day and Ms. Lee.",
            "doctor smith lives on main street now | mister jones missus day and miz lee",
        ),
        (
            "St. Andrew vs. Prof. Gray, No. 5, fig. 3, p. 12. No. Stop.",
            "saint andrew versus professor gray number five figure three page twelve | no | stop",
        ),
        (
            "the U.S. Army and the U.S. The end. At 5 p.m. She left.",
            "the u s army and the u s | the end | at five p m | she left",
        ),
        ("J. K. Rowling and J.R.R. Tolkien", "j k rowling and j r r tolkien"),
        ("Ph.D. and PhD a.k.a. B.Sc.", "p h d and p h d also known as b s c"),
        ("Wait...what? Yes,no. Ended.Then", "wait what | yes no | ended | then"),
        (
            "Note: this is it. \"Really?\" he asked. \"Go!\" \"No.\"",
            "note | this is it | really | he asked | go | no",
        ),
    ]);
}

#[test]
fn acronyms_are_spelled_and_shouting_is_not() {
    check(&[
        (
            "an AI in the US and the UK, an API, the APIs",
            "an _a i in the u s and the u k an _a p i the _a p i 's",
        ),
        ("AT&T, R&B, Q&A and C++ or C#", "ay t and t r and b q and ay and c plus plus or c sharp"),
        ("WHY DO YOU SHOUT AT US? TRY MY STRENGTH.", "why do you shout at us | try my strength"),
        ("hmm, shh, ugh", "hum shush ug"),
        ("and/or w/o 24/7 n/a", "and slash or without twenty four seven not applicable"),
    ]);
}

#[test]
fn addresses_and_names_of_the_web() {
    check(&[
        (
            "see https://www.example.com/docs/start.html?x=1 or me@example.com.",
            "see w w w dot example dot com slash docs slash start dot h t m l or me at example dot com",
        ),
        (
            "#OpenSource by @user in main.rs and snake_case v1.2.3",
            "hashtag open source by at user in main dot r s and snake case v one dot two dot three",
        ),
        ("192.168.1.1", "one ninety two dot one sixty eight dot one dot one"),
    ]);
}

#[test]
fn markup_is_not_heard() {
    check(&[
        ("**Bold** and *it* with [a link](https://x.y/z) and `code`.", "bold and it with a link and code"),
        ("# Title\n- one\n- two\n1. First\n2. Second", "title | one | two | one | first | two | second"),
        ("one\n\ntwo\nthree", "one | two three"),
        ("he said (quietly) [aside] {brace}", "he said quietly aside brace"),
        ("Tom &amp; Jerry <b>run</b>", "tom and jerry run"),
    ]);
}

#[test]
fn what_cannot_be_said_is_left_out_or_refused() {
    check(&[
        ("Say 你好 to your friends", "say to your friends"),
        ("你好，世界。", "OtherScript"),
        ("我喜欢 iPhone", "OtherScript"),
        ("Привет, мир", "OtherScript"),
        ("😀🎭", "Nothing"),
        ("…!?", "Nothing"),
        ("-- * --", "Nothing"),
        ("Привет, how are you?", "how are you"),
    ]);
}

#[test]
fn every_letter_and_digit_has_a_place() {
    for source in [
        "Say \u{4f60}\u{597d} to [the docs](https://x.y/z), 5 kg at $5.20!",
        "\u{41f}\u{440}\u{438} hello # Title [^1] <b class=x>word</b> \u{5d0}",
        "caf\u{e9} cafe\u{301} \u{bd} 1\u{fe0f}\u{20e3} a\u{200b}b",
    ] {
        let parts: Vec<_> =
            prepare(source).expect("speakable").into_iter().flat_map(|sentence| sentence.parts).collect();
        let mut at = 0;
        for part in &parts {
            assert!(part.span.start >= at && part.span.end > part.span.start, "{source:?}: {part:?}");
            let gap = &source[at..part.span.start];
            assert!(!gap.contains(char::is_alphanumeric), "{source:?}: {gap:?} has no place");
            at = part.span.end;
        }
        assert!(!source[at..].contains(char::is_alphanumeric), "{source:?}");
    }
}

#[test]
fn a_token_read_as_several_words_keeps_one_place() {
    let source = "It cost $5.20, e.g. here.";
    let parts: Vec<_> =
        prepare(source).expect("speakable").into_iter().flat_map(|sentence| sentence.parts).collect();
    let spelled: Vec<_> = parts.iter().map(|part| &source[part.span.clone()]).collect();
    assert_eq!(spelled, ["It", "cost", "$5.20", "e.g.", "here"]);
}

#[test]
fn long_sentences_end_at_clauses_and_at_the_latest_somewhere() {
    let words = |source: &str| -> Vec<usize> {
        let count = |sentence: &Sentence| sentence.parts.iter().map(|part| part.spoken.len()).sum();
        prepare(source).expect("speakable").iter().map(count).collect()
    };
    assert_eq!(words(&"word ".repeat(50)), [50]);
    assert_eq!(words(&"word ".repeat(300)), [120, 120, 60]);
    let clauses = format!("{}, ", "word ".repeat(25).trim_end()).repeat(5);
    assert_eq!(words(&clauses), [50, 50, 25]);
    assert!(words(&"9".repeat(4000)).iter().all(|count| *count <= 120));
}
