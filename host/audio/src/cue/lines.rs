//! Pieces to cues and lines.
//!
//! Cues are cut greedily, with a look back: a cue takes words while they fit, and when the next one
//! does not, it ends at the best place among those behind its middle, a sentence's end before a
//! clause's before any other. Cutting at the last word that fits would leave sentences hanging over
//! by a word; a search over all cuttings reads no better and costs the square.

use super::CueOptions;
use super::words::{Piece, columns};

/// A silence as long as this ends a cue whatever the text says.
const PAUSE_MS: u32 = 1500;

/// The words of a cue, laid out.
pub(super) struct Group {
    pub(super) lines: Vec<String>,
    pub(super) columns: usize,
    pub(super) start_ms: u32,
    pub(super) end_ms: u32,
}

/// Cuts `pieces` into cues and lays each out.
pub(super) fn groups(pieces: &[Piece], options: &CueOptions) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut rest = pieces;
    while !rest.is_empty() {
        // At least one, so this ends.
        let (cue, later) = rest.split_at(cut(rest, options).clamp(1, rest.len()));
        groups.extend(group(cue, options));
        rest = later;
    }
    groups
}

/// How many of the pieces make the first cue.
fn cut(pieces: &[Piece], options: &CueOptions) -> usize {
    let fitting = fitting(pieces, options);
    let taken = pieces.get(..fitting).unwrap_or_default();
    // A sentence that ends inside what fits is a cue of its own, unless it is too short to stand
    // alone and the next still fits.
    let begin = pieces.first().map_or(0, |piece| piece.start_ms);
    let stands = |count: usize| {
        let last = taken.get(count - 1);
        last.is_some_and(|piece| piece.end_ms.saturating_sub(begin) >= options.min_ms)
    };
    let mut sentence = (1..=fitting).filter(|count| taken.get(count - 1).is_some_and(Piece::ends_sentence));
    if let Some(count) = sentence.clone().find(|count| stands(*count)).or_else(|| sentence.next_back()) {
        return count;
    }
    if fitting == pieces.len() {
        return fitting;
    }
    let clause = (fitting.div_ceil(2)..=fitting)
        .rev()
        .find(|count| *count > 0 && taken.get(count - 1).is_some_and(Piece::ends_clause));
    clause.unwrap_or(fitting)
}

/// How many pieces fit in one cue by size and time, or reach up to a pause or a paragraph.
fn fitting(pieces: &[Piece], options: &CueOptions) -> usize {
    let mut layout = Layout::new(options);
    let begin = pieces.first().map_or(0, |piece| piece.start_ms);
    let mut before: Option<&Piece> = None;
    for (count, piece) in pieces.iter().enumerate() {
        let pause = before.is_some_and(|before| piece.start_ms.saturating_sub(before.end_ms) >= PAUSE_MS);
        let long = piece.end_ms.saturating_sub(begin) > options.max_ms;
        if count > 0 && (pause || piece.paragraph || long || !layout.holds(piece)) {
            return count;
        }
        layout.add(piece);
        before = Some(piece);
    }
    pieces.len()
}

/// Counts lines as a greedy layout fills them.
struct Layout {
    width: usize,
    lines_max: usize,
    lines: usize,
    column: usize,
}

impl Layout {
    fn new(options: &CueOptions) -> Self {
        Self {
            width: options.max_line_chars.max(1),
            lines_max: options.max_lines.max(1),
            lines: 1,
            column: 0,
        }
    }

    fn holds(&self, piece: &Piece) -> bool {
        self.column + usize::from(piece.spaced) + piece.columns() <= self.width || self.lines < self.lines_max
    }

    fn add(&mut self, piece: &Piece) {
        let with = self.column + usize::from(piece.spaced && self.column > 0) + piece.columns();
        if self.column == 0 || with <= self.width {
            self.column = with;
        } else {
            self.lines += 1;
            self.column = piece.columns();
        }
    }
}

fn group(pieces: &[Piece], options: &CueOptions) -> Option<Group> {
    let (first, last) = (pieces.first()?, pieces.last()?);
    let lines = balanced(pieces, options);
    let columns = lines.iter().map(|line| columns(line)).sum();
    let end_ms = pieces.iter().map(|piece| piece.end_ms).max().unwrap_or(last.end_ms);
    Some(Group { lines, columns, start_ms: first.start_ms, end_ms })
}

/// Lays pieces out on as few lines as hold them, the lines as even as they can be: the narrowest
/// width that needs no more lines.
fn balanced(pieces: &[Piece], options: &CueOptions) -> Vec<String> {
    let width = options.max_line_chars.max(1);
    let lines = filled(pieces, width);
    let (mut low, mut high) = (1, width);
    while low < high {
        let middle = low.midpoint(high);
        if filled(pieces, middle).len() <= lines.len() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    filled(pieces, high)
}

/// Lines filled greedily up to `width` columns.
fn filled(pieces: &[Piece], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut column = 0;
    for piece in pieces {
        let with = column + usize::from(piece.spaced) + piece.columns();
        match lines.last_mut() {
            Some(line) if with <= width => {
                if piece.spaced {
                    line.push(' ');
                }
                line.push_str(&piece.text);
                column = with;
            }
            _ => {
                lines.push(piece.text.clone());
                column = piece.columns();
            }
        }
    }
    lines
}
