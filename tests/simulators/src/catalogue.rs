//! Every simulator by name, for the command line and for tests that walk them all.

use std::sync::Arc;

use crate::azure::Azure;
use crate::characterbox::{CharacterBox, Profile};
use crate::edge::Edge;
use crate::elevenlabs::ElevenLabs;
use crate::google::Google;
use crate::gpt_sovits::{Api, Generation, GptSovits};
use crate::openai::{Flavour, OpenAi};
use crate::service::Service;
use crate::siliconflow::SiliconFlow;

/// One simulator of the catalogue.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What the command line calls it.
    pub name: &'static str,
    /// What it stands for, one line.
    pub about: &'static str,
    /// What follows the address in a client's `base_url`, for example `/v1`.
    pub base_path: &'static str,
    /// Makes it with the service's own defaults.
    pub make: fn() -> Arc<dyn Service>,
}

/// All of them, by name.
pub const CATALOGUE: &[Entry] = &[
    Entry {
        name: "azure",
        about: "Azure AI Speech: REST and the WebSocket with word boundaries",
        base_path: "",
        make: || Arc::new(Azure::default()),
    },
    Entry {
        name: "characterbox",
        about: "CharacterBox: characters, speech with feeling, conversations",
        base_path: "",
        make: || Arc::new(CharacterBox::default()),
    },
    Entry {
        name: "characterbox-strict-seed",
        about: "CharacterBox with its design document's fields and no other",
        base_path: "",
        make: || Arc::new(CharacterBox::new(Profile::StrictSeed)),
    },
    Entry {
        name: "characterbox-legacy-hint",
        about: "CharacterBox in the shapes of a public client for it",
        base_path: "/v1",
        make: || Arc::new(CharacterBox::new(Profile::LegacyHint)),
    },
    Entry {
        name: "edge",
        about: "Microsoft Edge's read-aloud service, token version 2, no key",
        base_path: "",
        make: || Arc::new(Edge::default()),
    },
    Entry {
        name: "google",
        about: "Google Cloud Text-to-Speech: v1, v1beta1 with time points, OAuth at /token",
        base_path: "",
        make: || Arc::new(Google::default()),
    },
    Entry {
        name: "openai",
        about: "OpenAI's speech API: tts-1, tts-1-hd, gpt-4o-mini-tts",
        base_path: "/v1",
        make: || Arc::new(OpenAi::new(Flavour::OpenAi)),
    },
    Entry {
        name: "kokoro",
        about: "Kokoro-FastAPI: OpenAI's API with voices and word times, no key",
        base_path: "/v1",
        make: || Arc::new(OpenAi::new(Flavour::Kokoro)),
    },
    Entry {
        name: "speaches",
        about: "speaches: OpenAI's API over installed models, a key only if --key is given",
        base_path: "/v1",
        make: || Arc::new(OpenAi::new(Flavour::Speaches)),
    },
    Entry {
        name: "localai",
        about: "LocalAI: OpenAI's API that answers with a file, a key only if --key is given",
        base_path: "/v1",
        make: || Arc::new(OpenAi::new(Flavour::LocalAi)),
    },
    Entry {
        name: "openedai",
        about: "openedai-speech: OpenAI's API over piper and xtts, no key",
        base_path: "/v1",
        make: || Arc::new(OpenAi::new(Flavour::OpenedAi)),
    },
    Entry {
        name: "siliconflow",
        about: "SiliconFlow: CosyVoice2 and MOSS, voices that can be cloned",
        base_path: "/v1",
        make: || Arc::new(SiliconFlow::default()),
    },
    Entry {
        name: "elevenlabs",
        about: "ElevenLabs: a Pro account with a million credits, times for every character",
        base_path: "",
        make: || Arc::new(ElevenLabs::default()),
    },
    Entry {
        name: "gpt-sovits",
        about: "GPT-SoVITS behind api_v2.py, model v2: /tts, no key",
        base_path: "",
        make: || Arc::new(GptSovits::default()),
    },
    Entry {
        name: "gpt-sovits-v1",
        about: "GPT-SoVITS behind the older api.py: the root path, no key",
        base_path: "",
        make: || Arc::new(GptSovits::new(Api::V1, Generation::V2)),
    },
];

/// The entry called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}
