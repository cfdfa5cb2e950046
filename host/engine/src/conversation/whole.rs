//! A conversation that one service performs as a whole.
//!
//! What comes back is one recording and the service's word for when each line is heard. It is cut
//! between the lines and joined again like any other scene: so its gaps are those that were asked
//! for, its voices are as loud as each other, and the times that are told are those of the audio,
//! not the service's. A cut in the middle of a silence forgives marks that are a little off; marks
//! that do not fit the audio are the service's failure.

use std::sync::Arc;
use std::time::Duration;

use understudy_audio::{Pcm, decode, measure};
use understudy_speech::{Encoding, Line, LineMark, Script, Summary, TakeEvent, Word};

use super::ensemble::Player;
use super::joined::{Recorded, Source};
use super::stage::Scene;
use crate::attempt::{Performance, Step};
use crate::audition::unusable;
use crate::delivery::blocking;
use crate::engine::Clock;
use crate::error::SpeechError;
use crate::gate::{Asking, Entry, Pass};
use crate::recording::Recording;
use crate::settings::Plays;
use crate::verdict::verdict;

/// The least silence asked for between lines, so that there is room for a cut.
const GAP_MIN: Duration = Duration::from_millis(250);

/// The provider whose own characters all of the players are; none when there is no such one, or the
/// script asks for what only single lines can be asked for.
pub(super) fn performer<'p>(scene: &Scene<'_>, players: &'p [Player]) -> Option<&'p str> {
    let first = &players.first()?.played.part.provider;
    let is_own = |player: &Player| {
        let part = &player.played.part;
        let is_plain = part.rate.is_none() && part.pitch.is_none() && part.volume.is_none();
        player.played.plays == Plays::Character && part.provider == *first && is_plain
    };
    let is_plain =
        scene.lines.iter().all(|line| line.rate.is_none() && line.pitch.is_none() && line.volume.is_none());
    (is_plain && players.iter().all(is_own)).then_some(first)
}

/// Has `provider` perform the scene, and cuts it into its lines.
pub(super) async fn perform(
    scene: &Scene<'_>,
    players: &[Player],
    provider: &str,
) -> Result<Vec<Recorded>, SpeechError> {
    let engine = scene.engine();
    let clock = Clock::start(scene.whole_deadline());
    let _place = engine.gate.queue().enter(clock.deadline()).await?;
    let seat = engine.cast.require(provider)?;
    let pass = admit(scene, provider, clock)?;
    let scored = seat.member.score.begin(is_patient(scene, provider, clock));
    let performed = record(scene, players, provider, clock).await;
    scored.settle(performed.as_ref().err());
    match &performed {
        Ok(_) => pass.succeed(),
        Err(error) => pass.fail(verdict(error), error.code()),
    }
    performed
}

fn admit(scene: &Scene<'_>, provider: &str, clock: Clock) -> Result<Pass, SpeechError> {
    let (engine, settings) = (scene.engine(), &scene.engine().settings);
    let policy = settings.policy(provider);
    let asking = Asking {
        policy,
        breaker: &settings.breaker,
        retry: &settings.retry,
        characters: scene.characters as u64,
        sole: false,
        is_retry: false,
        patient: is_patient(scene, provider, clock),
        place: None,
        on_trial: false,
        today: engine.calendar.today(),
    };
    match engine.gate.door(provider).admit(asking) {
        Entry::Pass(pass) => Ok(pass),
        // A breaker that is due to be tried is tried with less than a whole scene.
        Entry::Check(_, reason) | Entry::Refused(reason) => {
            Err(SpeechError::Withheld { provider: provider.to_owned(), reason })
        }
    }
}

/// Whether a provider that does not answer in this time may be blamed for it.
fn is_patient(scene: &Scene<'_>, provider: &str, clock: Clock) -> bool {
    let settings = &scene.engine().settings;
    clock.limit() >= settings.policy(provider).timeout.unwrap_or(settings.breaker.patience)
}

async fn record(
    scene: &Scene<'_>,
    players: &[Player],
    provider: &str,
    clock: Clock,
) -> Result<Vec<Recorded>, SpeechError> {
    let engine = scene.engine();
    let seat = engine.cast.require(provider)?;
    let script = Arc::new(script(scene, players, seat.capabilities()));
    let text = script.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    let (call, buffer) = (clock.call(scene.request.id.clone()), engine.settings.take_buffer);
    let mut performance = Performance::converse(seat.member.provider.clone(), call, script, buffer);
    let mut recording = Recording::new(provider, engine.settings.max_audio_bytes, &text);
    let mut marks: Vec<LineMark> = Vec::new();
    let listening = async {
        loop {
            match performance.next().await {
                Some(Step::Event(TakeEvent::Line(mark))) if marks.len() < scene.lines.len() => {
                    marks.push(mark);
                }
                Some(Step::Event(event)) => {
                    recording.push(event)?;
                }
                Some(Step::Ended(outcome)) => return *outcome,
                None => return Err(understudy_speech::ProviderError::NoAudio.into()),
            }
        }
    };
    let summary = clock.hold(provider, listening).await?.map_err(|failure| clock.blame(provider, failure))?;
    let format = recording.format().unwrap_or(summary.format);
    let Recording { audio, words, .. } = recording;
    let (audio, count, name) = (audio.join(), scene.lines.len(), provider.to_owned());
    let cut = blocking(&engine.encoders, move || {
        let pcm = decode(&audio, Some(format)).map_err(|error| unusable(&name, error.to_string()))?;
        cut(&name, &pcm, &marks, count)
    });
    let pieces = cut.await??;
    Ok(assembled(scene, players, pieces, &words, &summary))
}

