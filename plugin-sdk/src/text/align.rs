//! The words of a text at the times a service reports for what it *said*.
//!
//! Services mark what they read, not what was written: "ten" for `10`, "Saint" for `St`, a comma as a
//! word, Chinese in one piece, English letter by letter, and now and then nothing at all. Searching
//! for each mark's text in the caller's goes wrong at the first of these and never recovers.
//!
//! So both sides become runs of folded letters, which makes every way of cutting them equal, and are
//! walked together. Where they differ, the nearest place is looked for at which a word of the text
//! and a mark begin and agree again; what lies between the two is one block, whose letters share its
//! time evenly. That is linear in the text, works while marks are still arriving, and an error ends
//! with its block. A general diff would be quadratic, and would need the end before it says a word.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use super::{Piece, words};
use crate::Word;

/// How far the text is searched for agreement, in letters: a long number with its unit.
const TEXT_REACH: usize = 96;
/// How far the speech is searched, in letters: such a number in words.
const SPEECH_REACH: usize = 192;
/// Letters that must agree for a place to count; two are met by chance.
const AGREEMENT: usize = 3;
/// What it costs to take words for unspoken, or speech for unwritten, in letters. It is rarer than
/// being read differently.
const ONE_SIDED: usize = 8;

/// A letter of the text.
#[derive(Debug)]
struct Letter {
    folded: char,
    word: usize,
    /// It is its word's first.
    opens: bool,
}

/// A letter of the speech.
#[derive(Debug)]
struct Sound {
    folded: char,
    start_ms: u64,
    end_ms: u64,
    /// It is its mark's first.
    opens: bool,
}

/// Turns the marks of a service into word marks of the request's own text.
///
/// Tell it what was said as it is reported, in any pieces: words, letters, punctuation, numbers
/// spelled out. It hands out every word of the text ([`words`]), once, in order, as soon as its time
/// is certain. A word the service never marked gets a share of the time between its neighbours.
///
/// ```
/// use understudy_plugin::text::Aligner;
///
/// let text = "I paid $10, friend!";
/// let mut aligner = Aligner::new(text);
/// for (said, time) in [("I", 0..90), ("paid", 90..400), ("ten", 400..700), ("dollars", 700..1_200)] {
///     aligner.hear(said, time);
/// }
/// aligner.hear("friend", 1_300..1_800);
/// let words = aligner.finish(None);
/// let heard: Vec<_> = words.iter().map(|word| (word.in_text(text).unwrap(), word.start_ms)).collect();
/// assert_eq!(heard, [("I", 0), ("paid", 90), ("10", 400), ("friend", 1_300)]);
/// ```
#[derive(Debug)]
pub struct Aligner<'text> {
    words: Vec<Piece<'text>>,
    letters: Vec<Letter>,
    /// When each word is heard, as far as it is known.
    times: Vec<Option<Range<u64>>>,
    /// The next letter to be placed.
    at: usize,
    sounds: VecDeque<Sound>,
    /// Words handed out.
    given: usize,
    /// Start of the last word handed out, and the latest end of all of them.
    last_start_ms: u64,
    last_end_ms: u64,
}

impl<'text> Aligner<'text> {
    /// Makes ready for a text.
    #[must_use]
    pub fn new(text: &'text str) -> Self {
        let words = words(text);
        let letters = words
            .iter()
            .enumerate()
            .flat_map(|(word, piece)| {
                let letter = move |(index, folded)| Letter { folded, word, opens: index == 0 };
                fold(piece.text).enumerate().map(letter)
            })
            .collect();
        let times = vec![None; words.len()];
        let (sounds, at, given) = (VecDeque::new(), 0, 0);
        Self { words, letters, times, at, sounds, given, last_start_ms: 0, last_end_ms: 0 }
    }

    /// Takes the next thing that was said, and when, in milliseconds from the start of the take.
    /// What holds no letter or digit is nothing.
    pub fn hear(&mut self, said: &str, milliseconds: Range<u64>) {
        let count = fold(said).count() as u64;
        let start = milliseconds.start;
        let length = milliseconds.end.saturating_sub(start);
        self.sounds.extend(fold(said).zip(0_u64..).map(|(folded, index)| Sound {
            folded,
            start_ms: start + length * index / count,
            end_ms: start + length * (index + 1) / count,
            opens: index == 0,
        }));
    }

    /// The same with times in seconds, as most services give them. What lies before the take is at
    /// its start.
    pub fn hear_seconds(&mut self, said: &str, seconds: Range<f64>) {
        self.hear(said, milliseconds(seconds.start)..milliseconds(seconds.end));
    }

    /// The words that have become certain since the last call.
    pub fn words(&mut self) -> Vec<Word> {
        self.advance(false);
        let certain = self.letters.get(self.at).map_or(self.words.len(), |letter| letter.word);
        self.give(certain, None)
    }

    /// The rest of the words, now that nothing more will be said. Those after the last mark share
    /// the time up to `audio_ms`, the length of the audio, when it is known. Nothing when the service
    /// marked nothing at all.
    pub fn finish(mut self, audio_ms: Option<u64>) -> Vec<Word> {
        self.advance(true);
        if self.times.iter().all(Option::is_none) {
            return Vec::new();
        }
        self.give(self.words.len(), Some(audio_ms.unwrap_or(0)))
    }

