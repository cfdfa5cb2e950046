//! What is heard in a WAVE file, by code that shares none with the product.

/// How near a line's told times are to what is heard.
const TOLERANCE_MS: u32 = 20;
/// What is no sound: a hundredth of a loud sample, above the noise that synthesis leaves.
const SILENCE: i16 = 60;

/// Mono samples.
pub(crate) struct Heard {
    rate: u32,
    samples: Vec<i16>,
}

impl Heard {
    /// Reads 16-bit PCM out of RIFF, chunk by chunk.
    pub(crate) fn of_wave(file: &[u8]) -> Self {
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
        assert_eq!((&file[..4], &file[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
        let (mut at, mut rate) = (12, 0);
        loop {
            let (name, length) = (&file[at..at + 4], number(at + 4) as usize);
            let body = &file[at + 8..(at + 8 + length).min(file.len())];
            match name {
                b"fmt " => {
                    assert_eq!((body[2], body[14]), (1, 16), "mono, 16 bits");
                    rate = number(at + 12);
                }
                b"data" => {
                    let samples = body.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
                    return Self { rate, samples: samples.collect() };
                }
                _ => {}
            }
            at += 8 + length + length % 2;
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }

    fn milliseconds(&self) -> u32 {
        u32::try_from(self.samples.len() as u64 * 1000 / u64::from(self.rate)).expect("a scene is short")
    }

    fn between(&self, from_ms: u32, to_ms: u32) -> &[i16] {
        let at = |ms: u32| (ms as usize * self.rate as usize / 1000).min(self.samples.len());
        &self.samples[at(from_ms)..at(to_ms).max(at(from_ms))]
    }

    /// Every line begins and ends with sound where it is said to, and between two there is none.
    pub(crate) fn assert_lines(&self, lines: &[(u32, u32)]) {
        let sounds = |from: u32, to: u32| self.between(from, to).iter().any(|sample| sample.abs() > SILENCE);
        for (index, (start, end)) in lines.iter().copied().enumerate() {
            assert!(end > start + 200, "line {index} takes {start} to {end} ms");
            assert!(sounds(start, start + TOLERANCE_MS), "line {index} begins silently at {start} ms");
            assert!(sounds(end - TOLERANCE_MS, end), "line {index} ends silently at {end} ms");
            let next = lines.get(index + 1).map_or_else(|| self.milliseconds(), |next| next.0);
            assert!(!sounds(end + 1, next.max(end + 1)), "there is sound between {end} and {next} ms");
            if index + 1 < lines.len() {
                assert!(next >= end + 340, "line {index} is followed after {} ms", next - end);
            }
        }
    }

    /// The median pitch of these stretches in Hz, by autocorrelation of windows of 40 ms.
    pub(crate) fn pitch(&self, stretches: &[(u32, u32)]) -> f64 {
        let mut found: Vec<f64> = Vec::new();
        for (start, end) in stretches {
            let window = self.rate as usize / 25;
            found
                .extend(self.between(*start, *end).chunks_exact(window).filter_map(|part| self.period(part)));
        }
        found.sort_unstable_by(f64::total_cmp);
        assert!(found.len() > 10, "only {} voiced windows", found.len());
        found[found.len() / 2]
    }

    /// The pitch of a voiced window, from 60 to 400 Hz.
    fn period(&self, part: &[i16]) -> Option<f64> {
        let correlation = |lag: usize| -> f64 {
            let pairs = part.iter().zip(&part[lag..]);
            pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() / (part.len() - lag) as f64
        };
        let energy = correlation(0);
        let (least, most) = (self.rate as usize / 400, (self.rate as usize / 60).min(part.len() / 2));
        let values: Vec<(usize, f64)> = (least..most).map(|lag| (lag, correlation(lag))).collect();
        let highest = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        if energy < 250_000.0 || highest < 0.6 * energy {
            return None;
        }
        // The shortest of the equally good periods; the others are its multiples.
        let (lag, _) = values
            .windows(3)
            .find(|near| near[1].1 > 0.9 * highest && near[1].1 >= near[0].1 && near[1].1 >= near[2].1)?[1];
        Some(f64::from(self.rate) / lag as f64)
    }
}
