//! How far a performance has come: a bar for every line that is being spoken, one over all of them,
//! and a line of text for each that is done.
//!
//! The engine says when a line begins and ends. How far it is in between only its provider knows, so
//! providers are watched as `say` watches them; a call is told to be that of a line by its id.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use understudy_engine::Progress;
use understudy_speech::Call;

const SCENE: &str = "{spinner:.cyan} {msg} {wide_bar:.cyan/dim} {pos}/{len}  {elapsed}";
const LINE: &str = "{prefix:>4}  {msg:24!} {wide_bar:.cyan/dim} {percent:>3}%";

/// What is shown meanwhile; nothing where the target is hidden. Clones share it.
#[derive(Clone)]
pub(super) struct Board(Arc<Shown>);

struct Shown {
    /// The request's id; that of a line is this one and the line's number.
    id: String,
    all: MultiProgress,
    scene: ProgressBar,
    /// By their place in the script, from 0.
    lines: Mutex<BTreeMap<usize, ProgressBar>>,
}

impl Board {
    /// The board of the request `id`.
    pub(super) fn new(target: ProgressDrawTarget, id: &str) -> Self {
        let all = MultiProgress::with_draw_target(target);
        let scene = all.add(ProgressBar::no_length());
        scene.set_style(style(SCENE));
        scene.set_message("casting");
        scene.enable_steady_tick(Duration::from_millis(100));
        Self(Arc::new(Shown { id: id.to_owned(), all, scene, lines: Mutex::default() }))
    }

    pub(super) fn show(&self, progress: Progress<'_>) {
        let Shown { all, scene, .. } = &*self.0;
        match progress {
            Progress::Cast { speakers, lines, done } => {
                self.forget_lines();
                scene.set_length(lines as u64);
                scene.set_position(done as u64);
                scene.set_message(format!("{} characters", speakers.len()));
            }
            Progress::Whole { provider } => scene.set_message(format!("{provider} performs the whole")),
            Progress::Begun { index, speaker, text } => {
                let bar = all.insert_before(scene, ProgressBar::new(text.len() as u64));
                bar.set_style(style(LINE));
                bar.set_prefix((index + 1).to_string());
                bar.set_message(speaker.to_owned());
                self.lines().insert(index, bar);
            }
            Progress::Line { index, speaker, provider } => {
                self.forget(index);
                scene.inc(1);
                self.say(&format!("{:>4}  {speaker} ({provider})", index + 1));
            }
            Progress::Failed { provider, code } => {
                self.forget_lines();
                self.say(&format!("      {provider} failed: {code}"));
            }
            Progress::Joining => {
                self.forget_lines();
                scene.set_message("joining");
            }
        }
    }

    /// The bar of the line that a call is made for, or that of all lines when it is for the whole.
    pub(super) fn bar(&self, call: &Call) -> Option<ProgressBar> {
        if *call.request_id == *self.0.id {
            return Some(self.0.scene.clone());
        }
        let number: usize = call.request_id.rsplit_once('-')?.1.parse().ok()?;
        self.lines().get(&number.checked_sub(1)?).cloned()
    }

    pub(super) fn clear(&self) {
        self.forget_lines();
        self.0.scene.finish_and_clear();
    }

    /// What stays on the screen, above the bars.
    fn say(&self, line: &str) {
        // Nobody can be told that standard error is closed.
        let _ = self.0.all.println(line);
    }

    fn forget(&self, index: usize) {
        if let Some(bar) = self.lines().remove(&index) {
            bar.finish_and_clear();
            self.0.all.remove(&bar);
        }
    }

    fn forget_lines(&self) {
        let lines: Vec<usize> = self.lines().keys().copied().collect();
        lines.into_iter().for_each(|index| self.forget(index));
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<usize, ProgressBar>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─")
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn call(id: &str) -> Call {
        Call { request_id: id.into(), deadline: Instant::now() }
    }

    /// The lines that have a bar, by their numbers.
    fn barred(board: &Board) -> Vec<usize> {
        (1..=3).filter(|number| board.bar(&call(&format!("perform-12-{number}"))).is_some()).collect()
    }

    #[test]
    fn every_line_under_way_has_a_bar_of_its_own() {
        let board = Board::new(ProgressDrawTarget::hidden(), "perform-12");
        board.show(Progress::Cast { speakers: &[], lines: 3, done: 0 });
        assert_eq!(barred(&board), [0_usize; 0]);
        for (index, text) in ["Again?", "Again!"].into_iter().enumerate() {
            board.show(Progress::Begun { index, speaker: "Pip", text });
        }
        assert_eq!(barred(&board), [1, 2]);
        let first = board.bar(&call("perform-12-1")).unwrap();
        assert_eq!((first.length(), first.prefix(), first.message()), (Some(6), "1".into(), "Pip".into()));
        first.set_position(3);
        assert_eq!(board.bar(&call("perform-12-1")).unwrap().position(), 3);
        board.show(Progress::Line { index: 0, speaker: "Pip", provider: "flite" });
        assert_eq!((barred(&board), board.0.scene.position()), (vec![2], 1));
        board.show(Progress::Failed { provider: "flite", code: "provider_unavailable" });
        assert_eq!(barred(&board), [0_usize; 0]);
        assert!(board.bar(&call("voices")).is_none());
        assert_eq!(board.bar(&call("perform-12")).unwrap().length(), Some(3));
    }
}
