//! A conversation that one service performs as a whole.
//!
//! What comes back is one recording and the service's word for when each line is heard. It is cut
//! between the lines and joined again like any other scene: so its gaps are those that were asked
//! for, its voices are as loud as each other, and the times that are told are those of the audio,
//! not the service's. A cut in the middle of a silence forgives marks that are a little off; marks
//! that do not fit the audio are the service's failure.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use understudy_audio::{Pcm, decode, estimate_words, measure};
use understudy_speech::{Call, Encoding, Line, LineMark, Script, TakeEvent, Word, WordTimes};

use super::admission::SentLine;
use super::ensemble::Player;
use super::joined::{Recorded, Source};
use super::kept;
use super::shared::Wish;
use super::stage::Scene;
use crate::attempt::{Partings, Performance, Step};
use crate::audition::unusable;
use crate::cache::Hit;
use crate::cast::Seat;
use crate::characters::can_feel;
use crate::delivery::blocking;
use crate::engine::Clock;
use crate::error::SpeechError;
use crate::gate::{Asking, Entry, Pass};
use crate::purchase::TakeSource;
use crate::recording::Recording;
use crate::rehearsal::price_of;
use crate::request::{CacheUse, SpeechRequest};
use crate::script::SceneLine;
use crate::settings::Plays;
use crate::verdict::verdict;
use crate::walk::Errand;

/// The least silence asked for between lines, so that there is room for a cut.
const GAP_MIN: Duration = Duration::from_millis(250);

/// The provider whose own characters all of the players are; none when there is no such one, or it is not
/// given so long a text, or the script asks for what only single lines can be asked for, or for a feeling
/// that one of them is known to lack: in a line of its own that is carried over, and told, while a service
/// would leave it out.
pub(super) fn performer<'p>(scene: &Scene<'_>, players: &'p [Player]) -> Option<&'p str> {
    let first = &players.first()?.played.part.provider;
    let is_own = |player: &Player| {
        let part = &player.played.part;
        let is_plain = part.rate.is_none() && part.pitch.is_none() && part.volume.is_none();
        player.played.plays == Plays::Character && part.provider == *first && is_plain
    };
    let is_plain =
        scene.lines.iter().all(|line| line.rate.is_none() && line.pitch.is_none() && line.volume.is_none());
    let feels = |(index, line): (usize, &SceneLine)| {
        let known = scene.player(players, index).map(|player| player.played.emotions.as_slice());
        line.emotion.as_deref().is_none_or(|emotion| known.is_some_and(|known| can_feel(known, emotion)))
    };
    let feel = || scene.lines.iter().enumerate().all(feels);
    let length_max = scene.engine().settings.policy(first).max_text_length;
    let is_short = length_max.is_none_or(|maximum| scene.characters <= maximum as usize);
    (is_short && is_plain && players.iter().all(is_own) && feel()).then_some(first)
}

/// What is ordered of a service.
struct Order<'a> {
    scene: &'a Scene<'a>,
    players: &'a [Player],
    seat: &'a Arc<Seat>,
    script: Arc<Script>,
    /// All lines, as the service's word marks count them.
    text: String,
}

/// Has `provider` perform the scene, and cuts it into its lines; or has them from the cache, where an
/// earlier performance is whole.
pub(super) async fn perform(
    scene: &Scene<'_>,
    players: &[Player],
    provider: &str,
) -> Result<Vec<Recorded>, SpeechError> {
    let engine = scene.engine();
    let seat = engine.cast.require(provider)?;
    let script = Arc::new(script(scene, players, seat.capabilities()));
    let text = script.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    let order = Order { scene, players, seat, script, text };
    let errand = Errand::new(engine, &order.wanted());
    let client = errand.client();
    let had = order.have(&errand).await;
    client.note(|book| match &had {
        Ok(Had { billed, source, audio, .. }) => {
            book.priced(price_of(engine, seat, scene.characters));
            book.performed(*source, *billed, *audio);
        }
        Err(error) => book.failed(error),
    });
    let mut lines = had?.lines;
    // Kept and cut they are by the text that was sent.
    for (line, sent) in lines.iter_mut().zip(&scene.sent) {
        sent.spans.restore(&mut line.words);
    }
    Ok(lines)
}

/// A performance that is parted with when nobody waits for it any more.
struct Attended<'a>(Option<Performance>, &'a Partings);

impl Attended<'_> {
    async fn next(&mut self) -> Option<Step> {
        self.0.as_mut()?.next().await
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        if let Some(performance) = self.0.take() {
            performance.part(self.1);
        }
    }
}

