//! What is encoded is decoded again, by decoders of other authors than the encoders'.
//!
//! `decode` is symphonia for all but Opus; what `ropus` wrote, `rusty-opus` reads here.

use understudy_audio::{
    AudioError, ENCODABLE, Pcm, StreamEncoder, Target, decode, encode, inspect, measure, resample,
};
use understudy_speech::Encoding;

use crate::speech::{signal_to_noise, speech, speech_at};

/// Header and decoder agree with the source to 50 ms; only ADTS cannot do better.
const TOLERANCE_MS: u128 = 50;

fn check(pcm: &Pcm, target: Target, decibels: f64) {
    let encoded = encode(pcm, &target).unwrap();
    let raw = Some(encoded.format);
    let label = format!("{} Hz × {} as {target:?}", pcm.sample_rate, pcm.channels);
    let walked = inspect(&encoded.bytes, raw).unwrap();
    assert_eq!(walked.format.encoding, target.encoding, "{label}");
    assert_eq!(walked.format.sample_rate, encoded.format.sample_rate, "{label}");
    assert_eq!(walked.format.channels, pcm.channels, "{label}");
    assert!(!walked.truncated, "{label}");
    let heard = decode(&encoded.bytes, raw).unwrap();
    let exact = target.encoding != Encoding::Aac;
    for (what, duration) in [("walk", walked.duration), ("decoder", heard.duration())] {
        let off = duration.abs_diff(pcm.duration()).as_millis();
        assert!(off <= if exact { 1 } else { TOLERANCE_MS }, "{label}: {what} is off by {off} ms");
    }
    // ADTS cannot say that its first frame is delay.
    let delay = if exact { 0.0 } else { 1024.0 / f64::from(encoded.format.sample_rate) };
    let delay = (delay * f64::from(pcm.sample_rate)).round() as usize;
    let ratio = signal_to_noise(pcm, &heard, delay);
    assert!(ratio >= decibels, "{label}: {ratio:.1} dB");
    let level = measure(&heard).rms_dbfs - measure(pcm).rms_dbfs;
    assert!(level.abs() < 1.0, "{label}: level is off by {level:.2} dB");
}

#[test]
fn speech_survives_every_encoder_with_its_defaults() {
    for encoding in ENCODABLE {
        let decibels = match encoding {
            Encoding::PcmS16le | Encoding::Wav | Encoding::Flac => 70.0,
            Encoding::Mp3 => 25.0,
            // Both delay by a fraction of a sample, which this measure takes for noise.
            _ => 10.0,
        };
        check(&speech(), Target::new(*encoding), decibels);
    }
}

#[test]
fn every_source_rate_is_accepted_by_every_encoder() {
    for rate in [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] {
        let pcm = speech_at(rate, 1);
        for encoding in ENCODABLE {
            check(&pcm, Target::new(*encoding), 6.0);
        }
    }
}

#[test]
fn stereo_keeps_its_channels_apart() {
    for encoding in ENCODABLE {
        check(&speech_at(24_000, 2), Target::new(*encoding), 10.0);
    }
}

#[test]
fn wanted_rates_and_bit_rates_are_kept_or_rounded_to_what_the_codec_has() {
    let got = |encoding, sample_rate, bit_rate| {
        let target = Target { encoding, sample_rate, bit_rate };
        let format = encode(&speech(), &target).unwrap().format;
        (format.sample_rate, format.bit_rate)
    };
    assert_eq!(got(Encoding::Mp3, None, None), (16_000, Some(64_000)));
    assert_eq!(got(Encoding::Mp3, Some(48_000), None), (48_000, Some(96_000)));
    assert_eq!(got(Encoding::Mp3, Some(20_000), Some(65_000)), (22_050, Some(64_000)));
    assert_eq!(got(Encoding::Mp3, Some(96_000), Some(1)), (48_000, Some(32_000)));
    assert_eq!(got(Encoding::OggOpus, Some(22_050), None), (48_000, Some(32_000)));
    assert_eq!(got(Encoding::Aac, None, Some(128_000)), (44_100, Some(128_000)));
    assert_eq!(got(Encoding::Wav, Some(24_000), Some(1)), (24_000, None));
}

#[test]
fn rates_past_what_a_codec_has_become_its_highest() {
    let highest = [(Encoding::Flac, 96_000), (Encoding::Mp3, 48_000), (Encoding::Aac, 48_000)];
    for (encoding, rate) in highest {
        for wanted in [96_001, 176_400, 192_000] {
            let target = Target { sample_rate: Some(wanted), ..Target::new(encoding) };
            let encoded = encode(&speech(), &target).unwrap();
            assert_eq!(encoded.format.sample_rate, rate, "{encoding} at {wanted}");
            assert_eq!(inspect(&encoded.bytes, None).unwrap().format.sample_rate, rate, "{encoding}");
        }
        check(&speech_at(192_000, 1), Target::new(encoding), 6.0);
    }
}

#[test]
fn flac_states_how_large_its_blocks_are_or_that_it_does_not_know() {
    let sizes = |bytes: &[u8]| {
        let size = |at: usize| u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]);
        (size(12), size(15))
    };
    let whole = encode(&speech(), &Target::new(Encoding::Flac)).unwrap().bytes;
    let (smallest, largest) = sizes(&whole);
    assert!(16 < smallest && smallest < largest && (largest as usize) < whole.len(), "{smallest}, {largest}");
    let mut encoder = StreamEncoder::new(16_000, 1, &Target::new(Encoding::Flac)).unwrap();
    let mut streamed = encoder.push(&speech().to_s16le()).unwrap();
    streamed.extend(encoder.finish().unwrap());
    assert_eq!(sizes(&streamed), (0, 0));
}

