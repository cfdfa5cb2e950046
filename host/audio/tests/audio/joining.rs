//! What holds for joined samples.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use understudy_audio::{
    AudioError, JoinOptions, Joiner, LoudnessMeter, Part, Pcm, join, measure_voices, resample,
};

use crate::scene::{Take, parts};
use crate::signals::{amplified, near, sine};
use crate::speech::speech;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// Nothing but putting one part behind the other.
fn plain() -> JoinOptions {
    JoinOptions {
        target_lufs: None,
        ceiling_dbtp: None,
        gap: Duration::ZERO,
        silence_max: None,
        fade: Duration::ZERO,
        ..JoinOptions::default()
    }
}

fn loudness(pcm: &Pcm) -> f32 {
    let mut meter = LoudnessMeter::new();
    meter.push(pcm).unwrap();
    meter.integrated().unwrap()
}

/// The samples of the `index`th part in the joined audio.
fn cut(joined: &understudy_audio::Joined, index: usize) -> Pcm {
    let channels = u64::from(joined.pcm.channels);
    let frames = &joined.parts[index].frames;
    let range = (frames.start * channels) as usize..(frames.end * channels) as usize;
    Pcm { samples: joined.pcm.samples[range].to_vec(), ..joined.pcm }
}

#[test]
fn without_options_samples_are_only_put_together() {
    let takes = [Take::new("a", 0.5, (0, 0), 500), Take::new("b", 0.2, (30, 200), 300)];
    let joined = join(&parts(&takes), &plain()).unwrap();
    let both = [takes[0].pcm.samples.clone(), takes[1].pcm.samples.clone()].concat();
    assert!(joined.pcm.samples == both);
    assert_eq!(joined.parts[1].frames, 8000..8000 + 530 * 16);
    assert_eq!((joined.parts[1].start_ms, joined.parts[1].end_ms), (500, 1030));
}

#[test]
fn pauses_stand_where_they_were_asked_for_to_the_sample() {
    let takes = [
        Take::new("a", 0.5, (0, 0), 500).pause(1000),
        Take::new("b", 0.5, (0, 0), 500),
        Take::new("a", 0.5, (0, 0), 500).pause(125),
    ];
    let options =
        JoinOptions { gap: MS(350), lead_in: MS(200), lead_out: MS(300), target_lufs: None, ..plain() };
    let joined = join(&parts(&takes), &options).unwrap();
    let frames: Vec<_> = joined.parts.iter().map(|part| part.frames.clone()).collect();
    assert_eq!(frames, [3200..11_200, 27_200..35_200, 40_800..48_800]);
    assert_eq!(joined.pcm.frames(), 48_800 + 2000 + 4800);
    for silence in [0..3200, 11_200..27_200, 35_200..40_800, 48_800..55_600] {
        assert!(joined.pcm.samples[silence].iter().all(|sample| *sample == 0.0));
    }
}

#[test]
fn own_silence_is_cut_to_the_bound_and_word_marks_follow() {
    let take = Take::new("a", 0.5, (400, 700), 600);
    let joined = join(&parts(std::slice::from_ref(&take)), &JoinOptions::default()).unwrap();
    let part = &joined.parts[0];
    // The voice begins within the first window of 10 ms.
    let leading = part.trimmed_frames.0;
    assert!((395 * 16..=405 * 16).contains(&leading), "{leading}");
    assert!(part.trimmed_frames.1 >= 690 * 16, "{:?}", part.trimmed_frames);
    let moved = (leading / 16) as i64;
    for (heard, said) in part.words.iter().zip(&take.words) {
        let off = i64::from(heard.start_ms) - (i64::from(said.start_ms) - moved);
        assert!(off.abs() <= 5, "{heard:?} from {said:?} moved by {moved}");
        assert_eq!((heard.start_byte, heard.end_byte), (said.start_byte, said.end_byte));
    }
}

