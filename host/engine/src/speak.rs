//! Delivery `whole`: the take is recorded, auditioned and encoded before anyone hears of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use understudy_speech::{AudioFormat, Character, Summary, Word, WordTimes};

use crate::characters::Persona;
use crate::delivery::deliver;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::plan::{Candidate, plan};
use crate::provenance::Provenance;
use crate::request::SpeechRequest;
use crate::take::{Take, take_of};
use crate::walk::{Walk, Won, race};
use crate::words::clip;

/// A whole take, ready to be played.
#[derive(Clone, Debug)]
pub struct Speech {
    /// The audio.
    pub audio: Bytes,
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
}

pub(crate) async fn speak(engine: &Engine, wanted: SpeechRequest) -> Result<Speech, SpeechError> {
    let persona = engine.persona_of(&wanted).await?;
    speak_as(engine, wanted, persona).await
}

/// Speaks as `persona`, whoever the request names.
pub(crate) async fn speak_as(
    engine: &Engine,
    wanted: SpeechRequest,
    persona: Option<Arc<Persona>>,
) -> Result<Speech, SpeechError> {
    let (id, output) = (Arc::clone(&wanted.id), wanted.output);
    let plan = plan(&engine.cast, &engine.settings, wanted, persona)?;
    let clock = Clock::start(plan.terms.deadline);
    plan.prepare_to_fall_back(engine);
    let walk = Walk::new(engine, &plan, clock, Arc::clone(&id));
    let won = race(walk, |mut turn| async move {
        let Take { passed, words, summary, time } = take_of(engine, &mut turn).await?;
        let delivering = deliver(&engine.encoders, passed, &output);
        let delivered = clock.hold(turn.candidate.name(), delivering).await??;
        Ok((delivered, words, summary, time))
    });
    let Won { candidate, value: (delivered, mut words, summary, time), story } = won.await?;
    plan.spans.restore(&mut words);
    clip(&mut words, delivered.duration);
    let word_times = summary.word_times.filter(|_| !words.is_empty());
    let mut provenance = provenance(&candidate, id, &summary, time, delivered.passed_through);
    provenance.tell(story);
    engine.count_character(&plan);
    Ok(Speech {
        audio: delivered.audio,
        format: delivered.format,
        duration: delivered.duration,
        words,
        word_times,
        character: summary.character,
        emotion_score: summary.emotion_score,
        provenance,
    })
}

/// Where a take came from, but for the walk that led there.
pub(crate) fn provenance(
    candidate: &Candidate,
    request_id: Arc<str>,
    summary: &Summary,
    synthesis_time: Duration,
    passed_through: bool,
) -> Provenance {
    Provenance {
        request_id,
        voice: summary.voice.clone().or_else(|| candidate.request.voice.clone()),
        plugin_version: candidate.seat.member.provider.manifest().version.clone(),
        attempts: Vec::new(),
        skipped: Vec::new(),
        substituted: None,
        provider: candidate.name().to_owned(),
        dropped: candidate.dropped.clone(),
        notes: candidate.notes.clone(),
        characters: candidate.characters,
        characters_billed: summary.characters_billed,
        provider_request_id: summary.request_id.clone(),
        passed_through,
        synthesis_time,
    }
}
