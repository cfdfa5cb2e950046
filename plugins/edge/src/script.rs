//! Which letters a voice can read.
//!
//! A voice says nothing of a text in a script it does not know, and the service says nothing of why. The
//! locale tells: these are the scripts its language is written in, and Latin where voices are known to
//! read it beside their own. Digits are read by every voice.

use std::ops::RangeInclusive;

type Script = &'static [RangeInclusive<char>];

const LATIN: Script = &['A'..='Z', 'a'..='z', '\u{aa}'..='\u{24f}', '\u{1e00}'..='\u{1eff}', 'Ａ'..='ｚ'];
const GREEK: Script = &['\u{370}'..='\u{3ff}', '\u{1f00}'..='\u{1fff}'];
const CYRILLIC: Script = &['\u{400}'..='\u{52f}'];
const HEBREW: Script = &['\u{590}'..='\u{5ff}', '\u{fb1d}'..='\u{fb4f}'];
const ARABIC: Script =
    &['\u{600}'..='\u{6ff}', '\u{750}'..='\u{77f}', '\u{fb50}'..='\u{fdff}', '\u{fe70}'..='\u{feff}'];
const DEVANAGARI: Script = &['\u{900}'..='\u{97f}'];
const BENGALI: Script = &['\u{980}'..='\u{9ff}'];
const GUJARATI: Script = &['\u{a80}'..='\u{aff}'];
const TAMIL: Script = &['\u{b80}'..='\u{bff}'];
const TELUGU: Script = &['\u{c00}'..='\u{c7f}'];
const KANNADA: Script = &['\u{c80}'..='\u{cff}'];
const MALAYALAM: Script = &['\u{d00}'..='\u{d7f}'];
const SINHALA: Script = &['\u{d80}'..='\u{dff}'];
const THAI: Script = &['\u{e00}'..='\u{e7f}'];
const LAO: Script = &['\u{e80}'..='\u{eff}'];
const BURMESE: Script = &['\u{1000}'..='\u{109f}'];
const GEORGIAN: Script = &['\u{10a0}'..='\u{10ff}', '\u{1c90}'..='\u{1cbf}'];
const ETHIOPIC: Script = &['\u{1200}'..='\u{139f}'];
const KHMER: Script = &['\u{1780}'..='\u{17ff}'];
const HANGUL: Script = &['\u{1100}'..='\u{11ff}', '\u{3130}'..='\u{318f}', '\u{ac00}'..='\u{d7a3}'];
const KANA: Script = &['\u{3040}'..='\u{30ff}', '\u{31f0}'..='\u{31ff}', '\u{ff66}'..='\u{ff9f}'];
const HAN: Script = &[
    '\u{3005}'..='\u{3007}',
    '\u{3100}'..='\u{312f}',
    '\u{3400}'..='\u{9fff}',
    '\u{f900}'..='\u{faff}',
    '\u{20000}'..='\u{323af}',
];

/// False when there is nothing in `text` that a voice of `locale` reads. True when it is not known.
pub(crate) fn may_read(locale: &str, text: &str) -> bool {
    let Some(scripts) = scripts(locale) else { return true };
    let reads = |letter: char| scripts.iter().any(|script| script.iter().any(|part| part.contains(&letter)));
    text.chars().any(|character| character.is_numeric() || character.is_alphabetic() && reads(character))
}

/// What the language of a locale is written in; none when that is not known.
fn scripts(locale: &str) -> Option<&'static [Script]> {
    let language = locale.split('-').next().unwrap_or_default();
    Some(match language.to_ascii_lowercase().as_str() {
        "af" | "bs" | "ca" | "cs" | "cy" | "da" | "de" | "en" | "es" | "et" | "eu" | "fi" | "fil" | "fr"
        | "ga" | "gl" | "hr" | "hu" | "id" | "is" | "it" | "lt" | "lv" | "mt" | "nb" | "nl" | "nn" | "no"
        | "pl" | "pt" | "ro" | "sk" | "sl" | "so" | "sq" | "sv" | "sw" | "tr" | "vi" | "zu" => &[LATIN],
        "bg" | "kk" | "mk" | "mn" | "ru" | "uk" => &[CYRILLIC],
        "az" | "sr" | "uz" => &[LATIN, CYRILLIC],
        "ms" => &[LATIN, ARABIC],
        "el" => &[GREEK],
        "he" => &[HEBREW],
        "ar" | "fa" | "ps" | "ur" => &[ARABIC],
        "hi" | "mr" | "ne" => &[DEVANAGARI],
        "bn" => &[BENGALI],
        "gu" => &[GUJARATI],
        "ta" => &[TAMIL],
        "te" => &[TELUGU],
        "kn" => &[KANNADA],
        "ml" => &[MALAYALAM],
        "si" => &[SINHALA],
        "th" => &[THAI],
        "lo" => &[LAO],
        "my" => &[BURMESE],
        "ka" => &[GEORGIAN],
        "am" => &[ETHIOPIC],
        "km" => &[KHMER],
        "zh" => &[HAN, LATIN],
        "ja" => &[HAN, KANA, LATIN],
        "ko" => &[HANGUL, HAN, LATIN],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(locale: &str, text: &str, expected: bool) {
        assert_eq!(may_read(locale, text), expected, "{locale}: {text}");
    }

    #[test]
    fn voices_read_the_script_of_their_language() {
        check("en-US", "Hello", true);
        check("fr-FR", "« Ça ! »", true);
        check("en-US", "你好，世界", false);
        check("en-US", "Привет — да", false);
        check("ru-RU", "Привет", true);
        check("ru-RU", "你好", false);
        check("el-GR", "Γειά", true);
        check("he-IL", "שלום", true);
        check("ar-EG", "مرحبا", true);
        check("hi-IN", "नमस्ते", true);
        check("hi-IN", "สวัสดี", false);
        check("th-TH", "สวัสดี", true);
        check("zh-CN-liaoning", "你好", true);
        check("zh-CN", "안녕", false);
        check("ja-JP", "ありがとう", true);
        check("ko-KR", "안녕", true);
        check("sr-RS", "Здраво, zdravo", true);
    }

    #[test]
    fn one_word_in_it_or_a_number_is_enough() {
        check("en-US", "你好 OK", true);
        check("en-US", "你好 3", true);
        check("zh-CN", "Hello", true);
        check("de-DE", "…!", false);
    }

    #[test]
    fn a_language_whose_script_is_not_known_may_read_anything() {
        check("iu-Cans-CA", "你好", true);
        check("jv-ID", "ꦲꦤꦕꦫꦏ", true);
    }
}
