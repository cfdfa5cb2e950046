//! One turn: everything the service sends for one document.
//!
//! Audio and metadata are interleaved, several entries to a message, and the last entries follow
//! the last audio, just before `turn.end`: a client that stops reading at the last audio frame, or
//! that reads one entry a message, loses words here as it does in the wild.

use super::boundary::{self, Entry};
use super::frame;
use super::line::{End, Line};

/// How many bytes of audio one frame carries: five frames of the 48 kbit/s MP3.
const PAYLOAD_BYTES: usize = 720;
/// Audio frames between two metadata messages.
const AUDIO_PER_METADATA: usize = 6;
/// Entries in one metadata message at most.
const ENTRIES_MAX: usize = 4;
/// Entries held back until the audio is out.
const ENTRIES_AFTER_AUDIO: usize = 2;

/// What is sent in one turn.
pub(crate) struct Turn<'turn> {
    /// The client's own id for it.
    pub(crate) request_id: &'turn str,
    /// The stream's id, 32 hex digits.
    pub(crate) stream_id: &'turn str,
    pub(crate) media_type: &'turn str,
    pub(crate) audio: &'turn [u8],
    /// The audio's length.
    pub(crate) seconds: f64,
    /// By time.
    pub(crate) entries: &'turn [Entry],
}

impl Turn<'_> {
    /// Sends it all, or as much as the client wants to hear.
    pub(crate) async fn send(&self, line: &mut Line) -> Result<(), End> {
        self.tell(line, "turn.start", &format!(r#"{{"context":{{"serviceTag":"{}"}}}}"#, self.stream_id))
            .await?;
        self.tell(
            line,
            "response",
            &format!(
                r#"{{"context":{{"serviceTag":"{0}"}},"audio":{{"type":"inline","streamId":"{0}"}}}}"#,
                self.stream_id
            ),
        )
        .await?;
        if !self.audio.is_empty() {
            self.play(line).await?;
        }
        self.tell(line, "turn.end", "{}").await
    }

    async fn play(&self, line: &mut Line) -> Result<(), End> {
        let (during, after) = self.entries.split_at(self.entries.len().saturating_sub(ENTRIES_AFTER_AUDIO));
        let mut untold = during;
        for (index, payload) in self.audio.chunks(PAYLOAD_BYTES).enumerate() {
            if line.is_stopped()? {
                return Ok(());
            }
            line.play(self.frame(payload), payload.len()).await?;
            if index % AUDIO_PER_METADATA == 0 {
                let heard = self.seconds_at((index + AUDIO_PER_METADATA) * PAYLOAD_BYTES);
                let due = untold.partition_point(|entry| entry.seconds() < heard);
                let (now, later) = untold.split_at(due);
                self.inform(line, now).await?;
                untold = later;
            }
        }
        self.inform(line, untold).await?;
        line.play(self.frame(&[]), 0).await?;
        self.inform(line, after).await
    }

    async fn inform(&self, line: &mut Line, entries: &[Entry]) -> Result<(), End> {
        for entries in entries.chunks(ENTRIES_MAX) {
            self.tell(line, "audio.metadata", &boundary::body(entries)).await?;
        }
        Ok(())
    }

    async fn tell(&self, line: &mut Line, path: &str, body: &str) -> Result<(), End> {
        line.say(frame::text(self.request_id, path, body)).await
    }

    fn frame(&self, payload: &[u8]) -> Vec<u8> {
        frame::audio(self.request_id, self.stream_id, self.media_type, payload)
    }

    /// How much has been heard after so many bytes.
    fn seconds_at(&self, bytes: usize) -> f64 {
        self.seconds * bytes as f64 / self.audio.len().max(1) as f64
    }
}