/// A whole, in lines.
#[derive(Clone, Debug)]
pub(super) struct Had {
    pub(super) lines: Vec<Recorded>,
    /// Characters the service billed, when it said so.
    pub(super) billed: Option<u32>,
    pub(super) source: TakeSource,
    /// How long all lines play.
    pub(super) audio: Duration,
}

impl Order<'_> {
    /// The request that the history tells of.
    fn wanted(&self) -> SpeechRequest {
        let provider = Some(self.seat.member.name.clone());
        SpeechRequest { provider, ..self.scene.request.as_one(self.scene.text()) }
    }

    async fn have(&self, errand: &Arc<Errand>) -> Result<Had, SpeechError> {
        let (engine, wish) = (self.scene.engine(), self.scene.request.cache);
        let Some(stock) = engine.stock_for(wish) else { return self.buy(errand, TakeSource::Bypassed).await };
        let (cache, keys) = (stock.cache(), kept::keys(self.seat, &self.script));
        let (provider, anew) = (&self.seat.member.name, wish == CacheUse::Refresh);
        let perform = async || {
            if !anew && let Some(hits) = kept::find(cache, provider, &keys).await {
                return self.restored(&hits).await;
            }
            let source = if anew { TakeSource::Bypassed } else { TakeSource::Bought };
            let had = self.buy(errand, source).await?;
            kept::keep(engine, cache, &keys, &had.lines, &errand.id).await;
            Ok(had)
        };
        let Some(first) = keys.first().copied() else { return perform().await };
        let clock = Clock::start(self.scene.whole_deadline());
        let had = stock.performances.share(Wish { first, anew }, provider, clock, perform).await?;
        Ok(self.own(Arc::unwrap_or_clone(had)))
    }

    /// A whole that may be another request's, with its lines as this one's players have them: the script
    /// names characters of the service alone.
    fn own(&self, had: Had) -> Had {
        let lines = had.lines.into_iter().enumerate();
        let own =
            |(index, line): (usize, Recorded)| self.line(index, line.source, line.words, line.word_times);
        Had { lines: lines.filter_map(own).collect(), ..had }
    }

    async fn restored(&self, hits: &[Hit]) -> Result<Had, SpeechError> {
        let mut lines = Vec::with_capacity(hits.len());
        for (index, hit) in hits.iter().enumerate() {
            lines.extend(self.line(
                index,
                kept::sound(hit).await?,
                hit.notes.words.clone(),
                hit.notes.word_times,
            ));
        }
        let audio = hits.iter().map(|hit| hit.notes.duration).sum();
        Ok(Had { lines, billed: None, source: TakeSource::Cache, audio })
    }

    async fn buy(&self, errand: &Arc<Errand>, source: TakeSource) -> Result<Had, SpeechError> {
        let provider = &self.seat.member.name;
        let clock = Clock::start(self.scene.whole_deadline());
        let _place = self.scene.engine().gate.queue().enter(clock.deadline()).await?;
        let pass = admit(self.scene, provider, clock)?;
        let call = errand.call(provider);
        let scored = self.seat.member.score.begin(is_patient(self.scene, provider, clock));
        let recorded = self.record(clock).await;
        scored.settle(recorded.as_ref().err());
        match &recorded {
            Ok(_) => pass.succeed(),
            Err(error) => pass.fail(verdict(error), error.code()),
        }
        call.ended(recorded.as_ref().err().map_or("ok", SpeechError::code));
        let (lines, billed) = recorded?;
        let audio = lines.iter().map(|line| line.source.sampled()).sum();
        Ok(Had { lines, billed, source, audio })
    }

    /// The lines, and the characters that were billed for them.
    async fn record(&self, clock: Clock) -> Result<(Vec<Recorded>, Option<u32>), SpeechError> {
        let (engine, provider) = (self.scene.engine(), self.seat.member.name.as_str());
        let count = self.script.lines.len();
        // Past its time the provider still has a moment to take its order back.
        let deadline = Partings::after(clock.deadline());
        let call = Call { request_id: self.scene.request.id.clone(), deadline };
        let (performer, buffer) = (self.seat.member.provider.clone(), engine.settings.take_buffer);
        let performance = Performance::converse(performer, call, Arc::clone(&self.script), buffer);
        let mut attended = Attended(Some(performance), &engine.partings);
        let mut recording = Recording::new(provider, engine.settings.max_audio_bytes, &self.text);
        let mut marks: Vec<LineMark> = Vec::new();
        let listening = async {
            loop {
                match attended.next().await {
                    Some(Step::Event(TakeEvent::Line(mark))) if marks.len() < count => marks.push(mark),
                    Some(Step::Event(event)) => {
                        recording.push(event)?;
                    }
                    Some(Step::Ended(outcome)) => return *outcome,
                    None => return Err(understudy_speech::ProviderError::NoAudio.into()),
                }
            }
        };
        let heard = clock.hold(provider, listening).await?;
        let summary = heard.map_err(|failure| clock.blame(provider, failure))?;
        let format = recording.format().unwrap_or(summary.format);
        let Recording { audio, words, .. } = recording;
        let told = Told { script: Arc::clone(&self.script), words, word_times: summary.word_times };
        let (audio, name) = (audio.join(), provider.to_owned());
        let cut = blocking(&engine.encoders, move || {
            let pcm = decode(&audio, Some(format)).map_err(|error| unusable(&name, error.to_string()))?;
            Ok::<_, SpeechError>(told.timed(cut(&name, &pcm, &marks, count)?))
        });
        let lines = cut.await??.into_iter().enumerate().filter_map(|(index, (pcm, words, word_times))| {
            self.line(index, Source::Samples(pcm), words, word_times)
        });
        Ok((lines.collect(), summary.characters_billed))
    }

    fn line(
        &self,
        index: usize,
        source: Source,
        words: Vec<Word>,
        word_times: Option<WordTimes>,
    ) -> Option<Recorded> {
        let player = self.scene.player(self.players, index)?;
        let part = &player.played.part;
        Some(Recorded {
            source,
            voice: self.scene.voice_key(player, &part.provider, Some(&part.voice)),
            word_times: word_times.filter(|_| !words.is_empty()),
            words,
            emotion_score: None,
            provider: part.provider.clone(),
            voice_id: Some(part.voice.clone()),
            provenance: None,
        })
    }
}

