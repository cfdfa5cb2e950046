//! Reload: plugins and configuration replaced while requests are spoken.
//!
//! One task owns it. Events, the clock, SIGHUP and the admin's route only wake it; it looks for
//! itself, waits until what it sees is whole, judges, and swaps everything that plays at once. Two
//! owners would race for the swap, and acting inside an event would act on half a file.
//!
//! The rule that everything here serves: a candidate that fails changes nothing that plays. A wrong
//! configuration leaves the whole configuration as it was, a refused plugin leaves its predecessor
//! playing, and each is told in the log, by the API and in the metrics until it is put right.
//!
//! No more than two generations of a plugin live at a time. When a third is due while a request
//! still plays with the first, the change waits for that request, or for the end of the drain time.

mod canary;
mod departure;
mod pass;
mod report;
mod settling;
mod sight;
mod state;
mod watch;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

pub(crate) use canary::{Verdict, judge};
pub(crate) use departure::{Departures, Leaving};
pub use report::{ConfigProblem, PluginChange, ReloadOutcome, ReloadReport, Trigger};
pub(crate) use sight::Stamp;
pub use state::{Pending, PendingWhy, ReloadState};

use crate::Understudy;
use crate::config::Watching;
use pass::{Pass, pass};
use settling::Settling;
use watch::Watch;

/// Events that come this soon after one another are one change.
const GATHERED: Duration = Duration::from_millis(20);

/// How often a plugin on trial is judged, however seldom the files are looked at.
const TRIALS: Duration = Duration::from_secs(1);

/// Reloads that may be asked for before the first of them is done.
const ORDERS_MAX: usize = 64;

/// A reload somebody asks for.
#[derive(Debug)]
pub(crate) struct Order {
    trigger: Trigger,
    reply: oneshot::Sender<ReloadReport>,
}

/// How reloads are asked for.
pub(crate) type Orders = mpsc::Sender<Order>;

/// Nobody owns the reload: the server is not running yet, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is there yet that could be reloaded")]
pub struct NotWatching;

/// Asks the owner for a reload and waits for its end.
pub(crate) async fn ask(orders: &Orders, trigger: Trigger) -> Result<ReloadReport, NotWatching> {
    let (reply, report) = oneshot::channel();
    orders.send(Order { trigger, reply }).await.map_err(|_| NotWatching)?;
    report.await.map_err(|_| NotWatching)
}

/// The one that reloads.
pub(crate) struct Owner {
    understudy: Weak<Understudy>,
    orders: mpsc::Receiver<Order>,
    gone: Arc<Notify>,
    watch: Watch,
    watching: Watching,
    settling: Option<Settling>,
    /// The configuration's text as it was last taken.
    text: Option<String>,
    /// Who waits for the end of this reload.
    waiting: Vec<oneshot::Sender<ReloadReport>>,
    report: Option<ReloadReport>,
    trigger: Trigger,
    /// Somebody asked: what was refused is judged again.
    asked: bool,
    /// The last pass found a file in motion.
    restless: bool,
    /// What it left for an older generation's sake.
    crowded: Vec<Pending>,
    due: Instant,
}

impl Owner {
    /// Starts it. It ends with the Understudy.
    pub(crate) fn start(understudy: &Arc<Understudy>, gone: Arc<Notify>) -> Orders {
        let (sender, orders) = mpsc::channel(ORDERS_MAX);
        let config = understudy.config();
        let watching = config.plugins.watching;
        let owner = Self {
            understudy: Arc::downgrade(understudy),
            orders,
            gone,
            watch: Watch::new(watching == Watching::Events),
            watching,
            settling: None,
            text: config.file.as_deref().and_then(|file| std::fs::read_to_string(file).ok()),
            waiting: Vec::new(),
            report: None,
            trigger: Trigger::Files,
            asked: false,
            // What changed since it was read is taken at once, unless nothing is to be taken unasked.
            restless: watching != Watching::Off,
            crowded: Vec::new(),
            due: Instant::now(),
        };
        tokio::spawn(owner.run());
        sender
    }

