//! The meter against the test signals of EBU Tech 3341 and against real speech.

use understudy_audio::{AudioError, LoudnessMeter, Pcm, measure};

use crate::signals::{amplified, chain, near, sine, wave};
use crate::speech::{speech, speech_at};

fn meter(takes: &[Pcm]) -> LoudnessMeter {
    let mut meter = LoudnessMeter::new();
    for take in takes {
        meter.push(take).unwrap();
    }
    meter
}

fn integrated(takes: &[Pcm]) -> f32 {
    meter(takes).integrated().unwrap()
}

/// 1 kHz at `dbfs`, as long as the case says.
fn tone(dbfs: f64, channels: u8, tenths: u32) -> Pcm {
    sine(dbfs, 1000.0, 48_000, channels, tenths)
}

#[test]
fn the_integrated_cases_of_tech_3341_read_as_they_should() {
    let check = |case: &str, programme: &[(f64, u32)], expected: f32| {
        let parts: Vec<Pcm> = programme.iter().map(|(dbfs, tenths)| tone(*dbfs, 2, *tenths)).collect();
        let read = integrated(&[chain(&parts)]);
        assert!((read - expected).abs() <= 0.1, "{case}: {read} LUFS instead of {expected}");
    };
    check("1", &[(-23.0, 200)], -23.0);
    check("2", &[(-33.0, 200)], -33.0);
    check("3: the relative gate", &[(-36.0, 100), (-23.0, 600), (-36.0, 100)], -23.0);
    let both = [(-72.0, 100), (-36.0, 100), (-23.0, 600), (-36.0, 100), (-72.0, 100)];
    check("4: both gates", &both, -23.0);
    check("5: nothing is gated", &[(-26.0, 200), (-20.0, 201), (-26.0, 200)], -23.0);
}

#[test]
fn mono_is_one_channel_and_reads_three_less_than_two() {
    for (dbfs, expected) in [(-23.0, -26.0), (-33.0, -36.0)] {
        near(integrated(&[tone(dbfs, 1, 200)]), expected, 0.1);
        near(integrated(&[tone(dbfs, 1, 200).with_channels(2).into_owned()]), expected + 3.0, 0.1);
    }
}

#[test]
fn every_rate_reads_the_same() {
    for rate in [8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000, 192_000] {
        near(integrated(&[sine(-23.0, 1000.0, rate, 2, 50)]), -23.0, 0.1);
    }
}

#[test]
fn the_true_peak_cases_of_tech_3341_read_as_they_should() {
    // Cases 15 to 19: tolerance +0.2 and −0.4 dB.
    let check = |divisor: f64, amplitude: f64, degrees: f64, expected: f32| {
        let mut pcm = wave(amplitude, 48_000.0 / divisor, degrees, 48_000, 1, 10);
        // A tone that begins at once overshoots between its first samples.
        for (index, sample) in pcm.samples.iter_mut().enumerate() {
            *sample *= (index.min(48_000 - index) as f32 / 2400.0).min(1.0);
        }
        let read = meter(&[pcm]).true_peak_dbtp();
        let off = read - expected;
        assert!((-0.4..=0.2).contains(&off), "fs/{divisor} at {degrees}°: {read} dBTP, not {expected}");
    };
    check(4.0, 0.5, 0.0, -6.0);
    check(4.0, 0.5, 45.0, -6.0);
    check(6.0, 0.5, 60.0, -6.0);
    check(8.0, 0.5, 67.5, -6.0);
    check(4.0, 1.41, 45.0, 3.0);
}

#[test]
fn one_take_reads_as_the_whole_measurement_does() {
    for pcm in [speech(), speech_at(24_000, 1), speech_at(48_000, 2), amplified(&speech(), 0.05)] {
        near(integrated(std::slice::from_ref(&pcm)), measure(&pcm).loudness_lufs.unwrap(), 0.02);
    }
}

#[test]
fn a_short_soft_line_does_not_move_its_voice() {
    let alone = integrated(&[speech()]);
    let mut soft = amplified(&speech(), 0.03);
    soft.samples.truncate(16_000);
    assert!(integrated(std::slice::from_ref(&soft)) < alone - 20.0);
    // Not quite nothing: the relative gate falls a little, and lets softer blocks of the long take in.
    near(integrated(&[speech(), soft]), alone, 0.2);
}

#[test]
fn takes_of_several_rates_and_their_order_make_one_voice() {
    let takes = [speech(), speech_at(24_000, 1), amplified(&speech_at(48_000, 1), 0.5)];
    let mut turned = takes.clone();
    turned.reverse();
    near(integrated(&takes), integrated(&turned), 0.001);
    near(meter(&takes).true_peak_dbtp(), meter(&turned).true_peak_dbtp(), 0.001);
}

#[test]
fn merged_meters_read_as_one_that_heard_all() {
    let (first, second) = (speech(), amplified(&speech_at(24_000, 1), 0.4));
    let mut merged = meter(std::slice::from_ref(&first));
    merged.merge(&meter(std::slice::from_ref(&second)));
    let whole = meter(&[first, second]);
    near(merged.integrated().unwrap(), whole.integrated().unwrap(), 0.001);
    assert_eq!(merged.true_peak_dbtp(), whole.true_peak_dbtp());
}

#[test]
fn a_meter_is_kept_in_a_few_kilobytes_and_goes_on_from_there() {
    let kept = serde_json::to_string(&meter(&[speech(), speech_at(24_000, 1)])).unwrap();
    assert!(kept.len() < 8 * 1024, "{} bytes", kept.len());
    let mut back: LoudnessMeter = serde_json::from_str(&kept).unwrap();
    assert_eq!(back, meter(&[speech(), speech_at(24_000, 1)]));
    back.push(&amplified(&speech(), 2.0)).unwrap();
    let whole = meter(&[speech(), speech_at(24_000, 1), amplified(&speech(), 2.0)]);
    near(back.integrated().unwrap(), whole.integrated().unwrap(), 0.001);
    let silent = serde_json::to_string(&meter(&[])).unwrap();
    assert_eq!(serde_json::from_str::<LoudnessMeter>(&silent).unwrap(), LoudnessMeter::new());
}

#[test]
fn silence_and_nothing_have_no_loudness() {
    let silence = Pcm { sample_rate: 24_000, channels: 1, samples: vec![0.0; 48_000] };
    let faint = tone(-80.0, 1, 20);
    for takes in
        [&[][..], std::slice::from_ref(&silence), &[faint], &[Pcm { samples: Vec::new(), ..silence.clone() }]]
    {
        assert_eq!(meter(takes).integrated(), None);
    }
    assert_eq!(meter(&[silence]).true_peak_dbtp(), f32::NEG_INFINITY);
}

#[test]
fn takes_too_short_for_a_block_count_only_among_themselves() {
    let word = tone(-20.0, 1, 3);
    near(integrated(std::slice::from_ref(&word)), -23.0, 0.3);
    near(integrated(&[word, tone(-30.0, 1, 30)]), -33.0, 0.1);
}

#[test]
fn what_is_no_number_or_no_layout_spoils_no_meter() {
    let mut broken = speech();
    broken.samples[2000] = f32::NAN;
    broken.samples[3000] = f32::INFINITY;
    assert!(integrated(&[broken]).is_finite());
    let mut meter = meter(&[speech()]);
    let before = meter.clone();
    assert_eq!(meter.push(&Pcm { channels: 3, ..speech() }), Err(AudioError::Channels(3)));
    assert_eq!(meter.push(&Pcm { sample_rate: 1, ..speech() }), Err(AudioError::SampleRate(1)));
    assert_eq!(meter, before);
}
