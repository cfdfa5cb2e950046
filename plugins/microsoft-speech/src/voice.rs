//! The voice list, which is the same at both doors but for what Azure adds.
//!
//! Numbers are texts in it, and what a voice does not have is left out. Only what is used is kept:
//! Azure's list is half a megabyte.

use serde::{Deserialize, Serialize};
use understudy_plugin::language::Spoken;
use understudy_plugin::{Gender, Voice};

/// One voice as the service lists it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Listed {
    /// What a document names, byte for byte: `en-US-JennyNeural`, `en-US-Ava:DragonHDLatestNeural`.
    pub short_name: String,
    /// Its own language, a BCP-47 tag.
    pub locale: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    friendly_name: String,
    gender: String,
    /// Other languages it speaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secondary_locale_list: Vec<String>,
    /// Styles it can take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub style_list: Vec<String>,
    /// Roles it can play.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub role_play_list: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    sample_rate_hertz: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    voice_type: String,
    status: String,
    #[serde(skip_serializing_if = "Tag::is_empty")]
    voice_tag: Tag,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tag {
    content_categories: Vec<String>,
    voice_personalities: Vec<String>,
}

impl Tag {
    fn is_empty(&self) -> bool {
        self.content_categories.is_empty() && self.voice_personalities.is_empty()
    }
}

/// Styles that are feelings; the others are ways to speak, such as a newsreader's.
const EMOTIONS: [&str; 21] = [
    "affectionate",
    "angry",
    "calm",
    "cheerful",
    "depressed",
    "disgruntled",
    "embarrassed",
    "empathetic",
    "envious",
    "excited",
    "fearful",
    "friendly",
    "gentle",
    "hopeful",
    "lyrical",
    "sad",
    "serious",
    "shouting",
    "terrified",
    "unfriendly",
    "whispering",
];

/// Where a language without a region is at home, when it is not the region of the same letters.
const HOMES: [(&str, &str); 15] = [
    ("ar", "ar-SA"),
    ("bn", "bn-IN"),
    ("cs", "cs-CZ"),
    ("da", "da-DK"),
    ("en", "en-US"),
    ("fa", "fa-IR"),
    ("he", "he-IL"),
    ("hi", "hi-IN"),
    ("ja", "ja-JP"),
    ("ko", "ko-KR"),
    ("pt", "pt-BR"),
    ("sw", "sw-KE"),
    ("ta", "ta-IN"),
    ("yue", "zh-HK"),
    ("zh", "zh-CN"),
];

impl Listed {
    /// The voice as the contract describes one.
    #[must_use]
    pub fn voice(&self) -> Voice {
        let mut voice = Voice::new(&self.short_name, self.name());
        voice.languages = [&self.locale].into_iter().chain(&self.secondary_locale_list).cloned().collect();
        voice.gender = self.gender();
        voice.styles.clone_from(&self.style_list);
        let emotions = self.style_list.iter().filter(|style| EMOTIONS.contains(&style.as_str()));
        voice.emotions = emotions.cloned().collect();
        voice.neural = self.voice_type != "Standard";
        voice.premium = self.is_hd();
        voice.sample_rate = self.sample_rate_hertz.parse().ok();
        let mut label = |name: &str, values: &[String]| {
            if !values.is_empty() {
                voice.labels.push((name.to_owned(), values.join(", ")));
            }
        };
        label("roles", &self.role_play_list);
        label("categories", &self.voice_tag.content_categories);
        label("personalities", &self.voice_tag.voice_personalities);
        if !matches!(self.status.as_str(), "" | "GA") {
            label("status", std::slice::from_ref(&self.status));
        }
        voice
    }

    /// How it sounds, when the list says so.
    #[must_use]
    pub fn gender(&self) -> Option<Gender> {
        match self.gender.as_str() {
            "Female" => Some(Gender::Female),
            "Male" => Some(Gender::Male),
            "Neutral" => Some(Gender::Neutral),
            _ => None,
        }
    }

    /// True for the HD voices, which read a text their own way: they take almost no markup and report
    /// no words.
    #[must_use]
    pub fn is_hd(&self) -> bool {
        self.voice_type == "NeuralHD" || self.short_name.contains(":DragonHD")
    }

