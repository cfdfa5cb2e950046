//! Where one flight's news stands, for all who listen.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use understudy_speech::TakeEvent;

use super::{FlightLost, Phase};

pub(super) type Landing<O> = Result<O, FlightLost>;

/// What an event other than audio weighs in the buffer, at least.
const EVENT_BYTES: usize = 64;

#[derive(Debug)]
pub(super) struct Board<O> {
    news: Mutex<News<O>>,
    /// Woken at each event, and at the landing.
    told: Notify,
    /// Woken at the landing alone: most listeners want nothing else.
    landed: Notify,
    listeners: watch::Sender<usize>,
    bytes_max: usize,
}

#[derive(Debug)]
struct News<O> {
    events: VecDeque<TakeEvent>,
    /// The place of the first event that is still held.
    first: usize,
    bytes: usize,
    phase: Phase,
    landing: Option<Landing<O>>,
}

/// What there is for a listener at one place.
pub(super) enum Next {
    Event(TakeEvent),
    /// The event at this place is forgotten.
    Forgotten,
    /// All is heard.
    Landed,
    NotYet,
}

impl<O: Clone> Board<O> {
    pub(super) fn new(bytes_max: usize) -> Self {
        let news =
            News { events: VecDeque::new(), first: 0, bytes: 0, phase: Phase::default(), landing: None };
        Self {
            news: Mutex::new(news),
            told: Notify::new(),
            landed: Notify::new(),
            listeners: watch::Sender::new(0),
            bytes_max,
        }
    }

    pub(super) fn announce(&self, event: TakeEvent) {
        let mut news = self.news();
        if news.landing.is_some() {
            return;
        }
        news.bytes += weight(&event);
        news.events.push_back(event);
        while news.bytes > self.bytes_max {
            let Some(oldest) = news.events.pop_front() else { break };
            news.bytes -= weight(&oldest);
            news.first += 1;
        }
        drop(news);
        self.told.notify_waiters();
    }

    pub(super) fn reach(&self, phase: Phase) {
        let mut news = self.news();
        news.phase = news.phase.max(phase);
        drop(news);
        self.told.notify_waiters();
    }

    /// True of whatever has landed.
    pub(super) fn has_reached(&self, phase: Phase) -> bool {
        let news = self.news();
        news.phase >= phase || news.landing.is_some()
    }

    pub(super) fn land(&self, landing: Landing<O>) {
        let mut news = self.news();
        if news.landing.is_some() {
            return;
        }
        news.landing = Some(landing);
        drop(news);
        self.told.notify_waiters();
        self.landed.notify_waiters();
    }

    pub(super) fn next(&self, place: usize) -> Next {
        let news = self.news();
        let Some(offset) = place.checked_sub(news.first) else { return Next::Forgotten };
        match (news.events.get(offset), &news.landing) {
            (Some(event), _) => Next::Event(event.clone()),
            (None, Some(_)) => Next::Landed,
            (None, None) => Next::NotYet,
        }
    }

    pub(super) fn landing(&self) -> Option<Landing<O>> {
        self.news().landing.clone()
    }

    /// Waits until `seen` gives something. `seen` is asked after the ear is open, so that nothing
    /// is told in between.
    pub(super) async fn until<T>(&self, events: bool, mut seen: impl FnMut(&Self) -> Option<T>) -> T {
        loop {
            let news = if events { self.told.notified() } else { self.landed.notified() };
            let mut news = std::pin::pin!(news);
            news.as_mut().enable();
            if let Some(found) = seen(self) {
                return found;
            }
            news.await;
        }
    }

    pub(super) fn enter(&self) {
        self.listeners.send_modify(|listeners| *listeners += 1);
    }

    pub(super) fn leave(&self) {
        self.listeners.send_modify(|listeners| *listeners = listeners.saturating_sub(1));
    }

    /// A flight that has landed is not given up: it has something left to do for everyone.
    pub(super) fn is_deserted(&self) -> bool {
        *self.listeners.borrow() == 0 && self.news().landing.is_none()
    }

    pub(super) async fn until_deserted(&self) {
        let mut listeners = self.listeners.subscribe();
        // Fails only without a sender, which is a field of ours.
        listeners.wait_for(|listeners| *listeners == 0).await.ok();
        if self.news().landing.is_some() {
            std::future::pending::<()>().await;
        }
    }

    pub(super) async fn until_wanted(&self) {
        let mut listeners = self.listeners.subscribe();
        listeners.wait_for(|listeners| *listeners > 0).await.ok();
    }

    fn news(&self) -> MutexGuard<'_, News<O>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn weight(event: &TakeEvent) -> usize {
    let bytes = match event {
        TakeEvent::Audio(audio) => audio.len(),
        TakeEvent::Words(words) => size_of_val(words.as_slice()),
        TakeEvent::Begin(_) | TakeEvent::Line(_) => 0,
    };
    EVENT_BYTES + bytes
}
