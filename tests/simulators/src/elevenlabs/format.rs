//! Output formats: `codec_rate_kbps`, some of them for those who pay more.

use super::account::Tier;
use super::trouble::Trouble;
use crate::speech::Packing;

/// A format that was found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutputFormat {
    pub(super) packing: Packing,
    pub(super) rate: u32,
    pub(super) media_type: &'static str,
}

pub(super) const DEFAULT: &str = "mp3_44100_128";

const LINEAR_RATES: [u32; 7] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const MP3: [(u32, u32); 7] =
    [(22_050, 32), (24_000, 48), (44_100, 32), (44_100, 64), (44_100, 96), (44_100, 128), (44_100, 192)];
const OPUS: [u32; 5] = [32, 64, 96, 128, 192];

/// The format called `name`, for an account of a tier.
pub(super) fn find(name: &str, tier: Tier) -> Result<OutputFormat, Trouble> {
    let unknown = || {
        let message = format!("The output_format {name} is not supported.");
        Trouble::field("output_format", "invalid_output_format", message)
    };
    let mut parts = name.split('_');
    let codec = parts.next().unwrap_or_default();
    let rate: u32 = parts.next().and_then(|rate| rate.parse().ok()).ok_or_else(unknown)?;
    let kbps: Option<u32> = parts.next().map(|kbps| kbps.parse().map_err(|_| unknown())).transpose()?;
    let (packing, media_type) = match (codec, kbps) {
        ("mp3", Some(kbps)) if MP3.contains(&(rate, kbps)) => (Packing::Mp3 { kbps }, "audio/mpeg"),
        ("pcm", None) if LINEAR_RATES.contains(&rate) => (Packing::Pcm, "audio/pcm"),
        ("wav", None) if LINEAR_RATES.contains(&rate) => (Packing::Wav, "audio/wav"),
        ("opus", Some(kbps)) if rate == 48_000 && OPUS.contains(&kbps) => {
            (Packing::OggOpus { kbps }, "audio/opus")
        }
        ("ulaw", None) if rate == 8_000 => (Packing::Mulaw, "audio/basic"),
        ("alaw", None) if rate == 8_000 => (Packing::Alaw, "audio/alaw"),
        _ => return Err(unknown()),
    };
    let needed = match (codec, rate, kbps) {
        ("mp3", _, Some(192)) => Tier::Creator,
        ("pcm" | "wav", 44_100.., _) => Tier::Pro,
        _ => Tier::Free,
    };
    if tier < needed {
        return Err(Trouble::not_in_this_tier(&format!(
            "The output_format {name} needs a higher subscription."
        )));
    }
    Ok(OutputFormat { packing, rate, media_type })
}
