//! A body line by line, as it arrives: newline-delimited JSON, server-sent events.

use super::{Error, Response};

/// The longest line, in bytes: a minute of raw audio in Base64 and more.
const LINE_BYTES_MAX: usize = 32 << 20;
/// What is read at once.
const READ_BYTES_MAX: u32 = 64 << 10;

/// The lines of a body that is still arriving. [`Response::lines`] makes it.
#[derive(Debug)]
pub struct Lines {
    response: Response,
    waiting: Vec<u8>,
    /// How far `waiting` is known to hold no line feed.
    searched: usize,
    ended: bool,
}

impl Response {
    /// Reads the body line by line as it arrives.
    ///
    /// ```
    /// # use understudy_plugin::{Error, http::Response};
    /// fn sizes(response: Response) -> Result<Vec<usize>, Error> {
    ///     let mut lines = response.lines();
    ///     let mut sizes = Vec::new();
    ///     while let Some(line) = lines.next_line()? {
    ///         sizes.push(line.len());
    ///     }
    ///     Ok(sizes)
    /// }
    /// ```
    #[must_use]
    pub const fn lines(self) -> Lines {
        Lines { response: self, waiting: Vec::new(), searched: 0, ended: false }
    }
}

impl Lines {
    /// The next line without its end, `\n` or `\r\n`; an empty one too. None: the body has ended.
    /// What stands after the last line feed is a line when it is not empty.
    ///
    /// # Errors
    /// [`Error::TooLarge`] past 32 MiB, [`Error::Protocol`] when it is not UTF-8, or why there is no
    /// more of the body.
    pub fn next_line(&mut self) -> Result<Option<String>, Error> {
        loop {
            let fresh = self.waiting.get(self.searched..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.waiting.drain(..=self.searched + at).collect();
                self.searched = 0;
                return text(line).map(Some);
            }
            if self.ended {
                let rest = std::mem::take(&mut self.waiting);
                self.searched = 0;
                return if rest.is_empty() { Ok(None) } else { text(rest).map(Some) };
            }
            self.searched = self.waiting.len();
            if self.searched > LINE_BYTES_MAX {
                return Err(Error::TooLarge(LINE_BYTES_MAX as u64));
            }
            match self.response.read(READ_BYTES_MAX)? {
                Some(piece) => self.waiting.extend(piece),
                None => self.ended = true,
            }
        }
    }
}

fn text(mut line: Vec<u8>) -> Result<String, Error> {
    for end in [b'\n', b'\r'] {
        if line.last() == Some(&end) {
            line.pop();
        }
    }
    String::from_utf8(line).map_err(|_| Error::Protocol("line of the body is not utf-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Harness, Reply};
    use crate::{Manifest, Plugin, Request, Summary, Take, Voice, http};

    /// Logs the lines of a body.
    struct Reader;

    impl Plugin for Reader {
        fn describe() -> Manifest {
            Manifest::new("reader", "Reader", "1.0.0")
        }
        fn check() -> Result<(), crate::Error> {
            let mut lines = http::Request::get("https://api.example.com").send()?.lines();
            while let Some(line) = lines.next_line()? {
                crate::log::info(&line, &[]);
            }
            Ok(())
        }
        fn voices() -> Result<Vec<Voice>, crate::Error> {
            Ok(Vec::new())
        }
        fn synthesize(_: Request, take: &mut Take) -> Result<Summary, crate::Error> {
            take.summary()
        }
    }

    fn check(body: &[u8], expected: &[&str]) {
        for size in [1, 3, body.len().max(1)] {
            let pieces = body.chunks(size).fold(Reply::status(200), Reply::piece);
            let mut harness = Harness::<Reader>::new().http(move |_| Ok(pieces.clone()));
            assert_eq!(harness.check(), Ok(()));
            let lines: Vec<_> = harness.logs().iter().map(|line| line.message.as_str()).collect();
            assert_eq!(lines, expected);
        }
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        check(b"", &[]);
        check(b"one", &["one"]);
        check("ä\r\n\n{\"b\":1}\nrest".as_bytes(), &["ä", "", "{\"b\":1}", "rest"]);
        check(b"one\n", &["one"]);
    }

    #[test]
    fn a_body_that_breaks_off_gives_no_half_line() {
        let broken = Reply::ok("one\ntw").then_fails(Error::Protocol("cut".to_owned()));
        let mut harness = Harness::<Reader>::new().http(move |_| Ok(broken.clone()));
        assert_eq!(harness.check(), Err(crate::Error::protocol("server broke http: cut")));
        assert_eq!(harness.logs().len(), 1);
        let mut harness = Harness::<Reader>::new().http(|_| Ok(Reply::ok([0xFF, b'\n'])));
        assert!(matches!(harness.check(), Err(crate::Error::Protocol(_))));
    }
}