fn admit(scene: &Scene<'_>, provider: &str, clock: Clock) -> Result<Pass, SpeechError> {
    let engine = scene.engine();
    let asking = Asking::new(&engine.settings, provider, scene.characters as u64, engine.calendar.today());
    let asking = Asking { patient: is_patient(scene, provider, clock), ..asking };
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
    clock.leaves(settings.policy(provider).timeout.unwrap_or(settings.breaker.patience))
}

/// The script as the contract has it.
fn script(scene: &Scene<'_>, players: &[Player], can: &understudy_speech::Capabilities) -> Script {
    let line = |(index, (line, sent)): (usize, (&SceneLine, &SentLine))| Line {
        character: scene.player(players, index).map(|p| p.played.part.voice.clone()).unwrap_or_default(),
        text: sent.text.clone(),
        emotion: line.emotion.clone(),
        intensity: line.intensity,
        pause_ms: None,
    };
    let mut encodings: Vec<Encoding> = can.formats.iter().map(|format| format.encoding).collect();
    let loses =
        |encoding: &Encoding| !matches!(encoding, Encoding::Wav | Encoding::PcmS16le | Encoding::Flac);
    encodings.sort_by_key(loses);
    Script {
        lines: scene.lines.iter().zip(&scene.sent).enumerate().map(line).collect(),
        gap_ms: u32::try_from(scene.gap.max(GAP_MIN).as_millis()).ok(),
        language: scene.request.language.clone(),
        encodings,
        sample_rate: scene.request.output.sample_rate,
        words: scene.request.words,
        options: None,
    }
}

/// What the service told of the words.
struct Told {
    script: Arc<Script>,
    /// They point into all lines joined by line feeds, and into the whole recording.
    words: Vec<Word>,
    word_times: Option<WordTimes>,
}

impl Told {
    /// The pieces with their lines' words; estimated where they are wanted and none was told.
    fn timed(&self, pieces: Vec<Piece>) -> Vec<(Pcm, Vec<Word>, Option<WordTimes>)> {
        let (mut timed, mut offset) = (Vec::with_capacity(pieces.len()), 0_u32);
        for (line, (pcm, from_ms)) in self.script.lines.iter().zip(pieces) {
            let end = offset.saturating_add(u32::try_from(line.text.len()).unwrap_or(u32::MAX));
            let words = self.inside(offset..end, from_ms);
            timed.push(if words.is_empty() && self.script.words {
                let words = estimate_words(&line.text, &pcm);
                (pcm, words, Some(WordTimes::Estimated))
            } else {
                (pcm, words, self.word_times)
            });
            offset = end.saturating_add(1);
        }
        timed
    }

    fn inside(&self, line: Range<u32>, from_ms: u32) -> Vec<Word> {
        let inside = |word: &&Word| word.start_byte >= line.start && word.end_byte <= line.end;
        let own = |word: &Word| Word {
            start_byte: word.start_byte - line.start,
            end_byte: word.end_byte - line.start,
            start_ms: word.start_ms.saturating_sub(from_ms),
            end_ms: word.end_ms.saturating_sub(from_ms),
        };
        self.words.iter().filter(inside).map(own).collect()
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
