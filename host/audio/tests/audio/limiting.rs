//! The limiter on real speech, judged by a meter with another interpolator.

use proptest::prelude::*;
use understudy_audio::{CEILING_DBTP, Limiter, LoudnessMeter, Pcm, limit};

use crate::signals::{amplified, chain, sine};
use crate::speech::{signal_to_noise, speech, speech_at};

fn true_peak(pcm: &Pcm) -> f32 {
    let mut meter = LoudnessMeter::new();
    meter.push(pcm).unwrap();
    meter.true_peak_dbtp()
}

fn in_pieces(pcm: &Pcm, frames: &[usize]) -> Vec<f32> {
    let mut limiter = Limiter::new(pcm.sample_rate, pcm.channels, CEILING_DBTP).unwrap();
    let (mut rest, mut out) = (pcm.samples.as_slice(), Vec::new());
    for frames in frames {
        let (now, later) = rest.split_at((frames * usize::from(pcm.channels)).min(rest.len()));
        limiter.push(now, &mut out);
        rest = later;
    }
    limiter.push(rest, &mut out);
    limiter.finish(&mut out);
    out
}

#[test]
fn speech_under_the_ceiling_is_the_same_bits() {
    for mut pcm in [speech(), speech_at(48_000, 2), speech_at(8_000, 1), speech_at(96_000, 1)] {
        pcm.samples.truncate(2 * pcm.sample_rate as usize);
        let softer = amplified(&pcm, 10.0_f32.powf((CEILING_DBTP - 0.05 - true_peak(&pcm)) / 20.0));
        assert!(limit(&softer, CEILING_DBTP).unwrap() == softer, "{} Hz", pcm.sample_rate);
    }
}

#[test]
fn speech_over_the_ceiling_comes_under_it() {
    for mut pcm in [speech(), speech_at(22_050, 2), speech_at(48_000, 1), speech_at(96_000, 1)] {
        pcm.samples.truncate(pcm.sample_rate as usize);
        for (gain, ceiling) in [(1.5, CEILING_DBTP), (4.0, CEILING_DBTP), (3.0, -6.0), (12.0, 0.0)] {
            let loud = amplified(&pcm, gain);
            let limited = limit(&loud, ceiling).unwrap();
            let (before, read) = (true_peak(&loud), true_peak(&limited));
            let label = format!("{} Hz: {before} dBTP became {read}", pcm.sample_rate);
            assert!(read <= ceiling && read > ceiling.min(before) - 1.0, "{label} for {ceiling}");
            assert_eq!(limited.samples.len(), pcm.samples.len());
        }
    }
}

#[test]
fn a_peak_between_samples_is_held_too() {
    // fs/4 at 45°: the samples say −4 dBFS, the wave is at −1 + 0.
    let step = std::f32::consts::FRAC_PI_2;
    let samples = (0..9600).map(|index| (index as f32 * step + step / 2.0).sin()).collect();
    let pcm = Pcm { sample_rate: 48_000, channels: 1, samples };
    assert!(pcm.samples.iter().all(|sample| sample.abs() < 0.71));
    assert!(true_peak(&limit(&pcm, CEILING_DBTP).unwrap()) <= CEILING_DBTP);
}

#[test]
fn only_the_neighbourhood_of_a_peak_is_touched() {
    let calm = sine(-12.0, 300.0, 24_000, 1, 10);
    let pcm = chain(&[calm.clone(), sine(3.0, 300.0, 24_000, 1, 1), calm.clone(), calm]);
    let limited = limit(&pcm, CEILING_DBTP).unwrap();
    let touched: Vec<usize> =
        (0..pcm.frames()).filter(|at| limited.samples[*at] != pcm.samples[*at]).collect();
    let (first, last) = (touched[0], touched[touched.len() - 1]);
    // The level comes back slowly: 20 ms behind the peak it is on its way, and after 400 ms there.
    let gain = |behind: usize| {
        let crest = (26_400 + behind..26_400 + behind + 80)
            .max_by(|one, other| pcm.samples[*one].abs().total_cmp(&pcm.samples[*other].abs()));
        crest.map(|at| limited.samples[at] / pcm.samples[at]).unwrap()
    };
    assert!((0.7..0.9).contains(&gain(480)), "{}", gain(480));
    assert!((0.999..=1.0).contains(&gain(9600)), "{}", gain(9600));
    // 5 ms and the kernel before; behind, the release is over in about a second.
    assert!(first >= 24_000 - 120 - 16, "{first}");
    assert!(last < 26_400 + 24_000, "{last}");
}

