//! Which rate and bit rate an encoder is given.
//!
//! A codec that lacks a rate gets the next higher one: nothing that was in the signal is lost, and
//! word times do not change. Past its highest it gets that.
//!
//! AAC is written at 44.1 or 48 kHz only. ADTS cannot record the encoder's delay, so a player plays
//! it: a frame in front and up to a frame behind. At 44.1 kHz that is at most 46 ms; at 16 kHz it
//! would be 128 ms, and every subtitle would be late.

use understudy_speech::{AudioFormat, Encoding};

use super::{Plan, Target};
use crate::AudioError;
use crate::resample::{check_channels, check_rate};

const MP3_RATES: &[u32] = &[8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
/// What an Opus encoder takes; the stream itself is always 48 kHz.
const OPUS_RATES: &[u32] = &[8_000, 12_000, 16_000, 24_000, 48_000];
/// What the FLAC encoder takes; the format itself goes further.
const FLAC_RATE_MAX: u32 = 96_000;
const AAC_RATES: &[u32] = &[44_100, 48_000];
/// Opus, always.
const OPUS_STREAM_RATE: u32 = 48_000;

/// Decides how samples of this rate and channel count become `target`.
pub(crate) fn plan(sample_rate: u32, channels: u8, target: &Target) -> Result<Plan, AudioError> {
    check_channels(usize::from(channels))?;
    check_rate(sample_rate)?;
    let wanted = check_rate(target.sample_rate.unwrap_or(sample_rate))?;
    let input_rate = match target.encoding {
        Encoding::PcmS16le | Encoding::Wav => wanted,
        Encoding::Flac => wanted.min(FLAC_RATE_MAX),
        Encoding::Mp3 => at_least(MP3_RATES, wanted),
        Encoding::OggOpus => at_least(OPUS_RATES, wanted),
        Encoding::Aac => at_least(AAC_RATES, wanted),
        other => return Err(AudioError::NotEncodable(other)),
    };
    let bit_rate = bit_rate(target, input_rate, u32::from(channels));
    let out_rate = if target.encoding == Encoding::OggOpus { OPUS_STREAM_RATE } else { input_rate };
    let format = AudioFormat { encoding: target.encoding, sample_rate: out_rate, channels, bit_rate };
    Ok(Plan { format, input_rate })
}

/// Bits a second: as asked within what the codec has, or enough for clean speech.
fn bit_rate(target: &Target, sample_rate: u32, channels: u32) -> Option<u32> {
    let (default, range) = match target.encoding {
        Encoding::Mp3 => mp3_bit_rate(sample_rate, channels),
        // RFC 7845 speech: 24 kbit/s is good for wide band and 32 for full band, in mono.
        Encoding::OggOpus => (
            if channels == 2 { 64_000 } else { 32_000 + 16_000 * u32::from(sample_rate > 24_000) },
            6_000..=256_000,
        ),
        Encoding::Aac => (96_000 * channels, 32_000..=256_000),
        _ => return None,
    };
    Some(target.bit_rate.unwrap_or(default).clamp(*range.start(), *range.end())).map(|wanted| {
        if target.encoding == Encoding::Mp3 {
            super::mp3::nearest_bit_rate(sample_rate, wanted)
        } else {
            wanted
        }
    })
}

fn mp3_bit_rate(sample_rate: u32, channels: u32) -> (u32, std::ops::RangeInclusive<u32>) {
    match sample_rate {
        // Many decoders take no more than 64 kbit/s of MPEG-2.5.
        ..16_000 => (32_000 * channels, 8_000..=64_000),
        16_000..32_000 => (64_000 * channels, 16_000..=160_000),
        _ => (if channels == 2 { 160_000 } else { 96_000 }, 32_000..=256_000),
    }
}

/// The least of `rates` that is at least `wanted`, or the greatest.
fn at_least(rates: &[u32], wanted: u32) -> u32 {
    rates.iter().copied().find(|rate| *rate >= wanted).or_else(|| rates.last().copied()).unwrap_or(wanted)
}
