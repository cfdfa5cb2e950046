//! `understudy cache`: what is in it, whether it is sound, and throwing it away.
//!
//! While a server runs the cache is the server's, and it is asked to do the same; so is one that is named.

use std::path::Path;

use understudy_engine::cache::{Cache, CacheError, ClearFilter};

use super::args;
use super::exit::{Exit, Fault};
use super::printer::Printer;
use super::progress::{counter, spinner};
use super::server::{ask, follow, order, pairs, place};
use super::status::megabytes;
use super::store::open;
use super::table::Table;
use crate::config::Config;
use crate::http::admin::cache::{ClearQuery, TakesQuery};
use crate::http::keeping::{CacheInfo, ClearedTakes, KeptTake, KeptTakes, VerifiedTakes};
use crate::http::status::StatusResponse;
use crate::moment;

/// Digits of a key that tell takes apart in a table.
const KEY_DIGITS: usize = 12;

/// Where a server has its cache looked into.
const PLACE: &str = "/api/v1/admin/cache";

pub(super) async fn run(cache: args::Cache, config: Config, printer: Printer) -> Result<(), Fault> {
    // Whoever names a server means its cache, and not that of this machine.
    if let Some(url) = cache.remote().url.clone() {
        return look(cache, Kept::At(url), printer).await;
    }
    let opened = open(&config, printer).await?;
    let kept = match opened.here() {
        Some(store) => Ok(Kept::Here { cache: store.cache(), folder: &config.store.folder }),
        None => place(None, &config.server).map(Kept::At),
    };
    let done = async { look(cache, kept?, printer).await }.await;
    done.map_err(|fault| opened.blame(fault))
}

async fn look(cache: args::Cache, kept: Kept<'_>, printer: Printer) -> Result<(), Fault> {
    match cache {
        args::Cache::Stats(remote) => {
            let (info, at) = match kept {
                Kept::Here { cache, folder } => (cache.stats().into(), folder.display().to_string()),
                Kept::At(url) => (ask::<StatusResponse>(&url, "/api/v1/status", &[]).await?.cache, url),
            };
            stats(&info, &at, remote.json, printer)
        }
        args::Cache::List(list) => self::list(list, kept, printer).await,
        args::Cache::Verify(remote) => verify(remote.json, kept, printer).await,
        args::Cache::Clear(clear) => self::clear(clear, kept, printer).await,
    }
}

/// Who has the cache.
enum Kept<'here> {
    /// Nobody but this command.
    Here { cache: &'here Cache, folder: &'here Path },
    /// The server at this address.
    At(String),
}

/// `at` is the cache's folder, or its server.
fn stats(info: &CacheInfo, at: &str, json: bool, printer: Printer) -> Result<(), Fault> {
    if json {
        return Ok(printer.json(info)?);
    }
    let CacheInfo { takes, files, bytes, bytes_max, index_bytes, .. } = info;
    printer.result(format_args!(
        "{takes} takes in {files} files, {} of {}, and an index of {}: {at}",
        megabytes(*bytes),
        megabytes(*bytes_max),
        megabytes(*index_bytes),
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

async fn list(list: args::ListTakes, kept: Kept<'_>, printer: Printer) -> Result<(), Fault> {
    let args::ListTakes { provider, limit, remote } = list;
    let KeptTakes { takes, more } = match kept {
        Kept::Here { cache, .. } => KeptTakes::of(cache, provider.as_deref(), limit).await.map_err(failed)?,
        Kept::At(url) => ask(&url, PLACE, &pairs(&TakesQuery { provider, limit: Some(limit) })).await?,
    };
    if remote.json {
        printer.json(&takes)?;
    } else if takes.is_empty() {
        return Ok(printer.result("no take is kept")?);
    } else {
        table(&takes).print(printer)?;
    }
    if more {
        printer.note(format_args!("these are the first {limit}; -n shows more"));
    }
    Ok(())
}

fn table(takes: &[KeptTake]) -> Table<8> {
    let mut table =
        Table::new(["TAKE", "PROVIDER", "VOICE", "FORMAT", "LENGTH", "SIZE", "STORED", "LAST USED"]);
    takes.iter().for_each(|take| table.row(row(take)));
    table
}

fn row(take: &KeptTake) -> [String; 8] {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let seconds = take.duration_ms as f64 / 1e3;
    [
        take.key.chars().take(KEY_DIGITS).collect(),
        take.provider.clone(),
        take.voice.clone().unwrap_or_else(|| "-".to_owned()),
        take.encoding.clone(),
        format!("{seconds:.1} s"),
        megabytes(take.bytes),
        moment::write(take.stored_at_ms),
        moment::write(take.used_at_ms),
    ]
}

/// Damage is removed, and told with an exit code: it should not be there. So is what could not be read,
/// which nothing is known about.
async fn verify(json: bool, kept: Kept<'_>, printer: Printer) -> Result<(), Fault> {
    let bar = counter(printer, "checking");
    let shown = bar.clone();
    let show = move |now: &VerifiedTakes| {
        shown.set_length(now.total as u64);
        shown.set_position(now.checked as u64);
    };
    let verified = match kept {
        Kept::Here { cache, .. } => {
            let verified = cache.verify(move |now| {
                show(&VerifiedTakes::so_far(now));
                true
            });
            let verified = verified.await;
            verified.map(VerifiedTakes::whole).map_err(failed)
        }
        Kept::At(url) => follow(&url, &format!("{PLACE}/verify"), show).await,
    };
    bar.finish_and_clear();
    let verified = verified?;
    if !verified.done {
        return Err(Fault::new(Exit::Failed, "the server ended before the check did"));
    }
    let VerifiedTakes { checked, bytes, damaged, removed, unread, .. } = verified;
    let is_sound = damaged == 0 && unread == 0;
    if json {
        printer.json(&verified)?;
    } else if is_sound {
        printer.result(format_args!("{checked} files are sound, {} read", megabytes(bytes)))?;
    }
    if is_sound {
        return Ok(());
    }
    let left = format!("{unread} of {checked} files could not be read and are left as they are");
    if damaged == 0 {
        return Err(Fault::new(Exit::Failed, left).hint("the log says why; check again when that is over"));
    }
    let mut message =
        format!("{damaged} of {checked} files were damaged and are removed, with {removed} takes");
    if unread > 0 {
        message = format!("{message}; {left}");
    }
    Err(Fault::new(Exit::Failed, message)
        .hint("they are bought again when they are asked for; look at the disk"))
}

async fn clear(clear: args::ClearTakes, kept: Kept<'_>, printer: Printer) -> Result<(), Fault> {
    let args::ClearTakes { provider, older_than, remote } = clear;
    let spinner = spinner(printer, "clearing");
    let cleared = match kept {
        Kept::Here { cache, .. } => {
            let age = older_than.and_then(|age| moment::duration(&age).ok());
            let filter = ClearFilter { provider, stored_before_ms: age.map(moment::ago) };
            cache.clear(filter).await.map(ClearedTakes::from).map_err(failed)
        }
        Kept::At(url) => {
            let query = pairs(&ClearQuery { provider, older_than });
            order(&url, &format!("{PLACE}/clear"), &query).await
        }
    };
    spinner.finish_and_clear();
    let cleared = cleared?;
    if remote.json {
        return Ok(printer.json(&cleared)?);
    }
    Ok(printer.result(format_args!(
        "{} takes are gone, {} freed",
        cleared.takes,
        megabytes(cleared.bytes)
    ))?)
}

fn failed(error: CacheError) -> Fault {
    Fault::new(Exit::Failed, error)
}
