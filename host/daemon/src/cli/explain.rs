//! `understudy explain`: who would speak, with which voice, and why.
//!
//! The program that answers has just started, so its breakers are closed and its budgets unspent; a
//! running server tells its own plan at `POST /api/v1/tts/explain`.

use understudy_engine::{How, Rehearsal, Rehearsed, SpeechRequest};

use super::args::Explain;
use super::exit::Fault;
use super::printer::Printer;
use super::table::Table;
use super::text::text;
use crate::Understudy;
use crate::config::Config;
use crate::understudy::Keeping;

pub(super) async fn run(explain: Explain, config: Config, printer: Printer) -> Result<(), Fault> {
    let text = text(&explain.wish.text, explain.wish.file.as_deref()).await?;
    let understudy = Understudy::start_keeping(config, Keeping::IfFree).await?;
    // As long as `say` waits.
    let deadline = Some(understudy.config().limits.stream_deadline);
    let request = SpeechRequest { deadline, ..explain.wish.request(text) };
    let rehearsal = understudy.engine().rehearse(request).await?;
    if explain.json {
        return Ok(printer.json(&rehearsal)?);
    }
    printer.result(headline(&rehearsal))?;
    rehearsal.notes.iter().try_for_each(|note| printer.result(format_args!("note: {note}")))?;
    printer.result("")?;
    table(&rehearsal).print(printer)?;
    rehearsal.candidates.iter().try_for_each(|candidate| details(candidate, &rehearsal.asked, printer))?;
    Ok(())
}

fn headline(rehearsal: &Rehearsal) -> String {
    let Rehearsal { asked, route, characters, deadline, .. } = rehearsal;
    let route = route.as_ref().map(|route| format!(", route {route}")).unwrap_or_default();
    format!("asked for {asked}{route}: {characters} characters, {} s at most", deadline.as_secs_f32())
}

fn table(rehearsal: &Rehearsal) -> Table<6> {
    let mut table = Table::new(["", "PROVIDER", "VOICE", "CAST", "PRICE", "NOW"]);
    let leader = rehearsal.leader().map(|leader| leader.provider.as_str());
    for (index, candidate) in rehearsal.candidates.iter().enumerate() {
        let leads = leader == Some(candidate.provider.as_str());
        table.row([
            format!("{}.", index + 1),
            candidate.provider.clone(),
            candidate.voice.clone().unwrap_or_else(|| "-".to_owned()),
            cast(candidate),
            candidate.price.map_or_else(|| "-".to_owned(), price),
            now(candidate, leads),
        ]);
    }
    table
}

/// US dollars; a text's price is a fraction of a cent.
fn price(dollars: f64) -> String {
    if dollars > 0.0 { format!("${dollars:.6}") } else { "free".to_owned() }
}

/// How the voice was found, in a few words.
fn cast(candidate: &Rehearsed) -> String {
    let Some(casting) = &candidate.casting else { return "-".to_owned() };
    let how = match casting.how {
        How::Asked => "as asked",
        How::Unnamed => "its own choice",
        How::Mapped => "configured",
        How::SameName => "same name",
        How::Nearest => "nearest",
    };
    casting.score.map_or_else(|| how.to_owned(), |score| format!("{how}, {score:.2}"))
}

fn now(candidate: &Rehearsed, leads: bool) -> String {
    match (&candidate.skipped, &candidate.withheld) {
        (Some(_), _) => "cannot play this".to_owned(),
        _ if candidate.cached == Some(true) && leads => "plays, from the cache".to_owned(),
        _ if candidate.cached == Some(true) => "stands by, in the cache".to_owned(),
        (None, Some(withheld)) => withheld.to_string(),
        (None, None) if leads => "plays".to_owned(),
        (None, None) => "stands by".to_owned(),
    }
}

/// Why this voice, why not, and without what.
fn details(candidate: &Rehearsed, asked: &str, printer: Printer) -> Result<(), Fault> {
    let Rehearsed { provider, voice, casting, dropped, skipped, .. } = candidate;
    if let Some(skipped) = skipped {
        printer.result(format_args!("\n{provider} cannot play this: {}", skipped.reason))?;
    }
    let reasons = casting.as_ref().map(|casting| casting.reasons.as_slice()).unwrap_or_default();
    if let (Some(voice), [_, ..]) = (voice, reasons) {
        printer.result(format_args!("\n{voice} for {asked}:"))?;
        reasons.iter().try_for_each(|reason| printer.result(format_args!("  {reason}")))?;
    }
    if !dropped.is_empty() {
        printer.result(format_args!("\n{provider} would speak without: {}", dropped.join(", ")))?;
    }
    Ok(())
}