#[test]
fn loud_speech_keeps_its_waves() {
    // 2.5 dB over: a cutter would leave a crackle at every top.
    let loud = amplified(&speech(), 10.0_f32.powf((CEILING_DBTP + 2.5 - true_peak(&speech())) / 20.0));
    let limited = limit(&loud, CEILING_DBTP).unwrap();
    let ratio = signal_to_noise(&loud, &limited, 0);
    assert!(ratio > 15.0, "{ratio:.1} dB");
    // What is left out is level, not sound: the gain moves by less than a hundredth of a decibel a
    // sample.
    let gains: Vec<f32> = loud
        .samples
        .iter()
        .zip(&limited.samples)
        .map(|(said, heard)| if said.abs() > 0.01 { heard / said } else { f32::NAN })
        .collect();
    let jump = gains.windows(2).map(|pair| (pair[1] - pair[0]).abs()).filter(|jump| jump.is_finite());
    let jump = jump.fold(0.0, f32::max);
    assert!(jump < 0.01, "{jump}");
}

#[test]
fn both_channels_move_together() {
    let stereo = amplified(&speech_at(24_000, 2), 3.0);
    let limited = limit(&stereo, CEILING_DBTP).unwrap();
    // The right channel is half of the left, and stays so.
    for frame in limited.samples.chunks_exact(2) {
        assert!((frame[0] * 0.5 - frame[1]).abs() < 1e-6, "{frame:?}");
    }
}

#[test]
fn what_is_no_number_spoils_its_place_only() {
    let mut pcm = speech();
    pcm.samples[4000] = f32::NAN;
    pcm.samples[5000] = f32::NEG_INFINITY;
    let limited = limit(&pcm, CEILING_DBTP).unwrap();
    assert!(limited.samples.iter().all(|sample| sample.abs() <= 1.0));
    assert!(limited.samples[60_000..] == pcm.samples[60_000..]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn how_audio_is_split_changes_no_sample(
        pieces in prop::collection::vec(0..2000_usize, 0..12),
        channels in 1..=2_u8,
        begin in 0..30_000_usize,
        length in 0..4000_usize,
    ) {
        let mono = amplified(&speech(), 3.0);
        let samples = mono.samples[begin..begin + length].to_vec();
        let pcm = Pcm { samples, ..mono }.with_channels(channels).into_owned();
        let whole = limit(&pcm, CEILING_DBTP).unwrap();
        prop_assert_eq!(in_pieces(&pcm, &pieces), whole.samples);
    }

    #[test]
    fn noise_stays_under_the_ceiling_and_keeps_its_length(
        samples in prop::collection::vec(-4.0..4.0_f32, 0..1500),
        quiet in 0..2000_usize,
    ) {
        let samples = [vec![0.0; quiet], samples].concat();
        let pcm = Pcm { sample_rate: 24_000, channels: 1, samples };
        let limited = limit(&pcm, CEILING_DBTP).unwrap();
        prop_assert_eq!(limited.samples.len(), pcm.samples.len());
        // White noise reaches half the sample rate, where no two interpolators agree.
        prop_assert!(true_peak(&limited) <= CEILING_DBTP + 0.5, "{}", true_peak(&limited));
        prop_assert!(limited.samples.iter().all(|sample| sample.abs() <= 10.0_f32.powf(CEILING_DBTP / 20.0)));
    }
}
