//! `understudy history`: what was asked, and what became of it.

use understudy_engine::history::HistoryQuery;

use super::args::History;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::server::{ask, pairs, place};
use super::store::{broken, open};
use super::table::Table;
use crate::config::Config;
use crate::http::tts::requests::{BadQuery, RequestInfo, RequestPage, RequestsQuery};

pub(super) async fn run(history: History, config: Config, printer: Printer) -> Result<(), Fault> {
    let query = RequestsQuery {
        from: history.from,
        until: history.until,
        provider: history.provider,
        status: history.status,
        route: history.route,
        task_id: history.task,
        limit: Some(history.limit.to_string()),
        cursor: history.cursor,
    };
    let (wanted, length) = query.read().map_err(wrong)?;
    let page = match &history.url {
        // Whoever names a server means its history, and not that of this machine.
        Some(url) => asked(url, &query).await?,
        None => looked_up(&query, (wanted, length), &config, printer).await?,
    };
    if history.json {
        return Ok(printer.json(&page)?);
    }
    tell(&page, printer)
}

async fn asked(url: &str, query: &RequestsQuery) -> Result<RequestPage, Fault> {
    ask(url, "/api/v1/tts/requests", &pairs(query)).await
}

/// In the store here, or by the server that has it.
async fn looked_up(
    query: &RequestsQuery,
    (wanted, length): (HistoryQuery, usize),
    config: &Config,
    printer: Printer,
) -> Result<RequestPage, Fault> {
    if !config.store.settings.history.enabled {
        return Err(
            Fault::new(Exit::Failed, "requests are not remembered").hint("set history.enabled = true")
        );
    }
    let opened = open(config, printer).await?;
    let Some(store) = opened.here() else {
        let url = place(None, &config.server)?;
        return asked(&url, query).await.map_err(|fault| opened.blame(fault));
    };
    let page = store.history().query(wanted, length).await.map_err(broken)?;
    Ok(RequestPage::of(page, store))
}

fn wrong(bad: BadQuery) -> Fault {
    let hint = bad.hint.clone();
    hint.into_iter().fold(Fault::new(Exit::Usage, bad), Fault::hint)
}

fn tell(page: &RequestPage, printer: Printer) -> Result<(), Fault> {
    if page.requests.is_empty() {
        return Ok(printer.result("no request is remembered that is like this")?);
    }
    let mut table =
        Table::new(["WHEN", "STATUS", "PROVIDER", "VOICE", "CHARACTERS", "AUDIO", "TOOK", "CACHE", "ID"]);
    page.requests.iter().for_each(|request| table.row(row(request)));
    table.print(printer)?;
    if let Some(next) = &page.next {
        printer.note(format_args!("there are more: --cursor {next}"));
    }
    Ok(())
}

fn row(request: &RequestInfo) -> [String; 9] {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let status = match &request.code {
        Some(code) => format!("{}: {code}", request.status),
        None => request.status.clone(),
    };
    [
        request.at.clone(),
        status,
        or_dash(&request.provider),
        or_dash(&request.voice),
        request.characters.to_string(),
        request.audio_ms.map_or_else(|| "-".to_owned(), seconds),
        format!("{} ms", request.latency_ms),
        or_dash(&request.cache),
        request.id.clone(),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1e3)
}
