//! The request for speech.

use serde_json::{Map, Value, json};
use understudy_plugin::{Encoding, Error, Request, decimal, http, log};

use crate::family::{self, Family, Name};
use crate::language;
use crate::service::Service;
use crate::settings::{Options, Settings};
use crate::tags::Tag;
use crate::voices::Listing;

/// Encodings, the service's own favourite first, and the sample rates each can be had at. Samples
/// travel as WAVE, which says what they are.
pub(crate) const ENCODINGS: [(Encoding, &[u32]); 4] = [
    (Encoding::Mp3, &RATES),
    (Encoding::PcmS16le, &RATES),
    (Encoding::Wav, &RATES),
    (Encoding::OggOpus, &[8_000, 12_000, 16_000, 24_000, 48_000]),
];
const RATES: [u32; 9] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// A request for speech, complete but for what is said.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The voice asked for, when one is.
    pub(crate) voice: Option<String>,
    /// The service's code of the language.
    pub(crate) language: String,
    family: Option<Family>,
    encoding: Encoding,
    sample_rate: Option<u32>,
    mp3_kilobits: Option<u32>,
    options: Options,
    /// The caller set some.
    pub(crate) has_options: bool,
    audio: Map<String, Value>,
}

/// Who speaks.
struct Selection {
    voice: Option<String>,
    language: String,
    family: Option<Family>,
}

impl Draft {
    /// Chooses the voice, and refuses what it does not take. `document` has the tags of SSML.
    pub(crate) fn new(
        service: &Service,
        request: &Request,
        document: Option<&[Tag<'_>]>,
    ) -> Result<Self, Error> {
        let own: Option<Options> = request.options_as()?;
        let Selection { voice, language, family } = select(service, request)?;
        family.map_or(Ok(()), |family| family.check(request, document))?;
        let has_options = own.is_some();
        let options = own.unwrap_or_default().or(&service.settings.options);
        let mut audio = Map::new();
        let controls = [
            ("speakingRate", family::rate(request)),
            ("pitch", family::pitch(request)),
            ("volumeGainDb", family::volume(request)),
        ];
        for (name, value) in controls {
            audio.extend(value.map(|value| (name.to_owned(), decimal(value))));
        }
        if let Some(profiles) = &options.effects_profile_id {
            audio.insert("effectsProfileId".to_owned(), json!(profiles));
        }
        Ok(Self {
            voice,
            language,
            family,
            encoding: encoding(request, family),
            sample_rate: request.sample_rate,
            mp3_kilobits: service
                .settings
                .mp3_kilobits
                .filter(|_| family.is_none_or(Family::gives_richer_mp3)),
            options,
            has_options,
            audio,
        })
    }

    /// True when the voice reports when it comes by a mark. One the service chooses is of a family
    /// that does.
    pub(crate) fn takes_marks(&self) -> bool {
        self.family.is_none_or(Family::takes_marks)
    }

    /// The request for a text or a document, which `field` tells. `samples` asks for what can be
    /// joined, `points` for the times of marks.
    pub(crate) fn request(
        &self,
        service: &Service,
        (field, content): (&str, &str),
        samples: bool,
        points: bool,
    ) -> http::Request {
        let mut input = json!({ field: content });
        let mut voice = json!({ "languageCode": self.language });
        let mut audio = self.audio.clone();
        let encoding = if samples { Encoding::PcmS16le } else { self.encoding };
        let (name, beta) = match (encoding, self.mp3_kilobits) {
            (Encoding::Mp3, Some(64)) => ("MP3_64_KBPS", true),
            (Encoding::Mp3, _) => ("MP3", false),
            (Encoding::OggOpus, _) => ("OGG_OPUS", false),
            _ => ("LINEAR16", false),
        };
        audio.insert("audioEncoding".to_owned(), name.into());
        audio.extend(self.sample_rate(encoding).map(|rate| ("sampleRateHertz".to_owned(), rate.into())));
        let gender = self.options.ssml_gender.as_deref().filter(|_| self.voice.is_none());
        set(&mut voice, "name", self.voice.as_deref().map(Value::from));
        set(&mut voice, "ssmlGender", gender.map(Value::from));
        set(&mut input, "customPronunciations", self.options.custom_pronunciations.clone());
        let mut body = json!({ "input": input, "voice": voice, "audioConfig": audio });
        set(&mut body, "advancedVoiceOptions", self.options.advanced_voice_options.clone());
        set(&mut body, "enableTimePointing", points.then(|| json!(["SSML_MARK"])));
        let version = if points || beta { "v1beta1" } else { "v1" };
        service.request("POST", &format!("/{version}/text:synthesize")).json(&body)
    }

    /// The rate that fits best; none when any will do.
    fn sample_rate(&self, encoding: Encoding) -> Option<u32> {
        let wanted = self.sample_rate?;
        let (_, rates) = ENCODINGS.iter().find(|(known, _)| *known == encoding)?;
        rates.iter().find(|rate| **rate >= wanted).or(rates.last()).copied()
    }
}

fn set(object: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(value), Value::Object(fields)) = (value, object) {
        fields.insert(name.to_owned(), value);
    }
}

fn encoding(request: &Request, family: Option<Family>) -> Encoding {
    if family.is_some_and(Family::is_samples_only) {
        return Encoding::PcmS16le;
    }
    request.preferred(&ENCODINGS.map(|(encoding, _)| encoding)).unwrap_or(Encoding::Mp3)
}

/// The voice asked for, else the operator's when it speaks the language, else whom the service takes.
fn select(service: &Service, request: &Request) -> Result<Selection, Error> {
    let Settings { voice, language, .. } = &service.settings;
    let wanted = request.language.as_deref().map(language::code);
    if let Some(id) = request.voice.as_ref().or(voice.as_ref()) {
        if let Some(selection) = known(service, id, wanted.as_deref())? {
            return Ok(selection);
        }
        if request.voice.is_some() {
            let tag = request.language.as_deref().unwrap_or_default();
            return Err(Error::unsupported(format!("the language {tag} with the voice {id}")));
        }
    }
    let language = wanted.unwrap_or_else(|| language::code(language));
    Ok(Selection { voice: None, language, family: None })
}

/// A voice by its name; none when it does not speak the language. Its own region goes with it, for no
/// other is taken.
fn known(service: &Service, id: &str, wanted: Option<&str>) -> Result<Option<Selection>, Error> {
    let name = Name::read(id).ok_or_else(|| Error::voice_not_found(id))?;
    let codes: Vec<String> = match Listing::read(service) {
        Ok(listing) if listing.is_empty() => vec![name.locale.to_owned()],
        Ok(listing) => {
            let known = listing.find(id).ok_or_else(|| Error::voice_not_found(id))?;
            known.codes().map(str::to_owned).collect()
        }
        // A list that cannot be read is no reason to be silent.
        Err(Error::Protocol(reason)) => {
            log::warn("voices could not be listed, the name is believed", &[("reason", &reason)]);
            vec![name.locale.to_owned()]
        }
        Err(error) => return Err(error),
    };
    let exact = codes.iter().find(|code| Some(code.as_str()) == wanted);
    let near = || codes.iter().find(|code| wanted.is_none_or(|wanted| language::is_same(code, wanted)));
    let language = exact.or_else(near).cloned();
    Ok(language.map(|language| Selection { voice: Some(id.to_owned()), language, family: Some(name.family) }))
}
