//! `understudy perform`: a script in, a file out, every line by its character.

mod compromises;
mod progress;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::Instant;
use understudy_audio::cue::{CueOptions, srt, vtt};
use understudy_engine::{
    CacheUse, Conversation, ConversationRequest, Output, ScriptSource, Speaker, VoiceId,
};
use understudy_speech::Provider;

use super::args::Perform;
use super::destination::{Destination, shown};
use super::exit::{Exit, Fault};
use super::file::write_whole;
use super::interrupted;
use super::printer::Printer;
use super::progress::{Bars, Watched};
use super::request_id::request_id;
use super::text;
use crate::Understudy;
use crate::config::Config;
use crate::http::provenance::how_name;
use crate::understudy::Keeping;
use progress::Board;

pub(super) async fn run(perform: Perform, config: Config, printer: Printer) -> Result<(), Fault> {
    if perform.json && perform.output == Destination::Stdout {
        return Err(Fault::new(Exit::Usage, "--json and -o - both write to standard output")
            .hint("write the audio to a file"));
    }
    let script = text::text(&[], Some(&perform.script)).await?;
    let id = request_id("perform", &script);
    let board = Board::new(printer.progress_target(), &id);
    let bars: Bars = {
        let board = board.clone();
        Arc::new(move |call| board.bar(call))
    };
    let watch = |provider| Arc::new(Watched::new(provider, Arc::clone(&bars))) as Arc<dyn Provider>;
    let understudy = Understudy::prepare(config);
    understudy.load_wrapped(Keeping::IfFree, &watch).await?;
    let request = ConversationRequest {
        characters: perform.characters.clone(),
        output: Output {
            encoding: Some(perform.output.encoding()),
            sample_rate: perform.sample_rate,
            ..Output::default()
        },
        language: perform.language.clone(),
        recast: perform.recast.map(Into::into),
        route: perform.route.clone(),
        cache: if perform.no_cache { CacheUse::Refresh } else { CacheUse::Use },
        ..ConversationRequest::new(id, ScriptSource::Text(script))
    };
    let started = Instant::now();
    let engine = understudy.engine();
    let performed = tokio::select! {
        performed = engine.converse(request, |progress| board.show(progress)) => performed.map_err(Fault::from),
        fault = interrupted() => Err(fault),
    };
    board.clear();
    let took = started.elapsed().as_secs_f64();
    let is_interrupted = matches!(performed, Err(Fault::Interrupted));
    let told = performed.and_then(|done| tell(&perform, &done, took, printer));
    // What was ordered of a service for nobody any more is taken back; a second ctrl-c does not wait.
    let ending = async { if is_interrupted { engine.part().await } else { understudy.settle().await } };
    tokio::select! {
        () = ending => told,
        fault = interrupted() => Err(fault),
    }
}

/// Writes the files, and says what was done.
fn tell(perform: &Perform, conversation: &Conversation, took: f64, printer: Printer) -> Result<(), Fault> {
    for warning in compromises::of(conversation) {
        printer.warning(warning, None);
    }
    write(perform, conversation, printer)?;
    if perform.json {
        printer.json(&report(perform, conversation))?;
    } else {
        printer.note(sentence(perform, conversation, took));
    }
    Ok(())
}

fn voice(speaker: &Speaker) -> String {
    VoiceId::new(speaker.provider.as_str(), speaker.voice.as_str()).to_string()
}

fn write(perform: &Perform, conversation: &Conversation, printer: Printer) -> Result<(), Fault> {
    match &perform.output {
        Destination::File(path, _) => write_whole(path, &conversation.audio)?,
        Destination::Stdout => printer.bytes(&conversation.audio)?,
    }
    let cues = conversation.cues(&CueOptions::default());
    if let Some(path) = &perform.srt {
        write_whole(path, srt(&cues).as_bytes())?;
    }
    if let Some(path) = &perform.vtt {
        write_whole(path, vtt(&cues).as_bytes())?;
    }
    Ok(())
}

fn sentence(perform: &Perform, conversation: &Conversation, took: f64) -> String {
    let file = perform.output.file().map_or_else(|| "standard output".to_owned(), shown);
    let (lines, speakers) = (conversation.lines.len(), conversation.speakers.len());
    let seconds = conversation.duration.as_secs_f64();
    format!("wrote {file}: {lines} lines by {speakers} characters, {seconds:.2} s, in {took:.2} s")
}

fn report(perform: &Perform, conversation: &Conversation) -> Value {
    let speaker = |speaker: &Speaker| {
        json!({
            "character": speaker.character,
            "name": speaker.name,
            "voice": voice(speaker),
            "own": speaker.is_own,
            "how": how_name(speaker.casting.how),
            "score": speaker.casting.score,
            "reasons": speaker.casting.reasons,
            "substituted": speaker.substituted,
            "skipped": speaker.skipped,
            "gain_db": speaker.gain_db,
        })
    };
    let line = |line: &understudy_engine::SpokenLine| {
        let words = line.words.iter().map(|word| {
            json!({ "text": word.in_text(&line.text), "start_ms": word.start_ms, "end_ms": word.end_ms })
        });
        json!({
            "speaker": conversation.speakers.get(line.speaker).map(|speaker| &speaker.name),
            "text": line.text,
            "emotion": line.emotion,
            "start_ms": line.start_ms,
            "end_ms": line.end_ms,
            "voice": VoiceId::new(line.provider.as_str(), line.voice.clone().unwrap_or_default()).to_string(),
            "words": words.collect::<Vec<_>>(),
            "word_times": line.word_times,
            "dropped": line.provenance.as_ref().map(|told| &told.dropped),
            "notes": line.provenance.as_ref().map(|told| &told.notes),
        })
    };
    json!({
        "file": perform.output.file().map(shown),
        "bytes": conversation.audio.len(),
        "format": conversation.format,
        "duration_seconds": conversation.duration.as_secs_f64(),
        "characters": conversation.characters,
        "whole": conversation.whole,
        "substituted": conversation.is_substituted(),
        "speakers": conversation.speakers.iter().map(speaker).collect::<Vec<_>>(),
        "lines": conversation.lines.iter().map(line).collect::<Vec<_>>(),
        "recasts": conversation.recasts,
        "srt": perform.srt.as_deref().map(shown),
        "vtt": perform.vtt.as_deref().map(shown),
    })
}