    async fn run(mut self) {
        while self.wake().await {
            let Some(understudy) = self.understudy.upgrade() else { return };
            self.attend(&understudy).await;
        }
    }

    /// Sleeps until there may be something to do; false when nobody can ask any more.
    async fn wake(&mut self) -> bool {
        tokio::select! {
            order = self.orders.recv() => {
                let Some(Order { trigger, reply }) = order else { return false };
                self.waiting.push(reply);
                (self.trigger, self.asked) = (trigger, true);
            }
            () = self.watch.changed() => sleep(GATHERED).await,
            () = self.gone.notified() => {}
            () = sleep_until(self.due) => {}
        }
        true
    }

    /// Looks, and does what there is to do.
    async fn attend(&mut self, understudy: &Arc<Understudy>) {
        understudy.departures().end_overdue(Instant::now());
        understudy.judge_trials();
        let config = understudy.config();
        self.watch_as(config.plugins.watching);
        let is_called = self.watching != Watching::Off || self.asked;
        if !is_called && !self.is_undone() && self.report.is_none() && self.settling.is_some() {
            self.plan(understudy, None);
            return;
        }
        self.watch.over(sight::folders(&config));
        let arrived = self.watch.arrived();
        let looked = spawn_blocking(move || sight::look(&config)).await.unwrap_or_default();
        let now = Instant::now();
        let settling = self.settling.get_or_insert_with(|| Settling::from_here(looked.clone(), now));
        let observed = settling.observe(looked, &arrived, now);
        let seen = PendingWhy::Changing.all(&observed.unsettled);
        if !observed.changed.is_empty() || self.asked || self.is_undone() {
            let judged = PendingWhy::Judged.all(&observed.changed);
            understudy.note_pending(self.crowded.iter().chain(&seen).chain(&judged));
            self.pass(understudy, &observed.unsettled).await;
        }
        understudy.note_pending(self.crowded.iter().chain(&seen));
        // What waits for an older generation may wait for minutes, and whoever asked does not.
        if observed.unsettled.is_empty() && !self.restless {
            self.conclude(understudy);
        }
        self.plan(understudy, observed.due);
    }

    async fn pass(&mut self, understudy: &Arc<Understudy>, unsettled: &BTreeSet<PathBuf>) {
        let done = pass(understudy, &mut self.text, unsettled, self.asked).await;
        self.asked = false;
        let Pass { report, restless } = done;
        (self.restless, self.crowded) = (restless, report.pending.clone());
        understudy.note_meanwhile(&report);
        match &mut self.report {
            Some(before) => before.go_on(report),
            None => self.report = Some(ReloadReport { trigger: self.trigger, ..report }),
        }
        self.watch.over(sight::folders(&understudy.config()));
    }

    /// The last pass left something for another.
    fn is_undone(&self) -> bool {
        self.restless || !self.crowded.is_empty()
    }

    /// Notices changes as the configuration would have it now.
    fn watch_as(&mut self, watching: Watching) {
        if self.watching != watching {
            self.watch = Watch::new(watching == Watching::Events);
            self.watching = watching;
        }
    }

    /// The reload is over: it is told to whoever asked, and kept when it was one.
    fn conclude(&mut self, understudy: &Understudy) {
        let Some(report) = self.report.take() else { return };
        let report = understudy.note_reload(report, !self.waiting.is_empty());
        for waiting in self.waiting.drain(..) {
            // Who asked may have left.
            let _ = waiting.send(report.clone());
        }
        self.trigger = Trigger::Files;
    }

    /// When it has to wake at the latest: to `look`, to end who leaves, to judge who is on trial. Asked at
    /// the end, because what was just put on may have begun both.
    fn plan(&mut self, understudy: &Understudy, look: Option<Instant>) {
        let now = Instant::now();
        let next_end = understudy.departures().next_end();
        let next_verdict = understudy.is_trying().then(|| now + TRIALS);
        let usually = now + understudy.config().plugins.poll;
        self.due = [look, next_end, next_verdict].into_iter().flatten().fold(usually, Instant::min);
    }
}
