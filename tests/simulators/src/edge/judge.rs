//! Which SSML the free service accepts: one voice, one prosody, text.
//!
//! Everything else Azure sells (styles, breaks, several voices) is refused here.

use roxmltree::{Document, Node};

use super::voice::{self, Cast};
use crate::ssml::{Beat, Percent, beats};

/// The words it refuses with.
pub(super) const INVALID: &str = "SSML is invalid";
const SYNTHESIS: &str = "http://www.w3.org/2001/10/synthesis";

/// What a document asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Accepted {
    pub(super) cast: Cast,
    pub(super) beats: Vec<Beat>,
}

/// Reads and judges a document; the error is the reason the socket is closed with.
pub(super) fn judge(ssml: &str) -> Result<Accepted, String> {
    let document = Document::parse(ssml).map_err(|_| INVALID.to_owned())?;
    let speak = document.root_element();
    let voice = is(speak, "speak").then(|| sole(speak)).flatten().filter(|node| is(*node, "voice"));
    let name = voice.and_then(|voice| voice.attribute("name")).ok_or_else(|| INVALID.to_owned())?;
    let good = voice.is_some_and(|voice| is_text(voice) || sole(voice).is_some_and(is_prosody));
    if !good {
        return Err(INVALID.to_owned());
    }
    let cast = voice::find(name).ok_or_else(|| format!("Unsupported voice {name}."))?;
    Ok(Accepted { cast, beats: beats(&document, Percent::Change) })
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((SYNTHESIS, name))
}

/// The only child, white space around it apart.
fn sole<'node, 'input>(parent: Node<'node, 'input>) -> Option<Node<'node, 'input>> {
    let mut children = parent.children().filter(|child| child.is_element() || !blank(*child));
    children.next().filter(|_| children.next().is_none())
}

fn blank(node: Node<'_, '_>) -> bool {
    node.text().is_none_or(|text| text.trim().is_empty())
}

fn is_text(node: Node<'_, '_>) -> bool {
    node.children().all(|child| child.is_text())
}

fn is_prosody(node: Node<'_, '_>) -> bool {
    let change = |name: &str, unit: &str| node.attribute(name).is_none_or(|value| is_change(value, unit));
    is(node, "prosody")
        && is_text(node)
        && change("rate", "%")
        && change("volume", "%")
        && change("pitch", "Hz")
}

/// A sign, digits, and the unit: `+10%`, `-5Hz`.
fn is_change(value: &str, unit: &str) -> bool {
    let digits = value.strip_suffix(unit).and_then(|number| number.strip_prefix(['+', '-']));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMMA: &str = "Microsoft Server Speech Text to Speech Voice (en-US, EmmaMultilingualNeural)";

    fn check(name: &str, body: &str, expected: Result<bool, &str>) {
        let ssml = format!(
            "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>\
             <voice name='{name}'>{body}</voice></speak>"
        );
        let found = judge(&ssml).map(|accepted| accepted.cast.is_listed);
        assert_eq!(found.as_ref().map(|listed| *listed).map_err(String::as_str), expected, "{name}: {body}");
    }

    #[test]
    fn one_prosody_with_signed_values_is_spoken() {
        check(EMMA, "<prosody pitch='+0Hz' rate='-10%' volume='+0%'>a &amp; b</prosody>", Ok(true));
        check("en-US-EmmaMultilingualNeural", "a", Ok(true));
    }

    #[test]
    fn anything_else_that_azure_sells_is_refused() {
        check(EMMA, "<prosody rate='10%'>a</prosody>", Err(INVALID));
        check(EMMA, "<prosody pitch='+2st'>a</prosody>", Err(INVALID));
        check(EMMA, "<prosody rate='+0%'>a<break time='1s'/></prosody>", Err(INVALID));
        check(EMMA, "<prosody rate='+0%'>a</prosody> b", Err(INVALID));
        check(EMMA, "<prosody rate='+0%'>a</prosody><prosody rate='+0%'>b</prosody>", Err(INVALID));
        check(EMMA, "a & b", Err(INVALID));
    }

    #[test]
    fn a_voice_of_the_right_form_is_taken_and_another_is_named() {
        check("Microsoft Server Speech Text to Speech Voice (en-US, NopeNeural)", "a", Ok(false));
        check("alloy", "a", Err("Unsupported voice alloy."));
    }

    #[test]
    fn one_voice_and_no_more() {
        let two = "<speak xmlns='http://www.w3.org/2001/10/synthesis'><voice name='en-US-AriaNeural'>a</voice>\
            <voice name='en-US-AriaNeural'>b</voice></speak>";
        assert_eq!(judge(two), Err(INVALID.to_owned()));
        assert_eq!(judge("Hello"), Err(INVALID.to_owned()));
    }
}
