//! Judging audio and subtitles with tools the product does not use for the same work.

use std::time::Duration;

use understudy_audio::Pcm;

/// Decodes whatever container this is.
pub(crate) fn decode(bytes: &[u8]) -> Pcm {
    understudy_audio::decode(bytes, None).expect("the file decodes")
}

/// How long an MP3 is by a decoder that shares no code with our encoder or our decoder, encoder
/// delay and padding trimmed as a gapless player does.
pub(crate) fn mp3_duration(bytes: &[u8]) -> Duration {
    let decoded = nanomp3::decode_all::<f32>(bytes);
    assert!(!decoded.samples.is_empty(), "no MP3 frame in {} bytes", bytes.len());
    let channels = decoded.channels.expect("one channel layout") as usize;
    Duration::from_secs_f64((decoded.samples.len() / channels) as f64 / f64::from(decoded.sample_rate))
}

/// The cues of an SRT file: start and end in milliseconds, and the text with its line breaks
/// folded to spaces.
pub(crate) fn cues(srt: &str) -> Vec<(u32, u32, String)> {
    let blocks = srt.trim().split("\n\n");
    blocks
        .map(|block| {
            let mut lines = block.lines();
            lines.next().expect("a number").parse::<u32>().expect("a number");
            let (start, end) = lines.next().expect("times").split_once(" --> ").expect("an arrow");
            (milliseconds(start), milliseconds(end), lines.collect::<Vec<_>>().join(" "))
        })
        .collect()
}

/// `HH:MM:SS,mmm`.
fn milliseconds(time: &str) -> u32 {
    let parts: Vec<u32> = time.split([':', ',']).map(|part| part.parse().expect("digits")).collect();
    let [hours, minutes, seconds, thousandths] = parts[..] else { panic!("not a time: {time}") };
    ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
}
