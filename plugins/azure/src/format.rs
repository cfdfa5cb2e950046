//! The service's formats by name, as far as the contract has an encoding for them.

use understudy_plugin::{AudioFormat, Capabilities, Encoding, Request};

use crate::settings::Settings;

/// One format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// What the service calls it.
    pub(crate) name: &'static str,
    pub(crate) encoding: Encoding,
    pub(crate) sample_rate: u32,
}

const fn format(name: &'static str, encoding: Encoding, sample_rate: u32) -> Format {
    Format { name, encoding, sample_rate }
}

/// By encoding, the plugin's favourite first; by rate; of one rate, the one it takes by itself first.
const FORMATS: [Format; 22] = [
    format("audio-16khz-64kbitrate-mono-mp3", Encoding::Mp3, 16_000),
    format("audio-16khz-32kbitrate-mono-mp3", Encoding::Mp3, 16_000),
    format("audio-16khz-128kbitrate-mono-mp3", Encoding::Mp3, 16_000),
    format("audio-24khz-96kbitrate-mono-mp3", Encoding::Mp3, 24_000),
    format("audio-24khz-48kbitrate-mono-mp3", Encoding::Mp3, 24_000),
    format("audio-24khz-160kbitrate-mono-mp3", Encoding::Mp3, 24_000),
    format("audio-48khz-192kbitrate-mono-mp3", Encoding::Mp3, 48_000),
    format("audio-48khz-96kbitrate-mono-mp3", Encoding::Mp3, 48_000),
    format("raw-8khz-16bit-mono-pcm", Encoding::PcmS16le, 8_000),
    format("raw-16khz-16bit-mono-pcm", Encoding::PcmS16le, 16_000),
    format("raw-22050hz-16bit-mono-pcm", Encoding::PcmS16le, 22_050),
    format("raw-24khz-16bit-mono-pcm", Encoding::PcmS16le, 24_000),
    format("raw-44100hz-16bit-mono-pcm", Encoding::PcmS16le, 44_100),
    format("raw-48khz-16bit-mono-pcm", Encoding::PcmS16le, 48_000),
    format("ogg-16khz-16bit-mono-opus", Encoding::OggOpus, 16_000),
    format("ogg-24khz-16bit-mono-opus", Encoding::OggOpus, 24_000),
    format("ogg-48khz-16bit-mono-opus", Encoding::OggOpus, 48_000),
    format("audio-24khz-16bit-mono-flac", Encoding::Flac, 24_000),
    format("audio-48khz-16bit-mono-flac", Encoding::Flac, 48_000),
    format("webm-16khz-16bit-mono-opus", Encoding::WebmOpus, 16_000),
    format("webm-24khz-16bit-mono-opus", Encoding::WebmOpus, 24_000),
    format("webm-24khz-16bit-24kbps-mono-opus", Encoding::WebmOpus, 24_000),
];

/// Encodings, the plugin's favourite first. WebM is left to the operator's choice: it holds what Ogg
/// does, and no simulator makes it.
const ENCODINGS: [Encoding; 5] =
    [Encoding::Mp3, Encoding::PcmS16le, Encoding::Wav, Encoding::OggOpus, Encoding::Flac];

/// The rate most voices are made for; 48 kHz is only more data for them.
const SAMPLE_RATE: u32 = 24_000;

/// The service's names.
pub(crate) fn names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

/// The encodings as capabilities.
pub(crate) fn capabilities() -> Capabilities {
    let [favourite, others @ ..] = ENCODINGS;
    let capabilities = Capabilities::new(favourite, rates(favourite));
    others.into_iter().fold(capabilities, |can, encoding| can.format(encoding, rates(encoding)))
}

/// The rates of an encoding. Opus is decoded at 48 kHz, whatever rate went in.
fn rates(encoding: Encoding) -> Vec<u32> {
    if encoding == Encoding::OggOpus {
        return vec![48_000];
    }
    let mut rates: Vec<u32> = of(encoding).map(|format| format.sample_rate).collect();
    rates.dedup();
    rates
}

/// WAVE is asked for as what is in it: its header would have a length nobody knows yet.
fn of(encoding: Encoding) -> impl Iterator<Item = &'static Format> {
    let sent = if encoding == Encoding::Wav { Encoding::PcmS16le } else { encoding };
    FORMATS.iter().filter(move |format| format.encoding == sent)
}

/// The format that fits a request best. A take of several `parts` is samples, for only those join
/// without a seam.
pub(crate) fn choose(settings: &Settings, request: &Request, parts: bool) -> Format {
    let set = settings.output_format.as_deref();
    let set = set.and_then(|name| FORMATS.iter().find(|format| format.name == name)).copied();
    let encoding = request.preferred(&ENCODINGS).unwrap_or(Encoding::Mp3);
    match set {
        Some(format) if !parts => format,
        Some(format) => nearest(Encoding::PcmS16le, format.sample_rate),
        None => {
            let encoding = if parts { Encoding::PcmS16le } else { encoding };
            nearest(encoding, request.sample_rate.unwrap_or(SAMPLE_RATE))
        }
    }
}

/// The least rate that is enough, else the greatest.
fn nearest(encoding: Encoding, sample_rate: u32) -> Format {
    let enough = of(encoding).find(|format| format.sample_rate >= sample_rate);
    let greatest = || of(encoding).max_by_key(|format| format.sample_rate);
    enough.or_else(greatest).copied().unwrap_or(format(
        "raw-24khz-16bit-mono-pcm",
        Encoding::PcmS16le,
        SAMPLE_RATE,
    ))
}

impl Format {
    /// What the samples are, when it is samples without a header.
    pub(crate) fn samples(self) -> Option<AudioFormat> {
        (self.encoding == Encoding::PcmS16le).then(|| AudioFormat::mono(Encoding::PcmS16le, self.sample_rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(encoding: Encoding, sample_rate: u32, expected: &str) {
        assert_eq!(nearest(encoding, sample_rate).name, expected, "{encoding} at {sample_rate}");
    }

    #[test]
    fn the_nearest_format_is_taken() {
        check(Encoding::Mp3, 24_000, "audio-24khz-96kbitrate-mono-mp3");
        check(Encoding::Mp3, 22_050, "audio-24khz-96kbitrate-mono-mp3");
        check(Encoding::Mp3, 8_000, "audio-16khz-64kbitrate-mono-mp3");
        check(Encoding::Mp3, 44_100, "audio-48khz-192kbitrate-mono-mp3");
        check(Encoding::Wav, 22_050, "raw-22050hz-16bit-mono-pcm");
        check(Encoding::PcmS16le, 96_000, "raw-48khz-16bit-mono-pcm");
        check(Encoding::OggOpus, 24_000, "ogg-24khz-16bit-mono-opus");
        check(Encoding::Flac, 24_000, "audio-24khz-16bit-mono-flac");
    }

    #[test]
    fn every_encoding_offered_has_a_format() {
        for encoding in ENCODINGS {
            assert!(of(encoding).next().is_some(), "{encoding}");
        }
    }
}
