//! What `perform` and `characters` take.

use std::path::PathBuf;

use clap::Args;
use understudy_engine::Recast;
use understudy_speech::Language;

use crate::cli::destination::Destination;

const CHARACTERS_EXAMPLES: &str = "\
Examples:
  understudy characters
  understudy characters --provider characterbox
  understudy characters --json | jq -r '.[].id'

A character is a service's own, or is written down as [characters.NAME].";

const PERFORM_EXAMPLES: &str = "\
Examples:
  understudy perform scene.txt -o scene.mp3
  understudy perform scene.txt -o scene.mp3 --srt scene.srt --vtt scene.vtt
  understudy perform lines.jsonl --json | jq '.lines[].start_ms'
  echo 'Captain Nova [happy]: We sail at dawn!' | understudy perform - -o - > scene.mp3

A script has a line each: `Speaker [emotion]: text`. A line without a speaker goes on with the one
before, # begins a comment, (pause 0.5) is a silence in seconds. When a provider fails in mid-scene
everybody who had a voice there is cast again, so that nobody changes voice, and a warning says so.";

#[derive(Args, Debug)]
#[command(after_help = CHARACTERS_EXAMPLES)]
pub(in crate::cli) struct Characters {
    /// Only those of this provider.
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) provider: Option<String>,
    /// Those as well that their provider does not list any more.
    #[arg(short, long)]
    pub(in crate::cli) all: bool,
    /// Ask the server that listens there; by default the characters of this machine are meant.
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = PERFORM_EXAMPLES)]
pub(in crate::cli) struct Perform {
    /// The script, as text or as JSON lines; - reads standard input.
    #[arg(value_name = "SCRIPT")]
    pub(in crate::cli) script: PathBuf,
    /// Where the audio goes: FILE.mp3, .wav, .flac, .ogg, .opus, .aac or .pcm; - writes MP3 to standard
    /// output.
    #[arg(short, long, value_name = "FILE", default_value = "scene.mp3")]
    pub(in crate::cli) output: Destination,
    /// Who may speak, by id or name; may be repeated. Anybody the script names when absent.
    #[arg(short, long = "character", value_name = "NAME")]
    pub(in crate::cli) characters: Vec<String>,
    /// Write subtitles with the speakers' names as SubRip.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) srt: Option<PathBuf>,
    /// Write subtitles with the speakers' names as WebVTT.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) vtt: Option<PathBuf>,
    /// What is cast again when a provider fails in mid-scene; as configured when absent.
    #[arg(long, value_name = "WHAT")]
    pub(in crate::cli) recast: Option<RecastArgument>,
    /// The chain of providers along which stand-ins are looked for.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) route: Option<String>,
    /// Language of the whole as a BCP-47 tag, for example en-GB.
    #[arg(long, value_name = "TAG")]
    pub(in crate::cli) language: Option<Language>,
    /// Samples a second of the audio; the most of any voice when absent.
    #[arg(long, value_name = "HERTZ")]
    pub(in crate::cli) sample_rate: Option<u32>,
    /// Have every line spoken anew, whatever is in the cache; the new takes are kept in their place.
    #[arg(long)]
    pub(in crate::cli) no_cache: bool,
    /// Tell what was performed as JSON on standard output, with the times of all lines and words.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// What is cast again when a provider fails.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(in crate::cli) enum RecastArgument {
    /// Everybody who had a voice there.
    Scene,
    /// The line that failed.
    Line,
}

impl From<RecastArgument> for Recast {
    fn from(from: RecastArgument) -> Self {
        match from {
            RecastArgument::Scene => Self::Scene,
            RecastArgument::Line => Self::Line,
        }
    }
}
