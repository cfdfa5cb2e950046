//! The course of a conversation, from the script to the file.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use understudy_audio::{AudioError, ENCODABLE, JoinOptions, JoinedFile, Target};
use understudy_speech::{Encoding, Language, Utterance};

use super::account::{Conversation, Recasting, Speaker, SpokenLine};
use super::admission::{self, SentLine};
use super::ensemble::{Player, SceneTerms, Struck, cast};
use super::joined::{Joining, Recorded, join};
use super::lines::{Failed, speak};
use super::request::{ConversationRequest, Progress, ScriptSource};
use super::{roll, whole};
use crate::book::Book;
use crate::characters::Persona;
use crate::delivery::blocking;
use crate::engine::Engine;
use crate::error::SpeechError;
use crate::plan::road;
use crate::request::check_name;
use crate::script::{self, SceneLine};
use crate::settings::Recast;
use crate::text::heard;
use crate::verdict::{Blame, Decision, verdict};

/// Times that parts are cast anew before a scene is given up.
const RECASTS_MAX: usize = 32;

/// A conversation under way, but for who plays whom.
pub(super) struct Scene<'a> {
    pub(super) engine: &'a Engine,
    pub(super) request: &'a ConversationRequest,
    pub(super) lines: Vec<SceneLine>,
    /// Their texts, as whoever performs the whole is sent them.
    pub(super) sent: Vec<SentLine>,
    pub(super) lead_in: Duration,
    /// Whose line each is: a place among `personas`.
    pub(super) speakers: Vec<usize>,
    pub(super) personas: Vec<Arc<Persona>>,
    pub(super) gap: Duration,
    pub(super) recast: Recast,
    pub(super) deadline: Instant,
    /// What any request may take.
    pub(super) terms_deadline: Duration,
    /// Of the whole text.
    pub(super) characters: usize,
}

/// A scene that was spoken.
struct Spoken {
    players: Vec<Player>,
    recorded: Vec<Recorded>,
    whole: Option<String>,
    recasts: Vec<Recasting>,
}

