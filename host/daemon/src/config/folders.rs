//! Where things lie when the configuration does not say, by the platform's own rules: the XDG
//! folders on Unix, the known folders on Windows.

use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy, home_dir};

/// The program's folder inside the platform's.
const PROGRAM: &str = "understudy";

/// Where an installed plugin is dropped.
pub(super) fn plugins() -> PathBuf {
    platform(|base| base.data_dir()).join("plugins")
}

/// Where compiled plugins are kept.
pub(super) fn code_cache() -> PathBuf {
    platform(|base| base.cache_dir()).join("code")
}

/// Where takes, history and counters are kept.
pub(super) fn store() -> PathBuf {
    platform(|base| base.data_dir()).join("store")
}

/// Where the configuration file is looked for last.
pub(super) fn config() -> PathBuf {
    platform(|base| base.config_dir())
}

/// A path as written in a file that lies in `folder`: `~/` is the home folder.
pub(super) fn expand(text: &str, folder: &Path) -> PathBuf {
    match (text.strip_prefix("~/"), home_dir()) {
        (Some(inside), Ok(home)) => home.join(inside),
        _ => folder.join(text),
    }
}

/// An account without a home folder (a container, a service) gets a folder of its own under the
/// system's temporary one: the program works, and what it keeps may be gone after a restart.
fn platform(folder: impl Fn(&dyn BaseStrategy) -> PathBuf) -> PathBuf {
    choose_base_strategy().map_or_else(|_| std::env::temp_dir(), |base| folder(&base)).join(PROGRAM)
}
