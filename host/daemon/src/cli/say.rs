//! `understudy say`: a text in, a file out.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;
use understudy_engine::{CacheUse, How, Output, Speech, SpeechRequest, Substitution, TakeSource, VoiceId};
use understudy_speech::{Provider, Utterance, Word};

use super::args::Say;
use super::destination::{Destination, shown};
use super::exit::{Exit, Fault};
use super::file::write_whole;
use super::printer::Printer;
use super::progress::{Bars, Watched, bar};
use super::subtitles::Subtitles;
use super::text::text;
use crate::Understudy;
use crate::config::Config;
use crate::understudy::Keeping;

pub(super) async fn run(say: Say, config: Config, printer: Printer) -> Result<(), Fault> {
    if say.json && say.output == Destination::Stdout {
        return Err(Fault::new(Exit::Usage, "--json and -o - both write to standard output")
            .hint("write the audio to a file"));
    }
    let text = text(&say.wish.text, say.wish.file.as_deref()).await?;
    let bar = bar(printer, text.len());
    // A person at a terminal waits longer than an HTTP client: the deadline is that of a stream.
    let deadline = config.limits.stream_deadline;
    let understudy = Understudy::prepare(config);
    let bars: Bars = {
        let bar = bar.clone();
        Arc::new(move |_| Some(bar.clone()))
    };
    let watch = |provider| Arc::new(Watched::new(provider, Arc::clone(&bars))) as Arc<dyn Provider>;
    understudy.load_wrapped(Keeping::IfFree, &watch).await?;
    let started = Instant::now();
    let request = request(&say, text, deadline);
    let utterance = request.request.utterance.clone();
    let spoken = understudy.engine().speak(request).await;
    bar.finish_and_clear();
    let took = started.elapsed();
    let told = match spoken {
        Ok(speech) => tell(&say, &utterance, &speech, took, printer).await,
        Err(error) => Err(explain(error.into(), &understudy)),
    };
    understudy.settle().await;
    told
}

/// Writes the files, and says what was done.
async fn tell(
    say: &Say,
    utterance: &Utterance,
    speech: &Speech,
    took: Duration,
    printer: Printer,
) -> Result<(), Fault> {
    warn_of_compromises(speech, printer);
    write(say, utterance, (speech, &speech.bytes().await?), printer)?;
    if say.json {
        printer.json(&report(say, utterance.source(), speech, took))?;
    } else {
        printer.note(sentence(&say.output, speech, took));
    }
    Ok(())
}

fn request(say: &Say, text: String, deadline: Duration) -> SpeechRequest {
    let mut request = say.wish.request(text);
    request.request.words = say.json || say.srt.is_some() || say.vtt.is_some();
    request.output =
        Output { encoding: Some(say.output.encoding()), sample_rate: say.sample_rate, ..Output::default() };
    request.deadline = Some(deadline);
    if say.no_cache {
        request.cache = CacheUse::Refresh;
    }
    request
}

/// A plugin that could not be loaded is usually why a provider is not there.
fn explain(fault: Fault, understudy: &Understudy) -> Fault {
    if understudy.is_ready() {
        return fault;
    }
    fault.hint("no plugin is ready; `understudy plugin list` tells why")
}

fn warn_of_compromises(speech: &Speech, printer: Printer) {
    let provider = &speech.provenance.provider;
    if let Some(substituted) = &speech.provenance.substituted {
        printer.warning(stood_in(&who(speech), substituted), Some("--no-fallback fails instead"));
    }
    if !speech.provenance.dropped.is_empty() {
        let fields = speech.provenance.dropped.join(", ");
        printer.warning(format_args!("provider {provider} cannot honour: {fields}"), None);
    }
    for note in &speech.provenance.notes {
        printer.warning(note, None);
    }
}

/// Who spoke in whose place, and why that one.
fn stood_in(who: &str, substituted: &Substitution) -> String {
    let Substitution { asked, why, casting } = substituted;
    let found = match (casting.how, casting.score) {
        (How::Mapped, _) => "the configuration casts it".to_owned(),
        (How::SameName, _) => "it is the voice of the same name".to_owned(),
        (How::Nearest, Some(score)) => format!("its voice is the nearest, {score:.2} of 1"),
        _ => "it is the next of the route".to_owned(),
    };
    format!("{asked} did not speak ({why}), {who} stood in: {found}")
}

fn write(
    say: &Say,
    utterance: &Utterance,
    (speech, audio): (&Speech, &[u8]),
    printer: Printer,
) -> Result<(), Fault> {
    match &say.output {
        Destination::File(path, _) => write_whole(path, audio)?,
        Destination::Stdout => printer.bytes(audio)?,
    }
    for (path, kind) in [(&say.srt, Subtitles::SubRip), (&say.vtt, Subtitles::WebVtt)] {
        let Some(path) = path else { continue };
        if speech.words.is_empty() {
            let message = format!("not written, nothing in the text can be timed: {}", path.display());
            printer.warning(message, None);
        } else {
            write_whole(path, kind.render(utterance, speech).as_bytes())?;
        }
    }
    Ok(())
}

/// What was done, in one line.
fn sentence(output: &Destination, speech: &Speech, took: Duration) -> String {
    let file = output.file().map_or_else(|| "standard output".to_owned(), shown);
    let spoken = speech.duration.as_secs_f64();
    if speech.provenance.cache == TakeSource::Cache {
        return format!("wrote {file}: {spoken:.2} s by {}, from the cache", who(speech));
    }
    format!(
        "wrote {file}: {spoken:.2} s by {}, in {:.2} s ({:.0} × real time)",
        who(speech),
        took.as_secs_f64(),
        real_time_factor(speech, took),
    )
}

fn who(speech: &Speech) -> String {
    let provider = &speech.provenance.provider;
    match &speech.provenance.voice {
        Some(voice) => VoiceId::new(provider, voice).to_string(),
        None => provider.clone(),
    }
}

fn real_time_factor(speech: &Speech, took: Duration) -> f64 {
    speech.duration.as_secs_f64() / took.as_secs_f64().max(1e-6)
}

/// A word with its own text, so that no reader has to count bytes.
#[derive(Serialize)]
struct SpokenWord<'text> {
    text: &'text str,
    #[serde(flatten)]
    word: Word,
}

fn report(say: &Say, text: &str, speech: &Speech, took: Duration) -> serde_json::Value {
    let words: Vec<SpokenWord<'_>> = speech
        .words
        .iter()
        .map(|word| SpokenWord { text: word.in_text(text).unwrap_or_default(), word: *word })
        .collect();
    json!({
        "file": say.output.file().map(shown),
        "bytes": speech.audio.length(),
        "format": speech.format,
        "duration_seconds": speech.duration.as_secs_f64(),
        "seconds": took.as_secs_f64(),
        "real_time_factor": real_time_factor(speech, took),
        "voice": who(speech),
        "srt": say.srt.as_deref().map(shown),
        "vtt": say.vtt.as_deref().map(shown),
        "word_times": speech.word_times,
        "words": words,
        "provenance": speech.provenance,
    })
}
