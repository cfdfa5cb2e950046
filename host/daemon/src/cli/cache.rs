//! `understudy cache`: what is in it, whether it is sound, and throwing it away.

use understudy_engine::cache::{Cache, ClearFilter, TakeInfo, Verification};

use super::args;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::progress::{counter, spinner};
use super::server::ask;
use super::status::megabytes;
use super::store::{Opened, in_use, open};
use super::table::Table;
use crate::config::Config;
use crate::http::keeping::CacheInfo;
use crate::http::status::StatusResponse;
use crate::moment;

/// Takes that are read from the index at once.
const PAGE: usize = 500;

/// Digits of a key that tell takes apart in a table.
const KEY_DIGITS: usize = 12;

pub(super) async fn run(cache: args::Cache, config: Config, printer: Printer) -> Result<(), Fault> {
    let opened = open(&config, printer).await?;
    let store = match (opened, &cache) {
        (Opened::Here(store), _) => store,
        (Opened::Elsewhere(_), args::Cache::Stats { url, json }) => {
            let status: StatusResponse = ask(url, "/api/v1/status", &[]).await?;
            return stats(&status.cache, &config, *json, printer);
        }
        (Opened::Elsewhere(reason), _) => return Err(in_use(reason)),
    };
    match cache {
        args::Cache::Stats { json, .. } => stats(&store.cache().stats().into(), &config, json, printer),
        args::Cache::List(list) => self::list(&list, store.cache(), printer).await,
        args::Cache::Verify { json } => verify(store.cache(), json, printer).await,
        args::Cache::Clear(clear) => self::clear(clear, store.cache(), printer).await,
    }
}

fn stats(info: &CacheInfo, config: &Config, json: bool, printer: Printer) -> Result<(), Fault> {
    if json {
        return Ok(printer.json(info)?);
    }
    let CacheInfo { takes, files, bytes, bytes_max, index_bytes, .. } = info;
    printer.result(format_args!(
        "{takes} takes in {files} files, {} of {}, and an index of {}: {}",
        megabytes(*bytes),
        megabytes(*bytes_max),
        megabytes(*index_bytes),
        config.store.folder.display(),
    ))?;
    if info.providers.is_empty() {
        return Ok(());
    }
    printer.result("")?;
    let mut table =
        Table::new(["PROVIDER", "TAKES", "SIZE", "HITS", "MISSES", "STORED", "EVICTED", "EXPIRED"]);
    for (name, of) in &info.providers {
        table.row([
            name.clone(),
            of.takes.to_string(),
            megabytes(of.bytes),
            of.hits.to_string(),
            of.misses.to_string(),
            of.stored.to_string(),
            of.evicted.to_string(),
            of.expired.to_string(),
        ]);
    }
    Ok(table.print(printer)?)
}

async fn list(list: &args::ListTakes, cache: &Cache, printer: Printer) -> Result<(), Fault> {
    let (mut takes, mut after) = (Vec::new(), None);
    while takes.len() < list.limit {
        let page = cache.list(after, PAGE).await.map_err(|error| Fault::new(Exit::Failed, error))?;
        let is_wanted =
            |take: &TakeInfo| list.provider.as_ref().is_none_or(|provider| *provider == take.provider);
        takes.extend(page.takes.into_iter().filter(is_wanted));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let more = takes.len() > list.limit || after.is_some();
    takes.truncate(list.limit);
    if list.json {
        return Ok(printer.json(&takes)?);
    }
    if takes.is_empty() {
        return Ok(printer.result("no take is kept")?);
    }
    let mut table =
        Table::new(["TAKE", "PROVIDER", "VOICE", "FORMAT", "LENGTH", "SIZE", "STORED", "LAST USED"]);
    takes.iter().for_each(|take| table.row(row(take)));
    table.print(printer)?;
    if more {
        printer.note(format_args!("these are the first {}; -n shows more", list.limit));
    }
    Ok(())
}

fn row(take: &TakeInfo) -> [String; 8] {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let seconds = take.duration_ms as f64 / 1e3;
    [
        take.key.to_string().chars().take(KEY_DIGITS).collect(),
        take.provider.clone(),
        take.voice.clone().unwrap_or_else(|| "-".to_owned()),
        take.format.encoding.name().to_owned(),
        format!("{seconds:.1} s"),
        megabytes(take.bytes),
        moment::write(take.stored_at_ms),
        moment::write(take.used_at_ms),
    ]
}

/// Damage is removed, and told with an exit code: it should not be there.
async fn verify(cache: &Cache, json: bool, printer: Printer) -> Result<(), Fault> {
    let bar = counter(printer, "checking");
    let shown = bar.clone();
    let verified = cache.verify(move |so_far| {
        shown.set_length(so_far.total as u64);
        shown.set_position(so_far.checked as u64);
    });
    let verified = verified.await.map_err(|error| Fault::new(Exit::Failed, error));
    bar.finish_and_clear();
    let verified = verified?;
    let Verification { checked, bytes, damaged, removed, .. } = verified;
    if json {
        printer.json(&verified)?;
    } else if damaged == 0 {
        printer.result(format_args!("{checked} files are sound, {} read", megabytes(bytes)))?;
    }
    if damaged == 0 {
        return Ok(());
    }
    let message = format!("{damaged} of {checked} files were damaged and are removed, with {removed} takes");
    Err(Fault::new(Exit::Failed, message)
        .hint("they are bought again when they are asked for; look at the disk"))
}

async fn clear(clear: args::ClearTakes, cache: &Cache, printer: Printer) -> Result<(), Fault> {
    let spinner = spinner(printer, "clearing");
    let filter =
        ClearFilter { provider: clear.provider, stored_before_ms: clear.older_than.map(moment::ago) };
    let cleared = cache.clear(filter).await.map_err(|error| Fault::new(Exit::Failed, error));
    spinner.finish_and_clear();
    let cleared = cleared?;
    if clear.json {
        return Ok(printer.json(&cleared)?);
    }
    Ok(printer.result(format_args!(
        "{} takes are gone, {} freed",
        cleared.takes,
        megabytes(cleared.bytes)
    ))?)
}
