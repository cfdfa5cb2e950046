//! A take as it is kept and as it is found again.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use understudy_speech::{AudioFormat, Character, Word, WordTimes};

use super::at_once;
use super::key::{TakeKey, TakeKeyError, hexadecimal, parse_digest};

/// All that is known of a take besides its audio: enough to give a later listener the same
/// subtitles, and an operator the same answers.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeNotes {
    /// What the audio is.
    pub format: AudioFormat,
    /// How long it plays.
    pub duration: Duration,
    /// When each word is heard.
    pub words: Vec<Word>,
    /// Where the word times came from.
    pub word_times: Option<WordTimes>,
    /// The character that spoke.
    pub character: Option<Character>,
    /// How well the emotion came through: 0 to 1.
    pub emotion_score: Option<f32>,
    /// What the audition made of it: 0 to 1; none when it was not scored.
    pub quality: Option<f32>,
    /// Its sound was measured for that, and not only its length.
    pub heard: bool,
    /// The provider's own id of the voice that spoke.
    pub voice: Option<String>,
    /// The plugin's version.
    pub plugin_version: String,
    /// The request that bought it; of a line that was performed as part of a whole also which performance it
    /// is of.
    pub request_id: String,
    /// The service's own id for that call.
    pub provider_request_id: Option<String>,
    /// Characters the service billed, when it said so.
    pub characters_billed: Option<u32>,
    /// From that call to the provider's last byte.
    pub synthesis_time: Duration,
}

impl TakeNotes {
    /// Notes that know no more than what the audio is.
    #[must_use]
    pub const fn new(format: AudioFormat, duration: Duration) -> Self {
        Self {
            format,
            duration,
            words: Vec::new(),
            word_times: None,
            character: None,
            emotion_score: None,
            quality: None,
            heard: false,
            voice: None,
            plugin_version: String::new(),
            request_id: String::new(),
            provider_request_id: None,
            characters_billed: None,
            synthesis_time: Duration::ZERO,
        }
    }
}

/// The SHA-256 of a take's audio: its file's name, and a strong ETag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AudioDigest(pub(crate) [u8; 32]);

impl AudioDigest {
    /// The digest of `audio`.
    #[must_use]
    pub fn of(audio: &[u8]) -> Self {
        Self(Sha256::digest(audio).into())
    }
}

impl fmt::Display for AudioDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Debug for AudioDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AudioDigest({self})")
    }
}

impl TryFrom<String> for AudioDigest {
    type Error = TakeKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        parse_digest(&text).map(Self).ok_or(TakeKeyError(text))
    }
}

/// A take that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// All but the audio.
    pub notes: Arc<TakeNotes>,
    /// The audio.
    pub audio: HitAudio,
    /// The audio's digest.
    pub digest: AudioDigest,
    /// When it was stored, in milliseconds since 1970.
    pub stored_at_ms: u64,
    /// When it is thrown away, in milliseconds since 1970.
    pub expires_at_ms: u64,
}

/// A take or a form of one that was found before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) key: TakeKey,
    pub(crate) digest: AudioDigest,
}

/// One that was found again.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    pub(crate) audio: HitAudio,
    /// How long it has been here.
    pub(crate) age: Duration,
    /// When it is thrown away, in milliseconds since 1970.
    pub(crate) expires_at_ms: u64,
}

/// Where a found take's audio is.
#[derive(Clone, Debug)]
pub enum HitAudio {
    /// In memory.
    Memory(Bytes),
    /// In a file, because it is larger than
    /// [`CacheSettings::memory_take_bytes_max`](super::CacheSettings::memory_take_bytes_max).
    File(AudioFile),
}

impl HitAudio {
    /// How many bytes it is.
    #[must_use]
    pub const fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(file) => file.length,
        }
    }

    /// At most `length` bytes from `start`, fewer at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn read(&self, start: u64, length: u64) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => {
                let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(place(start)..place(start.saturating_add(length))))
            }
            Self::File(file) => file.read(start, length).await,
        }
    }

    /// All of it, read from the file on a blocking thread if need be.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn bytes(&self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::File(file) => file.read(0, file.length).await,
        }
    }
}

/// An open file of audio. It stays readable when the cache throws the take away meanwhile.
#[derive(Clone, Debug)]
pub struct AudioFile {
    file: Arc<File>,
    length: u64,
}

impl AudioFile {
    /// `file`, which has `length` bytes.
    #[must_use]
    pub fn new(file: File, length: u64) -> Self {
        Self { file: Arc::new(file), length }
    }

    /// How many bytes it is.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The file, to be read by position: all who share it share its cursor.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// True when the kernel has the byte at `at` in memory, and so most likely what is before it.
    #[must_use]
    pub fn is_in_memory(&self, at: u64) -> bool {
        at_once::has(&self.file, at)
    }

    /// At most `length` bytes from `start`, fewer at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn read(&self, start: u64, length: u64) -> io::Result<Bytes> {
        let length = length.min(self.length.saturating_sub(start));
        if let Some(bytes) = at_once::read(&self.file, start, length) {
            return Ok(bytes);
        }
        let file = Arc::clone(&self.file);
        spawn_blocking(move || read_at(&file, start, length)).await.map_err(io::Error::other)?
    }
}

fn read_at(file: &File, start: u64, length: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    read_exact_at(file, &mut bytes, start)?;
    Ok(bytes.into())
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = bytes.split_at_mut(read).1;
                start += read as u64;
            }
        }
    }
    Ok(())
}
