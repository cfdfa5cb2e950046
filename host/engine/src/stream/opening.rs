//! How a stream begins: who speaks into it, and its first audio.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use understudy_speech::{AudioFormat, Encoding};

use super::driver::{Driver, Shape};
use super::source::{Follower, Player, Source};
use super::{PIECES_AHEAD, SpeechStream};
use crate::attempt::Performance;
use crate::engine::{Clock, Engine};
use crate::error::SpeechError;
use crate::form::form;
use crate::plan::{Candidate, Plan};
use crate::provenance::Story;
use crate::purchase::{Had, Sought, TakeSource};
use crate::request::Output;
use crate::stock::Stock;
use crate::take::{Admitted, Seeking, called, enter, seek};
use crate::text::SpanMap;
use crate::walk::{Errand, Turn};

/// One candidate's stream, with its first audio there.
pub(super) async fn open(
    engine: &Engine,
    plan: &Plan,
    mut turn: Turn,
    output: Output,
    whole: Clock,
) -> Result<SpeechStream, SpeechError> {
    let stage = |first, turn: &Turn| Stage {
        engine,
        candidate: Arc::clone(&turn.candidate),
        errand: Arc::clone(&turn.errand),
        output,
        first,
        request: turn.request_clock,
        whole,
    };
    let Some(stock) = engine.stock_for(plan.cache) else {
        plan.prepare_to_fall_back(engine);
        let call = enter(engine, &mut turn).await?;
        // The wait for a place does not count against the provider.
        return stage(turn.clock(), &turn).call(call).await;
    };
    turn.reach = Some(whole);
    let mut seeking = Seeking::new(plan.cache);
    loop {
        let ticket = match seek(engine, stock, &mut turn, &seeking).await {
            Sought::Found(had) if turn.audition.trusts(&had.notes) => {
                return stage(turn.clock(), &turn).play(stock, had).await;
            }
            Sought::Found(_) => {
                seeking.anew = true;
                continue;
            }
            Sought::UnderWay(ticket) => ticket,
        };
        plan.prepare_to_fall_back(engine);
        let first = called(&turn, &ticket).await?;
        let is_own = ticket.has_begun();
        let from = if is_own { seeking.own } else { TakeSource::Shared };
        let source = Source::Shared(Box::new(Follower::new(ticket, seeking.own)));
        let stage = stage(first, &turn);
        match stage.begin(source, None, stage.make(), (from, None)).await {
            Err(error) if Seeking::asks_again(is_own, first, &error) => turn.limit = first.left(),
            opened => return opened,
        }
    }
}

/// What every way to begin needs.
struct Stage<'a> {
    engine: &'a Engine,
    candidate: Arc<Candidate>,
    errand: Arc<Errand>,
    output: Output,
    /// Ends the wait for the first audio.
    first: Clock,
    request: Clock,
    whole: Clock,
}

impl Stage<'_> {
    /// A call of its own.
    async fn call(&self, admitted: Admitted) -> Result<SpeechStream, SpeechError> {
        let (call, request) =
            (self.whole.call(Arc::clone(&self.errand.id)), Arc::clone(&self.candidate.request));
        let provider = Arc::clone(&self.candidate.seat.member.provider);
        let performance = Performance::begin(provider, call, request, self.engine.settings.take_buffer);
        let source = Source::Call(Box::new(performance));
        self.begin(source, Some(admitted), self.make(), (TakeSource::Bypassed, None)).await
    }

    const fn make(&self) -> Shape {
        Shape::Make(self.output)
    }

    /// A take from the cache. Another form of it is made, or found, before any of it is sent.
    async fn play(&self, stock: &Arc<Stock>, had: Had) -> Result<SpeechStream, SpeechError> {
        let forming = form(self.engine, Some(stock), &self.candidate, &had, &self.output);
        let formed = self.first.hold(self.candidate.name(), forming).await??;
        let from = (TakeSource::Cache, had.age);
        let shape = Shape::Made { passed_through: formed.passed_through };
        let source = Source::Kept(Box::new(Player::new(had, formed.audio, formed.format)));
        self.begin(source, None, shape, from).await
    }

    async fn begin(
        &self,
        source: Source,
        call: Option<Admitted>,
        shape: Shape,
        (cache, age): (TakeSource, Option<Duration>),
    ) -> Result<SpeechStream, SpeechError> {
        let (sender, signals) = mpsc::channel(PIECES_AHEAD);
        let driver = Driver {
            engine: self.engine.clone(),
            candidate: Arc::clone(&self.candidate),
            errand: Arc::clone(&self.errand),
            shape,
            first: self.first,
            request: self.request,
            clock: self.whole,
            sender,
            heard: AtomicBool::new(false),
            aside: AtomicBool::new(false),
        };
        let mut stream = SpeechStream {
            // Replaced by the format told before the first audio.
            format: AudioFormat::mono(Encoding::PcmS16le, 24_000),
            provider: self.candidate.name().to_owned(),
            voice: self.candidate.request.voice.clone(),
            dropped: self.candidate.dropped.clone(),
            cache,
            age,
            story: Story::default(),
            spans: SpanMap::default(),
            early: VecDeque::new(),
            client: None,
            audio_bytes: 0,
            signals,
            over: false,
            _task: AbortOnDropHandle::new(tokio::spawn(driver.run(source, call))),
        };
        stream.open().await?;
        Ok(stream)
    }
}