/// The script as the contract has it.
fn script(scene: &Scene<'_>, players: &[Player], can: &understudy_speech::Capabilities) -> Script {
    let line = |(index, line): (usize, &crate::script::SceneLine)| Line {
        character: scene.player(players, index).map(|p| p.played.part.voice.clone()).unwrap_or_default(),
        text: line.text.clone(),
        emotion: line.emotion.clone(),
        intensity: line.intensity,
        pause_ms: None,
    };
    let mut encodings: Vec<Encoding> = can.formats.iter().map(|format| format.encoding).collect();
    let loses =
        |encoding: &Encoding| !matches!(encoding, Encoding::Wav | Encoding::PcmS16le | Encoding::Flac);
    encodings.sort_by_key(loses);
    Script {
        lines: scene.lines.iter().enumerate().map(line).collect(),
        gap_ms: u32::try_from(scene.gap.max(GAP_MIN).as_millis()).ok(),
        language: scene.request.language.clone(),
        encodings,
        sample_rate: scene.request.output.sample_rate,
        words: scene.request.words,
        options: None,
    }
}

/// A line's samples, and when they begin in the recording.
type Piece = (Pcm, u32);

/// Cuts in the middle of what lies between two lines.
fn cut(provider: &str, pcm: &Pcm, marks: &[LineMark], count: usize) -> Result<Vec<Piece>, SpeechError> {
    let wrong = |what: &str| unusable(provider, format!("its conversation {what}"));
    if marks.len() != count {
        return Err(wrong(&format!("tells the times of {} lines of {count}", marks.len())));
    }
    let mut marks = marks.to_vec();
    marks.sort_by_key(|mark| mark.index);
    let length = u32::try_from(pcm.duration().as_millis()).unwrap_or(u32::MAX);
    let mut pieces = Vec::with_capacity(count);
    let mut from = 0;
    for (index, mark) in marks.iter().enumerate() {
        let next = marks.get(index + 1).map_or(length, |next| next.start_ms);
        let to = if index + 1 == count { length } else { mark.end_ms.midpoint(next) };
        if mark.index as usize != index
            || mark.start_ms < from
            || mark.end_ms > next.saturating_add(1)
            || to <= from
        {
            return Err(wrong(&format!("has lines out of order at line {}", index + 1)));
        }
        let piece = slice(pcm, from, to);
        if measure(&piece).silent_share >= 1.0 {
            return Err(wrong(&format!("is silent at line {}", index + 1)));
        }
        pieces.push((piece, from));
        from = to;
    }
    Ok(pieces)
}

fn slice(pcm: &Pcm, from_ms: u32, to_ms: u32) -> Pcm {
    let at =
        |ms: u32| (u64::from(ms) * u64::from(pcm.sample_rate) / 1_000) as usize * usize::from(pcm.channels);
    let end = at(to_ms).min(pcm.samples.len());
    let samples = pcm.samples.get(at(from_ms).min(end)..end).unwrap_or_default().to_vec();
    Pcm { samples, ..*pcm }
}

/// The pieces as lines. Marks point into all lines joined by line feeds.
fn assembled(
    scene: &Scene<'_>,
    players: &[Player],
    pieces: Vec<Piece>,
    words: &[Word],
    summary: &Summary,
) -> Vec<Recorded> {
    let (mut recorded, mut offset) = (Vec::with_capacity(pieces.len()), 0_u32);
    for (index, (pcm, from_ms)) in pieces.into_iter().enumerate() {
        let length =
            scene.lines.get(index).map_or(0, |line| u32::try_from(line.text.len()).unwrap_or(u32::MAX));
        let inside =
            |word: &&Word| word.start_byte >= offset && word.end_byte <= offset.saturating_add(length);
        let own = |word: &Word| Word {
            start_byte: word.start_byte - offset,
            end_byte: word.end_byte - offset,
            start_ms: word.start_ms.saturating_sub(from_ms),
            end_ms: word.end_ms.saturating_sub(from_ms),
        };
        let own: Vec<Word> = words.iter().filter(inside).map(own).collect();
        offset = offset.saturating_add(length).saturating_add(1);
        let Some(player) = scene.player(players, index) else { continue };
        let part = &player.played.part;
        recorded.push(Recorded {
            source: Source::Samples(pcm),
            voice: scene.voice_key(player, &part.provider, Some(&part.voice)),
            word_times: summary.word_times.filter(|_| !own.is_empty()),
            words: own,
            emotion_score: None,
            provider: part.provider.clone(),
            voice_id: Some(part.voice.clone()),
            provenance: None,
        });
    }
    recorded
}
