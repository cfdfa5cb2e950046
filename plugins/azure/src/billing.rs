//! What a document costs, by the service's public rule: characters of text and markup, but not the
//! tags of `speak` and `voice`; each Chinese, Japanese or Korean ideograph counts as two.

/// The characters a document is billed for.
pub(crate) fn characters(document: &str) -> u32 {
    let mut billed: usize = 0;
    let mut rest = document;
    while let Some((text, tag)) = rest.split_once('<') {
        billed += text.chars().map(weight).sum::<usize>();
        let end = tag_end(tag);
        let (inside, after) = tag.split_at_checked(end).unwrap_or((tag, ""));
        if !is_free(inside) {
            billed += 1 + inside.chars().map(weight).sum::<usize>();
        }
        rest = after;
    }
    billed += rest.chars().map(weight).sum::<usize>();
    u32::try_from(billed).unwrap_or(u32::MAX)
}

/// The end of a tag, its `>` included; one in a quoted value is none.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, character) in tag.char_indices() {
        match (quote, character) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn is_free(tag: &str) -> bool {
    let name = tag.trim_start_matches('/');
    let end = name.find(|character: char| character.is_whitespace() || "/>".contains(character));
    matches!(name.get(..end.unwrap_or(name.len())), Some("speak" | "voice"))
}

/// Two for an ideograph, by the blocks of Unicode that hold them.
const fn weight(character: char) -> usize {
    match character {
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => 2,
        '\u{20000}'..='\u{323AF}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: u32) {
        assert_eq!(characters(document), expected, "{document}");
    }

    #[test]
    fn text_and_markup_count_and_the_frame_does_not() {
        check("<speak version=\"1.0\"><voice name=\"a>b\">Hello</voice></speak>", 5);
        check("<speak><voice name='a'>Hi<break time=\"1s\"/></voice></speak>", 2 + 18);
        check("<speak>R&amp;D</speak>", 7);
        check("<speakers>a</speakers>", 10 + 1 + 11);
        check("", 0);
        check("<", 1);
    }

    #[test]
    fn an_ideograph_counts_as_two_and_other_letters_as_one() {
        check("<speak>你好。</speak>", 5);
        check("<speak>ひらがな한글</speak>", 6);
    }
}
