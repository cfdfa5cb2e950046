//! That the voices are different people, measured.

use understudy_flite::Flite;
use understudy_flite::voices::{self, Preset};
use understudy_plugin::Request;
use understudy_plugin::testing::{Harness, Recording};

use crate::measure;

/// Voiced throughout, so that pitch and spectrum can be measured everywhere.
const VOICED: &str = "We were away a year ago. Will you really marry me?";

fn recording(preset: &Preset, text: &str) -> Recording {
    let recording =
        Harness::<Flite>::new().synthesize(Request::text(text).voice(preset.id).words()).expect("it speaks");
    recording.assert_contract();
    recording
}

fn samples(preset: &Preset, text: &str) -> Vec<i16> {
    recording(preset, text).samples().expect("PCM")
}

#[test]
fn the_list_says_what_each_voice_is() {
    let listed = Harness::<Flite>::new().voices().expect("a list");
    assert_eq!(listed.len(), voices::ALL.len());
    for voice in listed {
        assert!(voice.id.bytes().all(|byte| byte.is_ascii_lowercase()), "{}", voice.id);
        assert_eq!(voice.languages, ["en-US"]);
        let description = voice.description.expect("a description");
        assert!(voice.id == "kal" || description.ends_with("Derived from Kal."), "{description}");
    }
}

#[test]
fn every_voice_speaks_at_its_own_pitch() {
    for preset in &voices::ALL {
        let measured = measure::pitch(&samples(preset, VOICED));
        let ratio = measured / preset.pitch;
        assert!((0.85..1.3).contains(&ratio), "{}: {measured} Hz of {} Hz", preset.id, preset.pitch);
    }
}

#[test]
fn no_two_voices_share_pitch_pace_and_spectrum() {
    let traits: Vec<_> = voices::ALL
        .iter()
        .map(|preset| {
            let pcm = samples(preset, VOICED);
            (preset.id, measure::pitch(&pcm), pcm.len() as f32, measure::centroid(&pcm))
        })
        .collect();
    for (at, left) in traits.iter().enumerate() {
        for right in &traits[at + 1..] {
            let semitones = |left: f32, right: f32| 12.0 * (left / right).log2().abs();
            // A just noticeable difference is about one semitone of pitch, 5 % of pace and 5 % of
            // the spectrum's centre; three of them apart is another person.
            let steps = semitones(left.1, right.1)
                + (left.2 / right.2).ln().abs() / 0.05
                + (left.3 / right.3).ln().abs() / 0.05;
            assert!(steps > 4.0, "{} and {} are {steps} steps apart", left.0, right.0);
        }
    }
}

#[test]
fn formants_move_with_the_tract_and_nothing_else_does() {
    let vowel = |preset: &Preset| -> [f32; 3] {
        // One long vowel, measured in the middle of its word.
        let neutral = Preset { pitch: 100.0, range: 1.0, pace: 0.5, ..*preset };
        let mut speaker =
            understudy_flite::Speaker::new(&neutral, understudy_flite::Controls::default(), true)
                .expect("data");
        let sentence = &understudy_flite::text::prepare("awe").expect("speakable")[0];
        let piece = speaker.speak(sentence);
        let middle = (piece.marks[0].start_ms + piece.marks[0].end_ms) as usize / 2 * 16;
        measure::formants(&piece.pcm[middle - 400..middle + 400])
    };
    let reference = vowel(&voices::ALL[0]);
    for preset in &voices::ALL {
        let factor = f32::from(preset.formants.0) / f32::from(preset.formants.1);
        let found = vowel(preset);
        let ratio = (found[0] / reference[0] + found[2] / reference[2]) / 2.0;
        assert!(
            (ratio / factor - 1.0).abs() < 0.08,
            "{}: {found:?} of {reference:?}, wanted {factor}",
            preset.id
        );
    }
}

#[test]
fn the_pace_is_kept_whatever_the_tract() {
    let natural = samples(&voices::ALL[0], VOICED).len() as f32;
    for preset in &voices::ALL {
        let ratio = natural / samples(preset, VOICED).len() as f32;
        assert!((ratio / preset.pace - 1.0).abs() < 0.05, "{}: {ratio} of {}", preset.id, preset.pace);
    }
}

#[test]
fn a_pitch_shift_is_in_semitones() {
    let shifted = |semitones: f32| {
        let request = Request::text(VOICED).pitch(semitones);
        let recording = Harness::<Flite>::new().synthesize(request).expect("it speaks");
        measure::pitch(&recording.samples().expect("PCM"))
    };
    let natural = shifted(0.0);
    for semitones in [-6.0, 7.0, 12.0] {
        let measured = 12.0 * (shifted(semitones) / natural).log2();
        assert!((measured - semitones).abs() < 2.0, "{semitones}: {measured}");
    }
}
