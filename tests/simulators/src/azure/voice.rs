//! The voices on stage: enough of the service's list to hold every kind of entry in it.
//!
//! Numbers are strings in this list, and optional members are left out, never empty.

use serde::Serialize;

/// One voice as the service lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AzureVoice {
    /// `xx-YY-NameNeural`; an HD voice has a colon in it.
    pub(crate) short_name: &'static str,
    name: &'static str,
    local_name: &'static str,
    locale_name: &'static str,
    gender: &'static str,
    styles: &'static [&'static str],
    roles: &'static [&'static str],
    secondary_locales: &'static [&'static str],
    status: &'static str,
    words_per_minute: Option<&'static str>,
    sample_rate: &'static str,
}

const PLAIN: AzureVoice = AzureVoice {
    short_name: "",
    name: "",
    local_name: "",
    locale_name: "English (United States)",
    gender: "Female",
    styles: &[],
    roles: &[],
    secondary_locales: &[],
    status: "GA",
    words_per_minute: Some("152"),
    sample_rate: "24000",
};

const VOICES: &[AzureVoice] = &[
    AzureVoice {
        short_name: "en-US-JennyNeural",
        name: "Jenny",
        local_name: "Jenny",
        styles: &[
            "assistant",
            "chat",
            "customerservice",
            "newscast",
            "angry",
            "cheerful",
            "sad",
            "excited",
            "friendly",
            "terrified",
            "shouting",
            "unfriendly",
            "whispering",
            "hopeful",
        ],
        ..PLAIN
    },
    AzureVoice {
        short_name: "en-US-AriaNeural",
        name: "Aria",
        local_name: "Aria",
        styles: &[
            "chat",
            "customerservice",
            "narration-professional",
            "newscast-casual",
            "newscast-formal",
            "cheerful",
            "empathetic",
            "angry",
            "sad",
            "excited",
        ],
        words_per_minute: Some("150"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "en-US-GuyNeural",
        name: "Guy",
        local_name: "Guy",
        gender: "Male",
        styles: &["newscast", "angry", "cheerful", "sad", "excited"],
        words_per_minute: Some("215"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "en-US-EmmaMultilingualNeural",
        name: "Emma Multilingual",
        local_name: "Emma Multilingual",
        secondary_locales: &["de-DE", "es-ES", "fr-FR", "it-IT", "ja-JP", "ko-KR", "pt-BR", "zh-CN"],
        words_per_minute: None,
        sample_rate: "48000",
        ..PLAIN
    },
    AzureVoice {
        short_name: "en-US-Ava:DragonHDLatestNeural",
        name: "Ava Dragon HD Latest",
        local_name: "Ava Dragon HD Latest",
        secondary_locales: &["de-DE", "fr-FR", "zh-CN"],
        status: "Preview",
        words_per_minute: None,
        sample_rate: "48000",
        ..PLAIN
    },
    AzureVoice {
        short_name: "en-GB-SoniaNeural",
        name: "Sonia",
        local_name: "Sonia",
        locale_name: "English (United Kingdom)",
        styles: &["cheerful", "sad"],
        words_per_minute: Some("134"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "de-DE-KatjaNeural",
        name: "Katja",
        local_name: "Katja",
        locale_name: "German (Germany)",
        words_per_minute: Some("128"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "fr-FR-DeniseNeural",
        name: "Denise",
        local_name: "Denise",
        locale_name: "French (France)",
        styles: &["cheerful", "sad"],
        words_per_minute: Some("145"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "es-ES-AlvaroNeural",
        name: "Alvaro",
        local_name: "Álvaro",
        locale_name: "Spanish (Spain)",
        gender: "Male",
        words_per_minute: Some("146"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "ja-JP-NanamiNeural",
        name: "Nanami",
        local_name: "七海",
        locale_name: "Japanese (Japan)",
        styles: &["chat", "customerservice", "cheerful"],
        words_per_minute: Some("301"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "zh-CN-XiaoxiaoNeural",
        name: "Xiaoxiao",
        local_name: "晓晓",
        locale_name: "Chinese (Mandarin, Simplified)",
        styles: &[
            "assistant",
            "chat",
            "customerservice",
            "newscast",
            "affectionate",
            "angry",
            "calm",
            "cheerful",
            "disgruntled",
            "fearful",
            "gentle",
            "lyrical",
            "sad",
            "serious",
            "poetry-reading",
        ],
        words_per_minute: Some("263"),
        sample_rate: "48000",
        ..PLAIN
    },
    AzureVoice {
        short_name: "zh-CN-YunxiNeural",
        name: "Yunxi",
        local_name: "云希",
        locale_name: "Chinese (Mandarin, Simplified)",
        gender: "Male",
        styles: &[
            "narration-relaxed",
            "embarrassed",
            "fearful",
            "cheerful",
            "disgruntled",
            "serious",
            "angry",
            "sad",
            "depressed",
            "chat",
            "assistant",
            "newscast",
        ],
        roles: &["Narrator", "YoungAdultMale", "Boy"],
        words_per_minute: Some("293"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "zh-CN-liaoning-XiaobeiNeural",
        name: "Xiaobei",
        local_name: "晓北",
        locale_name: "Chinese (Northeastern Mandarin, Simplified)",
        words_per_minute: Some("286"),
        ..PLAIN
    },
    AzureVoice {
        short_name: "en-US-JennyMultilingualV2Neural",
        name: "Jenny Multilingual V2",
        local_name: "Jenny Multilingual V2",
        status: "Deprecated",
        words_per_minute: Some("152"),
        ..PLAIN
    },
];

/// The voice of that short or long name, byte for byte.
pub(crate) fn find(name: &str) -> Option<&'static AzureVoice> {
    VOICES.iter().find(|voice| voice.short_name == name || voice.long_name() == name)
}

/// The whole list as the service sends it.
pub(crate) fn list() -> Vec<Listed> {
    VOICES.iter().map(Listed::from).collect()
}

impl AzureVoice {
    /// Whether it is one of the HD voices, which take almost no markup and report no words.
    pub(crate) fn is_hd(&self) -> bool {
        self.short_name.contains(":DragonHD")
    }

    fn locale(&self) -> &'static str {
        self.short_name.rsplit_once('-').map_or("", |(locale, _)| locale)
    }

    fn long_name(&self) -> String {
        long_name(self.short_name)
    }
}

/// `Microsoft Server Speech Text to Speech Voice (xx-YY, NameNeural)` for a short name.
pub(crate) fn long_name(short_name: &str) -> String {
    let (locale, name) = short_name.rsplit_once('-').unwrap_or(("", short_name));
    format!("Microsoft Server Speech Text to Speech Voice ({locale}, {name})")
}

/// One element of the list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listed {
    name: String,
    display_name: &'static str,
    local_name: &'static str,
    short_name: &'static str,
    gender: &'static str,
    locale: &'static str,
    locale_name: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    secondary_locale_list: &'static [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    style_list: &'static [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    role_play_list: &'static [&'static str],
    sample_rate_hertz: &'static str,
    voice_type: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_property_map: Option<Extended>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words_per_minute: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Extended {
    #[serde(rename = "IsHighQuality48K")]
    is_high_quality_48k: &'static str,
}

impl From<&'static AzureVoice> for Listed {
    fn from(voice: &'static AzureVoice) -> Self {
        let high_quality = voice.sample_rate == "48000";
        Self {
            name: voice.long_name(),
            display_name: voice.name,
            local_name: voice.local_name,
            short_name: voice.short_name,
            gender: voice.gender,
            locale: voice.locale(),
            locale_name: voice.locale_name,
            secondary_locale_list: voice.secondary_locales,
            style_list: voice.styles,
            role_play_list: voice.roles,
            sample_rate_hertz: voice.sample_rate,
            voice_type: if voice.is_hd() { "NeuralHD" } else { "Neural" },
            status: voice.status,
            extended_property_map: high_quality.then_some(Extended { is_high_quality_48k: "True" }),
            words_per_minute: voice.words_per_minute,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_voice_has_the_documented_members() {
        let list = serde_json::to_value(list()).unwrap();
        assert_eq!(list[0]["Name"], "Microsoft Server Speech Text to Speech Voice (en-US, JennyNeural)");
        assert_eq!(list[0]["Locale"], "en-US");
        assert_eq!(list[0]["SampleRateHertz"], "24000");
        assert_eq!(list[0]["WordsPerMinute"], "152");
        assert!(list[0].get("RolePlayList").is_none(), "an empty list is left out");
        let dialect =
            list.as_array().unwrap().iter().find(|voice| voice["DisplayName"] == "Xiaobei").unwrap();
        assert_eq!(dialect["Locale"], "zh-CN-liaoning");
    }

    #[test]
    fn a_voice_is_found_by_either_name_byte_for_byte() {
        let long = "Microsoft Server Speech Text to Speech Voice (zh-CN-liaoning, XiaobeiNeural)";
        assert_eq!(find(long), find("zh-CN-liaoning-XiaobeiNeural"));
        assert!(find("en-US-Ava:DragonHDLatestNeural").unwrap().is_hd());
        assert_eq!(find("en-us-jennyneural"), None);
        assert_eq!(find("en-US-J\u{435}nnyNeural"), None, "a Cyrillic letter is not its Latin look-alike");
    }
}
