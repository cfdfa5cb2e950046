//! The relay: what a service sends, sniffed, unpacked and passed on.

use super::*;
use crate::testing::{Harness, Recording, Reply};
use crate::{Encoding, Host, Manifest, Plugin, Request, Summary, Voice, http};

/// An answer: what raw samples of it would be, and its pieces.
type Part = (Option<AudioFormat>, Vec<Vec<u8>>);

thread_local! {
    static PARTS: std::cell::RefCell<Vec<Part>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Relays what the test put into `PARTS`.
struct Pipe;

impl Plugin for Pipe {
    fn describe() -> Manifest {
        Manifest::new("pipe", "Pipe", "1.0.0")
    }
    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(Vec::new())
    }
    fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
        for (raw, pieces) in PARTS.take() {
            let mut relay = relay(raw);
            for piece in pieces {
                relay.push(&piece, take)?;
            }
            relay.finish(take)?;
        }
        take.summary()
    }
}

/// Relays what a server answers; `RAW` when samples are expected.
struct Served<const RAW: bool>;

impl<const SAMPLES: bool> Plugin for Served<SAMPLES> {
    fn describe() -> Manifest {
        Manifest::new("served", "Served", "1.0.0").host(Host::name("api.example.com"), "speech")
    }
    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(Vec::new())
    }
    fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
        let response = http::Request::get("https://api.example.com").send()?;
        relay(SAMPLES.then_some(RAW)).body(response, take)?;
        take.summary()
    }
}

fn relay(raw: Option<AudioFormat>) -> Relay {
    raw.map_or_else(Relay::new, Relay::raw)
}

fn served<const SAMPLES: bool>(reply: Reply) -> Result<Recording, Error> {
    let mut harness = Harness::<Served<SAMPLES>>::new().http(move |_| Ok(reply.clone()));
    let recording = harness.synthesize(Request::text("x"))?;
    recording.assert_contract();
    Ok(recording)
}

const RAW: AudioFormat = AudioFormat::mono(Encoding::PcmS16le, 24_000);

fn relayed(parts: Vec<Part>) -> Result<Recording, Error> {
    PARTS.set(parts);
    let recording = Harness::<Pipe>::new().synthesize(Request::text("x"))?;
    recording.assert_contract();
    Ok(recording)
}

/// Relays `bytes` whole, in halves and byte by byte, pushed and as a body, which must come to the same.
fn check(raw: Option<AudioFormat>, bytes: &[u8], expected: Result<(AudioFormat, &[u8]), &str>) {
    for size in [bytes.len().max(1), bytes.len().div_ceil(2).max(1), 1] {
        let pieces: Vec<Vec<u8>> = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        let reply = pieces.iter().cloned().fold(Reply::status(200), Reply::piece);
        let as_body = if raw.is_some() { served::<true>(reply) } else { served::<false>(reply) };
        for got in [relayed(vec![(raw, pieces)]), as_body] {
            match (got, expected) {
                (Ok(recording), Ok((format, audio))) => {
                    assert_eq!((recording.format, recording.audio.as_slice()), (format, audio));
                }
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().contains(expected), "{error} is not {expected}");
                }
                (got, expected) => panic!("{got:?} is not {expected:?}"),
            }
        }
    }
}

fn wave(tag: u16, bits: u16, length: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\x24\0\0\0WAVELIST\x05\0\0\0hello\0fmt \x10\0\0\0".to_vec();
    bytes.extend(tag.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(24_000_u32.to_le_bytes());
    bytes.extend([0; 6]);
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(length.to_le_bytes());
    bytes.extend(data);
    bytes
}

/// MPEG-2 layer III, 24 kHz, mono: 192 bytes a frame at 64 kbit/s.
fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF3, 0x84, 0xC4];
    frame.resize(192, 0);
    frame.repeat(frames)
}

/// AAC-LC, 24 kHz, mono.
fn adts(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xF1, 0x58, 0x40, 0x06, 0x1F, 0xFC];
    frame.resize(48, 0);
    frame.repeat(frames)
}

fn ogg(packet: &[u8]) -> Vec<u8> {
    let mut bytes = b"OggS\0\x02".to_vec();
    bytes.resize(26, 0);
    bytes.extend([1, u8::try_from(packet.len()).unwrap()]);
    bytes.extend(packet);
    bytes
}

fn is(encoding: Encoding, sample_rate: u32) -> AudioFormat {
    AudioFormat::mono(encoding, sample_rate)
}

#[test]
fn wave_becomes_its_samples() {
    let file = wave(1, 16, 4, &[1, 2, 3, 4]);
    check(None, &file, Ok((RAW, &[1, 2, 3, 4])));
    check(Some(is(Encoding::PcmS16le, 8_000)), &file, Ok((RAW, &[1, 2, 3, 4])));
    let mut tagged = file;
    tagged.extend(b"LIST\x02\0\0\0ab");
    check(None, &tagged, Ok((RAW, &[1, 2, 3, 4])));
}

#[test]
fn a_streamed_wave_is_as_long_as_it_is() {
    for length in [0, u32::MAX, 0x7FFF_FFFF - 36] {
        check(None, &wave(1, 16, length, &[1, 2, 3, 4]), Ok((RAW, &[1, 2, 3, 4])));
    }
}

#[test]
fn audio_that_breaks_off_is_an_error() {
    check(None, &wave(1, 16, 8, &[1, 2, 3, 4]), Err("bytes missing: 4"));
    check(None, &wave(1, 16, 0, &[1, 2, 3]), Err("within a sample"));
    check(Some(RAW), &[0; 33], Err("within a sample"));
    check(None, &wave(1, 16, 0, &[]), Err("no audio"));
    check(None, &[], Err("sent no audio"));
    check(None, b"RIFF\0\0\0\0WAVE", Err("no audio"));
}

