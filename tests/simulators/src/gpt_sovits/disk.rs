//! The server's own disk, as far as requests can name it, and the weights that are loaded.

use std::sync::{Arc, Mutex, PoisonError};

/// A reference recording that is there and of a good length.
pub const REFERENCE: &str = "references/hero.wav";

/// Other files: a path and, of recordings, how long they are.
const FILES: [(&str, f32); 8] = [
    (REFERENCE, 5.0),
    ("references/second.wav", 8.0),
    ("references/short.wav", 1.2),
    ("references/long.wav", 31.0),
    ("weights/hero-e15.ckpt", 0.0),
    ("weights/second-e10.ckpt", 0.0),
    ("weights/hero_e8_s200.pth", 0.0),
    ("weights/second_e8_s120.pth", 0.0),
];

/// The weights in use and the reference set beforehand. Global to the process, as in the original.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<Loaded>>);

#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    pub(super) gpt: String,
    pub(super) sovits: String,
    pub(super) reference: Option<String>,
}

impl Disk {
    pub(super) fn loaded(&self) -> Loaded {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads something from a path.
    ///
    /// # Errors
    /// The exception's text when the file is not there or not of its kind.
    pub(super) fn load(
        &self,
        path: &str,
        extension: &str,
        set: impl FnOnce(&mut Loaded, String),
    ) -> Result<(), String> {
        if !path.ends_with(extension) || !FILES.iter().any(|(file, _)| *file == path) {
            return Err(format!("[Errno 2] No such file or directory: '{path}'"));
        }
        set(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), path.to_owned());
        Ok(())
    }
}

/// A recording can be copied.
///
/// # Errors
/// The exception's text, in the language of a server in China.
pub(super) fn reference(path: &str) -> Result<(), String> {
    match FILES.iter().find(|(file, seconds)| *file == path && *seconds > 0.0) {
        None => Err(format!("{path} not exists")),
        Some((_, seconds)) if !(3.0..=10.0).contains(seconds) => {
            Err("参考音频在3~10秒范围外，请更换！".to_owned())
        }
        Some(_) => Ok(()),
    }
}
