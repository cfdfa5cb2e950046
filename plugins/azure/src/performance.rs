//! A take from its documents: over REST, or over the WebSocket when words are to be marked.

use understudy_microsoft_speech::{Line, Track, pieces};
use understudy_plugin::ssml::Plain;
use understudy_plugin::{Error, Take};

use crate::document::Prepared;
use crate::format::Format;
use crate::refusal;
use crate::settings::Settings;
use crate::speech::Draft;
use crate::{messages, service};

/// The longest text of one request, in bytes once it is escaped for XML: eight minutes of speech at
/// most, for the service stops after ten.
const TURN_BYTES_MAX: usize = 6_000;
/// What is read at once.
const READ_BYTES_MAX: u32 = 64 << 10;

/// What is to be spoken.
#[derive(Debug)]
pub(crate) struct Script {
    /// One a request.
    pub(crate) documents: Vec<String>,
    /// The text of a caller's document, where words are looked for.
    pub(crate) plain: Option<Plain>,
    /// A voice in it is one that reports no words.
    pub(crate) has_hd: bool,
    /// Who speaks; none when a document says it.
    pub(crate) voice: Option<String>,
}

impl Script {
    pub(crate) fn of_text(source: &str, draft: &Draft, rate: Option<f32>) -> Self {
        let pieces = pieces::pieces(source, TURN_BYTES_MAX, rate);
        let documents = pieces.iter().map(|piece| draft.document(piece.text)).collect();
        let voice = Some(draft.voice.clone());
        Self { documents, plain: None, has_hd: draft.is_hd(), voice }
    }

    pub(crate) fn of_document(prepared: Prepared, draft: &Draft) -> Self {
        let Prepared { ssml, plain, has_hd, names_voices } = prepared;
        let voice = (!names_voices).then(|| draft.voice.clone());
        Self { documents: vec![ssml], plain: Some(plain), has_hd, voice }
    }
}

/// How it is to be spoken.
pub(crate) struct Performance<'call> {
    pub(crate) settings: &'call Settings,
    pub(crate) format: Format,
}

impl Performance<'_> {
    /// Speaks over the WebSocket, and tells the id of the first turn.
    pub(crate) fn converse(
        &self,
        script: &Script,
        track: &mut Track<'_>,
        take: &mut Take,
    ) -> Result<Option<String>, Error> {
        let mut line = Line::new(|| messages::open(self.settings));
        for document in &script.documents {
            let spoken = line.speak(|id| messages::turn(id, self.format, document), track, take);
            if !spoken.map_err(|interruption| refusal::of_turn(interruption, script.voice.as_deref()))? {
                return Err(Error::NoAudio);
            }
        }
        Ok(line.hang_up())
    }

    /// Speaks over REST.
    pub(crate) fn request(
        &self,
        script: &Script,
        track: &mut Track<'_>,
        take: &mut Take,
    ) -> Result<(), Error> {
        for document in &script.documents {
            track.begin_turn(take)?;
            let mut response = service::speech(self.settings, self.format, document).send()?;
            if !response.is_success() {
                return Err(refusal::of_speech(&response.complaint()));
            }
            while let Some(piece) = response.read(READ_BYTES_MAX)? {
                track.audio(&piece, take)?;
            }
            if !track.has_audio() {
                return Err(Error::NoAudio);
            }
            track.check_end(take)?;
        }
        Ok(())
    }
}
