//! SSML as a tree.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::text::escape_xml;

const SPEAK_NAMESPACE: &str = "http://www.w3.org/2001/10/synthesis";
const MICROSOFT_NAMESPACE: &str = "https://www.w3.org/2001/mstts";

/// How strongly words are emphasised (SSML 1.1 §3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    /// Strong.
    Strong,
    /// Moderate, the default of SSML.
    Moderate,
    /// None, where there would be some.
    None,
    /// Less than usual.
    Reduced,
}

/// An element, its attributes and what is in it.
///
/// Displays as XML that is always well-formed: text and values are escaped, characters XML cannot
/// hold are dropped, an attribute set twice has the last value, and in a name of your own what XML
/// does not allow becomes `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Text(String),
    Element(Element),
}

impl Element {
    /// The document, in a language (a BCP-47 tag).
    #[must_use]
    pub fn speak(language: &str) -> Self {
        Self::new("speak")
            .attribute("version", "1.0")
            .attribute("xmlns", SPEAK_NAMESPACE)
            .attribute("xml:lang", language)
    }

    /// What a voice says.
    #[must_use]
    pub fn voice(name: &str) -> Self {
        Self::new("voice").attribute("name", name)
    }

    /// What is said faster, higher or louder; see [`Element::rate`], [`Element::pitch`] and
    /// [`Element::volume`].
    #[must_use]
    pub fn prosody() -> Self {
        Self::new("prosody")
    }

    /// A silence.
    #[must_use]
    pub fn pause(time: Duration) -> Self {
        Self::new("break").attribute("time", &format!("{}ms", time.as_millis()))
    }

    /// A place the service reports when it comes by.
    #[must_use]
    pub fn mark(name: &str) -> Self {
        Self::new("mark").attribute("name", name)
    }

    /// Text of a kind, for example `date` in the format `mdy`.
    #[must_use]
    pub fn say_as(interpret_as: &str, format: Option<&str>, text: &str) -> Self {
        let element = Self::new("say-as").attribute("interpret-as", interpret_as);
        let element = format.into_iter().fold(element, |element, format| element.attribute("format", format));
        element.text(text)
    }

    /// What is emphasised.
    #[must_use]
    pub fn emphasis(level: Emphasis) -> Self {
        Self::new("emphasis").attribute(
            "level",
            match level {
                Emphasis::Strong => "strong",
                Emphasis::Moderate => "moderate",
                Emphasis::None => "none",
                Emphasis::Reduced => "reduced",
            },
        )
    }

    /// Text that is spoken as another.
    #[must_use]
    pub fn substitute(text: &str, spoken: &str) -> Self {
        Self::new("sub").attribute("alias", spoken).text(text)
    }

    /// What is said in a style (Microsoft's extension). [`Element::attribute`] adds `styledegree`
    /// or `role`; the document declares the namespace by itself.
    #[must_use]
    pub fn express_as(style: &str) -> Self {
        Self::new("mstts:express-as").attribute("style", style)
    }

    /// Any other element.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: xml_name(name).into_owned(), attributes: Vec::new(), children: Vec::new() }
    }

    /// Sets an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        let name = xml_name(name);
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.attributes.push((name.into_owned(), value.to_owned())),
        }
        self
    }

    /// Sets the speaking rate, a factor, as the signed percentage most services take.
    #[must_use]
    pub fn rate(self, factor: f32) -> Self {
        self.attribute("rate", &percent((f64::from(factor) - 1.0) * 100.0))
    }

    /// Sets the pitch, a shift in semitones.
    #[must_use]
    pub fn pitch(self, semitones: f32) -> Self {
        self.attribute("pitch", &format!("{semitones:+}st"))
    }

    /// Sets the volume, a gain in decibels.
    #[must_use]
    pub fn volume(self, decibels: f32) -> Self {
        self.attribute("volume", &format!("{decibels:+}dB"))
    }

    /// Appends text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// Appends an element.
    #[must_use]
    pub fn with(mut self, element: Self) -> Self {
        self.children.push(Node::Element(element));
        self
    }

    fn names(&self, prefix: &str) -> bool {
        self.name.starts_with(prefix)
            || self.attributes.iter().any(|(name, _)| name.starts_with(prefix))
            || self.children.iter().any(|child| matches!(child, Node::Element(child) if child.names(prefix)))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, root: bool) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"{}\"", escape_xml(value))?;
        }
        let declared = self.attributes.iter().any(|(name, _)| name == "xmlns:mstts");
        if root && !declared && self.names("mstts:") {
            write!(f, " xmlns:mstts=\"{MICROSOFT_NAMESPACE}\"")?;
        }
        if self.children.is_empty() {
            return f.write_str("/>");
        }
        f.write_str(">")?;
        for child in &self.children {
            match child {
                Node::Text(text) => f.write_str(&escape_xml(text))?,
                Node::Element(element) => element.write(f, false)?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

/// A percentage to a tenth, without a tail of binary digits.
fn percent(value: f64) -> String {
    format!("{:+}%", (value * 10.0).round() / 10.0)
}

/// A name made of ASCII letters, digits and `- _ . :`, which starts with a letter and holds at most
/// one colon inside: narrower than XML's production `Name`, and wide enough for every SSML dialect.
fn xml_name(name: &str) -> Cow<'_, str> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let part =
        |part: &str| part.starts_with(|first: char| first.is_ascii_alphabetic()) && part.chars().all(allowed);
    if name.split(':').count() <= 2 && name.split(':').all(part) {
        return Cow::Borrowed(name);
    }
    let kept: String =
        name.chars().map(|character| if allowed(character) { character } else { '_' }).collect();
    Cow::Owned(format!("_{kept}"))
}
