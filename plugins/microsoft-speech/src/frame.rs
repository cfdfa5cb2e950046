//! The messages of the speech WebSocket.
//!
//! A text message is a block of `Name:value` lines, an empty line, and a body. A binary message is a
//! big-endian length of 16 bits, a header block of that length *without* the empty line, and the
//! payload. The service writes no space after the colon; its clients do or do not. Names compare
//! without case, and only the first empty line separates, for a body may hold more of them.

use understudy_plugin::Error;

/// Writes a text message. `colon` is what stands between a name and its value.
#[must_use]
pub fn write(headers: &[(&str, &str)], colon: &str, body: &str) -> String {
    let head: String = headers.iter().map(|(name, value)| format!("{name}{colon}{value}\r\n")).collect();
    format!("{head}\r\n{body}")
}

/// The header block of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Headers<'frame>(&'frame str);

impl<'frame> Headers<'frame> {
    fn get(&self, name: &str) -> Option<&'frame str> {
        let mut lines = self.0.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// A message of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'frame, Body: ?Sized> {
    headers: Headers<'frame>,
    /// What follows the headers.
    pub body: &'frame Body,
}

/// A text message: JSON under a path.
pub type Text<'frame> = Frame<'frame, str>;
/// A binary message: a piece of audio, or nothing at the end of a stream.
pub type Binary<'frame> = Frame<'frame, [u8]>;

impl<'frame, Body: ?Sized> Frame<'frame, Body> {
    /// What the message is, for example `turn.end`; empty when it does not say.
    #[must_use]
    pub fn path(&self) -> &'frame str {
        self.headers.get("Path").unwrap_or_default()
    }

    /// True unless the message says that it belongs to another turn.
    #[must_use]
    pub fn is_of(&self, request_id: &str) -> bool {
        self.headers.get("X-RequestId").is_none_or(|id| id.eq_ignore_ascii_case(request_id))
    }

    /// True when the message says what kind of media it carries.
    #[must_use]
    pub fn has_media_type(&self) -> bool {
        self.headers.get("Content-Type").is_some()
    }
}

impl<'frame> Text<'frame> {
    /// Reads a text message.
    ///
    /// # Errors
    /// [`Error::Protocol`] when no empty line ends its headers.
    pub fn read(message: &'frame str) -> Result<Self, Error> {
        let (head, body) = message
            .split_once("\r\n\r\n")
            .ok_or_else(|| Error::protocol("message has no empty line after its headers"))?;
        Ok(Self { headers: Headers(head), body })
    }
}

impl<'frame> Binary<'frame> {
    /// Reads a binary message.
    ///
    /// # Errors
    /// [`Error::Protocol`] when it ends before its headers do, or they are no text.
    pub fn read(message: &'frame [u8]) -> Result<Self, Error> {
        let short = || Error::protocol("audio message ends before its headers do");
        let (length, rest) = message.split_first_chunk::<2>().ok_or_else(short)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (head, body) = rest.split_at_checked(length).ok_or_else(short)?;
        let head =
            std::str::from_utf8(head).map_err(|_| Error::protocol("audio message has headers of no text"))?;
        Ok(Self { headers: Headers(head), body })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789ABCDEF";

    fn binary(head: &str, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(head.len()).unwrap().to_be_bytes();
        [&length, head.as_bytes(), payload].concat()
    }

    #[test]
    fn both_styles_of_headers_and_any_case_are_read() {
        for message in [
            format!("X-RequestId:{ID}\r\nPath:turn.end\r\n\r\n{{}}"),
            format!("x-requestid: {ID}\r\npath: turn.end\r\n\r\n{{}}"),
        ] {
            let frame = Text::read(&message).unwrap();
            assert_eq!((frame.path(), frame.body), ("turn.end", "{}"));
            assert!(frame.is_of(&ID.to_lowercase()) && !frame.is_of("another"));
        }
    }

    #[test]
    fn the_captured_audio_message_is_read() {
        // Header block of 128 bytes, then the first bytes of an MP3 frame.
        let head =
            format!("X-RequestId:{ID}\r\nContent-Type:audio/mpeg\r\nX-StreamId:{ID}\r\nPath:audio\r\n");
        let message = binary(&head, &[0xFF, 0xF3]);
        assert_eq!(message[..2], [0, 128]);
        let frame = Binary::read(&message).unwrap();
        assert_eq!((frame.path(), frame.body, frame.has_media_type()), ("audio", &[0xFF, 0xF3][..], true));
    }

    #[test]
    fn the_closing_audio_message_has_neither_type_nor_payload() {
        let message = binary(&format!("X-RequestId:{ID}\r\nPath:audio\r\n"), &[]);
        let frame = Binary::read(&message).unwrap();
        assert_eq!((frame.body.len(), frame.has_media_type()), (0, false));
    }

    #[test]
    fn only_the_first_empty_line_separates() {
        let message = write(&[("Path", "ssml")], ":", "a\r\n\r\nb");
        assert_eq!(Text::read(&message).unwrap().body, "a\r\n\r\nb");
        assert_eq!(write(&[("Path", "ssml")], ": ", ""), "Path: ssml\r\n\r\n");
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let check = |found: Result<(), Error>| assert!(matches!(found, Err(Error::Protocol(_))), "{found:?}");
        check(Text::read("Path:turn.end\r\n").map(drop));
        check(Binary::read(&[]).map(drop));
        check(Binary::read(&[0]).map(drop));
        check(Binary::read(&[0, 9, b'a']).map(drop));
        check(Binary::read(&[0, 1, 0xFF]).map(drop));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(path in "[a-z.]{1,20}", body in "(?s).{0,200}") {
            let message = write(&[("X-RequestId", ID), ("Path", &path)], ":", &body);
            let frame = Text::read(&message).unwrap();
            prop_assert_eq!(frame.path(), path);
            prop_assert_eq!(frame.body, body);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            if let Ok(frame) = Binary::read(&bytes) {
                let _ = frame.path();
            }
            let _ = Text::read(&String::from_utf8_lossy(&bytes)).map(|frame| frame.path().len());
        }
    }
}
