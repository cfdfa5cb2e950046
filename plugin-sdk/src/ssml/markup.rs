//! Where a piece of markup ends.

/// The length of the tag, comment, section or instruction that `rest` begins with, in bytes; of all of
/// it when it has no end. For plugins that look through a document which is known to be well-formed.
///
/// ```
/// use understudy_plugin::ssml::markup_length;
///
/// assert_eq!(markup_length("<voice name=\"a>b\">Hi"), 18);
/// assert_eq!(markup_length("<!-- a > b -->Hi"), 14);
/// ```
#[must_use]
pub fn markup_length(rest: &str) -> usize {
    let to = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("<!--") {
        return to("-->");
    }
    if rest.starts_with("<![CDATA[") {
        return to("]]>");
    }
    if rest.starts_with("<?") {
        return to("?>");
    }
    // A value may hold a `>`.
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    rest.len()
}