    /// What a person reads: `Adri` of "Microsoft Adri Online (Natural) - Afrikaans (South Africa)".
    fn name(&self) -> &str {
        if !self.display_name.is_empty() {
            return &self.display_name;
        }
        let inner = self.friendly_name.strip_prefix("Microsoft ").unwrap_or(&self.friendly_name);
        let name = inner.split_once(" Online").map_or(inner, |(name, _)| name);
        if name.is_empty() { &self.short_name } else { name }
    }

    /// How good a choice it is for a language; less is better, and none is no choice.
    fn distance(&self, tag: &str) -> Option<Distance> {
        let (wanted, own) = (Spoken::of(tag), Spoken::of(&self.locale));
        let step = if self.locale.eq_ignore_ascii_case(tag) {
            Step::Tag
        } else if own == wanted {
            Step::Region
        } else if own.language == wanted.language {
            if self.locale.eq_ignore_ascii_case(&home(&wanted.language)) {
                Step::Home
            } else {
                Step::Language
            }
        } else if self.secondary_locale_list.iter().any(|tag| Spoken::of(tag).language == wanted.language) {
            Step::Second
        } else {
            return None;
        };
        Some((step, unasked(&self.locale, tag), self.status != "GA", self.is_hd()))
    }
}

/// How far a voice is from a language; then how much more its locale names than was asked for, whether it
/// is a preview, and whether it is HD.
type Distance = (Step, usize, bool, bool);

/// What a voice has of a language, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Its very tag.
    Tag,
    /// The language and its region, by another tag: `zh-Hans-CN`, `cmn-CN`.
    Region,
    /// The language, from where it is at home.
    Home,
    /// The language.
    Language,
    /// The language, as one that is not its own.
    Second,
}

/// The locale where a language is at home.
fn home(language: &str) -> String {
    let known = HOMES.iter().find(|(known, _)| *known == language);
    known.map_or_else(|| format!("{language}-{language}"), |(_, home)| (*home).to_owned())
}

/// Parts of a locale that are not in a tag: a dialect, or a script.
fn unasked(locale: &str, tag: &str) -> usize {
    let is_asked = |part: &str| tag.split(['-', '_']).any(|asked| asked.eq_ignore_ascii_case(part));
    locale.split('-').filter(|part| !is_asked(part)).count()
}

/// The voice that fits a language best, the first of equals, by whatever tag: its region's, then the region's where the
/// language is at home, then any; what is finished before previews, plain voices before HD.
#[must_use]
pub fn choose<'list>(voices: &'list [Listed], language: &str) -> Option<&'list Listed> {
    let judged = voices.iter().filter_map(|voice| voice.distance(language).map(|distance| (distance, voice)));
    judged.min_by_key(|(distance, _)| *distance).map(|(_, voice)| voice)
}

