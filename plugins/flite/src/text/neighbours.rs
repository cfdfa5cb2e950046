//! A token among its neighbours, as the reading rules see it.

use super::token::Token;

/// One token and what stands around it.
#[derive(Clone, Copy)]
pub(crate) struct Neighbours<'tokens> {
    tokens: &'tokens [Token],
    at: usize,
    /// The text is in capitals throughout, so capitals mean nothing.
    pub(crate) shouting: bool,
}

impl<'tokens> Neighbours<'tokens> {
    pub(crate) fn new(tokens: &'tokens [Token], at: usize, shouting: bool) -> Self {
        Self { tokens, at, shouting }
    }

    /// The token being read.
    pub(crate) fn token(&self) -> Option<&'tokens Token> {
        self.tokens.get(self.at)
    }

    /// Its letters.
    pub(crate) fn core(&self) -> &'tokens str {
        self.token().map_or("", |token| token.core.as_str())
    }

    /// The letters of the token `distance` places before it, whatever lies between.
    pub(crate) fn before(&self, distance: usize) -> Option<&'tokens str> {
        let at = self.at.checked_sub(distance)?;
        self.tokens.get(at).map(|token| token.core.as_str())
    }

    /// The token right after it, whatever lies between.
    pub(crate) fn next(&self) -> Option<&'tokens Token> {
        self.tokens.get(self.at + 1)
    }

    /// The letters of the token before it, when no punctuation lies between.
    pub(crate) fn close_before(&self) -> Option<&'tokens str> {
        let token = self.tokens.get(self.at.checked_sub(1)?)?;
        token.after.is_empty().then_some(token.core.as_str())
    }

    /// The letters of the token after it, when no punctuation lies between.
    pub(crate) fn close_after(&self) -> Option<&'tokens str> {
        let is_close = self.token().is_some_and(|token| token.after.is_empty());
        self.next().filter(|_| is_close).map(|token| token.core.as_str())
    }
}
