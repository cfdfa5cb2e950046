//! The voices the free service lists.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Studio;
use crate::azure::voice::long_name;

/// Short name, gender, the friendly name's two parts, and personalities where the list has any.
const VOICES: &[(&str, &str, &str, &str, &[&str])] = &[
    ("af-ZA-AdriNeural", "Female", "Adri", "Afrikaans (South Africa)", &["Friendly", "Positive"]),
    ("de-DE-KatjaNeural", "Female", "Katja", "German (Germany)", &["Friendly", "Positive"]),
    ("en-GB-SoniaNeural", "Female", "Sonia", "English (United Kingdom)", &["Friendly", "Positive"]),
    (
        "en-US-AndrewMultilingualNeural",
        "Male",
        "AndrewMultilingual",
        "English (United States)",
        &["Warm", "Confident"],
    ),
    ("en-US-AriaNeural", "Female", "Aria", "English (United States)", &["Positive", "Confident"]),
    (
        "en-US-EmmaMultilingualNeural",
        "Female",
        "EmmaMultilingual",
        "English (United States)",
        &["Cheerful", "Clear"],
    ),
    ("en-US-GuyNeural", "Male", "Guy", "English (United States)", &["Passion"]),
    ("en-US-JennyNeural", "Female", "Jenny", "English (United States)", &["Friendly", "Considerate"]),
    ("es-ES-AlvaroNeural", "Male", "Alvaro", "Spanish (Spain)", &["Friendly", "Positive"]),
    ("fr-FR-DeniseNeural", "Female", "Denise", "French (France)", &["Friendly", "Positive"]),
    ("ja-JP-NanamiNeural", "Female", "Nanami", "Japanese (Japan)", &["Friendly", "Positive"]),
    ("zh-CN-XiaoxiaoNeural", "Female", "Xiaoxiao", "Chinese (Mainland)", &["Warm"]),
    ("zh-CN-YunxiNeural", "Male", "Yunxi", "Chinese (Mainland)", &["Lively", "Sunshine"]),
    ("zh-CN-liaoning-XiaobeiNeural", "Female", "Xiaobei", "Chinese (Northeastern Mandarin)", &[]),
];

/// A voice a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cast {
    pub(super) short_name: String,
    /// Whether the service has it; a turn of one it has not ends without audio.
    pub(super) is_listed: bool,
}

impl Cast {
    /// Whether there is anything in a text that it reads: numbers, the Latin letters that all listed
    /// languages know, those of Chinese and Japanese for their own, and anything for one of many languages.
    pub(super) fn reads(&self, text: &str) -> bool {
        let is_eastern = ["zh-", "ja-"].iter().any(|language| self.short_name.starts_with(language));
        let knows =
            |letter: char| letter < '\u{250}' || is_eastern && ('\u{3040}'..='\u{9fff}').contains(&letter);
        self.short_name.contains("Multilingual")
            || text.chars().any(|letter| letter.is_numeric() || letter.is_alphabetic() && knows(letter))
    }
}

/// The voice of a short or a long name; nothing when it has the form of neither.
pub(super) fn find(name: &str) -> Option<Cast> {
    let inner = name
        .strip_prefix("Microsoft Server Speech Text to Speech Voice (")
        .and_then(|rest| rest.strip_suffix(')'));
    let short_name = match inner {
        Some(inner) => inner.split_once(", ").map(|(locale, name)| format!("{locale}-{name}"))?,
        None => name.to_owned(),
    };
    let parts: Vec<&str> = short_name.split('-').collect();
    let formed = (3..=4).contains(&parts.len())
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && short_name.ends_with("Neural");
    let is_listed = VOICES.iter().any(|(listed, ..)| *listed == short_name);
    formed.then_some(Cast { short_name, is_listed })
}

/// `GET …/voices/list`.
pub(super) async fn list(
    State(studio): State<Arc<Studio>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !studio.options.admits_listing(&query, &headers) {
        return studio.options.forbid();
    }
    let voices: Vec<Value> = VOICES.iter().map(listed).collect();
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], Json(voices)).into_response()
}

/// One element of the list; a voice without personalities has no `VoiceTag`.
fn listed(voice: &(&str, &str, &str, &str, &[&str])) -> Value {
    let (short_name, gender, name, language, personalities) = *voice;
    let mut listed = json!({
        "Name": long_name(short_name),
        "ShortName": short_name,
        "Gender": gender,
        "Locale": short_name.rsplit_once('-').map_or("", |(locale, _)| locale),
        "SuggestedCodec": "audio-24khz-48kbitrate-mono-mp3",
        "FriendlyName": format!("Microsoft {name} Online (Natural) - {language}"),
        "Status": "GA",
    });
    if !personalities.is_empty()
        && let Some(members) = listed.as_object_mut()
    {
        let tag = json!({"ContentCategories": ["General"], "VoicePersonalities": personalities});
        members.insert("VoiceTag".to_owned(), tag);
    }
    listed
}