pub(super) async fn perform(
    engine: &Engine,
    request: ConversationRequest,
    progress: &(impl Fn(Progress<'_>) + Send + Sync),
) -> Result<Conversation, SpeechError> {
    let book = Book::open(engine.stock.as_deref(), &request.as_one(request.script.text()));
    let ready = prepare(engine, &request).await;
    match (&ready, book) {
        (Err(error), Some(book)) => book.failed(error),
        // From now on every line has a record of its own, or the whole has.
        (Ok(_), Some(book)) => book.forget(),
        (_, None) => {}
    }
    let (scene, joining, terms, players) = ready?;
    let spoken = scene.play(&terms, players, progress).await?;
    progress(Progress::Joining);
    let joined = scene.join(joining, &spoken.recorded).await?;
    if spoken.whole.is_some() {
        scene
            .speakers
            .iter()
            .filter_map(|at| scene.personas.get(*at))
            .for_each(|p| engine.books.characters.count(&p.id));
    }
    Ok(scene.told(spoken, joined))
}

/// Everything that comes before the first call, and the parts as they are cast.
async fn prepare<'a>(
    engine: &'a Engine,
    request: &'a ConversationRequest,
) -> Result<(Scene<'a>, Joining, SceneTerms<'a>, Vec<Player>), SpeechError> {
    request.output.check_ranges()?;
    let encoding = request.output.encoding.unwrap_or(Encoding::Mp3);
    if !ENCODABLE.contains(&encoding) {
        return Err(AudioError::NotEncodable(encoding).into());
    }
    let scene = Scene::read(engine, request).await?;
    let joining = scene.joining(encoding);
    joining.admit_silence()?;
    let terms = scene.terms()?;
    let players = cast(&terms, &scene.personas, &[], &[]).await?;
    Ok((scene, joining, terms, players))
}

impl<'a> Scene<'a> {
    async fn read(engine: &'a Engine, request: &'a ConversationRequest) -> Result<Self, SpeechError> {
        let ConversationRequest { route, user, task, language, .. } = request;
        for (field, name) in [("route", route), ("user", user), ("task", task)] {
            check_name(field, name.as_deref())?;
        }
        check_name("language", language.as_ref().map(Language::as_str))?;
        let settings = &engine.settings.conversation;
        let limit = request.deadline.unwrap_or(settings.deadline);
        let script::Scene { lead_in, lines } = match &request.script {
            ScriptSource::Text(text) => script::parse(text, &request.characters)?,
            ScriptSource::Lines(lines) => script::Scene { lead_in: Duration::ZERO, lines: lines.clone() },
        };
        let sent = admission::admit(&lines, settings.max_lines, &engine.settings.text)?;
        let (personas, speakers) = roll::call(engine, &lines, &request.characters).await?;
        Ok(Self {
            engine,
            request,
            characters: admission::characters(&lines),
            lines,
            sent,
            lead_in,
            speakers,
            personas,
            gap: request.gap.unwrap_or(settings.gap),
            recast: request.recast.unwrap_or(settings.recast),
            deadline: Instant::now() + limit,
            terms_deadline: engine.settings.deadline,
        })
    }

    /// All lines as they were written.
    pub(super) fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Who speaks a line.
    pub(super) fn player<'p>(&self, players: &'p [Player], line: usize) -> Option<&'p Player> {
        players.get(*self.speakers.get(line)?)
    }

    /// A voice, by whoever it plays and at its trim: what gets one gain.
    pub(super) fn voice_key(&self, player: &Player, provider: &str, voice: Option<&str>) -> String {
        let part = &player.played.part;
        let trim = [part.rate, part.pitch, part.volume].map(Option::unwrap_or_default);
        format!("{}@{provider}/{} {trim:?}", player.persona.id, voice.unwrap_or_default())
    }

    /// What a performance of the whole may take: half of the time, so that the other half is left to
    /// whoever steps in.
    pub(super) fn whole_deadline(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now()) / 2
    }

    fn terms(&self) -> Result<SceneTerms<'a>, SpeechError> {
        let ConversationRequest { id, route, user, task, language, .. } = self.request;
        let (terms, chain) = road(&self.engine.cast, &self.engine.settings, route.clone(), id)?;
        Ok(SceneTerms {
            engine: self.engine,
            terms,
            chain,
            caller: user.as_deref().or(task.as_deref()).unwrap_or(id).to_owned(),
            language: language.clone(),
            heard: heard(&Utterance::Text(self.text())),
            characters: self.characters as u64,
        })
    }

    /// Has every line spoken, by whoever it takes.
    async fn play(
        &self,
        terms: &SceneTerms<'_>,
        mut players: Vec<Player>,
        progress: &(impl Fn(Progress<'_>) + Send + Sync),
    ) -> Result<Spoken, SpeechError> {
        let (mut struck, mut recasts): (Vec<Struck>, Vec<Recasting>) = (Vec::new(), Vec::new());
        let mut done: Vec<Option<Recorded>> = vec![None; self.lines.len()];
        let mut tried: Vec<String> = Vec::new();
        for _ in 0..RECASTS_MAX {
            let speakers: Vec<Speaker> = players.iter().map(Speaker::of).collect();
            let spoken = done.iter().flatten().count();
            progress(Progress::Cast { speakers: &speakers, lines: self.lines.len(), done: spoken });
            let failed = match self.performer(&players, &tried).filter(|_| spoken == 0) {
                Some(provider) => {
                    progress(Progress::Whole { provider });
                    tried.push(provider.to_owned());
                    match whole::perform(self, &players, provider).await {
                        Ok(recorded) => {
                            let whole = Some(provider.to_owned());
                            return Ok(Spoken { players, recorded, whole, recasts });
                        }
                        Err(error) => (provider.to_owned(), None, error),
                    }
                }
                None => match speak(self, &players, &mut done, progress).await {
                    Ok(()) => {
                        let recorded = done.into_iter().flatten().collect();
                        return Ok(Spoken { players, recorded, whole: None, recasts });
                    }
                    Err(Failed { line, error }) => {
                        let cast =
                            self.player(&players, line).map(|player| player.played.part.provider.clone());
                        (cast.unwrap_or_default(), Some(line), error)
                    }
                },
            };
            let (provider, line, error) = failed;
            progress(Progress::Failed { provider: &provider, code: error.code() });
            tracing::info!(provider, ?line, code = error.code(), %error, "conversation lost a part");
            let Some(lost) = self.lost(&provider, line, &error)? else {
                // It performs no whole, or not this one; line by line it may.
                recasts.push(note(&provider, None, &error));
                continue;
            };
            struck.push(lost);
            let recast = cast(terms, &self.personas, &struck, &players).await;
            let recast = recast
                .map_err(|nobody| self.failed(line, if line.is_some() { error.clone() } else { nobody }))?;
            let mut told = note(&provider, line, &error);
            self.give_back(&players, &recast, &mut done, &mut told);
            recasts.push(told);
            players = recast;
        }
        Err(SpeechError::Internal("a conversation was recast too often".to_owned()))
    }

    fn performer<'p>(&self, players: &'p [Player], tried: &[String]) -> Option<&'p str> {
        let performer = whole::performer(self, players).filter(|_| self.engine.settings.conversation.whole);
        performer.filter(|provider| !tried.iter().any(|known| known == provider))
    }

    /// Which parts are lost by a failure: all of the provider's, or those of the one character whose
    /// line is not for it. None when the provider did not perform the whole and may do it line by
    /// line. An error when nobody else is to be asked.
    fn lost(
        &self,
        provider: &str,
        line: Option<usize>,
        error: &SpeechError,
    ) -> Result<Option<Struck>, SpeechError> {
        let verdict = verdict(error);
        let is_about_line = verdict.blame == Blame::Nobody
            && matches!(verdict.decision, Decision::Next | Decision::FailNow)
            && !matches!(error, SpeechError::Withheld { .. });
        let speaker = match line {
            None if is_about_line || self.recast == Recast::Line => return Ok(None),
            None => None,
            Some(_) if verdict.decision == Decision::FailNow || self.recast == Recast::Line => {
                return Err(self.failed(line, error.clone()));
            }
            Some(line) => self.speakers.get(line).copied().filter(|_| is_about_line),
        };
        let (provider, code, reason) = (provider.to_owned(), error.code(), error.to_string());
        Ok(Some(Struck { provider, speaker, code, reason }))
    }

    /// Forgets the lines of whoever changed, and tells of it.
    fn give_back(
        &self,
        before: &[Player],
        after: &[Player],
        done: &mut [Option<Recorded>],
        told: &mut Recasting,
    ) {
        for (speaker, (before, after)) in before.iter().zip(after).enumerate() {
            if before.played == after.played {
                continue;
            }
            told.recast.push(after.persona.name.clone());
            for (owner, line) in self.speakers.iter().zip(done.iter_mut()) {
                if *owner == speaker && line.take().is_some() {
                    told.lines_again += 1;
                }
            }
        }
    }

    /// The error of a line; of no line in particular when a whole failed.
    fn failed(&self, line: Option<usize>, error: SpeechError) -> SpeechError {
        let Some(line) = line else { return error };
        let persona = self.speakers.get(line).and_then(|speaker| self.personas.get(*speaker));
        let speaker = persona.map(|persona| persona.name.clone()).unwrap_or_default();
        SpeechError::Line { number: line + 1, speaker, error: Box::new(error) }
    }

    fn joining(&self, encoding: Encoding) -> Joining {
        let (settings, output) = (&self.engine.settings, self.request.output);
        Joining {
            options: JoinOptions {
                target_lufs: settings.conversation.target_lufs,
                gap: self.gap,
                lead_in: self.lead_in,
                ..JoinOptions::default()
            },
            target: Target { encoding, sample_rate: output.sample_rate, bit_rate: output.bit_rate },
            pauses: self.lines.iter().map(|line| line.pause).collect(),
            bytes_max: settings.max_audio_bytes,
        }
    }

    async fn join(&self, joining: Joining, recorded: &[Recorded]) -> Result<JoinedFile, SpeechError> {
        let (recorded, books) = (recorded.to_vec(), Arc::clone(&self.engine.books));
        blocking(&self.engine.encoders, move || join(&recorded, &books.loudness, &joining)).await?
    }

    fn told(&self, spoken: Spoken, joined: JoinedFile) -> Conversation {
        let Spoken { players, recorded, whole, recasts } = spoken;
        let mut speakers: Vec<Speaker> = players.iter().map(Speaker::of).collect();
        let mut times = recorded.iter().filter_map(|line| line.word_times);
        let first = times.next();
        let word_times = first.filter(|first| times.all(|other| other == *first));
        let rows = self.lines.iter().zip(&self.speakers).zip(recorded).zip(joined.parts);
        let lines = rows.map(|(((line, owner), recorded), placed)| {
            if let Some(speaker) =
                speakers.get_mut(*owner).filter(|speaker| speaker.provider == recorded.provider)
            {
                speaker.gain_db = placed.gain_db;
            }
            SpokenLine {
                speaker: *owner,
                text: line.text.clone(),
                emotion: line.emotion.clone(),
                emotion_score: recorded.emotion_score,
                start_ms: placed.start_ms,
                end_ms: placed.end_ms,
                word_times: recorded.word_times.filter(|_| !placed.words.is_empty()),
                words: placed.words,
                provider: recorded.provider,
                voice: recorded.voice_id,
                provenance: recorded.provenance,
            }
        });
        let lines: Vec<SpokenLine> = lines.collect();
        Conversation {
            id: Arc::clone(&self.request.id),
            audio: joined.encoded.bytes.into(),
            format: joined.encoded.format,
            duration: joined.duration,
            lines,
            speakers,
            whole,
            recasts,
            characters: self.characters,
            word_times,
        }
    }
}

fn note(provider: &str, line: Option<usize>, error: &SpeechError) -> Recasting {
    let (provider, code, reason) = (provider.to_owned(), error.code(), error.to_string());
    Recasting { provider, code, reason, line, recast: Vec::new(), lines_again: 0 }
}
