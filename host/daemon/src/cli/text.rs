//! Where `say` gets its text from.
//!
//! A person who types it may take for ever and changes their mind: it is read where waiting holds up
//! nobody, so that ctrl-c is heard meanwhile.

use std::io::Read;
use std::path::Path;

use tokio::task::spawn_blocking;

use super::exit::{Exit, Fault, FileError};

/// Most bytes read. The engine has its own limit on characters; this one keeps a mistaken
/// `say - < /dev/zero` from filling the memory first.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// The text of the words on the command line, of standard input, or of a file.
pub(super) async fn text(words: &[String], file: Option<&Path>) -> Result<String, Fault> {
    let text = match (file, words) {
        (Some(path), _) if path != Path::new("-") => {
            let path = path.to_owned();
            aside(move || read_file(&path)).await?
        }
        (Some(_), _) => aside(read_input).await?,
        (None, [only]) if only == "-" => aside(read_input).await?,
        (None, words) => words.join(" "),
    };
    if text.trim().is_empty() {
        return Err(Fault::new(Exit::BadInput, "there is no text to speak"));
    }
    Ok(text)
}

async fn aside(read: impl FnOnce() -> Result<String, Fault> + Send + 'static) -> Result<String, Fault> {
    spawn_blocking(read).await.unwrap_or_else(|stopped| Err(Fault::new(Exit::Failed, stopped)))
}

fn read_input() -> Result<String, Fault> {
    read_bounded(std::io::stdin().lock(), "standard input")
}

fn read_file(path: &Path) -> Result<String, Fault> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let exit = if missing { Exit::BadInput } else { Exit::Failed };
        Fault::new(exit, FileError::new(format!("read {name}"), error))
    })?;
    read_bounded(file, &name)
}

fn read_bounded(source: impl Read, name: &str) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    source
        .take(MAX_TEXT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| FileError::new(format!("read {name}"), error))?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(Fault::new(
            Exit::BadInput,
            format!("text is longer than {MAX_TEXT_BYTES} bytes: {name}"),
        ));
    }
    // Editors on Windows begin a file with a byte order mark; it is not part of the text.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|_| {
        Fault::new(Exit::BadInput, format!("text is not UTF-8: {name}"))
            .hint("convert it, for example with iconv")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<&str, Exit>) {
        let read = read_bounded(bytes, "a.txt");
        assert_eq!(read.as_deref().map_err(Fault::exit), expected);
    }

    #[test]
    fn a_text_is_utf_8_without_its_byte_order_mark() {
        check("naïve".as_bytes(), Ok("naïve"));
        check(b"\xEF\xBB\xBFhello", Ok("hello"));
        check(b"na\xEFve", Err(Exit::BadInput));
    }

    #[tokio::test]
    async fn words_are_joined_and_nothing_is_no_text() {
        let words = async |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            text(&words, None).await.map_err(|fault| fault.exit())
        };
        assert_eq!(words(&["Hello", "there."]).await, Ok("Hello there.".to_owned()));
        assert_eq!(words(&[" "]).await, Err(Exit::BadInput));
    }
}
