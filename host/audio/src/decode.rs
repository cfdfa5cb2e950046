//! Bytes to samples.
//!
//! `symphonia` takes containers apart and decodes everything but Opus, which it demuxes and `ropus`
//! decodes. Encoder delay and padding are left out, so the result is what was spoken.
//! 16-bit WAVE, the most common answer of local engines, is copied without any of that.
//!
//! A damaged packet costs that packet: speech with a click is better than none, and whether the
//! take is good enough is for the audition to say. A file of nothing but damage is an error.

mod opus;

use std::io::Cursor;

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use understudy_speech::{AudioFormat, Encoding};

use crate::inspect::{unrecognised, wav};
use crate::resample::{check_channels, sound};
use crate::sniff::sniff;
use crate::{AudioError, Pcm};

/// How many samples [`decode`] gives at most, all channels counted: four hours of mono at 24 kHz,
/// 1.4 GB of memory. Past it a file of a few kilobytes could fill any machine.
pub const DECODED_SAMPLES_MAX: usize = 4 * 3600 * 24_000;

/// Samples of `bytes`. `raw` is what headerless PCM holds; bytes with a header speak for themselves.
///
/// # Errors
/// [`AudioError::Unrecognised`] when they begin like nothing known (and `raw` is not PCM),
/// [`AudioError::Empty`] when no sample could be decoded, [`AudioError::TooLong`] past
/// [`DECODED_SAMPLES_MAX`], [`AudioError::Malformed`] or [`AudioError::Unsupported`] when the
/// container makes no sense.
pub fn decode(bytes: &[u8], raw: Option<AudioFormat>) -> Result<Pcm, AudioError> {
    decode_within(bytes, raw, DECODED_SAMPLES_MAX)
}

/// As [`decode`], with `samples_max` in place of [`DECODED_SAMPLES_MAX`].
///
/// # Errors
/// As [`decode`].
pub fn decode_within(bytes: &[u8], raw: Option<AudioFormat>, samples_max: usize) -> Result<Pcm, AudioError> {
    let pcm = if let Some(format) = raw.filter(|format| format.encoding == Encoding::PcmS16le) {
        check_channels(usize::from(format.channels))?;
        from_s16le(bytes, format.sample_rate, format.channels, samples_max)?
    } else {
        let encoding = sniff(bytes).ok_or_else(|| unrecognised(bytes))?;
        match s16_wave(bytes, samples_max)? {
            Some(pcm) => pcm,
            None => {
                let measured = if encoding == Encoding::Wav { wav::measured(bytes)? } else { None };
                Decoding::open(measured.as_deref().unwrap_or(bytes), encoding, samples_max)?.run()?
            }
        }
    };
    if pcm.frames() == 0 { Err(AudioError::Empty) } else { Ok(pcm) }
}

fn from_s16le(bytes: &[u8], sample_rate: u32, channels: u8, samples_max: usize) -> Result<Pcm, AudioError> {
    if bytes.len() / 2 > samples_max {
        return Err(AudioError::TooLong { samples_max });
    }
    let frame_bytes = 2 * usize::from(channels);
    let whole = bytes.get(..bytes.len() - bytes.len() % frame_bytes).unwrap_or_default();
    Ok(Pcm::from_s16le(whole, sample_rate, channels))
}

/// The samples of a 16-bit WAVE file; nothing for any other file.
fn s16_wave(bytes: &[u8], samples_max: usize) -> Result<Option<Pcm>, AudioError> {
    if !wav::is_wave(bytes) {
        return Ok(None);
    }
    let wave = wav::Wave::parse(bytes)?;
    if !wave.is_s16() {
        return Ok(None);
    }
    let channels = u8::try_from(check_channels(usize::from(wave.channels))?).unwrap_or(1);
    let data = bytes.get(wave.data.clone()).unwrap_or_default();
    from_s16le(data, wave.sample_rate, channels, samples_max).map(Some)
}

