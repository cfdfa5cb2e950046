//! What a take sounds like, in every encoding a service may send.

use super::*;

const ALL: [Encoding; 6] =
    [Encoding::PcmS16le, Encoding::Wav, Encoding::Mp3, Encoding::Flac, Encoding::OggOpus, Encoding::Aac];

/// Encodings whose level lies open to the walk.
const OPEN: [Encoding; 3] = [Encoding::PcmS16le, Encoding::Wav, Encoding::Mp3];

/// Encodings whose level only a decoder knows.
const CLOSED: [Encoding; 3] = [Encoding::Flac, Encoding::OggOpus, Encoding::Aac];

/// `change` done to the spoken lines must be found as `expected`, and fail: by the walk and
/// what it suspects where levels lie open, by a full audition elsewhere.
fn refused(change: impl Fn(&mut Vec<f32>), expected: &str) {
    let mut pcm = speech();
    change(&mut pcm.samples);
    let full = AuditionSettings { depth: Depth::Full, ..AuditionSettings::default() };
    let full = Brief::of(&request(&lines()), None, full);
    let walked = OPEN.map(|encoding| (encoding, brief(&lines())));
    for (encoding, brief) in walked.into_iter().chain(CLOSED.map(|encoding| (encoding, full))) {
        let found = verdict(&pcm, encoding, &brief);
        assert!(found.heard, "{encoding}: {found:?}");
        assert!(codes(&found).contains(&expected), "{encoding}: {found:?}");
        assert!(found.quality < 0.7, "{encoding}: {found:?}");
    }
}

#[test]
fn speech_passes_in_every_encoding_and_without_a_decoder() {
    for encoding in ALL {
        let found = verdict(&speech(), encoding, &brief(&lines()));
        assert_eq!((found.quality, codes(&found)), (1.0, Vec::new()), "{encoding}");
        let lies_open = matches!(encoding, Encoding::PcmS16le | Encoding::Wav);
        assert_eq!(found.heard, lies_open, "{encoding}");
    }
}

#[test]
fn silence_is_refused() {
    refused(|samples| samples.fill(0.0), "silent");
    refused(|samples| samples.iter_mut().for_each(|sample| *sample *= 0.0005), "silent");
}

#[test]
fn digital_silence_is_found_without_being_asked_for_in_every_encoding() {
    let mut pcm = speech();
    pcm.samples.fill(0.0);
    for encoding in ALL {
        let found = verdict(&pcm, encoding, &brief(&lines()));
        assert_eq!((codes(&found), found.heard), (vec!["silent"], true), "{encoding}: {found:?}");
    }
}

#[test]
fn one_word_and_silence_to_the_end_is_refused() {
    let cut = |samples: &mut Vec<f32>| samples.iter_mut().skip(24_000).for_each(|sample| *sample = 0.0);
    refused(cut, "mostly_silent");
    refused(cut, "long_silence");
}

#[test]
fn a_hole_in_the_middle_is_refused() {
    refused(|samples| samples.iter_mut().skip(48_000).take(112_000).for_each(|s| *s = 0.0), "long_silence");
}

#[test]
fn white_noise_and_a_tone_are_refused() {
    let mut state = 1_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / u32::MAX as f32 - 0.5
    };
    let noise: Vec<f32> = speech().samples.iter().map(|_| next()).collect();
    refused(|samples| samples.clone_from(&noise), "steady");
    let tone = |at: usize| (at as f32 * 440.0 / 16_000.0 * std::f32::consts::TAU).sin() * 0.3;
    refused(|samples| samples.iter_mut().enumerate().for_each(|(at, s)| *s = tone(at)), "steady");
}

#[test]
fn clipping_is_refused_where_samples_are_seen() {
    let mut driven = speech();
    driven.samples.iter_mut().for_each(|sample| *sample = (*sample * 60.0).clamp(-1.0, 1.0));
    let full = AuditionSettings { depth: Depth::Full, ..AuditionSettings::default() };
    let brief = Brief::of(&request(&lines()), None, full);
    for encoding in [Encoding::PcmS16le, Encoding::Wav, Encoding::Flac] {
        let found = verdict(&driven, encoding, &brief);
        assert_eq!(codes(&found), ["clipped"], "{encoding}: {found:?}");
        assert!(found.quality < 0.5, "{encoding}: {found:?}");
    }
    let asked = Request { volume: Some(16.0), ..request(&lines()) };
    let found = verdict(&driven, Encoding::Wav, &Brief::of(&asked, None, full));
    assert_eq!(codes(&found), Vec::<&str>::new(), "who asks for +16 dB gets it");
}

