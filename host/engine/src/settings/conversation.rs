//! How conversations are performed: `[conversation]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is cast again when a provider fails in mid-scene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recast {
    /// Everybody who had a voice there, from their first line on: nobody changes voice.
    #[default]
    Scene,
    /// The line that failed, and no other. Sooner done, and heard.
    Line,
}

/// How conversations are performed.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationSettings {
    /// What is cast again when a provider fails in mid-scene.
    pub recast: Recast,
    /// Lines being spoken at once. Default 4: a scene is done in the time of its longest lines, and
    /// leaves room under every service's limit of calls at once.
    pub parallel: usize,
    /// Silence between two lines. Default 350 ms, the pause of a conversation that flows.
    pub gap: Duration,
    /// The integrated loudness every voice is brought to, in LUFS; none leaves voices as they are.
    pub target_lufs: Option<f32>,
    /// The most lines of one script. Default 500, half an hour of talk.
    pub max_lines: usize,
    /// How long the whole may take. Default 600 s.
    pub deadline: Duration,
    /// False: a service that performs whole conversations is asked line by line like the others.
    pub whole: bool,
}

impl Default for ConversationSettings {
    fn default() -> Self {
        Self {
            recast: Recast::default(),
            parallel: 4,
            gap: Duration::from_millis(350),
            target_lufs: Some(understudy_audio::TARGET_LUFS),
            max_lines: 500,
            deadline: Duration::from_secs(600),
            whole: true,
        }
    }
}
