//! What can be said on the command line.
//!
//! The help is the manual most people read, so every command shows how it is used and the exit
//! codes are listed where scripts' authors look for them.

mod scene;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand};
use understudy_speech::Language;

use super::destination::Destination;
pub(super) use scene::{Characters, Perform};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  understudy say \"The show must go on.\"
  understudy say -f chapter.txt -o chapter.mp3 --srt chapter.srt
  understudy serve
  understudy voices --language en
  understudy perform scene.txt -o scene.mp3 --srt scene.srt
  understudy explain \"The show must go on.\" -v azure/en-US-AriaNeural

Environment:
  UNDERSTUDY_CONFIG  the configuration file, when --config does not name one
  UNDERSTUDY_LOG     what is logged, for example info or understudy_engine=debug
  NO_COLOR           any value: no colours

Exit codes:
  0    done
  1    no speech, or the server could not start
  2    the command line is wrong
  64   the configuration is wrong
  65   the text, the voice or another wish cannot be fulfilled
  130  interrupted";

const SAY_EXAMPLES: &str = "\
Examples:
  understudy say \"The show must go on.\"
  understudy say -o hello.wav --rate 1.2 Hello there
  understudy say -f chapter.txt -o chapter.mp3 --srt chapter.srt --vtt chapter.vtt
  echo \"From a pipe.\" | understudy say - -o - > speech.mp3
  understudy say --json -v flite/kal \"What was that?\" | jq .words
  understudy say -v azure/en-US-AriaNeural --no-fallback \"Aria or nobody.\"
  understudy say --no-cache \"Once more, with feeling.\"

When the provider asked for cannot speak, another one does with the voice most like it, and a
warning says so. `understudy explain` tells beforehand who it would be.";

const SERVE_EXAMPLES: &str = "\
Examples:
  understudy serve
  understudy serve --listen 127.0.0.1:9000 --listen '[::1]:9000'
  curl http://127.0.0.1:8750/v1/audio/speech -o speech.mp3 \\
    -H 'content-type: application/json' -d '{\"input\": \"The show must go on.\"}'

SIGTERM or ctrl-c stops it once the requests under way are done, a second one at once.";

const VOICES_EXAMPLES: &str = "\
Examples:
  understudy voices
  understudy voices --provider flite --language en-US
  understudy voices --language de --gender female --style cheerful
  understudy voices --search aria --limit 5
  understudy voices --limit 50 --page 2
  understudy voices --like azure/en-US-AriaNeural
  understudy voices --json | jq -r '.[].id'";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  understudy explain \"The show must go on.\" -v azure/en-US-AriaNeural
  understudy explain -f chapter.txt --route audiobook
  understudy explain --json \"What would it cost?\" | jq '.candidates[].price'

It takes what `say` takes to choose who speaks and how. Nobody is asked to speak and nothing is billed.";

const STATUS_EXAMPLES: &str = "\
Examples:
  understudy status
  understudy status --url http://127.0.0.1:9000
  understudy status --json | jq '.providers[] | select(.breaker != \"closed\").name'";

const HISTORY_EXAMPLES: &str = "\
Examples:
  understudy history
  understudy history --status failed --from 2026-11-23
  understudy history --provider azure --task video-17 -n 20
  understudy history --json | jq -r '.requests[] | [.at, .provider, .characters] | @tsv'

While a server runs, the history is its own and it is asked for it. With --url that server is asked,
whatever is on this machine.";

const CACHE_EXAMPLES: &str = "\
Examples:
  understudy cache stats
  understudy cache list --provider azure
  understudy cache verify
  understudy cache clear --older-than 30d

While a server runs, the cache is its own and it is asked. With --url that server is asked, whatever
is on this machine.";

const PROVIDERS_EXAMPLES: &str = "\
Examples:
  understudy providers
  understudy providers --json | jq '.[].capabilities'";

const PLUGIN_EXAMPLES: &str = "\
Examples:
  understudy plugin list
  understudy plugin inspect azure
  understudy plugin check my-voice.wasm
  understudy plugin new my-voice
  understudy plugin status
  understudy plugin reload
  understudy plugin lock";

