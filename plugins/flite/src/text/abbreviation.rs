//! Abbreviations, acronyms and sounds that are written without vowels.
//!
//! Two questions are answered here: how is it said, and does the full stop after it end a
//! sentence. `Dr.` and `St.` are left to the synthesizer, which tells a doctor from a drive by
//! the words around.

use super::neighbours::Neighbours;
use super::quantity::is_digits;
use super::spelling::letters;

/// What the full stop of an abbreviation means for the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// More always follows: `Dr.`, `vs.`
    GoesOn,
    /// It may also end the sentence: `etc.`, `p.m.`
    MayEnd,
}

use Stop::{GoesOn, MayEnd};

/// Abbreviations that are read only with their full stop, lower-cased and without it.
const STOPPED: &[(&str, &str, Stop)] = &[
    ("e.g", "for example", GoesOn),
    ("eg", "for example", GoesOn),
    ("i.e", "that is", GoesOn),
    ("etc", "et cetera", MayEnd),
    ("vs", "versus", GoesOn),
    ("v", "versus", GoesOn),
    ("cf", "compare", GoesOn),
    ("al", "al", MayEnd),
    ("ca", "circa", GoesOn),
    ("viz", "namely", GoesOn),
    ("approx", "approximately", GoesOn),
    ("appt", "appointment", MayEnd),
    ("apt", "apartment", GoesOn),
    ("ave", "avenue", MayEnd),
    ("blvd", "boulevard", MayEnd),
    ("rd", "road", MayEnd),
    ("hwy", "highway", GoesOn),
    ("prof", "professor", GoesOn),
    ("gen", "general", GoesOn),
    ("col", "colonel", GoesOn),
    ("lt", "lieutenant", GoesOn),
    ("capt", "captain", GoesOn),
    ("cpt", "captain", GoesOn),
    ("sgt", "sergeant", GoesOn),
    ("maj", "major", GoesOn),
    ("cmdr", "commander", GoesOn),
    ("adm", "admiral", GoesOn),
    ("rev", "reverend", GoesOn),
    ("hon", "honorable", GoesOn),
    ("gov", "governor", GoesOn),
    ("sen", "senator", GoesOn),
    ("rep", "representative", GoesOn),
    ("pres", "president", GoesOn),
    ("supt", "superintendent", GoesOn),
    ("mr", "mister", GoesOn),
    ("mrs", "missus", GoesOn),
    ("ms", "miz", GoesOn),
    ("messrs", "messers", GoesOn),
    ("mx", "mix", GoesOn),
    ("dr", "", GoesOn),
    ("st", "", GoesOn),
    ("mt", "mount", GoesOn),
    ("ft", "fort", GoesOn),
    ("jr", "junior", MayEnd),
    ("sr", "senior", MayEnd),
    ("inc", "incorporated", MayEnd),
    ("ltd", "limited", MayEnd),
    ("co", "company", MayEnd),
    ("corp", "corporation", MayEnd),
    ("dept", "department", MayEnd),
    ("est", "established", GoesOn),
    ("assn", "association", MayEnd),
    ("bros", "brothers", MayEnd),
    ("univ", "university", GoesOn),
    ("min", "minutes", MayEnd),
    ("max", "maximum", GoesOn),
    ("hr", "hours", MayEnd),
    ("hrs", "hours", MayEnd),
    ("sec", "seconds", MayEnd),
    ("tel", "telephone", GoesOn),
    ("ext", "extension", GoesOn),
    ("govt", "government", GoesOn),
    ("misc", "miscellaneous", GoesOn),
    ("temp", "temperature", GoesOn),
    ("a.m", "a.m", MayEnd),
    ("p.m", "p.m", MayEnd),
    ("a.k.a", "also known as", GoesOn),
    ("ph.d", "p.h.d", MayEnd),
    ("jan", "", GoesOn),
    ("feb", "", GoesOn),
    ("mar", "", GoesOn),
    ("apr", "", GoesOn),
    ("jun", "", GoesOn),
    ("jul", "", GoesOn),
    ("aug", "", GoesOn),
    ("sep", "", GoesOn),
    ("sept", "", GoesOn),
    ("oct", "", GoesOn),
    ("nov", "", GoesOn),
    ("dec", "", GoesOn),
];

