//! From measurements to findings.
//!
//! Every limit here was set so that real speech stays clear of it; the reasons stand with them.

use std::time::Duration;

use understudy_audio::Levels;
use understudy_speech::{AudioFormat, Encoding};

use super::brief::Brief;
use super::finding::{CLIPPED_SHARE, Finding, Place, SILENT_SHARE};

/// The longest silence before the first word; services put up to a second there.
const START: Duration = Duration::from_secs(3);
/// The longest pause between words, twice what services make of a paragraph's end.
const INSIDE: Duration = Duration::from_secs(5);
/// The longest silence behind the last word.
const END: Duration = Duration::from_secs(5);
/// Takes with less silence than this are not mostly silent, whatever the share: a service that
/// puts half a second around a "Hi" is in order.
const SILENCE_NOTED: Duration = Duration::from_secs(2);
/// The share of a document that its author's own breaks may take.
const SILENT_SHARE_MARKUP: f32 = 0.97;
/// The loudest 10 ms of speech lie near −10 dBFS; nobody delivers it at −40 on purpose.
const QUIET_DBFS: f32 = -40.0;
/// Who asks for less than this asked for quiet.
const HUSHED_DB: f32 = -10.0;
/// Less than this between loud and soft is no speech. White noise has 3, the offline voice 40.
const STEADY_DB: f32 = 6.0;
/// Shorter sounds may be one vowel.
const STEADY_NOTED: Duration = Duration::from_secs(2);

/// The length against the text.
pub(super) fn length(brief: &Brief, duration: Duration) -> Option<Finding> {
    let milliseconds = whole(duration);
    if duration < brief.at_least {
        return Some(Finding::TooShort { milliseconds, at_least: whole(brief.at_least) });
    }
    let at_most = brief.at_most.filter(|at_most| duration > *at_most)?;
    Some(Finding::TooLong { milliseconds, at_most: whole(at_most) })
}

/// The sound, from exact levels. `samples` counts those of all channels.
pub(super) fn sound(brief: &Brief, levels: &Levels, duration: Duration, samples: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    let hushed = brief.gain_db < HUSHED_DB;
    if levels.silent_share >= 1.0 {
        if !hushed {
            findings.push(Finding::Silent { loudest_dbfs: levels.loudest_dbfs });
        }
        return findings;
    }
    if !hushed {
        findings.extend(mostly_silent(brief, levels, duration));
        findings.extend(long_silences(brief, levels));
        let loudest_dbfs = levels.loudest_dbfs;
        findings.extend((loudest_dbfs < QUIET_DBFS).then_some(Finding::Quiet { loudest_dbfs }));
    }
    // Louder than it is was the caller's wish.
    if brief.gain_db <= 0.0 {
        findings.extend(clipped(levels, samples));
    }
    if duration >= STEADY_NOTED && levels.spread_db < STEADY_DB {
        findings.push(Finding::Steady { spread_db: levels.spread_db });
    }
    findings
}

fn mostly_silent(brief: &Brief, levels: &Levels, duration: Duration) -> Option<Finding> {
    let share = levels.silent_share;
    let at_most = if brief.markup { SILENT_SHARE_MARKUP } else { SILENT_SHARE };
    let noted = duration.mul_f32(share) > SILENCE_NOTED.mul_f32(brief.slowness);
    (noted && share > at_most).then_some(Finding::MostlySilent { share })
}

fn long_silences(brief: &Brief, levels: &Levels) -> Vec<Finding> {
    let places = [
        (Place::Start, levels.leading_silence, START),
        (Place::Inside, levels.longest_pause, INSIDE),
        (Place::End, levels.trailing_silence, END),
    ];
    let long = |(place, silence, at_most): (Place, Duration, Duration)| {
        let at_most = at_most.mul_f32(brief.slowness);
        let is_long = !brief.markup && silence > at_most;
        is_long.then(|| Finding::LongSilence { place, milliseconds: whole(silence), at_most: whole(at_most) })
    };
    places.into_iter().filter_map(long).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a share of samples")]
fn clipped(levels: &Levels, samples: usize) -> Option<Finding> {
    let share = levels.clipped_samples? as f32 / samples.max(1) as f32;
    (share > CLIPPED_SHARE).then_some(Finding::Clipped { share })
}

/// The frames promised more than a decoder gives: a tenth of it, and enough to be heard.
pub(super) fn damage(promised: Duration, decoded: Duration) -> Option<Finding> {
    let lost = promised.saturating_sub(decoded);
    let is_damage = lost > promised / 10 && lost > Duration::from_millis(200);
    is_damage.then(|| Finding::Damaged { milliseconds: whole(decoded), promised: whole(promised) })
}

/// True when what lies open is reason enough to decode. Nothing is condemned by this, so the limits
/// are closer than those above.
pub(super) fn is_suspicious(
    brief: &Brief,
    levels: Option<&Levels>,
    format: AudioFormat,
    bytes: usize,
    duration: Duration,
) -> bool {
    let sounds_odd = match levels {
        Some(levels) => {
            levels.silent_share > 0.5
                || levels.loudest_dbfs < -30.0
                || levels.longest_pause > INSIDE / 2
                || levels.leading_silence > START / 2
                || levels.trailing_silence > END / 2
                || (duration >= STEADY_NOTED && levels.spread_db < STEADY_ESTIMATED_DB)
        }
        None => is_starved(format, bytes, duration),
    };
    sounds_odd || length(brief, duration).is_some()
}

/// Estimated levels scatter more. At 16 to 44.1 kHz and 32 to 128 kbit/s a tone has up to 24 dB, white
/// noise up to 13, the offline voice 50 and more.
const STEADY_ESTIMATED_DB: f32 = 28.0;

/// Silence is what codecs pack best: half a bit a sample of FLAC, and under 6 kbit/s of anything
/// that may vary, is not speech at any setting services offer.
#[expect(clippy::cast_precision_loss, reason = "a rate of bits")]
fn is_starved(format: AudioFormat, bytes: usize, duration: Duration) -> bool {
    let bits_a_second = bytes as f32 * 8.0 / duration.as_secs_f32().max(0.001);
    match format.encoding {
        Encoding::Flac => bits_a_second < 0.5 * format.sample_rate as f32 * f32::from(format.channels),
        _ => bits_a_second < 6_000.0,
    }
}

fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
