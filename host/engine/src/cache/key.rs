//! Under which key a take is kept.
//!
//! A key is a SHA-256 over *everything* that shapes a take: each field of the request as the
//! provider is asked, who the provider is, how it is configured, and its plugin's declared epoch.
//! A field that were left out would answer one person's request with another's take, and nobody
//! would notice until a listener did. So [`TakeKey::of`] takes the request apart without `..`: a
//! field added to the vocabulary does not compile until it has its place here.
//!
//! A control's neutral value is the same as none, because the contract says that it changes
//! nothing: rate 1, pitch 0, volume 0 dB. Strength of an emotion has no neutral value there, and
//! a text is never trimmed or folded: what the caller wrote is what is heard.
//!
//! Of the encodings it counts which are taken from the provider, and not their order: the order says
//! which one this listener would like best, and a take that is there in another is brought into it.
//! Otherwise one text heard as MP3, WAV and Opus would be bought three times. What cannot be made here
//! is the exception: only the provider has it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use understudy_audio::ENCODABLE;
use understudy_speech::{AudioFormat, Encoding, Line, Request, Script, Utterance};

use super::canonical::Canon;
use super::take::AudioDigest;

/// Who is asked, with all of it that shapes the sound.
#[derive(Clone, Copy, Debug)]
pub struct Performer<'a> {
    /// The provider's name as configured.
    pub provider: &'a str,
    /// The plugin's id.
    pub plugin: &'a str,
    /// [`Manifest::cache_epoch`](understudy_speech::Manifest::cache_epoch).
    pub cache_epoch: u32,
    /// A SHA-256 over the provider's settings that can change what is heard, see
    /// [`settings_digest`].
    pub settings: &'a [u8; 32],
}

/// The digest of a provider's settings, whatever the order of their members.
#[must_use]
pub fn settings_digest(settings: &serde_json::Map<String, serde_json::Value>) -> [u8; 32] {
    let mut canon = Canon::new("understudy provider settings 1");
    canon.object("settings", Some(settings));
    canon.finish()
}

/// What stands for the settings of a candidate on trial, in its takes' keys. What it plays are takes of
/// its own: it may yet be rejected and must not answer then, neither for the one it would replace nor
/// for the next candidate, and what those played must not answer for it.
pub(crate) fn trial_digest(settings: &[u8; 32], identity: &str) -> [u8; 32] {
    let mut canon = Canon::new("understudy candidate on trial 1");
    canon.digest("settings", settings);
    canon.text("identity", Some(identity));
    canon.finish()
}

/// A take's name: a SHA-256, 64 hexadecimal digits when written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TakeKey(pub(crate) [u8; 32]);

/// The text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key is not 64 hexadecimal digits: {0}")]
pub struct TakeKeyError(pub(super) String);

impl TakeKey {
    /// The key of the take that `performer` would give for `request`, in the provider's own
    /// encoding.
    #[must_use]
    pub fn of(performer: &Performer<'_>, request: &Request) -> Self {
        let Performer { provider, plugin, cache_epoch, settings } = *performer;
        let Request {
            utterance,
            voice,
            language,
            rate,
            pitch,
            volume,
            style,
            emotion,
            intensity,
            character,
            encodings,
            sample_rate,
            words,
            options,
        } = request;
        let mut canon = Canon::new("understudy take 1");
        canon.text("provider", Some(provider));
        canon.text("plugin", Some(plugin));
        canon.whole("cache_epoch", Some(cache_epoch.into()));
        canon.digest("settings", settings);
        match utterance {
            Utterance::Text(text) => canon.text("text", Some(text)),
            Utterance::Ssml(ssml) => canon.text("ssml", Some(ssml)),
        }
        canon.text("voice", voice.as_deref());
        canon.text("language", language.as_ref().map(understudy_speech::Language::as_str));
        canon.control("rate", *rate, Some(1.0));
        canon.control("pitch", *pitch, Some(0.0));
        canon.control("volume", *volume, Some(0.0));
        canon.text("style", style.as_deref());
        canon.text("emotion", emotion.as_deref());
        canon.control("intensity", *intensity, None);
        canon.text("character", character.as_deref());
        let taken = Encoding::ALL.iter().filter(|encoding| encodings.contains(encoding));
        canon.names("encodings", taken.map(|encoding| encoding.name()));
        let only_theirs = encodings.first().filter(|encoding| !ENCODABLE.contains(encoding));
        canon.text("encoding", only_theirs.map(|encoding| encoding.name()));
        canon.whole("sample_rate", sample_rate.map(u64::from));
        canon.flag("words", *words);
        canon.object("options", options.as_ref());
        Self(canon.finish())
    }