/// True for what has the letters of a BCP-47 tag; the service refuses a whole document for another.
#[must_use]
pub fn is_tag(language: &str) -> bool {
    let part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    language.split('-').all(part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listed(value: serde_json::Value) -> Listed {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn edges_voice_is_read() {
        let voice = listed(json!({
            "Name": "Microsoft Server Speech Text to Speech Voice (af-ZA, AdriNeural)", "ShortName": "af-ZA-AdriNeural",
            "Gender": "Female", "Locale": "af-ZA", "SuggestedCodec": "audio-24khz-48kbitrate-mono-mp3",
            "FriendlyName": "Microsoft Adri Online (Natural) - Afrikaans (South Africa)", "Status": "GA",
            "VoiceTag": { "ContentCategories": ["General"], "VoicePersonalities": ["Friendly", "Positive"] },
        }))
        .voice();
        assert_eq!((voice.id.as_str(), voice.name.as_str()), ("af-ZA-AdriNeural", "Adri"));
        assert_eq!(
            (voice.languages, voice.gender, voice.neural),
            (vec!["af-ZA".to_owned()], Some(Gender::Female), true)
        );
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            voice.labels,
            [label("categories", "General"), label("personalities", "Friendly, Positive")]
        );
    }

    #[test]
    fn azures_voice_is_read_and_remembered() {
        let first = listed(json!({
            "DisplayName": "Yunxi", "ShortName": "zh-CN-YunxiNeural", "Gender": "Male", "Locale": "zh-CN",
            "StyleList": ["newscast", "cheerful"], "RolePlayList": ["Boy"], "SampleRateHertz": "24000",
            "VoiceType": "Neural", "Status": "Preview", "SecondaryLocaleList": ["en-US"],
        }));
        let again = listed(serde_json::to_value(&first).unwrap());
        for voice in [first.voice(), again.voice()] {
            assert_eq!(voice.languages, ["zh-CN", "en-US"]);
            assert_eq!(
                (voice.styles, voice.emotions),
                (vec!["newscast".to_owned(), "cheerful".to_owned()], vec!["cheerful".to_owned()])
            );
            assert_eq!((voice.sample_rate, voice.premium), (Some(24_000), false));
            assert_eq!(voice.labels[0], ("roles".to_owned(), "Boy".to_owned()));
        }
        let hd = listed(json!({ "ShortName": "en-US-Ava:DragonHDLatestNeural", "Locale": "en-US" }));
        assert!(hd.is_hd() && hd.voice().premium);
        assert_eq!(hd.voice().name, "en-US-Ava:DragonHDLatestNeural");
    }

    #[test]
    fn a_tag_has_letters_and_hyphens() {
        for (tag, expected) in [
            ("en", true),
            ("zh-CN-liaoning", true),
            ("", false),
            ("en_US", false),
            ("en-", false),
            ("en\"", false),
        ] {
            assert_eq!(is_tag(tag), expected, "{tag}");
        }
    }

    #[test]
    fn the_nearest_voice_is_chosen() {
        let voice = |name: &str, locale: &str, status: &str, others: &[&str]| {
            listed(
                json!({ "ShortName": name, "Locale": locale, "Status": status, "SecondaryLocaleList": others }),
            )
        };
        let voices = [
            voice("at", "de-AT", "GA", &[]),
            voice("de-preview", "de-DE", "Preview", &[]),
            voice("de", "de-DE", "GA", &[]),
            voice("au", "en-AU", "GA", &["fr-FR"]),
            voice("us-Ava:DragonHD", "en-US", "GA", &[]),
            voice("us", "en-US", "GA", &[]),
        ];
        let check = |language: &str, expected: Option<&str>| {
            let found = choose(&voices, language).map(|voice| voice.short_name.as_str());
            assert_eq!(found, expected, "{language}");
        };
        check("de-AT", Some("at"));
        check("de", Some("de"));
        check("de-CH", Some("de"));
        check("en", Some("us"));
        check("EN-au", Some("au"));
        check("fr", Some("au"));
        check("xx", None);
    }

    #[test]
    fn a_language_is_known_by_its_other_tags() {
        let locales = [
            "fil-PH",
            "he-IL",
            "nb-NO",
            "sr-Latn-RS",
            "sr-RS",
            "yue-CN",
            "zh-CN-liaoning",
            "zh-CN",
            "zh-HK",
            "zh-TW",
        ];
        let voices = locales.map(|locale| listed(json!({ "ShortName": locale, "Locale": locale })));
        let check = |tag: &str, expected: &str| {
            let found = choose(&voices, tag).map(|voice| voice.short_name.as_str());
            assert_eq!(found, Some(expected), "{tag}");
        };
        check("zh-Hant-HK", "zh-HK");
        check("zh-Hant-TW", "zh-TW");
        check("zh-Hans-CN", "zh-CN");
        check("cmn-CN", "zh-CN");
        check("zh-SG", "zh-CN");
        check("no", "nb-NO");
        check("tl", "fil-PH");
        check("iw", "he-IL");
        check("yue", "zh-HK");
        check("yue-CN", "yue-CN");
        check("zh-MO", "zh-HK");
        check("sr-Latn", "sr-Latn-RS");
        check("sr", "sr-RS");
    }

    #[test]
    fn a_mandarin_voice_does_not_read_cantonese() {
        let mandarin = listed(json!({ "ShortName": "zh-CN-Xiaoxiao", "Locale": "zh-CN" }));
        assert!(choose(std::slice::from_ref(&mandarin), "zh-HK").is_none());
        let both =
            listed(json!({ "ShortName": "both", "Locale": "zh-CN", "SecondaryLocaleList": ["yue-CN"] }));
        assert!(choose(&[mandarin, both], "zh-HK").is_some_and(|voice| voice.short_name == "both"));
    }
}