/// Abbreviations that are read only before a number.
const NUMBERED: &[(&str, &str)] = &[
    ("no", "number"),
    ("nos", "numbers"),
    ("fig", "figure"),
    ("figs", "figures"),
    ("vol", "volume"),
    ("p", "page"),
    ("pp", "pages"),
    ("ch", "chapter"),
    ("chap", "chapter"),
    ("sec", "section"),
    ("art", "article"),
    ("eq", "equation"),
    ("ver", "version"),
    ("ed", "edition"),
    ("pt", "part"),
];

/// Short forms read without a full stop too.
const BARE: &[(&str, &str)] = &[
    ("Mr", "mister"),
    ("Mrs", "missus"),
    ("Ms", "miz"),
    ("vs", "versus"),
    ("w/o", "without"),
    ("c/o", "care of"),
    ("24/7", "twenty four seven"),
    ("n/a", "not applicable"),
    ("N/A", "not applicable"),
    ("etc", "et cetera"),
    ("AT&T", "ay t and t"),
    ("PhD", "p.h.d"),
    ("OK", "okay"),
    ("ok", "okay"),
    ("Jr", "junior"),
    ("Sr", "senior"),
    ("WiFi", "why fie"),
    ("Wi-Fi", "why fie"),
    ("wifi", "why fie"),
    ("SQL", "s.q.l"),
    ("iOS", "i.o.s"),
    ("IoT", "i.o.t"),
    ("COVID", "covid"),
];

/// Capitals that the synthesizer would try to pronounce and everybody spells.
const SPELLED: [&str; 34] = [
    "USA", "UK", "EU", "UN", "AI", "API", "APIs", "URL", "URLs", "UI", "UX", "ID", "IDs", "AIs", "UFO",
    "UFOs", "UAE", "CEO", "CEOs", "CIA", "CFO", "CTO", "IOU", "IRA", "IRS", "ISO", "ISP", "IPO", "DIY",
    "AMA", "EV", "EVs", "AWS", "IDE",
];

/// Sounds that have no vowel to say them with, and a spelling that comes close.
const SOUNDS: &[(&str, &str)] = &[
    ("hmm", "hum"),
    ("hm", "hum"),
    ("mm", "um"),
    ("mmm", "um"),
    ("mhm", "um hum"),
    ("shh", "shush"),
    ("sh", "shush"),
    ("shhh", "shush"),
    ("brr", "burr"),
    ("brrr", "burr"),
    ("grr", "gur"),
    ("grrr", "gur"),
    ("psst", "pist"),
    ("pst", "pist"),
    ("pfft", "fit"),
    ("tsk", "tisk"),
    ("ugh", "ug"),
    ("zzz", "zuzz"),
];

/// Reads an abbreviation; an empty reading means "as the synthesizer does".
pub(crate) fn read(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    let token = here.token()?;
    let lower = core.to_ascii_lowercase();
    let number_follows =
        here.next().is_some_and(|next| next.core.starts_with(|char: char| char.is_ascii_digit()));
    let has_stop = token.after.starts_with('.');
    if has_stop
        && number_follows
        && let Some((_, long)) = NUMBERED.iter().find(|(short, _)| *short == lower)
    {
        return Some(words(long));
    }
    if has_stop && let Some((_, long, _)) = stopped(here).filter(|(_, long, _)| !long.is_empty()) {
        return Some(words(long));
    }
    if let Some((_, long)) = BARE.iter().find(|(short, _)| *short == core) {
        return Some(words(long));
    }
    if let Some((_, long)) = SOUNDS.iter().find(|(sound, _)| *sound == lower) {
        return Some(words(long));
    }
    degree(core).or_else(|| acronym(here))
}