#[test]
fn a_clipped_sine_is_clipped_and_steady() {
    let mut pcm = speech();
    let wave = |at: usize| (at as f32 * 300.0 / 16_000.0 * std::f32::consts::TAU).sin() * 2.0;
    pcm.samples.iter_mut().enumerate().for_each(|(at, sample)| *sample = wave(at).clamp(-1.0, 1.0));
    let found = verdict(&pcm, Encoding::Wav, &brief(&lines()));
    assert_eq!(codes(&found), ["clipped", "steady"]);
    assert!(found.quality < 0.1, "{found:?}");
}

#[test]
fn quiet_speech_is_told_and_passes() {
    let mut pcm = speech();
    pcm.samples.iter_mut().for_each(|sample| *sample *= 0.015);
    let found = verdict(&pcm, Encoding::Wav, &brief(&lines()));
    assert!(codes(&found).contains(&"quiet"), "{found:?}");
}

#[test]
fn who_asks_for_silence_gets_it() {
    let mut pcm = speech();
    pcm.samples.fill(0.0);
    let hushed = Request { volume: Some(-96.0), ..request(&lines()) };
    let brief = Brief::of(&hushed, None, AuditionSettings::default());
    assert_eq!(verdict(&pcm, Encoding::Wav, &brief).quality, 1.0);
}

#[test]
fn frames_that_do_not_decode_are_damage() {
    let encoded = encode(&speech(), &Target::new(Encoding::Flac)).unwrap();
    let mut bytes = encoded.bytes;
    // Every other kilobyte in the middle: headers in between stay in order.
    let middle = bytes.len() / 4..bytes.len() * 3 / 4;
    bytes[middle].chunks_mut(1024).step_by(2).for_each(|chunk| chunk[64..].fill(0x55));
    let full = AuditionSettings { depth: Depth::Full, ..AuditionSettings::default() };
    let found = judge("p", encoded.format, &bytes, &Brief::of(&request(&lines()), None, full));
    // Whether the walk or the decoder stumbles first is the format's business.
    assert!(found.as_ref().map_or(true, |found| found.quality < 0.7), "{found:?}");
}

#[test]
fn off_judges_nothing_but_wholeness() {
    let mut pcm = speech();
    pcm.samples.fill(0.0);
    let off = AuditionSettings { depth: Depth::Off, ..AuditionSettings::default() };
    let off = Brief::of(&request("Hi."), None, off);
    for encoding in ALL {
        assert_eq!(verdict(&pcm, encoding, &off).findings, [], "{encoding}");
    }
    let encoded = encode(&speech(), &Target::new(Encoding::Mp3)).unwrap();
    let cut = &encoded.bytes[..encoded.bytes.len() / 2];
    let told = judge("p", encoded.format, cut, &off).unwrap_err().to_string();
    assert!(told.contains("it is cut off after"), "{told}");
}

#[test]
fn a_sample_is_decoded_and_the_same_take_is_always_sampled() {
    let encoded = encode(&speech(), &Target::new(Encoding::Mp3)).unwrap();
    let heard = |full_share| {
        let settings = AuditionSettings { full_share, ..AuditionSettings::default() };
        let brief = Brief::of(&request(&lines()), None, settings);
        judge("p", encoded.format, &encoded.bytes, &brief).unwrap().heard
    };
    assert!(!heard(0.0) && heard(1.0));
    assert_eq!(heard(0.5), heard(0.5));
    let sampled = (0_u32..1000).filter(|take| is_sampled(0.1, &take.to_le_bytes())).count();
    assert!((60..140).contains(&sampled), "{sampled}");
}

#[test]
fn settings_outside_their_range_are_refused_by_name() {
    let check = |full_share, min_quality, expected: Option<&str>| {
        let settings = AuditionSettings { full_share, min_quality, ..AuditionSettings::default() };
        assert_eq!(settings.check().err().map(|error| error.to_string()).as_deref(), expected);
    };
    check(0.0, 1.0, None);
    check(1.5, 0.7, Some("full_share must be between 0 and 1, got 1.5"));
    check(0.5, f32::NAN, Some("min_quality must be between 0 and 1, got NaN"));
    assert_eq!("full".parse(), Ok(Depth::Full));
    assert!("loud".parse::<Depth>().is_err());
}
