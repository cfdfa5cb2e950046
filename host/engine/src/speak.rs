//! Delivery `whole`: the take is recorded, auditioned and encoded before anyone hears of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use understudy_speech::{AudioFormat, Character, Word, WordTimes};

use crate::book::Sent;
use crate::cache::{AudioDigest, HitAudio, TakeNotes};
use crate::characters::Persona;
use crate::encore::Encore;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::form::{Formed, form, read};
use crate::plan::{Candidate, plan};
use crate::provenance::{Provenance, Story};
use crate::purchase::{Had, TakeSource};
use crate::rehearsal::price;
use crate::request::SpeechRequest;
use crate::take::take_of;
use crate::timing::timed;
use crate::walk::{Errand, Walk, Won, race};
use crate::words::clip;

/// A whole take, ready to be played.
#[derive(Clone, Debug)]
pub struct Speech {
    /// The audio: in memory, but for a long take from the cache.
    pub audio: HitAudio,
    /// The SHA-256 of the audio, for example as an `ETag`; none for a take that bypassed the store.
    pub digest: Option<AudioDigest>,
    /// What it is.
    pub format: AudioFormat,
    /// How long it plays.
    pub duration: Duration,
    /// When each word is heard, in order and inside the audio; empty when there are no marks.
    pub words: Vec<Word>,
    /// Where the word times came from; none when there are none.
    pub word_times: Option<WordTimes>,
    /// The character that spoke.
    pub character: Option<Character>,
    /// How well the emotion came through by the service's own measure: 0 to 1.
    pub emotion_score: Option<f32>,
    /// Who spoke, and how it came about.
    pub provenance: Provenance,
    /// How the same request is answered at once, if it can be.
    pub encore: Option<Arc<Encore>>,
}

impl Speech {
    /// All of the audio in memory.
    ///
    /// # Errors
    /// [`SpeechError::Internal`]: it is in a file that cannot be read.
    pub async fn bytes(&self) -> Result<Bytes, SpeechError> {
        read(&self.audio).await
    }
}

pub(crate) async fn speak(engine: &Engine, wanted: SpeechRequest) -> Result<Speech, SpeechError> {
    speak_as(engine, wanted, None).await
}

/// Speaks as `persona`; without one as whoever the request names.
pub(crate) async fn speak_as(
    engine: &Engine,
    wanted: SpeechRequest,
    persona: Option<Arc<Persona>>,
) -> Result<Speech, SpeechError> {
    let errand = Errand::new(engine, &wanted);
    let client = errand.client();
    let performed = perform(engine, wanted, persona, &errand).await;
    client.note(|book| match &performed {
        Ok((speech, _)) => book.spoken(&Sent {
            provenance: &speech.provenance,
            encoding: speech.format.encoding.name(),
            duration: Some(speech.duration),
            bytes: speech.audio.length(),
            digest: speech.digest,
        }),
        Err(error) => book.failed(error),
    });
    let (speech, encore) = performed?;
    let encore = encore.map(|encore| Arc::new(encore.told(errand.book())));
    Ok(Speech { encore, ..speech })
}

async fn perform(
    engine: &Engine,
    wanted: SpeechRequest,
    persona: Option<Arc<Persona>>,
    errand: &Arc<Errand>,
) -> Result<(Speech, Option<Encore>), SpeechError> {
    let output = wanted.output;
    let persona = match persona {
        Some(persona) => Some(persona),
        None => engine.persona_of(&wanted).await?,
    };
    let plan = &plan(&engine.cast, &engine.settings, wanted, persona)?;
    errand.note(|book| book.planned(plan));
    let clock = Clock::start(plan.terms.deadline);
    let stock = engine.stock_for(plan.cache);
    let walk = Walk::new(engine, plan, clock, Arc::clone(errand));
    let won = race(walk, |turn| async move {
        let candidate = Arc::clone(&turn.candidate);
        let had = take_of(engine, plan, turn).await?;
        let forming = async {
            let had = timed(engine, &candidate, had).await;
            let formed = form(engine, stock, &candidate, &had, &output).await?;
            Ok((formed, had))
        };
        clock.hold(candidate.name(), forming).await?
    });
    let Won { candidate, value: (formed, had), story } = won.await?;
    errand.note(|book| book.priced(price(engine, &candidate)));
    let mut words = had.notes.words.clone();
    plan.spans.restore(&mut words);
    clip(&mut words, formed.duration);
    engine.count_character(plan);
    let encore = Encore::of(plan, &candidate, (&had, &formed), &story);
    Ok((told(&candidate, errand, formed, &had, words, story), encore))
}

fn told(
    candidate: &Candidate,
    errand: &Errand,
    formed: Formed,
    had: &Had,
    words: Vec<Word>,
    story: Story,
) -> Speech {
    let mut provenance = provenance(candidate, Arc::clone(&errand.id), had, formed.passed_through);
    provenance.tell(story.from(had.source));
    Speech {
        audio: formed.audio,
        digest: formed.digest,
        format: formed.format,
        duration: formed.duration,
        word_times: had.notes.word_times.filter(|_| !words.is_empty()),
        words,
        character: had.notes.character.clone(),
        emotion_score: had.notes.emotion_score,
        provenance,
        encore: None,
    }
}

/// Where a take came from, but for the walk that led there.
pub(crate) fn provenance(
    candidate: &Candidate,
    request_id: Arc<str>,
    had: &Had,
    passed_through: bool,
) -> Provenance {
    let TakeNotes { voice, plugin_version, quality, provider_request_id, synthesis_time, .. } = &*had.notes;
    let is_own = matches!(had.source, TakeSource::Bought | TakeSource::Bypassed);
    Provenance {
        request_id,
        voice: voice.clone(),
        plugin_version: plugin_version.clone(),
        cache: had.source,
        age: had.age,
        take: had.digest.map(|_| candidate.key()),
        quality: *quality,
        attempts: Vec::new(),
        skipped: Vec::new(),
        substituted: None,
        provider: candidate.name().to_owned(),
        dropped: candidate.dropped.clone(),
        notes: candidate.notes.clone(),
        characters: candidate.characters,
        characters_billed: if is_own { had.notes.characters_billed } else { Some(0) },
        provider_request_id: provider_request_id.clone(),
        passed_through,
        synthesis_time: *synthesis_time,
    }
}