const REMOTE_EXAMPLES: &str = "\
Examples:
  understudy plugin status
  understudy plugin reload --url http://127.0.0.1:9000
  understudy plugin reload --json | jq .plugins

What is refused changes nothing that serves. A server takes changed files by itself unless
plugins.watch says otherwise.";

const LOCK_EXAMPLES: &str = "\
Examples:
  understudy plugin lock
  understudy plugin lock my-voice
  understudy plugin lock && understudy serve --locked";

const NEW_EXAMPLES: &str = "\
Examples:
  understudy plugin new my-voice
  understudy plugin new my-voice --path ~/code --sdk ../understudy/plugin-sdk";

const CONFIG_EXAMPLES: &str = "\
Examples:
  understudy config check
  understudy config check /etc/understudy/understudy.toml
  understudy config explain providers.azure
  understudy config schema > understudy.schema.json";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  understudy doctor
  understudy doctor --config /etc/understudy/understudy.toml";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  understudy completions bash > ~/.local/share/bash-completion/completions/understudy
  understudy completions zsh > ~/.zfunc/_understudy
  understudy completions fish > ~/.config/fish/completions/understudy.fish";

/// Speech from many providers behind one door.
#[derive(Debug, Parser)]
#[command(name = "understudy", version = super::VERSION, styles = STYLES, after_help = EXAMPLES)]
#[command(propagate_version = false, subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Args, Clone, Debug, Default)]
pub(super) struct Global {
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Log more to standard error: once information, twice details, three times everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Refuse plugin files that no `sha256` of the configuration pins.
    #[arg(long, global = true)]
    pub(super) locked: bool,
    /// Say nothing but results and errors.
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Speak a text into a file.
    Say(Box<Say>),
    /// Perform a script: every line by its character, in one file.
    Perform(Box<Perform>),
    /// List the characters.
    Characters(Characters),
    /// Tell who would speak a text, with which voice and why, without speaking it.
    Explain(Box<Explain>),
    /// Serve speech over HTTP.
    Serve(Serve),
    /// Show how a running server stands.
    Status(Status),
    /// Look back at requests and what became of them.
    History(History),
    /// Look into the cache, check it, clear it.
    #[command(subcommand, after_help = CACHE_EXAMPLES)]
    Cache(Cache),
    /// List, find and compare the voices.
    Voices(Voices),
    /// List the providers.
    Providers(Providers),
    /// List, inspect and write plugins.
    #[command(subcommand, after_help = PLUGIN_EXAMPLES)]
    Plugin(Plugin),
    /// Check the configuration.
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(Config),
    /// Check that everything on this machine is as it should be.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor,
    /// Print a completion script for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What is wanted: the part of `say` that `explain` can tell about.
#[derive(Args, Debug)]
pub(super) struct Wish {
    /// The text; several words are joined, - reads standard input.
    #[arg(required_unless_present = "file", conflicts_with = "file", allow_hyphen_values = false)]
    pub(super) text: Vec<String>,
    /// Read the text from a file.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The text is an SSML document.
    #[arg(long)]
    pub(super) ssml: bool,
    /// Who speaks; the route's first or the default provider when absent.
    #[arg(short, long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// The voice: an id of `understudy voices`, with or without its provider.
    #[arg(short, long, value_name = "VOICE")]
    pub(super) voice: Option<String>,
    /// The chain of providers to take, by its name in the configuration.
    #[arg(long, value_name = "NAME")]
    pub(super) route: Option<String>,
    /// The first provider speaks or nobody does.
    #[arg(long)]
    pub(super) no_fallback: bool,
    /// Speaking rate as a factor, 0.25 to 4.
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true)]
    pub(super) rate: Option<f32>,
    /// Pitch shift in semitones, -20 to 20.
    #[arg(long, value_name = "SEMITONES", allow_negative_numbers = true)]
    pub(super) pitch: Option<f32>,
    /// Gain in decibels, -96 to 16.
    #[arg(long, value_name = "DECIBELS", allow_negative_numbers = true)]
    pub(super) volume: Option<f32>,
    /// Language of the text as a BCP-47 tag, for example en-GB.
    #[arg(long, value_name = "TAG")]
    pub(super) language: Option<Language>,
    /// A speaking style the voice has.
    #[arg(long, value_name = "NAME")]
    pub(super) style: Option<String>,
    /// An emotion the voice has.
    #[arg(long, value_name = "NAME")]
    pub(super) emotion: Option<String>,
    /// Strength of style or emotion, 0 to 2.
    #[arg(long, value_name = "STRENGTH")]
    pub(super) intensity: Option<f32>,
    /// Speak as this character, by its id or name.
    #[arg(short, long, value_name = "NAME")]
    pub(super) character: Option<String>,
    /// Log more to standard error (-v is the voice here).
    #[arg(id = "verbose", long, action = ArgAction::Count)]
    pub(super) _verbose: u8,
}

