//! Joined files, decoded by programs that share no code with what wrote them.

use std::time::Duration;

use understudy_audio::{ENCODABLE, JoinOptions, JoinedFile, Pcm, Target, decode, inspect, join, join_file};
use understudy_speech::Encoding;

use crate::scene::{Take, parts};

/// Four voices, six lines, three shapes; silence of all lengths around them.
fn scene() -> Vec<Take> {
    vec![
        Take::new("nova", 0.6, (120, 310), 900),
        Take::new("rook", 0.2, (0, 0), 650).at(24_000, 1).pause(700),
        Take::new("nova", 0.5, (480, 20), 400),
        Take::new("wren", 0.4, (35, 600), 1200).at(22_050, 1),
        Take::new("rook", 0.15, (90, 90), 300).at(24_000, 1).pause(0),
        Take::new("fox", 0.8, (10, 250), 700),
    ]
}

fn options() -> JoinOptions {
    JoinOptions { lead_in: Duration::from_millis(240), ..JoinOptions::default() }
}

fn file(target: Target) -> JoinedFile {
    join_file(&parts(&scene()), &options(), &target).unwrap()
}

/// What nanomp3 hears, the delay and the padding left out as a player does.
fn independent(mp3: &[u8]) -> Pcm {
    let heard = nanomp3::decode_all::<f32>(mp3);
    let channels = heard.channels.unwrap() as u8;
    Pcm { sample_rate: heard.sample_rate, channels, samples: heard.samples }
}

/// When sound begins and ends behind silence of 30 ms or more: milliseconds, to the half.
fn sounds(pcm: &Pcm) -> Vec<(f64, f64)> {
    let mono = pcm.to_mono();
    let window = pcm.sample_rate as usize / 2000;
    let loud: Vec<bool> =
        mono.samples.chunks(window).map(|window| window.iter().any(|sample| sample.abs() > 0.004)).collect();
    let mut sounds: Vec<(f64, f64)> = Vec::new();
    let time = |index: usize| (index * window) as f64 * 1000.0 / f64::from(pcm.sample_rate);
    for (index, _) in loud.iter().enumerate().filter(|(_, loud)| **loud) {
        match sounds.last_mut() {
            Some(last) if time(index) - last.1 < 100.0 => last.1 = time(index + 1),
            _ => sounds.push((time(index), time(index + 1))),
        }
    }
    sounds
}

/// Every part begins within 20 ms of a sound's beginning, and ends within 20 ms of a sound's end,
/// or where the next part begins.
fn check_times(heard: &Pcm, file: &JoinedFile, label: &str) {
    let sounds = sounds(heard);
    let near = |times: &mut dyn Iterator<Item = f64>, time: u32| {
        times.map(|sound| (sound - f64::from(time)).abs()).fold(f64::MAX, f64::min)
    };
    let followed = |end: u32| file.parts.iter().any(|part| part.start_ms == end);
    for part in &file.parts {
        let early = near(&mut sounds.iter().map(|sound| sound.0), part.start_ms);
        let late = near(&mut sounds.iter().map(|sound| sound.1), part.end_ms);
        let preceded = file.parts.iter().any(|before| before.end_ms == part.start_ms);
        assert!(early <= 20.0 || preceded, "{label}: {} ms is off by {early}: {sounds:?}", part.start_ms);
        assert!(
            late <= 20.0 || followed(part.end_ms),
            "{label}: {} ms is off by {late}: {sounds:?}",
            part.end_ms
        );
    }
}

#[test]
fn an_independent_decoder_hears_mp3_as_long_as_it_says_and_parts_on_time() {
    for rate in [None, Some(16_000), Some(22_050), Some(44_100), Some(48_000)] {
        let file = file(Target { sample_rate: rate, ..Target::new(Encoding::Mp3) });
        let heard = independent(&file.encoded.bytes);
        assert_eq!(heard.sample_rate, file.encoded.format.sample_rate);
        let label = format!("{rate:?}: {:?} and {:?}", heard.duration(), file.duration);
        assert!(heard.duration().abs_diff(file.duration) <= Duration::from_millis(20), "{label}");
        let walked = inspect(&file.encoded.bytes, None).unwrap();
        assert!(
            walked.duration.abs_diff(file.duration) <= Duration::from_millis(1) && !walked.truncated,
            "{label}"
        );
        check_times(&heard, &file, &label);
    }
}

#[test]
fn lossless_files_are_the_joined_samples_to_the_last_one() {
    let joined = join(&parts(&scene()), &options()).unwrap();
    for encoding in [Encoding::PcmS16le, Encoding::Wav, Encoding::Flac] {
        let file = file(Target::new(encoding));
        let raw = Some(file.encoded.format);
        let heard = decode(&file.encoded.bytes, raw).unwrap();
        assert_eq!(heard.frames(), joined.pcm.frames(), "{encoding}");
        assert_eq!(heard.duration(), file.duration, "{encoding}");
        assert_eq!(inspect(&file.encoded.bytes, raw).unwrap().duration, file.duration, "{encoding}");
        assert!(heard.to_s16le() == joined.pcm.to_s16le(), "{encoding}");
        assert_eq!(file.parts, joined.parts, "{encoding}");
        check_times(&heard, &file, encoding.name());
    }
}

#[test]
fn headers_say_how_much_there_is() {
    let bytes = file(Target::new(Encoding::Wav)).encoded.bytes;
    let size = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((size(4), size(40)), (bytes.len() - 8, bytes.len() - 44));
    assert_eq!(bytes.windows(4).filter(|four| *four == b"RIFF").count(), 1);
    let flac = file(Target::new(Encoding::Flac));
    // STREAMINFO: the low 32 of 36 bits.
    let total = u32::from_be_bytes(flac.encoded.bytes[22..26].try_into().unwrap());
    assert_eq!(u64::from(total), join(&parts(&scene()), &options()).unwrap().pcm.frames() as u64);
}

#[test]
fn every_encoding_has_one_header_and_the_whole_duration() {
    for encoding in ENCODABLE {
        for takes in [scene(), scene().into_iter().map(|take| take.at(48_000, 2)).collect()] {
            let file = join_file(&parts(&takes), &options(), &Target::new(*encoding)).unwrap();
            let raw = Some(file.encoded.format);
            let walked = inspect(&file.encoded.bytes, raw).unwrap();
            let heard = decode(&file.encoded.bytes, raw).unwrap();
            // ADTS cannot say that its first frame is delay.
            let bound = Duration::from_millis(if *encoding == Encoding::Aac { 50 } else { 1 });
            for duration in [walked.duration, heard.duration()] {
                assert!(
                    duration.abs_diff(file.duration) <= bound,
                    "{encoding}: {duration:?}, {:?}",
                    file.duration
                );
            }
            assert!(!walked.truncated, "{encoding}");
            assert_eq!(file.encoded.format.channels, takes[0].pcm.channels, "{encoding}");
            if *encoding != Encoding::Aac {
                check_times(&heard, &file, encoding.name());
            }
        }
    }
}

#[test]
fn a_codec_that_lacks_the_rate_moves_no_part() {
    // Opus has no 22,050 Hz: the parts are joined at 24,000.
    let takes = vec![Take::new("nova", 0.6, (120, 310), 900).at(22_050, 1), scene().remove(3)];
    let file = join_file(&parts(&takes), &options(), &Target::new(Encoding::OggOpus)).unwrap();
    let heard = decode(&file.encoded.bytes, None).unwrap();
    check_times(&heard, &file, "opus");
    assert_eq!(file.parts[0].frames.start, 5760);
}