/// One file being decoded.
struct Decoding<'bytes> {
    encoding: Encoding,
    reader: Box<dyn FormatReader + 'bytes>,
    track: u32,
    codec: Codec,
    /// The first packet's rate and channels; later packets must agree.
    shape: Option<(u32, usize)>,
    samples: Vec<f32>,
    samples_max: usize,
    /// The samples of one packet.
    packet: Vec<f32>,
}

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Box<opus::Decoder>),
}

impl<'bytes> Decoding<'bytes> {
    fn open(bytes: &'bytes [u8], encoding: Encoding, samples_max: usize) -> Result<Self, AudioError> {
        let malformed = |error: SymphoniaError| AudioError::malformed(encoding, error.to_string());
        let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
        let mut hint = Hint::new();
        hint.with_extension(encoding.extension());
        let reader = symphonia::default::get_probe()
            .probe(&hint, source, FormatOptions::default(), MetadataOptions::default())
            .map_err(malformed)?;
        let (track, codec) = codec(reader.as_ref(), encoding)?;
        let (samples, packet) = (Vec::new(), Vec::new());
        Ok(Self { encoding, reader, track, codec, shape: None, samples, samples_max, packet })
    }

    fn run(mut self) -> Result<Pcm, AudioError> {
        let mut damage = None;
        loop {
            match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => {
                    if let Err(error) = self.take(&packet) {
                        match error {
                            // A bad packet is skipped; only samples that cannot be joined end it all.
                            AudioError::Malformed { .. } => damage = Some(error),
                            _ => return Err(error),
                        }
                    }
                }
                Ok(Some(_)) => {}
                // Another stream follows in the same file.
                Err(SymphoniaError::ResetRequired) => {
                    (self.track, self.codec) = codec(self.reader.as_ref(), self.encoding)?;
                }
                // The end, or bytes that no longer make sense: what was heard so far stands.
                Ok(None) | Err(_) => break,
            }
        }
        match (self.shape, damage) {
            (Some((sample_rate, channels)), _) => {
                let channels = u8::try_from(channels).unwrap_or(1);
                Ok(Pcm { sample_rate, channels, samples: self.samples })
            }
            (None, Some(error)) => Err(error),
            (None, None) => Err(AudioError::Empty),
        }
    }

    fn take(&mut self, packet: &Packet) -> Result<(), AudioError> {
        let shape = match &mut self.codec {
            Codec::Symphonia(decoder) => {
                let buffer = decoder
                    .decode(packet)
                    .map_err(|error| AudioError::malformed(self.encoding, error.to_string()))?;
                buffer.copy_to_vec_interleaved(&mut self.packet);
                (buffer.spec().rate(), buffer.spec().channels().count())
            }
            Codec::Opus(decoder) => decoder.decode(packet, self.encoding, &mut self.packet)?,
        };
        if self.packet.is_empty() {
            return Ok(());
        }
        check_channels(shape.1)?;
        if *self.shape.get_or_insert(shape) != shape {
            return Err(AudioError::unsupported(self.encoding, "a format that changes within the file"));
        }
        if self.samples.len() + self.packet.len() > self.samples_max {
            return Err(AudioError::TooLong { samples_max: self.samples_max });
        }
        self.samples.extend(self.packet.drain(..).map(sound));
        Ok(())
    }
}

/// The first audio track and a decoder for it.
fn codec(reader: &dyn FormatReader, encoding: Encoding) -> Result<(u32, Codec), AudioError> {
    let no_track = || AudioError::malformed(encoding, "it has no audio track");
    let track = reader.default_track(TrackType::Audio).ok_or_else(no_track)?;
    let parameters: &AudioCodecParameters =
        track.codec_params.as_ref().and_then(|parameters| parameters.audio()).ok_or_else(no_track)?;
    if parameters.codec == CODEC_ID_OPUS {
        let head = parameters.extra_data.as_deref().unwrap_or_default();
        return Ok((track.id, Codec::Opus(Box::new(opus::Decoder::new(head, encoding)?))));
    }
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| AudioError::unsupported(encoding, error.to_string()))?;
    Ok((track.id, Codec::Symphonia(decoder)))
}
