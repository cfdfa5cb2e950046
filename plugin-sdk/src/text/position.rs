//! Bytes, characters and UTF-16 units of one text.

use std::ops::Range;

/// Translates positions in one text between UTF-8 bytes, which the contract counts in, Unicode
/// scalar values, which Python services count in, and UTF-16 units, which JavaScript, Java and .NET
/// services count in.
///
/// A position past the end, or inside of a character, has no translation. The end of the text is a
/// position.
///
/// ```
/// use understudy_plugin::text::Positions;
///
/// let positions = Positions::new("Grüße, 🦀!");
/// assert_eq!(positions.span_of_characters(0..5), Some(0..7)); // "Grüße"
/// assert_eq!(positions.span_of_utf16(7..9), Some(9..13)); // "🦀"
/// assert_eq!(positions.span_of_utf16(8..9), None); // half a crab
/// ```
#[derive(Clone, Debug)]
pub struct Positions {
    /// Byte and UTF-16 position of each character and of the end; none when every character is
    /// one of each, where all positions are equal.
    characters: Option<Vec<(usize, usize)>>,
    bytes: usize,
}

impl Positions {
    /// Walks the text once.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { characters: None, bytes: text.len() };
        }
        let mut utf16 = 0;
        let mut characters: Vec<_> = text
            .char_indices()
            .map(|(byte, character)| {
                let position = (byte, utf16);
                utf16 += character.len_utf16();
                position
            })
            .collect();
        characters.push((text.len(), utf16));
        Self { characters: Some(characters), bytes: text.len() }
    }

    /// The byte at which a character starts.
    #[must_use]
    pub fn byte_of_character(&self, character: usize) -> Option<usize> {
        match &self.characters {
            None => self.ascii(character),
            Some(characters) => characters.get(character).map(|(byte, _)| *byte),
        }
    }

    /// The byte at which a UTF-16 position lies.
    #[must_use]
    pub fn byte_of_utf16(&self, unit: usize) -> Option<usize> {
        let Some(characters) = &self.characters else { return self.ascii(unit) };
        let found = characters.binary_search_by_key(&unit, |(_, utf16)| *utf16).ok()?;
        self.byte_of_character(found)
    }

    /// The number of characters before a byte.
    #[must_use]
    pub fn character_of_byte(&self, byte: usize) -> Option<usize> {
        match &self.characters {
            None => self.ascii(byte),
            Some(characters) => characters.binary_search_by_key(&byte, |(byte, _)| *byte).ok(),
        }
    }

    /// The number of UTF-16 units before a byte.
    #[must_use]
    pub fn utf16_of_byte(&self, byte: usize) -> Option<usize> {
        match &self.characters {
            None => self.ascii(byte),
            Some(characters) => characters.get(self.character_of_byte(byte)?).map(|(_, utf16)| *utf16),
        }
    }

    /// The byte span of a span of characters.
    #[must_use]
    pub fn span_of_characters(&self, characters: Range<usize>) -> Option<Range<usize>> {
        Some(self.byte_of_character(characters.start)?..self.byte_of_character(characters.end)?)
    }

    /// The byte span of a span of UTF-16 units.
    #[must_use]
    pub fn span_of_utf16(&self, units: Range<usize>) -> Option<Range<usize>> {
        Some(self.byte_of_utf16(units.start)?..self.byte_of_utf16(units.end)?)
    }

    fn ascii(&self, position: usize) -> Option<usize> {
        (position <= self.bytes).then_some(position)
    }
}
