//! Where `say` writes audio: the file's extension decides the encoding.
//!
//! There is no flag for the encoding, because a file whose name says one thing and whose bytes
//! say another is never what anybody wants.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use understudy_speech::Encoding;

/// Extensions and what they mean, in the order they are offered.
const EXTENSIONS: [(&str, Encoding); 7] = [
    ("mp3", Encoding::Mp3),
    ("wav", Encoding::Wav),
    ("flac", Encoding::Flac),
    ("ogg", Encoding::OggOpus),
    ("opus", Encoding::OggOpus),
    ("aac", Encoding::Aac),
    ("pcm", Encoding::PcmS16le),
];

/// What is written when the command line names nothing.
pub(super) const DEFAULT_FILE: &str = "speech.mp3";

/// Where audio goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// Into a file, in the encoding its extension means.
    File(PathBuf, Encoding),
    /// To standard output, as MP3.
    Stdout,
}

impl Destination {
    /// The encoding to ask for.
    pub(super) const fn encoding(&self) -> Encoding {
        match self {
            Self::File(_, encoding) => *encoding,
            Self::Stdout => Encoding::Mp3,
        }
    }

    /// The file, when it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path, _) => Some(path),
            Self::Stdout => None,
        }
    }
}

/// A path as people and JSON can have it: one that is not UTF-8 as well as can be.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl FromStr for Destination {
    type Err = UnknownExtension;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "-" {
            return Ok(Self::Stdout);
        }
        let extension =
            Path::new(text).extension().map(|extension| extension.to_string_lossy().to_lowercase());
        EXTENSIONS
            .iter()
            .find(|(known, _)| Some(*known) == extension.as_deref())
            .map(|(_, encoding)| Self::File(PathBuf::from(text), *encoding))
            .ok_or(UnknownExtension(extension))
    }
}

/// The extension, when there is one, means no encoding that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownExtension(Option<String>);

impl std::error::Error for UnknownExtension {}

impl fmt::Display for UnknownExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(extension) => write!(f, "no encoding has the extension .{extension}")?,
            None => f.write_str("the name has no extension to tell the encoding")?,
        }
        let known: Vec<String> = EXTENSIONS.iter().map(|(extension, _)| format!(".{extension}")).collect();
        write!(f, "; expected one of {}, or - for standard output", known.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<Encoding>) {
        let parsed = name.parse::<Destination>();
        assert_eq!(parsed.ok().map(|destination| destination.encoding()), expected, "{name}");
    }

    #[test]
    fn the_extension_decides_the_encoding() {
        check("a.mp3", Some(Encoding::Mp3));
        check("A.MP3", Some(Encoding::Mp3));
        check("take.2.wav", Some(Encoding::Wav));
        check("dir.mp3/a.flac", Some(Encoding::Flac));
        check("a.ogg", Some(Encoding::OggOpus));
        check("a.opus", Some(Encoding::OggOpus));
        check("a.aac", Some(Encoding::Aac));
        check("a.pcm", Some(Encoding::PcmS16le));
        check("-", Some(Encoding::Mp3));
    }

    #[test]
    fn an_extension_without_an_encoding_is_refused_with_the_list() {
        check("a.txt", None);
        check("mp3", None);
        check("dir.mp3/a", None);
        assert_eq!(
            "a.aiff".parse::<Destination>().unwrap_err().to_string(),
            "no encoding has the extension .aiff; expected one of .mp3 .wav .flac .ogg .opus .aac .pcm, \
             or - for standard output"
        );
    }
}
