//! A take as it is kept and as it is found again.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// The request that bought it.
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
    file: Arc<Mutex<File>>,
    length: u64,
}

impl AudioFile {
    pub(super) fn new(file: File, length: u64) -> Self {
        Self { file: Arc::new(Mutex::new(file)), length }
    }

    /// How many bytes it is.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// At most `length` bytes from `start`, fewer at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn read(&self, start: u64, length: u64) -> io::Result<Bytes> {
        let (file, whole) = (Arc::clone(&self.file), self.length);
        let length = length.min(whole.saturating_sub(start));
        let at_once = file.try_lock().ok().and_then(|file| at_once::read(&file, start, length));
        if let Some(bytes) = at_once {
            return Ok(bytes);
        }
        spawn_blocking(move || read_at(&file, start, length)).await.map_err(io::Error::other)?
    }
}

/// Reads by position under a lock: a file has one cursor for all who share it.
fn read_at(file: &Mutex<File>, start: u64, length: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes.into())
}
