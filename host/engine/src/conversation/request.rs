//! What a client asks for, and what it is told meanwhile.

use std::sync::Arc;
use std::time::Duration;

use understudy_speech::{Language, Request};

use super::account::Speaker;
use crate::request::{CacheUse, Output, SpeechRequest};
use crate::script::SceneLine;
use crate::settings::Recast;

/// A conversation to be performed.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationRequest {
    /// The id in logs and provenance; that of a line is this one and the line's number.
    pub id: Arc<str>,
    /// What is said.
    pub script: ScriptSource,
    /// Who may speak, and in which order lines without a speaker are dealt; empty: anybody the
    /// script names.
    pub characters: Vec<String>,
    /// How the file is wanted; MP3 when nothing is said.
    pub output: Output,
    /// The language of the whole.
    pub language: Option<Language>,
    /// Word marks are wanted.
    pub words: bool,
    /// The silence between lines, in place of [`ConversationSettings::gap`].
    ///
    /// [`ConversationSettings::gap`]: crate::ConversationSettings::gap
    pub gap: Option<Duration>,
    /// What is cast again on a failure, in place of the configured.
    pub recast: Option<Recast>,
    /// The route that stand-ins are looked for along, in place of the default one.
    pub route: Option<String>,
    /// In place of the configured deadline.
    pub deadline: Option<Duration>,
    /// Who asks.
    pub user: Option<String>,
    /// The task it is for.
    pub task: Option<String>,
    /// What is wanted of the cache, for every line.
    pub cache: CacheUse,
}

/// What is said.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptSource {
    /// A script as text or as JSON lines, see [`crate::script`].
    Text(String),
    /// Its lines.
    Lines(Vec<SceneLine>),
}

impl ScriptSource {
    /// All that is said, as it came.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Lines(lines) => lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n"),
        }
    }
}

impl ConversationRequest {
    /// The request that the history tells of, where `text` is asked for as one.
    pub(super) fn as_one(&self, text: String) -> SpeechRequest {
        let Self { id, language, route, user, task, words, .. } = self;
        let text = Request { language: language.clone(), words: *words, ..Request::text(text) };
        SpeechRequest {
            route: route.clone(),
            user: user.clone(),
            task: task.clone(),
            ..SpeechRequest::new(Arc::clone(id), text)
        }
    }

    /// A request to perform `script`, with everything else left open.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>, script: ScriptSource) -> Self {
        Self {
            id: id.into(),
            script,
            characters: Vec::new(),
            output: Output::default(),
            language: None,
            words: true,
            gap: None,
            recast: None,
            route: None,
            deadline: None,
            user: None,
            task: None,
            cache: CacheUse::default(),
        }
    }
}

/// How far a conversation has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// Everybody is cast; also after every recast.
    Cast {
        /// Who plays whom.
        speakers: &'a [Speaker],
        /// How many lines there are.
        lines: usize,
        /// How many of them are spoken already.
        done: usize,
    },
    /// A service performs the whole.
    Whole {
        /// Which one.
        provider: &'a str,
    },
    /// A line is being spoken.
    Begun {
        /// Its place, from 0.
        index: usize,
        /// The speaker's name.
        speaker: &'a str,
        /// What is said.
        text: &'a str,
    },
    /// A line is spoken.
    Line {
        /// Its place, from 0.
        index: usize,
        /// The speaker's name.
        speaker: &'a str,
        /// Who spoke.
        provider: &'a str,
    },
    /// A provider failed in mid-scene.
    Failed {
        /// Which one.
        provider: &'a str,
        /// The failure's code.
        code: &'a str,
    },
    /// The lines are being joined.
    Joining,
}