#[derive(Args, Debug)]
#[command(after_help = SAY_EXAMPLES)]
pub(super) struct Say {
    #[command(flatten)]
    pub(super) wish: Wish,
    /// Where the audio goes: FILE.mp3, .wav, .flac, .ogg, .opus, .aac or .pcm; - writes MP3 to standard
    /// output.
    #[arg(short, long, value_name = "FILE", default_value = super::destination::DEFAULT_FILE)]
    pub(super) output: Destination,
    /// Write subtitles for the words as SubRip.
    #[arg(long, value_name = "FILE")]
    pub(super) srt: Option<PathBuf>,
    /// Write subtitles for the words as WebVTT.
    #[arg(long, value_name = "FILE")]
    pub(super) vtt: Option<PathBuf>,
    /// Have it spoken anew, whatever is in the cache; the new take is kept in its place.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Samples a second of the audio; as the provider sends it when absent.
    #[arg(long, value_name = "HERTZ")]
    pub(super) sample_rate: Option<u32>,
    /// Tell what was spoken as JSON on standard output, with the times of all words.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(super) struct Explain {
    #[command(flatten)]
    pub(super) wish: Wish,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = STATUS_EXAMPLES)]
pub(super) struct Status {
    /// Where the server listens; by default where the configuration says.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = HISTORY_EXAMPLES)]
pub(super) struct History {
    /// Only those that came at this time or later: 2026-11-23, or 2026-11-23T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Only those that came before this time.
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Only this provider's.
    #[arg(short, long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// Only those that ended so: completed, cached, failed or cancelled.
    #[arg(short, long, value_name = "STATUS")]
    pub(super) status: Option<String>,
    /// Only those that took this route.
    #[arg(long, value_name = "NAME")]
    pub(super) route: Option<String>,
    /// Only those of this task.
    #[arg(long, value_name = "ID")]
    pub(super) task: Option<String>,
    /// Show at most so many, 1 to 1000, the newest first.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = crate::http::tts::requests::PAGE)]
    pub(super) limit: usize,
    /// Go on where an earlier answer ended.
    #[arg(long, value_name = "CURSOR")]
    pub(super) cursor: Option<String>,
    /// Ask the server that listens there; by default the history of this machine is meant.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Cache {
    /// Tell what is in it and what it saved, by provider.
    Stats(Remote),
    /// List the takes.
    List(ListTakes),
    /// Read all audio and remove what is damaged.
    Verify(Remote),
    /// Throw takes away; all of them unless told which.
    Clear(ClearTakes),
}

impl Cache {
    /// Which server is asked, and how it is told.
    pub(super) const fn remote(&self) -> &Remote {
        match self {
            Self::Stats(remote) | Self::Verify(remote) => remote,
            Self::List(list) => &list.remote,
            Self::Clear(clear) => &clear.remote,
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct ListTakes {
    /// Only this provider's.
    #[arg(short, long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// Show at most so many, 1 to 10000.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = crate::http::admin::cache::PAGE,
          value_parser = takes())]
    pub(super) limit: usize,
    #[command(flatten)]
    pub(super) remote: Remote,
}

#[derive(Args, Debug)]
pub(super) struct ClearTakes {
    /// Only this provider's.
    #[arg(short, long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// Only those that were stored longer ago: 90s, 15m, 36h or 7d.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) older_than: Option<String>,
    #[command(flatten)]
    pub(super) remote: Remote,
}

/// As many as the API lists at once.
fn takes() -> impl clap::builder::TypedValueParser<Value = usize> {
    clap::builder::RangedU64ValueParser::<usize>::new().range(1..=crate::http::admin::cache::PAGE_MAX as u64)
}

/// A time as the API takes it too.
fn span(text: &str) -> Result<String, String> {
    crate::moment::duration(text).map(|_| text.to_owned())
}

#[derive(Args, Debug)]
#[command(after_help = SERVE_EXAMPLES)]
pub(super) struct Serve {
    /// An address and port to listen on, in place of the configuration's; may be repeated.
    #[arg(short, long, value_name = "ADDRESS")]
    pub(super) listen: Vec<SocketAddr>,
}

#[derive(Args, Debug)]
#[command(after_help = VOICES_EXAMPLES)]
pub(super) struct Voices {
    /// Only those of this provider.
    #[arg(short, long, value_name = "NAME")]
    pub(super) provider: Option<String>,
    /// Only those that speak this language; en finds every kind of English.
    #[arg(short, long, value_name = "TAG")]
    pub(super) language: Option<String>,
    /// Only those that sound so: female, male, neutral or unknown.
    #[arg(short, long, value_name = "GENDER")]
    pub(super) gender: Option<String>,
    /// Only those that have this style or emotion.
    #[arg(short, long, value_name = "NAME")]
    pub(super) style: Option<String>,
    /// Only those in whose name, id, description or labels all these words stand.
    #[arg(long, value_name = "WORDS")]
    pub(super) search: Option<String>,
    /// Show who could stand in for this voice, the most alike first, and why.
    #[arg(long, value_name = "VOICE")]
    pub(super) like: Option<String>,
    /// Show at most so many; all when absent, or ten with --like.
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: Option<u32>,
    /// Show this page of as many as --limit says, or of a hundred.
    #[arg(long, value_name = "NUMBER", conflicts_with = "like",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) page: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = PROVIDERS_EXAMPLES)]
pub(super) struct Providers {
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Plugin {
    /// List every plugin and what became of it.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin is and asks for, without using it, and the section that lets it play.
    Inspect {
        /// The component, a `.wasm` file, or the name of a plugin inside the program.
        plugin: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Hold a plugin against the contract, rule by rule, without a service or a grant.
    Check {
        /// The component, a `.wasm` file, or the name of a plugin inside the program. Its section of
        /// the configuration gives the settings and secrets it is loaded with, when there is one.
        plugin: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write a new plugin that builds and speaks.
    New(New),
    /// Show the plugins of a running server: who plays, how often, and what was refused.
    #[command(after_help = REMOTE_EXAMPLES)]
    Status(Remote),
    /// Have a running server read its configuration and plugins anew.
    #[command(after_help = REMOTE_EXAMPLES)]
    Reload(Remote),
    /// Write the digests of the plugin files into the configuration, so that no other file is taken.
    Lock(Lock),
}

/// A running server.
#[derive(Args, Debug)]
pub(super) struct Remote {
    /// Ask the server that listens there; by default the one of this configuration is meant.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = LOCK_EXAMPLES)]
pub(super) struct Lock {
    /// The providers whose files are pinned; all when absent.
    pub(super) names: Vec<String>,
}

#[derive(Args, Debug)]
#[command(after_help = NEW_EXAMPLES)]
pub(super) struct New {
    /// The plugin's id: lower-case letters, digits and hyphens.
    pub(super) name: String,
    /// The folder in which the plugin's folder is made.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) path: PathBuf,
    /// The SDK to depend on: its folder, or a version; where this program was built when absent.
    #[arg(long, value_name = "PATH|VERSION")]
    pub(super) sdk: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Check a configuration file and say which plugins it means.
    Check {
        /// The file; the one that would be used when absent.
        file: Option<PathBuf>,
    },
    /// Say what a key means, what it may be and what it is by default.
    Explain {
        /// The key or section, for example `server.drain_seconds` or `providers.azure`; all when
        /// absent.
        key: Option<String>,
    },
    /// Print the JSON Schema of the file, for editors.
    Schema,
}
