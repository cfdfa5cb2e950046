//! A table in columns as wide as their widest cell.

use std::io;

use unicode_width::UnicodeWidthStr;

use super::printer::Printer;

/// Space between columns.
const GAP: &str = "  ";

/// Rows under a head.
pub(super) struct Table<const COLUMNS: usize> {
    head: [&'static str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(super) const fn new(head: [&'static str; COLUMNS]) -> Self {
        Self { head, rows: Vec::new() }
    }

    /// Adds a row. Control characters, which only a plugin's own texts have, become spaces.
    pub(super) fn row(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells.map(|cell| {
            cell.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
        }));
    }

    pub(super) fn print(&self, printer: Printer) -> io::Result<()> {
        let widths = self.widths();
        printer.table_head(&line(self.head, &widths))?;
        self.rows.iter().try_for_each(|row| printer.result(line(row.each_ref().map(String::as_str), &widths)))
    }

    fn widths(&self) -> [usize; COLUMNS] {
        let mut widths = self.head.map(UnicodeWidthStr::width);
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        widths
    }
}

fn line<const COLUMNS: usize>(cells: [&str; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.into_iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
        line.push_str(GAP);
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_is_seen() {
        let mut table = Table::new(["ID", "NAME"]);
        table.row(["声".into(), "a\nb".into()]);
        table.row(["long".into(), String::new()]);
        let widths = table.widths();
        let lines: Vec<String> =
            table.rows.iter().map(|row| line(row.each_ref().map(String::as_str), &widths)).collect();
        assert_eq!(lines, ["声    a b", "long"]);
    }
}