#[test]
fn a_part_of_silence_leaves_a_moment_of_it() {
    let pcm = Pcm { sample_rate: 24_000, channels: 1, samples: vec![0.0; 24_000] };
    let part = Part { pcm: &pcm, voice: "a", words: &[], pause: None };
    let joined = join(&[part], &JoinOptions::default()).unwrap();
    assert_eq!(joined.parts[0].frames, 0..240);
    assert_eq!(joined.parts[0].gain_db, 0.0);
}

#[test]
fn every_voice_comes_to_the_target_and_keeps_its_whispers() {
    let takes = [
        Take::new("loud", 0.9, (50, 50), 1500),
        Take::new("soft", 0.3, (50, 50), 1500),
        // A whisper of the loud voice, 20 dB under it.
        Take::new("loud", 0.09, (50, 50), 600),
        Take::new("soft", 0.3, (50, 50), 1500),
    ];
    let joined = join(&parts(&takes), &JoinOptions::default()).unwrap();
    // This voice's peaks stand 20 dB over its loudness; the limiter takes 5 dB off the loudest
    // vowels, which costs it one LU.
    near(loudness(&cut(&joined, 0)), -16.0, 1.3);
    near(loudness(&cut(&joined, 1)), -16.0, 1.3);
    near(loudness(&joined.pcm), -16.0, 1.3);
    let low = JoinOptions { target_lufs: Some(-24.0), ..JoinOptions::default() };
    let low = join(&parts(&takes), &low).unwrap();
    near(loudness(&cut(&low, 0)), -24.0, 0.2);
    near(loudness(&cut(&low, 1)), -24.0, 0.2);
    assert_eq!(joined.parts[0].gain_db, joined.parts[2].gain_db);
    let whisper = loudness(&takes[2].pcm) + joined.parts[2].gain_db;
    near(loudness(&cut(&joined, 2)), whisper, 0.5);
    assert!(whisper < -32.0, "{whisper}");
    let mut meter = LoudnessMeter::new();
    meter.push(&joined.pcm).unwrap();
    assert!(meter.true_peak_dbtp() <= -1.0, "{}", meter.true_peak_dbtp());
}

#[test]
fn a_voice_kept_from_before_gets_its_gain_and_a_new_one_that_of_its_first_part() {
    let takes = [Take::new("known", 0.05, (0, 0), 900), Take::new("new", 0.5, (0, 0), 900)];
    let known = BTreeMap::from([("known".to_owned(), {
        let mut meter = LoudnessMeter::new();
        meter.push(&speech()).unwrap();
        meter
    })]);
    let (options, mut out) = (JoinOptions::default(), Vec::new());
    let mut joiner = Joiner::new(16_000, 1, &options, known).unwrap();
    let soft = Take::new("new", 0.01, (0, 0), 900);
    for part in parts(&[takes[0].clone(), takes[1].clone(), soft]) {
        joiner.push(&part, &mut out).unwrap();
    }
    let placed = joiner.finish(&mut out).unwrap();
    near(placed[0].gain_db, -16.0 - loudness(&speech()), 0.01);
    near(placed[1].gain_db, -16.0 - loudness(&takes[1].pcm), 0.01);
    assert_eq!(placed[2].gain_db, placed[1].gain_db);
}

#[test]
fn gain_has_a_bound_in_both_directions() {
    let check = |gain: f32, expected: f32| {
        let pcm = amplified(&speech(), gain);
        let part = Part { pcm: &pcm, voice: "a", words: &[], pause: None };
        let options = JoinOptions { gain_db_max: 12.0, ..JoinOptions::default() };
        near(join(&[part], &options).unwrap().parts[0].gain_db, expected, 0.01);
    };
    check(0.02, 12.0);
    check(15.0, -12.0);
}

