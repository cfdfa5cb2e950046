//! Who plays it.
//!
//! In this order: the provider the request names, the provider its voice names (`flite/amy`), the
//! default, or whoever is alone in the cast. A voice with a slash whose first half is no provider
//! is refused rather than tried at the default: far more often it is a misspelt provider than a
//! voice with a slash in its name, and that one can still be had as `provider/its/name`.

use std::sync::Arc;

use understudy_speech::{InvalidField, Request};

use crate::cast::{Cast, Seat};
use crate::error::SpeechError;
use crate::fit::fit;
use crate::request::SpeechRequest;
use crate::settings::EngineSettings;
use crate::suggest::nearest;
use crate::text;
use crate::voice_id::VoiceId;

/// A provider that could speak, and the request as it will be asked.
pub(crate) struct Candidate {
    pub(crate) seat: Arc<Seat>,
    pub(crate) request: Arc<Request>,
    /// What of the request this provider cannot honour.
    pub(crate) dropped: Vec<String>,
    /// What was done to the request.
    pub(crate) notes: Vec<String>,
    /// The text's length.
    pub(crate) characters: usize,
}

impl Candidate {
    pub(crate) fn name(&self) -> &str {
        &self.seat.member.name
    }
}

/// Checks a request and casts it.
pub(crate) fn plan(
    cast: &Cast,
    settings: &EngineSettings,
    wanted: SpeechRequest,
) -> Result<Candidate, SpeechError> {
    let SpeechRequest { provider, mut request, output, .. } = wanted;
    let (characters, controls) = text::prepare(&mut request.utterance, settings.max_text_characters)?;
    request.check_ranges()?;
    output.check_ranges()?;
    let (seat, voice) = choose(cast, settings, provider.as_deref(), request.voice.take())?;
    request.voice = voice;
    let mut notes = Vec::new();
    if controls > 0 {
        notes.push(format!("control characters in the text were spoken as spaces: {controls}"));
    }
    let dropped = fit(&seat.member.name, seat.member.provider.manifest(), &mut request, &output)?;
    Ok(Candidate { seat, request: Arc::new(request), dropped, notes, characters })
}

/// The provider, and the voice by the provider's own id.
fn choose(
    cast: &Cast,
    settings: &EngineSettings,
    provider: Option<&str>,
    voice: Option<String>,
) -> Result<(Arc<Seat>, Option<String>), SpeechError> {
    if voice.as_deref().is_some_and(|voice| voice.trim().is_empty()) {
        let message = "must name a voice, or be left out".to_owned();
        return Err(InvalidField { field: "voice".to_owned(), message }.into());
    }
    let public = voice.as_deref().and_then(VoiceId::parse);
    match (provider, public) {
        (Some(provider), Some(public)) if provider == public.provider => {
            Ok((Arc::clone(cast.require(provider)?), Some(public.voice)))
        }
        (Some(provider), Some(public)) if cast.find(&public.provider).is_some() => {
            cast.require(provider)?;
            let message = format!("must be a voice of provider {provider}, got {public}");
            Err(InvalidField { field: "voice".to_owned(), message }.into())
        }
        (Some(provider), _) => Ok((Arc::clone(cast.require(provider)?), voice)),
        (None, Some(public)) => Ok((Arc::clone(require_of_voice(cast, &public)?), Some(public.voice))),
        (None, None) => Ok((Arc::clone(default_seat(cast, settings)?), voice)),
    }
}

fn require_of_voice<'cast>(cast: &'cast Cast, public: &VoiceId) -> Result<&'cast Arc<Seat>, SpeechError> {
    cast.find(&public.provider).ok_or_else(|| SpeechError::UnknownProvider {
        name: public.provider.clone(),
        field: "voice",
        suggestion: nearest(&public.provider, cast.names())
            .map(|provider| VoiceId::new(provider, public.voice.as_str()).to_string()),
        known: cast.names().map(str::to_owned).collect(),
    })
}

fn default_seat<'cast>(
    cast: &'cast Cast,
    settings: &EngineSettings,
) -> Result<&'cast Arc<Seat>, SpeechError> {
    match (&settings.default_provider, cast.seats()) {
        (_, []) => Err(SpeechError::NoProviders),
        (Some(name), _) => cast.require(name),
        (None, [only]) => Ok(only),
        (None, _) => Err(SpeechError::NoProviderChosen { known: cast.names().map(str::to_owned).collect() }),
    }
}
