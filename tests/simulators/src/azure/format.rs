//! The output formats by name, and what is sent for each.
//!
//! The service knows more codecs than the simulator has encoders for. A name it knows and cannot
//! perform is told apart from one that does not exist: the first is the simulator's limit and is
//! answered 501, the second is the service's own refusal.

use understudy_audio::{StreamEncoder, Target};
use understudy_speech::Encoding;

use crate::speech::{Packing, Spoken};

/// A format the service offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Its name in `X-Microsoft-OutputFormat` and `outputFormat`.
    pub(crate) name: &'static str,
    /// Samples a second.
    pub(crate) sample_rate: u32,
    /// How it is packed, or nothing where the simulator has no encoder.
    packing: Option<Packing>,
    /// The media type it is sent under.
    pub(crate) media_type: &'static str,
}

impl Format {
    /// A take in this format, or nothing where the simulator has no encoder.
    ///
    /// MP3 is bare frames of one size with no tag in front, as a service that speaks while it
    /// encodes must send it: clients turn its bytes into time.
    pub(crate) fn encode(self, spoken: &Spoken) -> Option<Vec<u8>> {
        match self.packing? {
            Packing::Mp3 { kbps } => frames(&spoken.at(self.sample_rate), kbps),
            packing => Some(spoken.packed(packing, self.sample_rate)),
        }
    }
}

fn frames(spoken: &Spoken, kbps: u32) -> Option<Vec<u8>> {
    let target = Target { encoding: Encoding::Mp3, sample_rate: None, bit_rate: Some(kbps * 1_000) };
    let samples: Vec<u8> = spoken.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut encoder = StreamEncoder::new(spoken.sample_rate, 1, &target).ok()?;
    let mut frames = encoder.push(&samples).ok()?;
    frames.extend(encoder.finish().ok()?);
    Some(frames)
}

const fn format(name: &'static str, sample_rate: u32, packing: Packing) -> Format {
    let media_type = match packing {
        Packing::Mp3 { .. } => "audio/mpeg",
        Packing::Wav | Packing::WavStreamed { .. } | Packing::WavMulaw | Packing::WavAlaw => "audio/x-wav",
        Packing::OggOpus { .. } => "audio/ogg",
        Packing::Flac => "audio/flac",
        Packing::Mulaw | Packing::Alaw => "audio/basic",
        _ => "audio/raw",
    };
    Format { name, sample_rate, packing: Some(packing), media_type }
}

const fn mp3(name: &'static str, sample_rate: u32, kbps: u32) -> Format {
    format(name, sample_rate, Packing::Mp3 { kbps })
}

const fn raw(name: &'static str, sample_rate: u32) -> Format {
    format(name, sample_rate, Packing::Pcm)
}

const fn riff(name: &'static str, sample_rate: u32) -> Format {
    format(name, sample_rate, Packing::Wav)
}

const fn unperformed(name: &'static str, sample_rate: u32, media_type: &'static str) -> Format {
    Format { name, sample_rate, packing: None, media_type }
}

/// Every format of the service's documentation and of its SDK.
const FORMATS: &[Format] = &[
    mp3("audio-16khz-32kbitrate-mono-mp3", 16_000, 32),
    mp3("audio-16khz-64kbitrate-mono-mp3", 16_000, 64),
    mp3("audio-16khz-128kbitrate-mono-mp3", 16_000, 128),
    mp3("audio-24khz-48kbitrate-mono-mp3", 24_000, 48),
    mp3("audio-24khz-96kbitrate-mono-mp3", 24_000, 96),
    mp3("audio-24khz-160kbitrate-mono-mp3", 24_000, 160),
    mp3("audio-48khz-96kbitrate-mono-mp3", 48_000, 96),
    mp3("audio-48khz-192kbitrate-mono-mp3", 48_000, 192),
    raw("raw-8khz-16bit-mono-pcm", 8_000),
    raw("raw-16khz-16bit-mono-pcm", 16_000),
    raw("raw-22050hz-16bit-mono-pcm", 22_050),
    raw("raw-24khz-16bit-mono-pcm", 24_000),
    raw("raw-44100hz-16bit-mono-pcm", 44_100),
    raw("raw-48khz-16bit-mono-pcm", 48_000),
    riff("riff-8khz-16bit-mono-pcm", 8_000),
    riff("riff-16khz-16bit-mono-pcm", 16_000),
    riff("riff-22050hz-16bit-mono-pcm", 22_050),
    riff("riff-24khz-16bit-mono-pcm", 24_000),
    riff("riff-44100hz-16bit-mono-pcm", 44_100),
    riff("riff-48khz-16bit-mono-pcm", 48_000),
    format("raw-8khz-8bit-mono-alaw", 8_000, Packing::Alaw),
    format("raw-8khz-8bit-mono-mulaw", 8_000, Packing::Mulaw),
    format("riff-8khz-8bit-mono-alaw", 8_000, Packing::WavAlaw),
    format("riff-8khz-8bit-mono-mulaw", 8_000, Packing::WavMulaw),
    format("ogg-16khz-16bit-mono-opus", 16_000, Packing::OggOpus { kbps: 32 }),
    format("ogg-24khz-16bit-mono-opus", 24_000, Packing::OggOpus { kbps: 32 }),
    format("ogg-48khz-16bit-mono-opus", 48_000, Packing::OggOpus { kbps: 32 }),
    unperformed("webm-16khz-16bit-mono-opus", 16_000, "audio/webm"),
    unperformed("webm-24khz-16bit-24kbps-mono-opus", 24_000, "audio/webm"),
    unperformed("webm-24khz-16bit-mono-opus", 24_000, "audio/webm"),
    unperformed("audio-16khz-16bit-32kbps-mono-opus", 16_000, "audio/opus"),
    unperformed("audio-24khz-16bit-24kbps-mono-opus", 24_000, "audio/opus"),
    unperformed("audio-24khz-16bit-48kbps-mono-opus", 24_000, "audio/opus"),
    format("audio-24khz-16bit-mono-flac", 24_000, Packing::Flac),
    format("audio-48khz-16bit-mono-flac", 48_000, Packing::Flac),
    unperformed("amr-wb-16000hz", 16_000, "audio/amr-wb"),
    unperformed("g722-16khz-64kbps", 16_000, "audio/g722"),
    unperformed("raw-16khz-16bit-mono-truesilk", 16_000, "audio/SILK"),
    unperformed("raw-24khz-16bit-mono-truesilk", 24_000, "audio/SILK"),
];

/// The format called `name`, byte for byte.
pub(crate) fn find(name: &str) -> Option<Format> {
    FORMATS.iter().find(|format| format.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_own_sample_rate() {
        for format in FORMATS {
            let said = match format.sample_rate {
                22_050 => "22050hz".to_owned(),
                44_100 => "44100hz".to_owned(),
                16_000 if format.name == "amr-wb-16000hz" => "16000hz".to_owned(),
                rate => format!("{}khz", rate / 1000),
            };
            assert!(format.name.contains(&said), "{}", format.name);
        }
    }

    #[test]
    fn names_are_unique_and_found_exactly() {
        for format in FORMATS {
            assert_eq!(find(format.name), Some(*format));
        }
        assert_eq!(find("Audio-24khz-48kbitrate-mono-mp3"), None);
        assert_eq!(find(""), None);
    }
}
