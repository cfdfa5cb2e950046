//! The providers as an operator meets them: the binary, their plugins in its sandbox, and the
//! services' simulators at the other end of real connections.

mod commands;
mod conformance;
mod fallback;
mod refusals;
mod secrets;
mod speaking;

use std::path::Path;

use understudy_simulators::{Options, Simulator, catalogue};

use crate::support::Daemon;

/// The key the simulators ask for, and that nobody may ever see.
pub(crate) const CANARY: &str = "sk-canary-4f1d7c20b95e8a63";

/// A provider of the configuration and what is known of the service behind it.
#[derive(Clone, Copy)]
pub(crate) struct Provider {
    /// Its name in the configuration, and the simulator's.
    pub(crate) name: &'static str,
    plugin: &'static str,
    /// The secret the service asks for.
    secret: Option<&'static str>,
    /// Further settings, in TOML.
    settings: &'static str,
    /// A voice by the service's own id.
    pub(crate) voice: &'static str,
    /// The service tells when each word is heard.
    pub(crate) words: bool,
}

/// One of each plugin, and two of the one that many servers speak. `BASE_URL` in settings is the
/// simulator's.
pub(crate) const PROVIDERS: [Provider; 9] = [
    Provider {
        name: "openai",
        plugin: "openai",
        secret: Some("api_key"),
        settings: "server = \"openai\"\nmodel = \"gpt-4o-mini-tts\"",
        voice: "alloy",
        words: false,
    },
    Provider { name: "kokoro", plugin: "openai", secret: None, settings: "", voice: "af_heart", words: true },
    Provider {
        name: "siliconflow",
        plugin: "siliconflow",
        secret: Some("api_key"),
        settings: "",
        voice: "FunAudioLLM/CosyVoice2-0.5B:anna",
        words: false,
    },
    Provider {
        name: "gpt-sovits",
        plugin: "gpt-sovits",
        secret: None,
        settings: "voices = [{ id = \"hero\", ref_audio_path = \"references/hero.wav\", prompt_lang = \"en\" }]",
        voice: "hero",
        words: false,
    },
    Provider {
        name: "elevenlabs",
        plugin: "elevenlabs",
        secret: Some("api_key"),
        settings: "",
        voice: "21m00Tcm4TlvDq8ikWAM",
        words: true,
    },
    Provider {
        name: "edge",
        plugin: "edge",
        secret: None,
        settings: "",
        voice: "en-US-AriaNeural",
        words: true,
    },
    Provider {
        name: "azure",
        plugin: "azure",
        secret: Some("api_key"),
        settings: "",
        voice: "en-US-JennyNeural",
        words: true,
    },
    Provider {
        name: "characterbox",
        plugin: "characterbox",
        secret: Some("api_key"),
        settings: "audio_url = \"BASE_URL\"\nmax_retries = 0",
        voice: "char_mona",
        words: true,
    },
    Provider {
        name: "google",
        plugin: "google",
        secret: Some("api_key"),
        settings: "",
        voice: "en-US-Neural2-C",
        words: true,
    },
];

impl Provider {
    pub(crate) fn has_key(&self) -> bool {
        self.secret.is_some()
    }

    /// Starts its service.
    pub(crate) fn simulator(&self) -> Simulator {
        let entry = catalogue::find(self.name).unwrap_or_else(|| panic!("no simulator: {}", self.name));
        let options = Options { key: Some(CANARY.to_owned()), ..Options::default() };
        Simulator::start_shared(&(entry.make)(), options).expect("the simulator starts")
    }

    /// Its section: the grant of the simulator's address, its key, its settings.
    pub(crate) fn section(&self, simulator: &Simulator) -> String {
        let address = simulator.address();
        let grant = format!("{{ host = \"{address}\", private = true, plain_http = true }}");
        self.section_with(simulator, &format!("grants = [{grant}]"))
    }

    /// The same with other grants.
    pub(crate) fn section_with(&self, simulator: &Simulator, grants: &str) -> String {
        let Self { name, plugin, settings, secret, .. } = self;
        let base_url = simulator.base_url() + catalogue::find(name).map_or("", |entry| entry.base_path);
        let settings = settings.replace("BASE_URL", &simulator.base_url());
        let secret = secret.map(|name| format!("secrets = {{ {name} = \"file:key\" }}\n"));
        format!(
            "[providers.{name}]\nplugin = \"{plugin}\"\n{grants}\n{}\
             [providers.{name}.settings]\nbase_url = \"{base_url}\"\n{settings}\n",
            secret.unwrap_or_default()
        )
    }
}

/// Puts the key where the sections say it is.
pub(crate) fn leave_key(folder: &Path) {
    std::fs::write(folder.join("key"), format!("{CANARY}\n")).expect("the key is written");
}

/// A daemon with all of them, and their services in the same order. Nobody stands in for another,
/// and nobody is left alone for failing.
pub(crate) async fn everybody(config: &str) -> (Daemon, Vec<Simulator>) {
    const EACH_FOR_ITSELF: &str = "fallback.voice_policy = \"strict\"\nbreaker.failures = 1_000\n";
    let simulators: Vec<Simulator> = PROVIDERS.iter().map(Provider::simulator).collect();
    let sections = PROVIDERS.iter().zip(&simulators).map(|(provider, simulator)| provider.section(simulator));
    let config = [EACH_FOR_ITSELF, config, &sections.collect::<String>()].concat();
    (Daemon::start_with(&config, leave_key).await, simulators)
}
