//! Generations that were replaced and still play for those who had come before.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::plugins::{Generation, GenerationStatus};

/// Everyone who is leaving.
#[derive(Debug, Default)]
pub(crate) struct Departures(Mutex<Vec<Departure>>);

#[derive(Debug)]
struct Departure {
    generation: Weak<Generation>,
    deadline: Instant,
    ended: bool,
}

/// One that is leaving, as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Leaving {
    pub(crate) provider: String,
    pub(crate) status: GenerationStatus,
    /// How long it has before it is interrupted.
    pub(crate) left: Duration,
    /// It was interrupted and its code has gone; a request still holds its name.
    pub(crate) ended: bool,
}

impl Departures {
    /// It plays for nobody new, and has `drain` to finish.
    pub(crate) fn begin(&self, generation: &Arc<Generation>, drain: Duration) {
        let (plugin, number, in_flight) =
            (generation.provider(), generation.number(), generation.tally().in_flight);
        info!(plugin, generation = number, in_flight, "plugin generation leaves");
        let departure = Departure {
            generation: Arc::downgrade(generation),
            deadline: Instant::now() + drain,
            ended: false,
        };
        self.lock().push(departure);
    }

    /// Ends those whose time is over.
    pub(super) fn end_overdue(&self, now: Instant) {
        let mut departures = self.lock();
        departures.retain(|departure| departure.generation.strong_count() > 0);
        for departure in
            departures.iter_mut().filter(|departure| !departure.ended && departure.deadline <= now)
        {
            departure.ended = true;
            if let Some(generation) = departure.generation.upgrade() {
                let (plugin, number, in_flight) =
                    (generation.provider(), generation.number(), generation.tally().in_flight);
                warn!(
                    plugin,
                    generation = number,
                    in_flight,
                    "drain time is over, plugin generation is ended"
                );
                generation.end();
            }
        }
    }

    /// When the time of the next one is over.
    pub(super) fn next_end(&self) -> Option<Instant> {
        let departures = self.lock();
        departures.iter().filter(|departure| !departure.ended).map(|departure| departure.deadline).min()
    }

    /// The names of which somebody still has code to let go.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let departures = self.lock();
        let living = departures.iter().filter(|departure| !departure.ended);
        living.filter_map(|departure| Some(departure.generation.upgrade()?.provider().to_owned())).collect()
    }

    /// Those who still play.
    pub(crate) fn leaving(&self) -> Vec<Leaving> {
        let now = Instant::now();
        let leaving = |departure: &Departure| {
            let generation = departure.generation.upgrade()?;
            Some(Leaving {
                provider: generation.provider().to_owned(),
                status: GenerationStatus::of(&generation),
                left: departure.deadline.saturating_duration_since(now),
                ended: departure.ended,
            })
        };
        self.lock().iter().filter_map(leaving).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Departure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;
    use understudy_engine::scripted::Scripted;

    use super::*;

    fn generation() -> Arc<Generation> {
        Generation::new("amy", 1, Arc::new(Scripted::new("amy", Vec::new())), Arc::new(Notify::new()))
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_held_past_its_time_is_ended_and_one_that_goes_is_forgotten() {
        let departures = Departures::default();
        let (held, let_go) = (generation(), generation());
        departures.begin(&held, Duration::from_secs(5));
        departures.begin(&let_go, Duration::from_secs(9));
        assert_eq!(departures.leaving().len(), 2);
        drop(let_go);
        let begun = Instant::now();
        departures.end_overdue(begun);
        assert_eq!(departures.next_end(), Some(begun + Duration::from_secs(5)));
        assert_eq!(departures.names(), BTreeSet::from(["amy".to_owned()]));
        departures.end_overdue(begun + Duration::from_secs(5));
        assert_eq!(departures.next_end(), None);
        assert!(departures.names().is_empty(), "its code is gone");
        drop(held);
        assert!(departures.leaving().is_empty());
    }
}