    /// The key of line `index` of `script`, cut out of the whole as `performer` would give it. The whole
    /// script is part of it, for a line is spoken in answer to others.
    #[must_use]
    pub fn of_line(performer: &Performer<'_>, script: &Script, index: usize) -> Self {
        let Performer { provider, plugin, cache_epoch, settings } = *performer;
        let Script { lines, gap_ms, language, encodings, sample_rate, words, options } = script;
        let mut canon = Canon::new("understudy conversation 1");
        canon.text("provider", Some(provider));
        canon.text("plugin", Some(plugin));
        canon.whole("cache_epoch", Some(cache_epoch.into()));
        canon.digest("settings", settings);
        canon.whole("index", Some(index as u64));
        for (place, line) in lines.iter().enumerate() {
            let Line { character, text, emotion, intensity, pause_ms } = line;
            canon.whole("line", Some(place as u64));
            canon.text("character", Some(character));
            canon.text("text", Some(text));
            canon.text("emotion", emotion.as_deref());
            canon.control("intensity", *intensity, None);
            canon.whole("pause_ms", pause_ms.map(u64::from));
        }
        canon.whole("gap_ms", gap_ms.map(u64::from));
        canon.text("language", language.as_ref().map(understudy_speech::Language::as_str));
        canon.names("encodings", encodings.iter().map(|encoding| encoding.name()));
        canon.whole("sample_rate", sample_rate.map(u64::from));
        canon.flag("words", *words);
        canon.object("options", options.as_ref());
        Self(canon.finish())
    }

    /// The key of a finished file that is no provider's take, such as a joined scene: its content's.
    #[must_use]
    pub fn of_file(digest: AudioDigest) -> Self {
        let mut canon = Canon::new("understudy file 1");
        canon.digest("file", &digest.0);
        Self(canon.finish())
    }

    /// The key of this take, whose audio has the digest `source`, brought into another form. The
    /// digest is part of it because a take can be bought anew, and its old forms must not answer
    /// for the new one.
    #[must_use]
    pub fn derived(&self, source: AudioDigest, format: AudioFormat) -> Self {
        let AudioFormat { encoding, sample_rate, channels, bit_rate } = format;
        let mut canon = Canon::new("understudy derived take 1");
        canon.digest("take", &self.0);
        canon.digest("source", &source.0);
        canon.text("encoding", Some(encoding.name()));
        canon.whole("sample_rate", Some(sample_rate.into()));
        canon.whole("channels", Some(channels.into()));
        canon.whole("bit_rate", bit_rate.map(u64::from));
        Self(canon.finish())
    }
}

impl fmt::Display for TakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Debug for TakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TakeKey({self})")
    }
}

impl FromStr for TakeKey {
    type Err = TakeKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_digest(text).map(Self).ok_or_else(|| TakeKeyError(text.to_owned()))
    }
}

/// Every hit writes its digest twice, so it is written at once and not digit by digit.
pub(crate) fn hexadecimal(digest: &[u8; 32], f: &mut impl fmt::Write) -> fmt::Result {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    let mut text = [0; 64];
    for ([high, low], byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(digest) {
        (*high, *low) = (digit(byte >> 4), digit(byte & 0xf));
    }
    f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

pub(crate) fn parse_digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != digest.len() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests;