#[test]
fn wave_of_other_samples_is_passed_on() {
    let file = wave(3, 32, 4, &[1, 2, 3, 4]);
    check(None, &file, Ok((is(Encoding::Wav, 24_000), &file)));
}

#[test]
fn files_are_what_their_first_bytes_say() {
    let sixty_four = is(Encoding::Mp3, 24_000).bit_rate(64_000);
    check(None, &mp3(3), Ok((sixty_four, &mp3(3))));
    check(None, &mp3(1), Ok((sixty_four, &mp3(1))));
    let mut tagged = b"ID3\x04\0\0\0\0\x01\x02".to_vec();
    tagged.extend([b'x'; 130]);
    tagged.extend(mp3(2));
    check(None, &tagged, Ok((sixty_four, &tagged)));
    check(None, &adts(3), Ok((is(Encoding::Aac, 24_000), &adts(3))));
    let opus = ogg(b"OpusHead\x01\x01\x38\x01\xC0\x5D\0\0\0\0\0");
    check(None, &opus, Ok((is(Encoding::OggOpus, 48_000), &opus)));
    let vorbis = ogg(b"\x01vorbis\0\0\0\0\x01\0\x7D\0\0\0\0\0\0\x80\xBB\0\0\0\0\0\0\xB8\x01");
    check(None, &vorbis, Ok((is(Encoding::OggVorbis, 32_000).bit_rate(48_000), &vorbis)));
    let mut flac = b"fLaC\0\0\0\x22".to_vec();
    flac.extend([0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x05, 0xDC, 0x00, 0xF0]);
    flac.extend([0; 24]);
    check(None, &flac, Ok((is(Encoding::Flac, 24_000), &flac)));
    let webm = [b"\x1A\x45\xDF\xA3....webm....A_OPUS....OpusHead\x01\x01".as_slice(), &[0; 40]].concat();
    check(None, &webm, Ok((is(Encoding::WebmOpus, 48_000), &webm)));
}

#[test]
fn what_is_no_audio_is_quoted() {
    check(None, b"<html>Bad gateway</html>", Err("no audio: <html>Bad gateway"));
    check(Some(RAW), b"{\"error\":\"overloaded\"}", Err("no audio: {\"error\""));
    check(None, &[0; 64], Err("no audio"));
    check(
        None,
        &[0xFF, 0xF3, 0x84, 0xC4, 0, 0, 0, 0, 0, 0],
        Ok((is(Encoding::Mp3, 24_000).bit_rate(64_000), &[0xFF, 0xF3, 0x84, 0xC4, 0, 0, 0, 0, 0, 0])),
    );
    let mut once = mp3(1);
    once.extend([7; 200]);
    check(None, &once, Err("no audio"));
}

#[test]
fn samples_that_look_like_a_frame_stay_samples() {
    let mut samples = mp3(1);
    samples.extend([7; 200]);
    check(Some(RAW), &samples, Ok((RAW, &samples)));
    check(Some(RAW), &[0xFF, 0xFF], Ok((RAW, &[0xFF, 0xFF])));
    check(Some(RAW), &mp3(4), Ok((is(Encoding::Mp3, 24_000).bit_rate(64_000), &mp3(4))));
}

#[test]
fn parts_are_joined_when_they_are_samples_of_one_format() {
    let part = |bytes: &[u8]| (None, vec![bytes.to_vec()]);
    let one = wave(1, 16, 4, &[1, 2, 3, 4]);
    let recording = relayed(vec![part(&one), part(&one)]).unwrap();
    assert_eq!(recording.audio, [1, 2, 3, 4, 1, 2, 3, 4]);
    let mut other = one.clone();
    other[38] = 0x44;
    assert!(matches!(relayed(vec![part(&one), part(&other)]), Err(Error::Protocol(_))));
    assert!(matches!(relayed(vec![part(&mp3(3)), part(&mp3(3))]), Err(Error::Protocol(_))));
}

#[test]
fn a_body_that_breaks_off_is_an_error_wherever_it_does() {
    let cut = || http::Error::Protocol("cut".to_owned());
    for reply in [
        Reply::status(200).then_fails(cut()),
        Reply::ok([0xFF]).then_fails(cut()),
        Reply::ok(mp3(3)).then_fails(cut()),
        Reply::ok(wave(1, 16, 4, &[1, 2])).then_fails(cut()),
    ] {
        assert_eq!(served::<false>(reply).unwrap_err(), Error::protocol("server broke http: cut"));
    }
}

#[test]
fn a_file_behind_a_long_tag_is_found_however_long_that_is() {
    for tag_bytes in [5_000_u32, 100_000, 400_000, 600_000] {
        let mut file = b"ID3\x04\0\0".to_vec();
        file.extend([21, 14, 7, 0].map(|shift| u8::try_from(tag_bytes >> shift & 0x7F).unwrap()));
        file.resize(10 + tag_bytes as usize, b'x');
        file.extend(mp3(3));
        let reply = file.chunks(30_000).fold(Reply::status(200), Reply::piece);
        match served::<false>(reply) {
            Ok(recording) => assert_eq!((recording.audio, tag_bytes < 500_000), (file, true)),
            Err(error) => assert!(error.to_string().contains("no audio") && tag_bytes > 500_000, "{error}"),
        }
    }
}
