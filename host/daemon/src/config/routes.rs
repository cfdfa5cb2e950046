//! `[routes.NAME]`, `[fallback]` and `[voices.NAME]`: who plays after whom, and in which voice.
//!
//! Names in these sections point at each other, so they are looked up once everything is read: a
//! route with a misspelt provider would otherwise be found out on the night it is needed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::de::DeValue;
use understudy_engine::audition::Depth;
use understudy_engine::{Delivery, LogicalVoice, Route, VoicePart, VoicePolicy};
use understudy_speech::Request;

use super::keys::{Items, Kind};
use super::section::{Found, Section, suggestion};

const SHARE: RangeInclusive<f32> = 0.0..=1.0;
const DEADLINES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
const VOICE_POLICIES: [(&str, VoicePolicy); 3] = [
    ("strict", VoicePolicy::Strict),
    ("same-language", VoicePolicy::SameLanguage),
    ("any", VoicePolicy::Any),
];
const DEPTHS: [(&str, Depth); 3] = [("off", Depth::Off), ("walk", Depth::Walk), ("full", Depth::Full)];

/// Reads `[fallback]`, the rules of requests that take no route.
pub(super) fn fallback(section: Section<'_>) -> Route {
    let rules = rules(&section, &Route::default());
    section.finish();
    rules
}

/// Reads every `[routes.NAME]`; what a route does not say is as in `unrouted`.
pub(super) fn routes(section: &Section<'_>, unrouted: &Route, providers: &[&str]) -> BTreeMap<String, Route> {
    let mut routes = BTreeMap::new();
    for (name, section) in section.sections() {
        let tier = |key| tier(&section, key, providers);
        let (primary, fallback, emergency) = (tier("primary"), tier("fallback"), tier("emergency"));
        let route = Route {
            primary,
            fallback,
            emergency,
            delivery: section
                .optional_choice("delivery", &[("whole", Delivery::Whole), ("stream", Delivery::Stream)]),
            deadline: section.optional_seconds("deadline_seconds", DEADLINES),
            ..rules(&section, unrouted)
        };
        if route.providers().next().is_none() && !section.describes() {
            section.report(
                &name.span,
                format!("a route names no provider: {}", name.value),
                "write primary = [\"…\"], and who steps in as fallback = [\"…\"]",
            );
        }
        section.finish();
        routes.insert(name.value, route);
    }
    routes
}

fn rules(section: &Section<'_>, default: &Route) -> Route {
    Route {
        voice_policy: section.choice("voice_policy", default.voice_policy, &VOICE_POLICIES),
        min_score: section.number("min_score", default.min_score, SHARE),
        audition: section.choice("audition", default.audition, &DEPTHS),
        audition_share: section.number("audition_share", default.audition_share, SHARE),
        min_quality: section.number("min_quality_threshold", default.min_quality, SHARE),
        ..Route::default()
    }
}

fn tier(section: &Section<'_>, key: &'static str, providers: &[&str]) -> Vec<String> {
    let found = section.strings(key).unwrap_or_default();
    for name in &found {
        known(section, name, providers);
    }
    found.into_iter().map(|name| name.value).collect()
}

fn known(section: &Section<'_>, name: &Found<String>, providers: &[&str]) {
    if !providers.contains(&name.value.as_str()) {
        let hint = suggestion(&name.value, providers.iter().copied()).unwrap_or_else(|| {
            format!("add a section [providers.{}], or name one of {}", name.value, providers.join(", "))
        });
        section.report(&name.span, format!("no such provider: {}", name.value), hint);
    }
}

/// Reads every `[voices.NAME]`.
pub(super) fn voices(section: &Section<'_>, providers: &[&str]) -> BTreeMap<String, LogicalVoice> {
    let mut voices = BTreeMap::new();
    for (name, section) in section.sections() {
        let items = section.items("cast", "a list of { provider = \"…\", voice = \"…\" }", Items::Tables);
        if let Some(item) = section.described_item("cast") {
            part(item, None, &(0..0), providers);
        }
        let parts = items.into_iter().flatten().filter_map(|item| {
            let DeValue::Table(table) = item.get_ref() else {
                section.mismatch(
                    "cast",
                    "tables like { provider = \"azure\", voice = \"en-US-AriaNeural\" }",
                    item,
                );
                return None;
            };
            part(section.nested("cast", table), None, &item.span(), providers)
        });
        let cast: Vec<VoicePart> = parts.collect();
        if cast.is_empty() && !section.describes() {
            let hint = "write cast = [{ provider = \"azure\", voice = \"en-US-AriaNeural\" }, …]";
            section.report(&name.span, format!("nobody is cast for the voice: {}", name.value), hint);
        }
        if name.value.contains('/') {
            let hint = "a slash separates a provider from its voice; leave it out";
            section.report(&name.span, format!("not a name for a voice: {}", name.value), hint);
        }
        section.finish();
        voices.insert(name.value, LogicalVoice { cast });
    }
    voices
}

/// One who plays a voice or a character. `own` is the provider's own character, which stands in the
/// place of a voice.
pub(super) fn part(
    section: Section<'_>,
    own: Option<Found<String>>,
    place: &std::ops::Range<usize>,
    providers: &[&str],
) -> Option<VoicePart> {
    let (provider, voice) = (section.string("provider"), section.string("voice"));
    section.describe("styles", Kind::Table, "");
    if let (Some(_), Some(voice)) = (&own, &voice) {
        let hint = "leave one of voice and character out, or make two parts of it";
        section.report(&voice.span, "a part is a voice or a character, not both", hint);
    }
    let voice = own.or(voice);
    let part = VoicePart {
        provider: String::new(),
        voice: String::new(),
        rate: section.optional_number("rate", Request::RATE),
        pitch: section.optional_number("pitch", Request::PITCH),
        volume: section.optional_number("volume", Request::VOLUME),
        styles: section.section("styles").texts().into_iter().map(|(key, word)| (key, word.value)).collect(),
    };
    if let Some(provider) = &provider {
        known(&section, provider, providers);
    }
    let part = match (provider, voice) {
        (Some(provider), Some(voice)) => {
            Some(VoicePart { provider: provider.value, voice: voice.value, ..part })
        }
        _ => {
            let hint = "write { provider = \"azure\", voice = \"en-US-AriaNeural\" }";
            section.report(place, "a part needs a provider and a voice", hint);
            None
        }
    };
    section.finish();
    part
}
