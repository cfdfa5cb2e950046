//! How a character is to sound, on the scales of the services.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use understudy_speech::Request;
use utoipa::ToSchema;

use crate::http::error::ApiError;

/// How a character's voice is moved.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub(crate) struct VoiceSettings {
    /// A factor on the speaking rate, 0.25 to 4.
    #[serde(alias = "speaking_rate")]
    pub(super) speed: Option<f32>,
    /// Semitones, -20 to 20.
    pub(super) pitch: Option<f32>,
    /// A factor on the amplitude, 0 to 2.
    volume: Option<f32>,
}

/// Where a field stands, as an error about it says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Within {
    /// In the request itself.
    Request,
    /// In one of its lines, from 0.
    Line(usize),
}

impl Within {
    /// `value`, if it is in `range`.
    fn ranged<T: PartialOrd + Display>(
        self,
        field: &str,
        value: Option<T>,
        range: &RangeInclusive<T>,
    ) -> Result<Option<T>, ApiError> {
        match value {
            Some(value) if !range.contains(&value) => {
                let field = match self {
                    Self::Request => field.to_owned(),
                    Self::Line(index) => format!("lines[{index}].{field}"),
                };
                let (least, most) = (range.start(), range.end());
                let message = format!("{field} must be between {least} and {most}, got {value}");
                Err(ApiError::invalid("invalid_value", &field, message))
            }
            value => Ok(value),
        }
    }

    /// The strength of a feeling. The services' scale goes to 1, ours to 2; the middle is the usual on both.
    pub(super) fn intensity(self, strength: Option<f32>) -> Result<Option<f32>, ApiError> {
        let strength = self.ranged("emotion_intensity", strength, &(0.0..=1.0))?;
        Ok(strength.map(|strength| strength * 2.0))
    }

    /// The volume in decibels.
    pub(super) fn decibels(self, settings: VoiceSettings) -> Result<Option<f32>, ApiError> {
        let volume = self.ranged("voice_settings.volume", settings.volume, &(0.0..=2.0))?;
        Ok(volume.map(|volume| (20.0 * volume.log10()).max(*Request::VOLUME.start())))
    }

    /// Seconds up to `most`.
    pub(super) fn seconds(
        self,
        field: &str,
        seconds: Option<f64>,
        most: f64,
    ) -> Result<Option<Duration>, ApiError> {
        Ok(self.ranged(field, seconds, &(0.0..=most))?.map(Duration::from_secs_f64))
    }
}
