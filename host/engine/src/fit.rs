//! What of a request one provider can honour.
//!
//! Three answers, by what speaking without the field would mean. *Dropped and told*: how the text
//! is spoken (style, emotion, pitch); the sentence is still said. *Refused*: what is
//! said, in which language, or past a limit; anything else would be a different take. A number
//! outside the provider's range is refused too and not clamped: a take at 2 × sold as one at 4 ×
//! breaks whoever computes with its length, nothing in the answer would show it, and a provider
//! that can do 4 × may stand next in line. *Nothing to do*: a control set to its neutral value is
//! honoured by leaving it out, whatever the provider offers. Many clients always send `speed: 1.0`, and
//! there are voices that refuse a control for being there, and services that bill its markup.

use understudy_audio::ENCODABLE;
use understudy_speech::{
    Capabilities, Encoding, FormatSupport, Language, Manifest, Range, Request, Utterance,
};

use crate::error::SpeechError;
use crate::likeness::same_language;
use crate::request::Output;
use crate::settings::ProviderPolicy;

/// Takes out of `request` what the provider cannot honour, fills in the encodings, and returns the
/// names of the fields that were dropped.
pub(crate) fn fit(
    provider: &str,
    manifest: &Manifest,
    policy: &ProviderPolicy,
    request: &mut Request,
    output: &Output,
) -> Result<Vec<String>, SpeechError> {
    let can = &manifest.capabilities;
    let formats = taken(can, policy);
    check_text(provider, can, &request.utterance)?;
    check_language(provider, can, request.language.as_ref())?;
    check_encoding(provider, &formats, output)?;
    let mut dropped = Dropped::default();
    for (field, value, range, neutral) in [
        ("rate", &mut request.rate, can.rate, 1.0),
        ("pitch", &mut request.pitch, can.pitch, 0.0),
        ("volume", &mut request.volume, can.volume, 0.0),
    ] {
        control(provider, field, value, range, neutral, &mut dropped)?;
    }
    dropped.unless(can.styles, "style", &mut request.style);
    dropped.unless(can.emotions, "emotion", &mut request.emotion);
    let played = request.style.is_some() || request.emotion.is_some();
    dropped.unless(played, "intensity", &mut request.intensity);
    dropped.unless(can.characters, "character", &mut request.character);
    // Nothing is dropped: times that nobody tells are estimated (see `timing`).
    request.words &= can.words.is_some();
    // Who has no choice is not asked: then the take is the same one at every rate it is brought to.
    let has_choice = formats.iter().any(|format| format.sample_rates.len() != 1);
    let rate = output.sample_rate.or(request.sample_rate).or(policy.default_sample_rate);
    request.sample_rate = rate.filter(|_| has_choice);
    request.encodings = encodings(&formats, output);
    Ok(dropped.0)
}

/// Its formats, without those the operator does not take from it.
fn taken<'can>(can: &'can Capabilities, policy: &ProviderPolicy) -> Vec<&'can FormatSupport> {
    let Some(wanted) = &policy.supported_formats else { return can.formats.iter().collect() };
    let taken: Vec<_> = can.formats.iter().filter(|format| wanted.contains(&format.encoding)).collect();
    if taken.is_empty() { can.formats.iter().collect() } else { taken }
}

#[derive(Default)]
struct Dropped(Vec<String>);

impl Dropped {
    fn unless<T>(&mut self, offered: bool, field: &str, value: &mut Option<T>) {
        if !offered && value.take().is_some() {
            self.0.push(field.to_owned());
        }
    }
}

fn control(
    provider: &str,
    field: &'static str,
    value: &mut Option<f32>,
    range: Option<Range>,
    neutral: f32,
    dropped: &mut Dropped,
) -> Result<(), SpeechError> {
    *value = value.filter(|wanted| (wanted - neutral).abs() >= f32::EPSILON);
    let Some(wanted) = *value else { return Ok(()) };
    match range {
        Some(range) if (range.minimum..=range.maximum).contains(&wanted) => Ok(()),
        Some(Range { minimum, maximum }) => {
            let reason = format!("must be between {minimum} and {maximum}, got {wanted}");
            Err(SpeechError::NotOffered { provider: provider.to_owned(), field, reason })
        }
        None => {
            dropped.unless(false, field, value);
            Ok(())
        }
    }
}

fn check_text(provider: &str, can: &Capabilities, utterance: &Utterance) -> Result<(), SpeechError> {
    if matches!(utterance, Utterance::Ssml(_)) && !can.ssml {
        let reason = "must be left out, only plain text is spoken".to_owned();
        return Err(SpeechError::NotOffered { provider: provider.to_owned(), field: "ssml", reason });
    }
    let Some(limit) = can.text_limit else { return Ok(()) };
    let length = limit.unit.length_of(utterance.source());
    if length <= limit.maximum as usize {
        return Ok(());
    }
    Err(SpeechError::TextTooLong { length, limit, provider: Some(provider.to_owned()) })
}

/// Languages compare by how they sound: which regions a provider really has is for its voice
/// list to know, and a British text is better spoken by an American than not at all.
fn check_language(provider: &str, can: &Capabilities, wanted: Option<&Language>) -> Result<(), SpeechError> {
    let Some(wanted) = wanted else { return Ok(()) };
    if can.languages.is_empty() || can.languages.iter().any(|spoken| same_language(spoken, wanted)) {
        return Ok(());
    }
    let known = can.languages.iter().map(Language::as_str).collect::<Vec<_>>().join(", ");
    let reason = format!("must be one of {known}, got {wanted}");
    Err(SpeechError::NotOffered { provider: provider.to_owned(), field: "language", reason })
}

fn check_encoding(provider: &str, formats: &[&FormatSupport], output: &Output) -> Result<(), SpeechError> {
    match output.encoding {
        Some(encoding) if !ENCODABLE.contains(&encoding) && !offers(formats, encoding, None) => {
            Err(SpeechError::CannotEncode { encoding, provider: provider.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The provider's encodings, best first for this output. Its own order when any will do. Else the
/// wanted one, if it comes at the wanted rates, because nothing beats sending bytes on as they are;
/// then what loses nothing before it is encoded here; then the rest.
fn encodings(formats: &[&FormatSupport], output: &Output) -> Vec<Encoding> {
    let mut encodings: Vec<Encoding> = formats.iter().map(|format| format.encoding).collect();
    let Some(wanted) = output.encoding else { return encodings };
    let as_is = output.bit_rate.is_none() && offers(formats, wanted, output.sample_rate);
    encodings.sort_by_key(|encoding| match encoding {
        encoding if *encoding == wanted && as_is => 0,
        Encoding::PcmS16le => 1,
        Encoding::Wav => 2,
        Encoding::Flac => 3,
        _ => 4,
    });
    encodings
}

fn offers(formats: &[&FormatSupport], encoding: Encoding, sample_rate: Option<u32>) -> bool {
    formats.iter().filter(|format| format.encoding == encoding).any(|format| match sample_rate {
        Some(rate) => format.sample_rates.is_empty() || format.sample_rates.contains(&rate),
        None => true,
    })
}
