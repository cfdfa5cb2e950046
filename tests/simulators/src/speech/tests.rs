//! The voice speaks, its marks are true, and its packings are what they say.

use understudy_speech::Encoding;

use super::*;

fn spelled(text: &str) -> Vec<(&str, String)> {
    words(text).into_iter().map(|word| (&text[word.span], word.said)).collect()
}

#[test]
fn words_keep_their_spelling_and_lose_their_punctuation() {
    let text = "“Don’t panic,” she said: it’s 3.5 — twenty-one.";
    let found: Vec<&str> = words(text).into_iter().map(|word| &text[word.span]).collect();
    assert_eq!(found, ["Don’t", "panic", "she", "said", "it’s", "3.5", "twenty-one"]);
}

#[test]
fn scripts_without_spaces_are_a_word_a_character() {
    let text = "你好，world。";
    let found: Vec<&str> = words(text).into_iter().map(|word| &text[word.span]).collect();
    assert_eq!(found, ["你", "好", "world"]);
    assert!(spelled(text).iter().all(|(_, said)| said.is_ascii() && !said.is_empty()));
}

#[test]
fn every_word_is_marked_in_order_inside_the_audio() {
    for text in
        ["Hello world. How are you today?", "你好世界。", "Dr. Smith paid $5.20 on 2026-11-22!", "naïve café"]
    {
        let spoken = speak(text, &Manner::of("alloy"));
        let written: Vec<_> = words(text).into_iter().map(|word| word.span).collect();
        let marked: Vec<_> = spoken.marks.iter().map(|mark| mark.span.clone()).collect();
        assert_eq!(marked, written, "{text}");
        let mut before = 0.0;
        for mark in &spoken.marks {
            assert!(mark.start >= before && mark.end > mark.start, "{text}: {mark:?}");
            before = mark.start;
        }
        assert!(before < spoken.seconds() && spoken.seconds() > 0.3, "{text}");
    }
}

#[test]
fn speech_is_loud_enough_to_be_heard_and_silence_is_not_spoken() {
    let spoken = speak("Hello world.", &Manner::of("alloy"));
    let peak = spoken.samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
    assert!(peak > 8_000, "{peak}");
    assert!(speak("…!?", &Manner::of("alloy")).samples.is_empty());
}

#[test]
fn rate_and_voice_are_heard() {
    let plain = speak("Hello world.", &Manner::of("alloy"));
    let fast = speak("Hello world.", &Manner::of("alloy").at_rate(2.0));
    let other = speak("Hello world.", &Manner::of("onyx"));
    let ratio = plain.seconds() / fast.seconds();
    assert!((1.7..2.3).contains(&ratio), "{ratio}");
    assert_ne!(plain.samples, other.samples);
}

#[test]
fn another_rate_keeps_the_length_and_the_loudness() {
    let spoken = speak("Hello world.", &Manner::of("alloy"));
    let power = |spoken: &Spoken| {
        let sum: f64 = spoken.samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        (sum / spoken.samples.len() as f64).sqrt()
    };
    for rate in [24_000, 44_100, 48_000] {
        let other = spoken.at(rate);
        assert!((other.seconds() - spoken.seconds()).abs() < 0.001);
        let ratio = power(&other) / power(&spoken);
        assert!((0.95..1.05).contains(&ratio), "{rate}: {ratio}");
    }
    // Half the band is gone at 8 kHz, and with it some of the power.
    let ratio = power(&spoken.at(8_000)) / power(&spoken);
    assert!((0.6..1.0).contains(&ratio), "{ratio}");
}

#[test]
fn companded_samples_come_back_within_their_step() {
    for sample in [0_i16, 1, -1, 100, -100, 1_000, -1_000, 12_345, -12_345, i16::MAX, i16::MIN] {
        let spoken = Spoken { sample_rate: 8_000, samples: vec![sample], marks: Vec::new() };
        let code = spoken.packed(Packing::Mulaw, 8_000)[0];
        assert_eq!(code, flite_rs::dsp::i16_to_ulaw(sample), "{sample}");
        let back = flite_rs::dsp::ulaw_to_i16(code);
        assert!(
            (i32::from(back) - i32::from(sample)).abs() <= 8 + i32::from(sample).abs() / 16,
            "{sample}: {back}"
        );
        let back = from_alaw(spoken.packed(Packing::Alaw, 8_000)[0]);
        assert!((back - i32::from(sample)).abs() <= 16 + i32::from(sample).abs() / 16, "{sample}: {back}");
    }
}

/// G.711 A-law, from the standard's table rather than from the encoder.
fn from_alaw(code: u8) -> i32 {
    let code = code ^ 0x55;
    let (exponent, mantissa) = (u32::from(code >> 4 & 7), i32::from(code & 0x0F));
    let magnitude = match exponent {
        0 => mantissa * 16 + 8,
        _ => (mantissa * 16 + 264) << (exponent - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

#[test]
fn a_header_says_what_follows_it_unless_it_was_written_first() {
    let spoken = Spoken { sample_rate: 24_000, samples: vec![1, 2, 3], marks: Vec::new() };
    let file = spoken.packed(Packing::Wav, 24_000);
    assert_eq!(&file[..4], b"RIFF");
    assert_eq!(&file[40..44], 6_u32.to_le_bytes());
    assert_eq!(file.len(), 50);
    let streamed = spoken.packed(Packing::WavStreamed { data_size: 0 }, 24_000);
    assert_eq!(&streamed[40..44], [0; 4]);
    assert_eq!(&streamed[4..8], 36_u32.to_le_bytes());
}

#[test]
fn every_packing_is_what_it_says_and_as_long_as_what_was_said() {
    let spoken = speak("Hello world, this is how a service sounds.", &Manner::of("alloy"));
    for (packing, rate, encoding) in [
        (Packing::Wav, 24_000, Encoding::Wav),
        (Packing::Mp3 { kbps: 128 }, 24_000, Encoding::Mp3),
        (Packing::Mp3 { kbps: 32 }, 22_050, Encoding::Mp3),
        (Packing::Mp3 { kbps: 192 }, 44_100, Encoding::Mp3),
        (Packing::OggOpus { kbps: 32 }, 48_000, Encoding::OggOpus),
        (Packing::OggVorbis, 32_000, Encoding::OggVorbis),
        (Packing::Aac { kbps: 96 }, 24_000, Encoding::Aac),
        (Packing::Flac, 24_000, Encoding::Flac),
    ] {
        let file = spoken.packed(packing, rate);
        let walked =
            understudy_audio::inspect(&file, None).unwrap_or_else(|error| panic!("{packing:?}: {error}"));
        assert_eq!((walked.format.encoding, walked.format.sample_rate), (encoding, rate), "{packing:?}");
        assert!(!walked.truncated, "{packing:?}");
        let heard = understudy_audio::decode(&file, None).unwrap();
        let difference = (heard.duration().as_secs_f64() - spoken.seconds()).abs();
        assert!(difference < 0.13, "{packing:?}: {difference}");
        let loudness = understudy_audio::measure(&heard);
        assert!(loudness.peak_dbfs > -15.0, "{packing:?}: {loudness:?}");
    }
}

#[test]
fn nothing_said_is_nothing_packed_but_a_header() {
    let nothing = Spoken { sample_rate: NATIVE_RATE, ..Spoken::default() };
    assert!(nothing.packed(Packing::Mp3 { kbps: 64 }, 24_000).is_empty());
    assert_eq!(nothing.packed(Packing::Wav, 24_000).len(), 44);
}
