//! The service's voices, well over a thousand of them.
//!
//! Every request that names a voice is held against the list, because a retired name is not refused:
//! the service speaks with another voice and says nothing. So the list is kept in a form that is short
//! in the memo and can be searched as it lies there: a line a voice, with what its name does not say.

use std::time::Duration;

use serde::Deserialize;
use understudy_plugin::{Error, Gender, Voice, http, log, memo};

use crate::family::Name;
use crate::language;
use crate::refusal;
use crate::service::Service;

/// How long the list is kept.
const VOICES_TTL: Duration = Duration::from_secs(24 * 60 * 60);
const VOICES: &str = "voices";
/// The contract's longest list.
const VOICES_MAX: usize = 10_000;
/// The contract's longest id, in bytes.
const ID_BYTES_MAX: usize = 128;

#[derive(Deserialize)]
struct Answer {
    /// A list with nothing in it is not written.
    #[serde(default)]
    voices: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Entry {
    name: String,
    language_codes: Vec<String>,
    ssml_gender: String,
    natural_sample_rate_hertz: u32,
}

/// The list: name, gender, rate and language codes by tabs.
pub(crate) struct Listing(String);

/// One voice of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'list> {
    id: &'list str,
    name: Name<'list>,
    gender: &'list str,
    sample_rate: Option<u32>,
    codes: &'list str,
}

impl Listing {
    /// The list of the memo, else the service's.
    pub(crate) fn read(service: &Service) -> Result<Self, Error> {
        if let Some(lines) = memo::get(VOICES).and_then(|bytes| String::from_utf8(bytes).ok()) {
            return Ok(Self(lines));
        }
        let listing = fetch(service)?;
        if !listing.is_empty()
            && let Err(error) = memo::set(VOICES, listing.0.as_bytes(), VOICES_TTL)
        {
            log::warn("voices were not kept", &[("reason", &error)]);
        }
        Ok(listing)
    }

    /// The service has no voices, or does not say so.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The voice of this name.
    pub(crate) fn find(&self, id: &str) -> Option<Known<'_>> {
        let line =
            self.0.lines().find(|line| line.strip_prefix(id).is_some_and(|rest| rest.starts_with('\t')))?;
        Known::read(line)
    }

    /// All voices, as they are listed.
    pub(crate) fn voices(&self) -> Vec<Voice> {
        self.0.lines().filter_map(Known::read).map(Known::voice).collect()
    }
}

fn fetch(service: &Service) -> Result<Listing, Error> {
    let mut response: http::Response = service.send(service.request("GET", "/v1/voices"))?;
    if !response.is_success() {
        return Err(refusal::of_account(&response.complaint()));
    }
    let Answer { voices } = response.json()?;
    let mut lines = String::with_capacity(voices.len() * 48);
    for Entry { name, language_codes, ssml_gender, natural_sample_rate_hertz: rate } in
        voices.into_iter().take(VOICES_MAX)
    {
        let codes = language_codes.join(",");
        // Those of another form need a model beside the name, which is another API in all but its path.
        let is_ours = name.len() <= ID_BYTES_MAX && Name::read(&name).is_some();
        if is_ours && ![&codes, &ssml_gender].into_iter().any(|text| text.contains(char::is_control)) {
            lines.push_str(&format!("{name}\t{ssml_gender}\t{rate}\t{codes}\n"));
        }
    }
    Ok(Listing(lines))
}

impl<'list> Known<'list> {
    fn read(line: &'list str) -> Option<Self> {
        let mut fields = line.split('\t');
        let (id, gender, rate) = (fields.next()?, fields.next()?, fields.next()?);
        let sample_rate = rate.parse().ok().filter(|rate| (8_000..=192_000).contains(rate));
        let name = Name::read(id)?;
        let codes = fields.next().filter(|codes| !codes.is_empty()).unwrap_or(name.locale);
        Some(Self { id, name, gender, sample_rate, codes })
    }

    /// The codes of its languages, its own first.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &'list str> {
        self.codes.split(',')
    }

    fn voice(self) -> Voice {
        let mut voice = Voice::new(self.id, self.name.variant.replace('-', " "));
        voice.languages =
            self.codes().flat_map(|code| [Some(code.to_owned()), language::alias(code)]).flatten().collect();
        voice.gender = match self.gender {
            "FEMALE" => Some(Gender::Female),
            "MALE" => Some(Gender::Male),
            "NEUTRAL" => Some(Gender::Neutral),
            _ => None,
        };
        voice.neural = !self.name.variant.starts_with("Standard");
        voice.premium = self.name.is_premium();
        voice.sample_rate = self.sample_rate;
        voice
    }
}
