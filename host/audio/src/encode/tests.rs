use super::*;
use crate::{decode, inspect};

#[test]
fn the_duration_survives_every_encoder() {
    for rate in [8_000_u32, 16_000, 22_050, 24_000, 44_100, 48_000] {
        let samples: Vec<f32> = (0..rate * 13 / 10)
            .map(|i| 0.3 * (i as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin())
            .collect();
        let pcm = Pcm { sample_rate: rate, channels: 1, samples };
        for encoding in ENCODABLE {
            let encoded = encode(&pcm, &Target::new(*encoding)).unwrap();
            let raw = Some(encoded.format);
            let walked = inspect(&encoded.bytes, raw).unwrap();
            let decoded = decode(&encoded.bytes, raw).unwrap();
            println!(
                "{rate} {encoding}: {:?} walk {:?} {} decoded {:?} {} {}",
                pcm.duration(),
                walked.duration,
                walked.truncated,
                decoded.duration(),
                encoded.bytes.len(),
                decoded.sample_rate
            );
        }
    }
}
