//! The tags of an SSML document, and where they stand.
//!
//! [`ssml::plain`](understudy_plugin::ssml::plain) gives the text and proves that the document is
//! well-formed. Putting marks into it, and telling what is billed, takes the tags as well; of a
//! well-formed document they are found without a parser.

use std::ops::Range;

use understudy_plugin::ssml::markup_length;

/// Elements in which a mark may stand. Others hold text alone, or something that is played whole.
const OPEN: [&str; 9] = ["speak", "p", "s", "paragraph", "sentence", "prosody", "emphasis", "voice", "lang"];
/// Elements Studio voices refuse.
const FOREIGN_TO_STUDIO: [&str; 3] = ["mark", "emphasis", "lang"];

/// A tag of a document, or a CDATA section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'document> {
    kind: Kind,
    /// Without its prefix.
    name: &'document str,
    text: &'document str,
    pub(crate) start: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Start,
    End,
    Empty,
    Data,
}

impl Tag<'_> {
    const fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tags of a well-formed document, in order; comments and instructions are none.
pub(crate) fn tags(document: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = document.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
        let rest = document.get(start..).unwrap_or_default();
        let length = markup_length(rest);
        let text = rest.get(..length).unwrap_or(rest);
        at = start + length.max(1);
        let kind = match text.as_bytes() {
            [b'<', b'!', b'[', ..] => Kind::Data,
            [b'<', b'!' | b'?', ..] => continue,
            [b'<', b'/', ..] => Kind::End,
            [.., b'/', b'>'] => Kind::Empty,
            _ => Kind::Start,
        };
        let name = text.trim_start_matches(['<', '/']);
        let name = name.split(|character: char| character.is_whitespace() || "/>".contains(character)).next();
        let name = name.and_then(|name| name.rsplit(':').next()).filter(|_| kind != Kind::Data);
        let name = name.unwrap_or_default();
        tags.push(Tag { kind, name, text, start });
    }
    tags
}

/// What a mark may not be put into, in order: a mark for what lies there stands before it.
pub(crate) fn closed(tags: &[Tag<'_>]) -> Vec<Range<usize>> {
    let mut closed = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for tag in tags {
        match tag.kind {
            Kind::Start if depth > 0 => depth += 1,
            Kind::Start if !OPEN.contains(&tag.name) => (depth, start) = (1, tag.start),
            Kind::End if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    closed.push(start..tag.end());
                }
            }
            Kind::Data if depth == 0 => closed.push(tag.start..tag.end()),
            _ => {}
        }
    }
    closed
}

/// Where the document's root ends, before its closing tag. None when its elements have a prefix, for
/// then a mark needs one too.
pub(crate) fn end_of_root(tags: &[Tag<'_>]) -> Option<usize> {
    let last = tags.iter().rfind(|tag| tag.kind == Kind::End)?;
    last.text.starts_with("</speak").then_some(last.start)
}

/// The characters the service bills: all that is sent but its marks.
pub(crate) fn characters_billed(document: &str, tags: &[Tag<'_>]) -> usize {
    let characters = |text: &str| text.chars().count();
    let marks = tags.iter().filter(|tag| tag.name == "mark").map(|tag| characters(tag.text));
    characters(document) - marks.sum::<usize>()
}

/// The first element a Studio voice refuses.
pub(crate) fn foreign_to_studio<'document>(tags: &[Tag<'document>]) -> Option<&'document str> {
    let foreign = |tag: &&Tag<'_>| {
        FOREIGN_TO_STUDIO.contains(&tag.name) || (tag.name == "prosody" && tag.text.contains("pitch="))
    };
    tags.iter().find(foreign).map(|tag| tag.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "<?xml version='1.0'?><!-- <a> --><speak>One <ssml:mark name='a>b'/>two\
                            <sub alias=\"3\">III <x>y</x></sub><![CDATA[<b>]]><p>four</p></speak>";

    #[test]
    fn tags_are_found_where_they_stand() {
        let found: Vec<_> = tags(DOCUMENT).iter().map(|tag| (tag.kind, tag.name)).collect();
        let expected = [
            (Kind::Start, "speak"),
            (Kind::Empty, "mark"),
            (Kind::Start, "sub"),
            (Kind::Start, "x"),
            (Kind::End, "x"),
            (Kind::End, "sub"),
            (Kind::Data, ""),
            (Kind::Start, "p"),
            (Kind::End, "p"),
            (Kind::End, "speak"),
        ];
        assert_eq!(found, expected);
        assert!(tags(DOCUMENT).iter().all(|tag| DOCUMENT[tag.start..].starts_with(tag.text)));
    }

    #[test]
    fn what_holds_text_alone_is_closed() {
        let closed = closed(&tags(DOCUMENT));
        let texts: Vec<_> = closed.into_iter().map(|range| &DOCUMENT[range]).collect();
        assert_eq!(texts, ["<sub alias=\"3\">III <x>y</x></sub>", "<![CDATA[<b>]]>"]);
    }

    #[test]
    fn marks_are_not_billed_and_all_else_is() {
        let check = |document: &str, expected: usize| {
            assert_eq!(characters_billed(document, &tags(document)), expected, "{document}");
        };
        check("<speak>Grüße</speak>", 20);
        check("<speak><mark name='a'/>Grüße<mark name='b'></mark></speak>", 20);
        check("<speak>a <break/></speak>", 25);
    }

    #[test]
    fn the_root_ends_at_its_closing_tag() {
        let end = |document: &str| end_of_root(&tags(document));
        assert_eq!(end("<speak>a</speak ><!-- </x> -->"), Some(8));
        assert_eq!(end("<x:speak>a</x:speak>"), None);
        assert_eq!(end("<speak/>"), None);
    }

    #[test]
    fn studio_refuses_some_elements() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(foreign_to_studio(&tags(&format!("<speak>{body}</speak>"))), expected, "{body}");
        };
        check("<break/><prosody rate='slow'>a</prosody>", None);
        check("<prosody pitch='+2st'>a</prosody>", Some("prosody"));
        check("<mark name='a'/>", Some("mark"));
        check("<lang xml:lang='de'>a</lang>", Some("lang"));
    }
}
