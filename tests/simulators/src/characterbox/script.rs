//! A script as one text: `Speaker [emotion]: what is said`, a line each.

use super::cast::Character;
use super::request::Line;
use super::trouble::Trouble;

/// A longer prefix is no speaker, in characters.
const SPEAKER_CHARACTERS_MAX: usize = 40;

/// Reads a script spoken by these characters.
pub(super) fn read(script: &str, cast: &[&'static Character]) -> Result<Vec<Line>, Trouble> {
    let rows = rows(script);
    if rows.iter().all(|(_, row)| !matches!(row, Row::Said { .. })) {
        return Ok(dealt(&rows, cast));
    }
    let mut lines: Vec<Line> = Vec::new();
    for (number, row) in rows {
        match row {
            Row::Said { speaker, emotion, text } => {
                let character = cast.iter().find(|character| {
                    character.id == speaker || character.name.eq_ignore_ascii_case(speaker)
                });
                let character = character.ok_or_else(|| Trouble::unknown_speaker(speaker, number))?;
                let emotion = emotion.unwrap_or("neutral");
                character.can_play(emotion)?;
                lines.push(Line::plain(character, text, emotion));
            }
            Row::More(text) => match lines.last_mut() {
                Some(line) => line.text = format!("{} {text}", line.text),
                None => return Err(Trouble::unknown_speaker("", number)),
            },
            Row::Pause(seconds) => {
                if let Some(line) = lines.last_mut() {
                    line.pause_after = Some(line.pause_after.unwrap_or(0.0) + seconds);
                }
            }
        }
    }
    Ok(lines)
}

enum Row<'script> {
    Said { speaker: &'script str, emotion: Option<&'script str>, text: String },
    More(String),
    Pause(f64),
}

/// The rows that mean something, numbered from 1.
fn rows(script: &str) -> Vec<(usize, Row<'_>)> {
    let rows = script.lines().enumerate().map(|(index, row)| (index + 1, row.trim()));
    rows.filter(|(_, row)| !row.is_empty() && !row.starts_with('#'))
        .map(|(number, row)| (number, read_row(row)))
        .collect()
}

fn read_row(row: &str) -> Row<'_> {
    let inside = row.strip_prefix("(pause").and_then(|rest| rest.strip_suffix(')'));
    if let Some(seconds) = inside.and_then(|seconds| seconds.trim().parse::<f64>().ok()) {
        return Row::Pause(seconds.clamp(0.0, 10.0));
    }
    let more = || Row::More(row.replace("\\:", ":"));
    let Some(at) = row.char_indices().find(|(at, sign)| *sign == ':' && !row[..*at].ends_with('\\')) else {
        return more();
    };
    let (prefix, text) = row.split_at(at.0);
    if prefix.chars().count() > SPEAKER_CHARACTERS_MAX || prefix.contains(['.', '!', '?', '\\']) {
        return more();
    }
    let text = text.get(1..).unwrap_or_default().trim().replace("\\:", ":");
    match prefix.trim().strip_suffix(']').and_then(|prefix| prefix.split_once('[')) {
        Some((speaker, emotion)) => {
            Row::Said { speaker: speaker.trim(), emotion: Some(emotion.trim()), text }
        }
        None => Row::Said { speaker: prefix.trim(), emotion: None, text },
    }
}

/// A script without any speakers is dealt out in rotation.
fn dealt(rows: &[(usize, Row<'_>)], cast: &[&'static Character]) -> Vec<Line> {
    let texts = rows.iter().filter_map(|(_, row)| match row {
        Row::More(text) => Some(text),
        _ => None,
    });
    let speakers = cast.iter().cycle();
    texts.zip(speakers).map(|(text, character)| Line::plain(character, text.clone(), "neutral")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: Result<&[(&str, &str, &str)], &str>) {
        let cast = ["char_123", "char_bram"].map(|id| Character::find(id).unwrap());
        let lines =
            read(script, &cast).map_err(|trouble| trouble.object()["message"].as_str().unwrap().to_owned());
        let told = lines.as_ref().map(|lines| {
            lines
                .iter()
                .map(|line| (line.character.id, line.emotion.as_str(), line.text.as_str()))
                .collect::<Vec<_>>()
        });
        assert_eq!(told.map_err(String::as_str), expected.map(<[_]>::to_vec), "{script}");
    }

    #[test]
    fn each_rule_of_the_grammar_holds() {
        let two = [("char_123", "neutral", "Hi!"), ("char_bram", "sad", "Well: hello.")];
        check("Captain Nova: Hi!\nchar_bram [sad]: Well: hello.", Ok(&two));
        check("# a scene\n\ncaptain nova:Hi!\nOLD BRAM [ sad ] : Well\\: hello.", Ok(&two));
        check("char_123: One\ntwo\n", Ok(&[("char_123", "neutral", "One two")]));
        check("char_123: One\nSo\\: two", Ok(&[("char_123", "neutral", "One So: two")]));
        check(
            "char_123: One\nWait. This is long: two",
            Ok(&[("char_123", "neutral", "One Wait. This is long: two")]),
        );
        check(
            "One\nTwo\nThree",
            Ok(&[
                ("char_123", "neutral", "One"),
                ("char_bram", "neutral", "Two"),
                ("char_123", "neutral", "Three"),
            ]),
        );
        check("Nobody: Hi", Err("Speaker 'Nobody' is not among characters"));
        check("hello\nchar_123: Hi", Err("Speaker '' is not among characters"));
        check("char_123 [purring]: Hi", Err("Captain Nova cannot be purring"));
    }

    #[test]
    fn pauses_add_up() {
        let cast = [Character::find("char_123").unwrap()];
        let lines = read("char_123: One\n(pause 0.5)\n(pause 1)\nchar_123: Two", &cast).unwrap();
        assert_eq!((lines[0].pause_after, lines[1].pause_after), (Some(1.5), None));
    }
}
