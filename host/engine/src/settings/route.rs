//! A chain of providers under a name: `[routes.NAME]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::Tier;
use super::seconds;
use crate::audition::{AuditionSettings, Depth};

/// Who may stand in for the voice a caller named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoicePolicy {
    /// Nobody.
    Strict,
    /// A voice that speaks the same language, whatever the region.
    #[default]
    SameLanguage,
    /// Any voice that is near enough.
    Any,
}

/// How audio is sent when the request does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Once all of it is there and believed.
    Whole,
    /// From the first piece on.
    Stream,
}

/// A chain of providers, and what holds for the requests that take it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Route {
    /// Who plays while they can.
    pub primary: Vec<String>,
    /// Who steps in when no primary can.
    pub fallback: Vec<String>,
    /// Who is better than silence.
    pub emergency: Vec<String>,
    /// Who may stand in for a voice. Default same-language.
    pub voice_policy: VoicePolicy,
    /// How alike a stand-in must be, 0 to 1. Default 0.3: the right language and not much else.
    pub min_score: f32,
    /// How audio is sent when the request does not say.
    pub delivery: Option<Delivery>,
    /// How closely takes are looked at. Default walk.
    pub audition: Depth,
    /// The share of takes that are decoded without suspicion, 0 to 1. Default 0.02.
    pub audition_share: f32,
    /// The least quality of a take, 0 to 1; below it the provider has failed. Default 0.7.
    pub min_quality: f32,
    /// In place of [`EngineSettings::deadline`](crate::EngineSettings::deadline).
    #[serde(rename = "deadline_seconds", deserialize_with = "seconds::optional::deserialize")]
    pub deadline: Option<Duration>,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            primary: Vec::new(),
            fallback: Vec::new(),
            emergency: Vec::new(),
            voice_policy: VoicePolicy::default(),
            min_score: 0.3,
            delivery: None,
            audition: Depth::default(),
            audition_share: AuditionSettings::default().full_share,
            min_quality: AuditionSettings::default().min_quality,
            deadline: None,
        }
    }
}

impl Route {
    /// How its takes are auditioned.
    #[must_use]
    pub const fn audition(&self) -> AuditionSettings {
        AuditionSettings {
            depth: self.audition,
            full_share: self.audition_share,
            min_quality: self.min_quality,
        }
    }

    /// Its providers, tier by tier, in the order they were written.
    pub fn providers(&self) -> impl Iterator<Item = (Tier, &str)> {
        [(Tier::Primary, &self.primary), (Tier::Fallback, &self.fallback), (Tier::Emergency, &self.emergency)]
            .into_iter()
            .flat_map(|(tier, names)| names.iter().map(move |name| (tier, name.as_str())))
    }
}