    /// Walks text and speech together as far as it is certain; to the end when it is the last time.
    fn advance(&mut self, last: bool) {
        while let (Some(letter), Some(sound)) = (self.letters.get(self.at), self.sounds.front()) {
            if letter.folded == sound.folded {
                self.bridge(1, 1);
                continue;
            }
            let in_reach = last || self.sounds.len() >= SPEECH_REACH;
            match self.reunion(last) {
                // Nothing still to come can be nearer.
                Some((cost, text, speech)) if in_reach || cost + AGREEMENT <= self.sounds.len() => {
                    self.bridge(text, speech);
                }
                _ if in_reach => self.keep_pace(last),
                _ => break,
            }
        }
    }

    /// Text and speech have nothing in common here: both go on, letter by letter, or as fast as it
    /// takes to end together when the end of the speech is known.
    fn keep_pace(&mut self, last: bool) {
        let left = self.letters.len() - self.at;
        let text = TEXT_REACH.min(left);
        let speech = if last { self.sounds.len() * text / left } else { text };
        self.bridge(text, speech);
    }

    /// The nearest place where a word and a mark begin and agree: its cost, and the letters of text
    /// and of speech before it.
    fn reunion(&self, last: bool) -> Option<(usize, usize, usize)> {
        let ahead = self.letters.get(self.at..).unwrap_or_default();
        let texts = ahead.iter().enumerate().take(TEXT_REACH).filter(|(_, letter)| letter.opens);
        let opens = |(_, sound): &(usize, &Sound)| sound.opens;
        let speeches: Vec<usize> =
            self.sounds.iter().enumerate().take(SPEECH_REACH).filter(opens).map(|(at, _)| at).collect();
        let mut best: Option<(usize, usize, usize)> = None;
        for (text, _) in texts {
            for &speech in &speeches {
                let one_sided = if text == 0 || speech == 0 { ONE_SIDED } else { 0 };
                let cost = text + speech + one_sided;
                let nearer = best.is_none_or(|(least, ..)| cost < least);
                if nearer && self.agrees(ahead.get(text..).unwrap_or_default(), speech, last) {
                    best = Some((cost, text, speech));
                }
            }
        }
        best
    }

    /// True when the first letters of `text` are those of the speech from `speech` on.
    fn agrees(&self, text: &[Letter], speech: usize, last: bool) -> bool {
        let left = self.sounds.len() - speech;
        let wanted = AGREEMENT.min(text.len());
        if left < wanted && !last {
            return false;
        }
        let same = |(letter, sound): (&Letter, &Sound)| letter.folded == sound.folded;
        left > 0 && text.iter().take(wanted).zip(self.sounds.range(speech..)).all(same)
    }

    /// Gives the next letters of the text the time of the next letters of the speech, evenly.
    fn bridge(&mut self, text: usize, speech: usize) {
        let heard: Vec<Sound> = self.sounds.drain(..speech.min(self.sounds.len())).collect();
        let letters = self.letters.get(self.at..self.at + text).unwrap_or_default();
        self.at += letters.len();
        let (Some(first), Some(end)) = (heard.first(), heard.iter().map(|sound| sound.end_ms).max()) else {
            return;
        };
        let (length, count) = (end.saturating_sub(first.start_ms), letters.len() as u64);
        for (letter, index) in letters.iter().zip(0_u64..) {
            let start = first.start_ms + length * index / count;
            let end = first.start_ms + length * (index + 1) / count;
            if let Some(time) = self.times.get_mut(letter.word) {
                let known = time.take().unwrap_or(start..end);
                *time = Some(known.start.min(start)..known.end.max(end));
            }
        }
    }

    /// Hands out words up to `limit`. Without an `end_ms`, words without a time wait for the next
    /// that has one.
    fn give(&mut self, limit: usize, end_ms: Option<u64>) -> Vec<Word> {
        let mut given = Vec::new();
        while self.given < limit {
            let waiting = self.times.get(self.given..limit).unwrap_or_default();
            let unmarked = waiting.iter().take_while(|time| time.is_none()).count();
            let next_start = waiting.get(unmarked).and_then(|time| time.as_ref().map(|time| time.start));
            let Some(end) = next_start.or(end_ms) else { break };
            self.spread(unmarked, end, &mut given);
            if let Some(time) = self.times.get(self.given).cloned().flatten().filter(|_| self.given < limit) {
                given.extend(self.mark(time));
            }
        }
        given
    }

    /// Marks so many words in the time between the last one and `end_ms`, by their letters.
    fn spread(&mut self, count: usize, end_ms: u64, given: &mut Vec<Word>) {
        let start = self.last_end_ms;
        let length = end_ms.saturating_sub(start);
        let run = self.words.get(self.given..self.given + count).unwrap_or_default();
        let letters: Vec<u64> = run.iter().map(|word| fold(word.text).count() as u64).collect();
        let total = letters.iter().sum::<u64>().max(1);
        let mut passed = 0;
        for count in letters {
            let time = start + length * passed / total..start + length * (passed + count) / total;
            passed += count;
            given.extend(self.mark(time));
        }
    }

    /// Marks the next word; its time is moved on when it would run backwards.
    fn mark(&mut self, time: Range<u64>) -> Option<Word> {
        let span = self.words.get(self.given)?.range();
        self.given += 1;
        self.last_start_ms = time.start.max(self.last_start_ms);
        let end = time.end.max(self.last_start_ms);
        self.last_end_ms = self.last_end_ms.max(end);
        Some(Word::new(span, self.last_start_ms..end))
    }
}

/// To the nearest millisecond; 0 for what is no time.
fn milliseconds(seconds: f64) -> u64 {
    let time = Duration::try_from_secs_f64(seconds + 0.000_5).unwrap_or_default();
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What is compared of a text: its letters and digits, without regard to case.
fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).filter(|character| character.is_alphanumeric())
}

#[cfg(test)]
mod tests;