#[test]
fn more_bits_buy_a_better_copy() {
    for encoding in [Encoding::Mp3, Encoding::OggOpus, Encoding::Aac] {
        let ratio = |bit_rate| {
            let target = Target { encoding, sample_rate: Some(48_000), bit_rate: Some(bit_rate) };
            let encoded = encode(&speech(), &target).unwrap();
            let delay = if encoding == Encoding::Aac { 341 } else { 0 };
            signal_to_noise(&speech(), &decode(&encoded.bytes, None).unwrap(), delay)
        };
        let (few, many) = (ratio(32_000), ratio(96_000));
        assert!(many > few + 3.0, "{encoding}: {few:.1} dB and {many:.1} dB");
    }
}

#[test]
fn the_shortest_takes_are_encoded_whole() {
    for encoding in ENCODABLE {
        for frames in [1, 2, 15, 100, 575, 576, 577, 1023, 1025] {
            let samples = speech().samples.into_iter().skip(8000).take(frames).collect();
            let pcm = Pcm { sample_rate: 16_000, channels: 1, samples };
            let encoded = encode(&pcm, &Target::new(*encoding)).unwrap();
            let heard = decode(&encoded.bytes, Some(encoded.format)).unwrap();
            let off = heard.duration().abs_diff(pcm.duration()).as_millis();
            assert!(off <= TOLERANCE_MS, "{frames} frames of {encoding}: off by {off} ms");
        }
    }
}

#[test]
fn an_independent_opus_decoder_hears_the_same() {
    let encoded = encode(&speech(), &Target::new(Encoding::OggOpus)).unwrap();
    let mut decoder = rusty_opus::OpusDecoder::new(48_000, 1).unwrap();
    let mut packets = ogg::PacketReader::new(std::io::Cursor::new(&encoded.bytes));
    let head = packets.read_packet_expected().unwrap();
    let skip = usize::from(u16::from_le_bytes([head.data[10], head.data[11]]));
    packets.read_packet_expected().unwrap();
    let (mut samples, mut end) = (Vec::new(), 0);
    while let Some(packet) = packets.read_packet().unwrap() {
        let mut frame = [0_f32; 5760];
        let length = decoder.decode(&packet.data, 5760, &mut frame).unwrap();
        samples.extend_from_slice(&frame[..length]);
        end = packet.absgp_page() as usize;
    }
    samples.truncate(end);
    samples.drain(..skip);
    let heard = Pcm { sample_rate: 48_000, channels: 1, samples };
    assert_eq!(heard.duration().as_millis(), speech().duration().as_millis());
    let ratio = signal_to_noise(&speech(), &heard, 0);
    assert!(ratio > 10.0, "{ratio:.1} dB");
}

#[test]
fn what_cannot_be_encoded_is_refused_by_name() {
    let check = |pcm: &Pcm, target, expected| assert_eq!(encode(pcm, &target).unwrap_err(), expected);
    let wav = Target::new(Encoding::Wav);
    let pcm = |sample_rate, channels| Pcm { sample_rate, channels, samples: vec![0.0; 300] };
    check(&speech(), Target::new(Encoding::WebmOpus), AudioError::NotEncodable(Encoding::WebmOpus));
    check(&speech(), Target::new(Encoding::OggVorbis), AudioError::NotEncodable(Encoding::OggVorbis));
    check(&speech(), Target { sample_rate: Some(1), ..wav }, AudioError::SampleRate(1));
    check(&pcm(16_000, 3), wav, AudioError::Channels(3));
    check(&pcm(200_000, 1), wav, AudioError::SampleRate(200_000));
    check(&Pcm { samples: Vec::new(), ..pcm(16_000, 1) }, wav, AudioError::Empty);
}

#[test]
fn samples_that_are_no_numbers_are_encoded_as_something() {
    let mut samples = speech().samples;
    samples[1000..1500].fill(f32::NAN);
    samples[2000..2500].fill(f32::INFINITY);
    let pcm = Pcm { samples, ..speech() };
    for encoding in ENCODABLE {
        let encoded = encode(&pcm, &Target::new(*encoding)).unwrap();
        let heard = decode(&encoded.bytes, Some(encoded.format)).unwrap();
        assert!(heard.samples.iter().all(|sample| sample.is_finite()), "{encoding}");
    }
}

#[test]
fn what_is_resampled_piece_by_piece_is_what_is_resampled_at_once() {
    // Some pieces and a part of one.
    let mut pcm = speech_at(16_000, 2);
    while pcm.frames() < 200_001 {
        pcm.samples.extend_from_within(..);
    }
    let target = Target { sample_rate: Some(44_100), ..Target::new(Encoding::PcmS16le) };
    let whole = resample(&pcm, 44_100).unwrap();
    assert!(encode(&pcm, &target).unwrap().bytes == whole.to_s16le());
}

#[test]
fn the_extent_of_a_form_is_known_before_it_is_made() {
    let pcm = speech();
    for encoding in ENCODABLE {
        for sample_rate in [None, Some(8_000), Some(48_000), Some(192_000)] {
            let target = Target { sample_rate, ..Target::new(*encoding) };
            let told = target.extent(pcm.duration(), pcm.sample_rate, pcm.channels).unwrap();
            let made = encode(&pcm, &target).unwrap();
            assert_eq!(told.format, made.format);
            let (told, made) = (told.bytes, made.bytes.len() as u64);
            match encoding {
                Encoding::PcmS16le => assert!(told.abs_diff(made) <= 4, "{told} {made}"),
                // Headers, and what lossy encoders make of their bit rate.
                _ => assert!(made <= told + told / 4 + 4_096, "{target:?}: {told} {made}"),
            }
        }
    }
}
