//! The frames of the speech service's WebSocket, which Edge shares.
//!
//! A text frame is a block of `Name:value` lines, an empty line, and a body. A binary frame is a
//! big-endian length, a header block of that length *without* the empty line, and the payload. The
//! service writes no space after the colon and reads either style; names are case-insensitive; only
//! the first empty line separates, since a body may hold more of them.

/// A header block larger than this is no header block; real ones stay under 300 bytes.
const HEADER_BYTES_MAX: usize = 8 * 1024;

/// A text frame a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Why a text frame is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("message has no empty line after its headers")]
    NoBody,
    #[error("message headers are longer than {HEADER_BYTES_MAX} bytes")]
    HeadersTooLong,
    #[error("message header line has no colon or no name")]
    BadHeader,
}

impl Message {
    pub(crate) fn parse(frame: &str) -> Result<Self, FrameError> {
        let (head, body) = frame.split_once("\r\n\r\n").ok_or(FrameError::NoBody)?;
        if head.len() > HEADER_BYTES_MAX {
            return Err(FrameError::HeadersTooLong);
        }
        let headers = head.split("\r\n").map(header).collect::<Result<_, _>>()?;
        Ok(Self { headers, body: body.to_owned() })
    }

    /// The first header of that name, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// What the message is, for example `speech.config`.
    pub(crate) fn path(&self) -> &str {
        self.header("Path").unwrap_or_default()
    }

    /// The turn it belongs to: 32 hex digits, no dashes.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.header("X-RequestId").filter(|id| is_compact_id(id))
    }

    /// The media type without its parameters.
    pub(crate) fn media_type(&self) -> &str {
        self.header("Content-Type").and_then(|value| value.split(';').next()).unwrap_or_default().trim()
    }
}

fn header(line: &str) -> Result<(String, String), FrameError> {
    match line.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(FrameError::BadHeader),
    }
}

/// A UUID as this protocol writes it.
pub(crate) fn is_compact_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text frame as the service writes it.
pub(crate) fn text(request_id: &str, path: &str, body: &str) -> String {
    format!(
        "X-RequestId:{request_id}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n{body}"
    )
}

/// A binary audio frame as the service writes it. The closing frame of a stream carries neither a
/// media type nor a payload.
pub(crate) fn audio(request_id: &str, stream_id: &str, media_type: &str, payload: &[u8]) -> Vec<u8> {
    let media = match payload {
        [] => String::new(),
        _ => format!("Content-Type:{media_type}\r\n"),
    };
    let head = format!("X-RequestId:{request_id}\r\n{media}X-StreamId:{stream_id}\r\nPath:audio\r\n");
    let length = u16::try_from(head.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789ABCDEF";

    fn check(frame: &str, expected: Result<(&str, &str), FrameError>) {
        let message = Message::parse(frame);
        let found =
            message.as_ref().map(|message| (message.path(), message.body.as_str())).map_err(|error| *error);
        assert_eq!(found, expected, "{frame:?}");
    }

    #[test]
    fn both_header_styles_and_any_case_are_read() {
        check("Path:ssml\r\nX-RequestId:1\r\n\r\n<speak/>", Ok(("ssml", "<speak/>")));
        check("X-RequestId: 1\r\npath: ssml\r\n\r\n<speak/>", Ok(("ssml", "<speak/>")));
    }

    #[test]
    fn only_the_first_empty_line_separates() {
        check("Path:ssml\r\n\r\na\r\n\r\nb", Ok(("ssml", "a\r\n\r\nb")));
        check("Path:text.end\r\n\r\n", Ok(("text.end", "")));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        check("", Err(FrameError::NoBody));
        check("Path:ssml\r\n", Err(FrameError::NoBody));
        check("\r\n\r\nbody", Err(FrameError::BadHeader));
        check("Path\r\n\r\n", Err(FrameError::BadHeader));
        check(":ssml\r\n\r\n", Err(FrameError::BadHeader));
        check(&format!("Path:{}\r\n\r\n", "x".repeat(HEADER_BYTES_MAX)), Err(FrameError::HeadersTooLong));
    }

    #[test]
    fn a_request_id_is_thirty_two_hex_digits() {
        for (id, expected) in [(ID, true), ("0123", false), ("01234567-89ab-cdef-0123-456789abcdef", false)] {
            let message = Message::parse(&format!("Path:ssml\r\nX-RequestId:{id}\r\n\r\n")).unwrap();
            assert_eq!(message.request_id().is_some(), expected, "{id}");
        }
    }

    #[test]
    fn an_audio_frame_has_the_captured_layout() {
        let frame = audio(ID, ID, "audio/mpeg", &[0xFF, 0xF3]);
        assert_eq!(frame[..2], [0, 128], "the captured header block is 128 bytes");
        assert_eq!(&frame[130..], [0xFF, 0xF3]);
        assert!(frame[2..130].ends_with(b"\r\nPath:audio\r\n"));
    }

    #[test]
    fn the_closing_audio_frame_has_no_media_type() {
        let frame = audio(ID, ID, "audio/mpeg", &[]);
        let head = std::str::from_utf8(&frame[2..]).unwrap();
        assert!(!head.contains("Content-Type"), "{head}");
        assert_eq!(usize::from(u16::from_be_bytes([frame[0], frame[1]])), head.len());
    }

    proptest! {
        #[test]
        fn what_the_service_writes_it_can_read(path in "[a-z.]{1,20}", body in "(?s).{0,200}") {
            let message = Message::parse(&text(ID, &path, &body)).unwrap();
            prop_assert_eq!(message.path(), path);
            prop_assert_eq!(message.body, body);
        }

        #[test]
        fn no_text_makes_the_reader_panic(frame in "(?s).{0,300}") {
            let _ = Message::parse(&frame);
        }
    }
}
