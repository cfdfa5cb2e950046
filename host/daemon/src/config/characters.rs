//! `[characters.NAME]` and `[conversation]`: who there is besides voices, and how they talk.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::de::DeValue;
use understudy_engine::script::SPEAKER_CHARACTERS_MAX;
use understudy_engine::{CharacterPart, ConversationSettings, LocalCharacter, Manner, Plays, Recast};
use understudy_speech::{Age, Gender, Language, Request};

use super::keys::Items;
use super::routes::part;
use super::section::{Found, Section};

const GENDERS: [(&str, Gender); 3] =
    [("female", Gender::Female), ("male", Gender::Male), ("neutral", Gender::Neutral)];
const AGES: [(&str, Age); 4] =
    [("child", Age::Child), ("young", Age::Young), ("adult", Age::Adult), ("elderly", Age::Elderly)];
/// The loudness a listener bears, in LUFS.
const LOUDNESS: RangeInclusive<f32> = -40.0..=-8.0;
const GAPS: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(10);
const DEADLINES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
/// Lines of a play of four hours.
const LINES_MAX: usize = 10_000;

/// Reads `[conversation]`.
pub(super) fn conversation(section: Section<'_>) -> ConversationSettings {
    let default = ConversationSettings::default();
    let target = default.target_lufs.unwrap_or(understudy_audio::TARGET_LUFS);
    let is_even = section.boolean("equal_loudness", default.target_lufs.is_some());
    let target = section.number("loudness_lufs", target, LOUDNESS);
    let settings = ConversationSettings {
        recast: section.choice("recast", default.recast, &[("scene", Recast::Scene), ("line", Recast::Line)]),
        parallel: section.integer("parallel_lines", default.parallel, 1..=64),
        gap: section.seconds("gap_seconds", default.gap, GAPS),
        target_lufs: is_even.then_some(target),
        max_lines: section.integer("max_lines", default.max_lines, 1..=LINES_MAX),
        deadline: section.seconds("deadline_seconds", default.deadline, DEADLINES),
        whole: section.boolean("whole", default.whole),
    };
    section.finish();
    settings
}

/// Reads every `[characters.NAME]`.
pub(super) fn characters(section: &Section<'_>, providers: &[&str]) -> BTreeMap<String, LocalCharacter> {
    let mut characters = BTreeMap::new();
    for (name, section) in section.sections() {
        check_name(&section, &name);
        let told = section.string("name").inspect(|told| check_name(&section, told));
        let character = LocalCharacter {
            name: told.map_or_else(|| name.value.clone(), |told| told.value),
            description: text(&section, "description"),
            traits: words(&section, "personality"),
            gender: section.optional_choice("gender", &GENDERS),
            age: section.optional_choice("age", &AGES),
            languages: languages(&section),
            avatar_url: text(&section, "avatar_url"),
            cast: cast(&section, providers),
            emotions: emotions(&section.section("emotions")),
        };
        section.finish();
        characters.insert(name.value, character);
    }
    characters
}

/// Scripts name a character as its section does, or by its `name`: they have to be able to write both.
fn check_name(section: &Section<'_>, name: &Found<String>) {
    let is_too_long = name.value.chars().count() > SPEAKER_CHARACTERS_MAX;
    let is_empty = name.value.trim().is_empty();
    if is_too_long || is_empty || name.value.contains(['/', ':', '[', ']', '.', '!', '?', '\\']) {
        let hint = format!(
            "it stands before a colon in scripts, at most {SPEAKER_CHARACTERS_MAX} characters without any of \
             . ! ? : [ ], and a slash separates a provider from its own"
        );
        section.report(&name.span, format!("not a name for a character: {}", name.value), hint);
    }
}

fn text(section: &Section<'_>, key: &'static str) -> Option<String> {
    section.string(key).map(|found| found.value)
}

fn words(section: &Section<'_>, key: &'static str) -> Vec<String> {
    section.strings(key).unwrap_or_default().into_iter().map(|found| found.value).collect()
}

fn languages(section: &Section<'_>) -> Vec<Language> {
    let read = |found: Found<String>| match found.value.parse() {
        Ok(language) => Some(language),
        Err(_) => {
            let message = format!("not a BCP-47 tag: {}", found.value);
            section.report(&found.span, message, "write for example en or pt-BR");
            None
        }
    };
    section.strings("languages").unwrap_or_default().into_iter().filter_map(read).collect()
}

fn cast(section: &Section<'_>, providers: &[&str]) -> Vec<CharacterPart> {
    let items = section.items("cast", "a list of { provider = \"…\", voice = \"…\" }", Items::Tables);
    if let Some(item) = section.described_item("cast") {
        character_part(item, &(0..0), providers);
    }
    let parts = items.into_iter().flatten().filter_map(|item| {
        let DeValue::Table(table) = item.get_ref() else {
            section.mismatch("cast", "tables like { provider = \"flite\", voice = \"ada\" }", item);
            return None;
        };
        character_part(section.nested("cast", table), &item.span(), providers)
    });
    parts.collect()
}

fn character_part(
    section: Section<'_>,
    place: &std::ops::Range<usize>,
    providers: &[&str],
) -> Option<CharacterPart> {
    let own = section.string("character");
    let plays = if own.is_some() { Plays::Character } else { Plays::Voice };
    part(section, own, place, providers).map(|part| CharacterPart { plays, part })
}

/// `[characters.NAME.emotions.EMOTION]`.
fn emotions(section: &Section<'_>) -> BTreeMap<String, Manner> {
    let mut emotions = BTreeMap::new();
    for (name, section) in section.sections() {
        let manner = Manner {
            style: text(&section, "style"),
            rate: section.optional_number("rate", Request::RATE),
            pitch: section.optional_number("pitch", Request::PITCH),
            volume: section.optional_number("volume", Request::VOLUME),
            instructions: text(&section, "instructions"),
        };
        section.finish();
        emotions.insert(name.value, manner);
    }
    emotions
}
