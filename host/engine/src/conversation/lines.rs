//! Lines, a few at once, each by whoever was cast for it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::Instant;
use understudy_speech::{Request, Utterance};

use super::ensemble::Player;
use super::joined::{Recorded, Source};
use super::request::{ConversationRequest, Progress};
use super::stage::Scene;
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::request::{Output, SpeechRequest};
use crate::script::SceneLine;
use crate::settings::Recast;
use crate::speak::speak_as;

/// The shortest time a line is given, however little is left.
const LINE_DEADLINE_MIN: Duration = Duration::from_secs(1);

/// A line that could not be spoken.
pub(super) struct Failed {
    pub(super) line: usize,
    pub(super) error: SpeechError,
}

/// Speaks every line of `scene` that is not in `done` yet. The first failure ends it, with the lines
/// that were still being spoken.
pub(super) async fn speak(
    scene: &Scene<'_>,
    players: &[Player],
    done: &mut [Option<Recorded>],
    progress: &(impl Fn(Progress<'_>) + Send + Sync),
) -> Result<(), Failed> {
    let open: Vec<usize> =
        done.iter().enumerate().filter(|(_, done)| done.is_none()).map(|(index, _)| index).collect();
    let name = |index| scene.player(players, index).map_or("", |player| player.persona.name.as_str());
    let speaking = open.into_iter().map(|index| async move {
        let text = scene.lines.get(index).map_or("", |line| line.text.as_str());
        progress(Progress::Begun { index, speaker: name(index), text });
        (index, line(scene, players, index).await)
    });
    let mut speaking =
        stream::iter(speaking).buffer_unordered(scene.engine.settings.conversation.parallel.max(1));
    while let Some((index, spoken)) = speaking.next().await {
        let recorded = spoken.map_err(|error| Failed { line: index, error })?;
        progress(Progress::Line { index, speaker: name(index), provider: &recorded.provider });
        done.get_mut(index).into_iter().for_each(|place| *place = Some(recorded.clone()));
    }
    Ok(())
}

async fn line(scene: &Scene<'_>, players: &[Player], index: usize) -> Result<Recorded, SpeechError> {
    let lost = || SpeechError::Internal("a line of the scene has no player".to_owned());
    let line = scene.lines.get(index).ok_or_else(lost)?;
    let player = scene.player(players, index).ok_or_else(lost)?;
    let pinned = Arc::new(player.persona.pinned(player.played.clone()));
    let wanted = wanted(scene, line, player, index);
    let spoken = speak_as(scene.engine, wanted.clone(), Some(pinned)).await;
    let spoken = match spoken {
        Err(error) if scene.recast == Recast::Line && !is_final(&error) => {
            tracing::info!(line = index, code = error.code(), "line recast alone");
            let free = Arc::clone(&player.persona);
            speak_as(
                scene.engine,
                SpeechRequest { deadline: Some(scene.line_deadline()), ..wanted },
                Some(free),
            )
            .await
        }
        spoken => spoken,
    }?;
    let (audio, format) = (spoken.bytes().await?, spoken.format);
    let provenance = spoken.provenance;
    let is_pinned = provenance.provider == player.played.part.provider;
    let voice = if is_pinned { Some(player.played.part.voice.clone()) } else { provenance.voice.clone() };
    Ok(Recorded {
        source: Source::Encoded(audio, format),
        // One gain a voice, whoever it plays.
        voice: scene.voice_key(player, &provenance.provider, voice.as_deref()),
        words: spoken.words,
        word_times: spoken.word_times,
        emotion_score: spoken.emotion_score,
        provider: provenance.provider.clone(),
        voice_id: voice,
        provenance: Some(provenance),
    })
}

/// True for what would end any request at once.
fn is_final(error: &SpeechError) -> bool {
    crate::verdict::verdict(error).decision == crate::verdict::Decision::FailNow
}

fn wanted(scene: &Scene<'_>, line: &SceneLine, player: &Player, index: usize) -> SpeechRequest {
    let ConversationRequest { id, language, words, route, user, task, cache, .. } = scene.request;
    let request = Request {
        utterance: Utterance::Text(line.text.clone()),
        language: language.clone(),
        rate: line.rate,
        pitch: line.pitch,
        volume: line.volume,
        emotion: line.emotion.clone(),
        intensity: line.intensity,
        character: Some(player.persona.id.clone()),
        words: *words,
        ..Request::text("")
    };
    SpeechRequest {
        output: Output::default(),
        deadline: Some(scene.line_deadline()),
        route: route.clone(),
        user: user.clone(),
        task: task.clone(),
        cache: *cache,
        ..SpeechRequest::new(format!("{id}-{}", index + 1), request)
    }
}

impl Scene<'_> {
    /// What a line may take: as any request, and never so long that nobody else could take over.
    pub(super) fn line_deadline(&self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        self.terms_deadline.min(left / 2).max(LINE_DEADLINE_MIN)
    }

    pub(super) fn engine(&self) -> &Engine {
        self.engine
    }
}