#[test]
fn a_cut_in_the_middle_of_a_wave_does_not_click() {
    let tone = sine(-6.0, 440.0, 24_000, 1, 5);
    // Begins and ends at the crest.
    let pcm = Pcm { samples: tone.samples[14..9_014].to_vec(), ..tone };
    let part = Part { pcm: &pcm, voice: "a", words: &[], pause: Some(MS(100)) };
    let options = JoinOptions { target_lufs: None, lead_in: MS(100), ..JoinOptions::default() };
    let joined = join(&[part, part], &options).unwrap();
    let steepest =
        |samples: &[f32]| samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(pcm.samples[0] > 0.4);
    assert!(steepest(&joined.pcm.samples) <= steepest(&pcm.samples) * 1.05);
    // And only the first and the last 5 ms were touched.
    let heard = cut(&joined, 0);
    assert!(heard.samples[120..8_880] == pcm.samples[120..8_880]);
}

#[test]
fn a_constant_offset_stays_and_hides_no_silence() {
    let mut take = Take::new("a", 0.5, (300, 300), 500);
    take.pcm.samples.iter_mut().for_each(|sample| *sample += 0.02);
    let options = JoinOptions { target_lufs: None, ..JoinOptions::default() };
    let joined = join(&parts(std::slice::from_ref(&take)), &options).unwrap();
    assert!(joined.parts[0].trimmed_frames.0 >= 290 * 16);
    let (heard, said) = (cut(&joined, 0), &take.pcm.samples);
    let begin = joined.parts[0].trimmed_frames.0 as usize;
    let middle = 80..heard.samples.len() - 80;
    assert!(heard.samples[middle.clone()] == said[begin + middle.start..begin + middle.end]);
}

#[test]
fn mono_and_stereo_and_all_rates_become_one() {
    let takes = [
        Take::new("a", 0.5, (0, 0), 700),
        Take::new("b", 0.5, (0, 0), 700).at(44_100, 2),
        Take::new("c", 0.5, (0, 0), 700).at(22_050, 1),
    ];
    let joined = join(&parts(&takes), &JoinOptions::default()).unwrap();
    assert_eq!((joined.pcm.sample_rate, joined.pcm.channels), (44_100, 2));
    for (index, part) in joined.parts.iter().enumerate() {
        near((part.end_ms - part.start_ms) as f32, 700.0, 20.0);
        // As loud as the others, whatever its own layout was.
        near(loudness(&cut(&joined, index)), -16.0, 1.0);
    }
    let mut out = Vec::new();
    let mut joiner = Joiner::new(24_000, 1, &JoinOptions::default(), BTreeMap::new()).unwrap();
    for part in parts(&takes) {
        joiner.push(&part, &mut out).unwrap();
    }
    let placed = joiner.finish(&mut out).unwrap();
    assert_eq!(out.len() as u64, placed[2].frames.end);
}

#[test]
fn what_cannot_be_joined_is_refused_by_name() {
    let options = JoinOptions::default();
    assert_eq!(join(&[], &options).unwrap_err(), AudioError::Empty);
    let check = |pcm: &Pcm, pause: Option<Duration>, expected: &str| {
        let part = Part { pcm, voice: "a", words: &[], pause };
        assert_eq!(join(&[part, part], &options).unwrap_err().code(), expected);
    };
    check(&Pcm { channels: 3, ..speech() }, None, "audio_channels");
    check(&Pcm { channels: 0, ..speech() }, None, "audio_channels");
    check(&Pcm { sample_rate: 7, ..speech() }, None, "audio_sample_rate");
    check(&Pcm { samples: Vec::new(), ..speech() }, Some(Duration::ZERO), "audio_empty");
    check(&speech(), Some(Duration::MAX), "audio_too_long");
    check(&speech(), Some(Duration::from_secs(7 * 3600)), "audio_too_long");
}

fn takes() -> impl Strategy<Value = Vec<Take>> {
    let take = (
        prop::sample::select(vec!["ada", "ben", "cleo"]),
        0.02..0.9_f32,
        (0..400_u32, 0..400_u32),
        1..500_u32,
        prop::sample::select(vec![(16_000_u32, 1_u8), (22_050, 1), (24_000, 2)]),
        prop::option::of(0..900_u64),
    );
    let take = take.prop_map(|(voice, gain, silence, length, (rate, channels), pause)| Take {
        pause_ms: pause,
        ..Take::new(voice, gain, silence, length).at(rate, channels)
    });
    prop::collection::vec(take, 1..6)
}

