//! What a document costs, by the service's public rule: characters of text and markup, but not the
//! tags of `speak` and `voice`; each Chinese, Japanese or Korean ideograph counts as two.

use understudy_plugin::ssml::markup_length;

/// The characters a document is billed for.
pub(crate) fn characters(document: &str) -> u32 {
    let mut billed: usize = 0;
    let mut rest = document;
    while let Some((text, markup)) = rest.find('<').and_then(|start| rest.split_at_checked(start)) {
        billed += text.chars().map(weight).sum::<usize>();
        let (tag, after) = markup.split_at_checked(markup_length(markup)).unwrap_or((markup, ""));
        if !is_free(tag) {
            billed += tag.chars().map(weight).sum::<usize>();
        }
        rest = after;
    }
    billed += rest.chars().map(weight).sum::<usize>();
    u32::try_from(billed).unwrap_or(u32::MAX)
}

fn is_free(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
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
        check("<speak>a<!-- > <voice> --></speak>", 1 + 18);
        check("<speak><![CDATA[a > <voice>]]></speak>", 23);
        check("", 0);
        check("<", 1);
    }

    #[test]
    fn an_ideograph_counts_as_two_and_other_letters_as_one() {
        check("<speak>你好。</speak>", 5);
        check("<speak>ひらがな한글</speak>", 6);
    }
}
