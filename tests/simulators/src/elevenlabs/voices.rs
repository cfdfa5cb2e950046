//! The account's voices, all at once or by the page.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::trouble::Trouble;
use crate::pydantic;

/// The page nobody asked another size of.
const PAGE_DEFAULT: usize = 10;
const PAGE_MAX: usize = 100;

/// Id, name, gender, age, accent, language, category.
const VOICES: [[&str; 7]; 14] = [
    ["21m00Tcm4TlvDq8ikWAM", "Rachel", "female", "young", "american", "en", "premade"],
    ["EXAVITQu4vr4xnSDxMaL", "Sarah", "female", "young", "american", "en", "premade"],
    ["FGY2WhTYpPnrIDTdsKH5", "Laura", "female", "young", "american", "en", "premade"],
    ["IKne3meq5aSn9XLyUdCD", "Charlie", "male", "young", "australian", "en", "premade"],
    ["JBFqnCBsd6RMkjVDRZzb", "George", "male", "middle_aged", "british", "en", "premade"],
    ["N2lVS1w4EtoT3dr4eOWO", "Callum", "male", "middle_aged", "american", "en", "premade"],
    ["TX3LPaxmHKxFdv7VOQHJ", "Liam", "male", "young", "american", "en", "premade"],
    ["XB0fDUnXU5powFXDhCwa", "Charlotte", "female", "young", "swedish", "sv", "premade"],
    ["Xb7hH8MSUJpSbSDYk0k2", "Alice", "female", "middle_aged", "british", "en", "premade"],
    ["cgSgspJ2msm6clMCkdW9", "Jessica", "female", "young", "american", "en", "premade"],
    ["onwK4e9ZLuTAKqWW03F9", "Daniel", "male", "middle_aged", "british", "en", "premade"],
    ["pqHfZKP75CvOlQylNhV4", "Bill", "male", "old", "american", "en", "premade"],
    ["simulatedClonedVoice", "My Own", "female", "young", "german", "de", "cloned"],
    ["simulatedProVoice000", "My Professional", "male", "old", "japanese", "ja", "professional"],
];

fn voice([id, name, gender, age, accent, language, category]: &[&str; 7]) -> Value {
    json!({
        "voice_id": id, "name": name, "category": category, "description": null,
        "labels": { "gender": gender, "age": age, "accent": accent, "language": language, "use_case": "narration" },
        "preview_url": format!("https://storage.example.invalid/{id}.mp3"), "settings": null, "samples": null,
        "verified_languages": [{
            "language": language, "model_id": "eleven_multilingual_v2", "accent": accent, "locale": null,
            "preview_url": null,
        }],
        "high_quality_base_model_ids": ["eleven_multilingual_v2", "eleven_flash_v2_5"],
        "available_for_tiers": [], "sharing": null,
    })
}

/// The account has this voice.
pub(super) fn known(id: &str) -> Result<(), Trouble> {
    if VOICES.iter().any(|[known, ..]| *known == id) { Ok(()) } else { Err(Trouble::no_voice(id)) }
}

#[derive(Deserialize)]
pub(super) struct Page {
    page_size: Option<usize>,
    next_page_token: Option<String>,
    search: Option<String>,
    category: Option<String>,
    sort: Option<String>,
    sort_direction: Option<String>,
    #[serde(default)]
    include_total_count: Option<bool>,
}

/// `GET /v2/voices`: a page, and the token of the next.
pub(super) async fn page(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(asked): Query<Page>,
) -> Result<Json<Value>, Response> {
    desk.admit(&headers)?;
    let size = asked.page_size.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&size) {
        return Err(unprocessable(
            "page_size",
            "less_than_equal",
            "Input should be less than or equal to 100",
        ));
    }
    let start =
        match asked.next_page_token.as_deref().map(|token| token.strip_prefix("page-").map(str::parse)) {
            None => 0,
            Some(Some(Ok(start))) => start,
            Some(_) => return Err(unprocessable("next_page_token", "value_error", "Invalid page token")),
        };
    let wanted = |[_, name, .., category]: &&[&str; 7]| {
        let search = asked.search.as_deref().unwrap_or_default().to_lowercase();
        name.to_lowercase().contains(&search)
            && asked.category.as_deref().is_none_or(|asked| asked == *category)
    };
    let mut found: Vec<&[&str; 7]> = VOICES.iter().filter(wanted).collect();
    if asked.sort.as_deref() == Some("name") {
        found.sort_by_key(|[_, name, ..]| *name);
    }
    if asked.sort_direction.as_deref() == Some("desc") {
        found.reverse();
    }
    let has_more = start + size < found.len();
    let voices: Vec<Value> = found.iter().skip(start).take(size).map(|row| voice(row)).collect();
    let total = asked.include_total_count.unwrap_or(true).then_some(found.len());
    let next = has_more.then(|| format!("page-{}", start + size));
    Ok(Json(json!({ "voices": voices, "has_more": has_more, "total_count": total, "next_page_token": next })))
}

fn unprocessable(name: &str, kind: &str, message: &str) -> Response {
    let fault = json!({ "type": kind, "loc": ["query", name], "msg": message });
    pydantic::detail(StatusCode::UNPROCESSABLE_ENTITY, json!([fault]))
}

/// `GET /v1/voices`: all of them.
pub(super) async fn all(State(desk): State<Desk>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    desk.admit(&headers)?;
    Ok(Json(json!({ "voices": VOICES.iter().map(voice).collect::<Vec<_>>() })))
}

/// `GET /v1/voices/{voice_id}`.
pub(super) async fn one(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Response> {
    desk.admit(&headers)?;
    let found = VOICES.iter().find(|[known, ..]| *known == id).map(voice);
    found.map(Json).ok_or_else(|| desk.refuse(Trouble::no_voice(&id)))
}