/// `B.Sc`, `M.Eng`: short dotted parts, one of them a capital by itself.
fn degree(core: &str) -> Option<Vec<String>> {
    let parts: Vec<_> = core.split('.').collect();
    let fits =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let has_capital =
        parts.iter().any(|part| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_uppercase()));
    let is_degree = parts.len() >= 2 && parts.iter().all(fits) && has_capital;
    is_degree.then(|| letters(&parts.concat()))
}

/// `USA` letter by letter, `APIs` with its plural; `US` when it is no shouted pronoun.
fn acronym(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    let is_country = core == "US" && !here.shouting;
    if !is_country && (!SPELLED.contains(&core) || here.shouting && core.len() < 3) {
        return None;
    }
    let capitals = core.trim_end_matches('s');
    let mut spoken = letters(capitals);
    if capitals.len() < core.len() {
        spoken.push("'s".to_owned());
    }
    Some(spoken)
}

/// What the full stop after the token means, when the token is an abbreviation.
pub(crate) fn stop(here: &Neighbours<'_>) -> Option<Stop> {
    let core = here.core();
    if !here.token()?.after.starts_with('.') {
        return None;
    }
    if let Some((_, _, stop)) = stopped(here) {
        return Some(stop);
    }
    let number_follows =
        here.next().is_some_and(|next| next.core.starts_with(|char: char| char.is_ascii_digit()));
    if number_follows && NUMBERED.iter().any(|(short, _)| *short == core.to_ascii_lowercase()) {
        return Some(GoesOn);
    }
    // "J. Smith", but not "Plan B. Then" or "so did I. Then".
    let is_initial = core.len() == 1 && core != "I" && core.bytes().all(|byte| byte.is_ascii_uppercase());
    let follows_name =
        here.before(1).is_none_or(|before| before.len() == 1 || !is_lower(before) && !is_digits(before))
            || here.before(1).is_some_and(is_lower);
    let dotted = core.contains('.') && core.split('.').all(|part| part.len() == 1);
    match (is_initial, dotted) {
        (true, _) if follows_name && here.before(1) != Some("Plan") => Some(GoesOn),
        (_, true) => Some(MayEnd),
        _ => None,
    }
}

/// The table's entry, unless the word is an ordinary one at the end of a sentence.
fn stopped(here: &Neighbours<'_>) -> Option<(&'static str, &'static str, Stop)> {
    let core = here.core();
    let lower = core.to_ascii_lowercase();
    let entry = *STOPPED.iter().find(|(short, _, _)| *short == lower)?;
    let is_upper = core.starts_with(|char: char| char.is_ascii_uppercase());
    let number_before =
        here.close_before().is_some_and(|before| before.ends_with(|char: char| char.is_ascii_digit()));
    let name_follows =
        here.next().is_some_and(|next| next.core.starts_with(|char: char| char.is_ascii_uppercase()));
    let fits = match lower.as_str() {
        // Measures.
        "min" | "hr" | "hrs" | "sec" => number_before,
        // Titles stand before a name and are capitalised; else these are words.
        "gen" | "col" | "rev" | "hon" | "gov" | "sen" | "rep" | "pres" | "ft" | "mt" | "capt" | "maj"
        | "adm" | "mx" | "prof" => is_upper && name_follows,
        "mar" | "jan" | "jun" | "dec" | "sep" | "co" | "inc" => is_upper,
        "ca" | "max" | "temp" | "est" | "ext" | "apt" => {
            here.next().is_some_and(|next| next.core.starts_with(|char: char| char.is_ascii_digit()))
        }
        "al" => here.before(1) == Some("et"),
        "v" | "eg" => core == lower && here.before(1).is_some(),
        _ => true,
    };
    fits.then_some(entry)
}

fn is_lower(word: &str) -> bool {
    word.starts_with(|char: char| char.is_ascii_lowercase())
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