fn options() -> impl Strategy<Value = JoinOptions> {
    let silence = prop::option::of(0..120_u64);
    (any::<bool>(), any::<bool>(), (0..700_u64, 0..700_u64, 0..700_u64), silence, 0..40_u64).prop_map(
        |(level, limited, (gap, lead_in, lead_out), silence, fade)| JoinOptions {
            target_lufs: level.then_some(-16.0),
            ceiling_dbtp: limited.then_some(-1.0),
            gap: MS(gap),
            lead_in: MS(lead_in),
            lead_out: MS(lead_out),
            silence_max: silence.map(MS),
            fade: MS(fade),
            ..JoinOptions::default()
        },
    )
}

/// As the joiner counts: to the nearest frame.
fn frames(milliseconds: u64, rate: u32) -> u64 {
    (milliseconds * u64::from(rate) + 500) / 1000
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn joined_audio_is_its_parts_its_pauses_and_nothing_else(takes in takes(), options in options()) {
        let joined = join(&parts(&takes), &options).unwrap();
        let rate = joined.pcm.sample_rate;
        let count = |duration: Duration| frames(duration.as_millis() as u64, rate);
        let mut place = count(options.lead_in);
        for (index, (take, part)) in takes.iter().zip(&joined.parts).enumerate() {
            let all = resample(&take.pcm, rate).unwrap().frames() as u64;
            prop_assert_eq!(part.frames.start, place);
            prop_assert_eq!(part.frames.end - part.frames.start + part.trimmed_frames.0 + part.trimmed_frames.1, all);
            let last = index + 1 == takes.len();
            let pause = take.pause_ms.map(MS).unwrap_or(if last { Duration::ZERO } else { options.gap });
            place = part.frames.end + count(if last { pause + options.lead_out } else { pause });
        }
        prop_assert_eq!(joined.pcm.frames() as u64, place);
        prop_assert_eq!(joined.pcm.samples.len() % usize::from(joined.pcm.channels), 0);
    }

    #[test]
    fn parts_are_apart_and_words_inside_them_in_order(takes in takes(), options in options()) {
        let joined = join(&parts(&takes), &options).unwrap();
        let mut earliest = 0;
        for (take, part) in takes.iter().zip(&joined.parts) {
            prop_assert!(earliest <= part.start_ms && part.start_ms <= part.end_ms);
            earliest = part.end_ms;
            prop_assert_eq!(part.words.len(), take.words.len());
            let mut now = part.start_ms;
            for word in &part.words {
                prop_assert!(now <= word.start_ms && word.start_ms <= word.end_ms, "{part:?}");
                prop_assert!(word.end_ms <= part.end_ms, "{part:?}");
                now = word.start_ms;
            }
        }
    }

    #[test]
    fn one_voice_has_one_gain(takes in takes(), options in options()) {
        let joined = join(&parts(&takes), &options).unwrap();
        let mut gains = BTreeMap::new();
        for (take, part) in takes.iter().zip(&joined.parts) {
            prop_assert_eq!(*gains.entry(take.voice).or_insert(part.gain_db), part.gain_db);
        }
    }

    #[test]
    fn one_after_the_other_gives_the_same_samples(takes in takes(), options in options()) {
        let parts = parts(&takes);
        let joined = join(&parts, &options).unwrap();
        let (rate, channels) = (joined.pcm.sample_rate, joined.pcm.channels);
        let voices = measure_voices(&parts, channels).unwrap();
        let mut joiner = Joiner::new(rate, channels, &options, voices).unwrap();
        let mut samples = Vec::new();
        for part in &parts {
            let mut piece = Vec::new();
            joiner.push(part, &mut piece).unwrap();
            samples.extend(piece);
        }
        let placed = joiner.finish(&mut samples).unwrap();
        prop_assert!(samples == joined.pcm.samples);
        prop_assert_eq!(placed, joined.parts);
    }
}
