//! Why a text is not spoken.

use understudy_speech::{InvalidField, TextLimit};

use crate::error::SpeechError;

/// What is wrong with a text, whoever would speak it. No message repeats the text: it may be
/// anything, and errors end up in logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing, or nothing but white space.
    #[error("text must hold something to speak")]
    Empty,
    /// Punctuation, symbols and pictures alone, which services answer with silence or an error.
    #[error("text must hold a letter or a digit to speak")]
    Unspeakable,
    /// Longer than allowed.
    #[error("text is longer than {} {}: {length}", .limit.maximum, .limit.unit.name())]
    TooLong {
        /// The text's length in the limit's unit.
        length: usize,
        /// The limit.
        limit: TextLimit,
    },
    /// The operator does not have such texts spoken.
    #[error("text matches a blocked pattern: {label}")]
    Blocked {
        /// The pattern's name in the configuration.
        label: String,
    },
    /// The SSML is no well-formed document.
    #[error("ssml {problem} at line {line}, column {column}")]
    Ssml {
        /// What is wrong; reads on from "ssml".
        problem: SsmlProblem,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
}

/// What is wrong with an SSML document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SsmlProblem {
    /// It breaks XML's grammar.
    #[error("is not well-formed: {0}")]
    Malformed(String),
    /// A document type could define entities: a bomb, or a file of the reader's disk.
    #[error("must not declare a document type")]
    DocumentType,
    /// A processing instruction, which no speech service knows.
    #[error("must not hold a processing instruction")]
    Instruction,
    /// An entity that XML does not predefine.
    #[error("must not use an entity but lt, gt, amp, quot, apos and character references")]
    Entity,
    /// The outermost element is another.
    #[error("must have speak as its outermost element")]
    Root,
    /// Something stands outside of the outermost element.
    #[error("must hold nothing outside of its outermost element")]
    Outside,
    /// Elements within elements within elements.
    #[error("must not nest deeper than {0} elements")]
    TooDeep(usize),
    /// More attributes on one element than any has.
    #[error("must not give an element more than {0} attributes")]
    TooManyAttributes(usize),
}

impl TextFault {
    /// A stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "text_empty",
            Self::Unspeakable => "text_unspeakable",
            Self::TooLong { .. } => "text_too_long",
            Self::Blocked { .. } => "text_blocked",
            Self::Ssml { .. } => "ssml_invalid",
        }
    }

    /// The field that is to blame.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Ssml { .. } => "ssml",
            _ => "text",
        }
    }
}

impl From<TextFault> for SpeechError {
    fn from(fault: TextFault) -> Self {
        match fault {
            TextFault::TooLong { length, limit } => Self::TextTooLong { length, limit, provider: None },
            fault => {
                let (field, told) = (fault.field(), fault.to_string());
                let message = told.strip_prefix(field).unwrap_or(&told).trim_start().to_owned();
                InvalidField { field: field.to_owned(), message }.into()
            }
        }
    }
}
