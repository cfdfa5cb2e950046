//! The contract's side.

use understudy_microsoft_speech::{Line, Listed, Track, pieces, prosody};
use understudy_plugin::{
    Capabilities, Encoding, Error, Host, Manifest, Plugin, Relay, Request, Summary, Take, Voice, WordTimes,
};

use crate::door;
use crate::messages;
use crate::refusal;
use crate::settings::Settings;
use crate::speech::Draft;
use crate::voices;

/// The longest text of one turn, in bytes once it is escaped for XML.
const TURN_BYTES_MAX: usize = 4_096;

/// The read-aloud service of Microsoft Edge.
#[derive(Debug)]
pub struct Edge;

impl Plugin for Edge {
    fn describe() -> Manifest {
        Manifest::new("edge", "Microsoft Edge read aloud", env!("CARGO_PKG_VERSION"))
            .description(
                "The voices that read pages aloud in Microsoft Edge, with the time of every word. Free and without an \
                 account; unofficial, so it can stop working any day.",
            )
            .homepage(env!("CARGO_PKG_REPOSITORY"))
            .license(env!("CARGO_PKG_LICENSE"))
            .host(Host::setting("base_url"), "texts are sent there and come back as speech")
            .settings_schema(Settings::schema())
            .capabilities(
                Capabilities::new(Encoding::Mp3, [24_000])
                    .words(WordTimes::Native)
                    .streaming()
                    .rate(prosody::RATE.0, prosody::RATE.1)
                    .pitch(prosody::PITCH.0, prosody::PITCH.1)
                    .volume(prosody::VOLUME.0, prosody::VOLUME.1),
            )
            .price_per_million_characters(0.0)
    }

    /// A handshake: it shows whether the token is still taken, and nothing is spoken.
    fn check() -> Result<(), Error> {
        let mut connection = door::connect(&Settings::read()?)?;
        connection.close(1000, "").ok();
        Ok(())
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        Ok(voices::list(&Settings::read()?)?.iter().map(Listed::voice).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let source = request.plain_text()?;
        let settings = Settings::read()?;
        let draft = Draft::new(&settings, &request)?;
        let mut track = Track::new(Relay::new());
        if request.words {
            track = track.words_of(source);
        }
        let words = track.wants_words();
        let mut line = Line::new(|| messages::open(&settings, words));
        for piece in pieces::pieces(source, TURN_BYTES_MAX, Some(draft.pace)) {
            let document = draft.document(piece.text);
            let spoken = line.speak(|id| vec![messages::ssml(id, &document)], &mut track, take);
            if !spoken.map_err(|interruption| refusal::of_turn(interruption, &draft.voice))? {
                return Err(refusal::of_silence(&settings, &draft.voice, piece.text));
            }
        }
        let request_id = line.hang_up();
        let marked = track.finish(take)?;
        let mut summary = take.summary()?.voice(draft.voice);
        summary.word_times = marked.then_some(WordTimes::Native);
        summary.request_id = request_id;
        Ok(summary)
    }
}

understudy_plugin::export!(Edge);
