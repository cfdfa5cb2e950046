//! The contracts this host speaks.
//!
//! A released contract version is frozen; each has a module here that turns it into the
//! vocabulary of `understudy-speech`, and everything else in this crate knows only that
//! vocabulary. Which one a component wants shows in the version of its `provider` export.

pub(crate) mod v1;

use wasmtime::component::Component;

use crate::load::LoadError;
use crate::trap::bounded;

/// The export every plugin has, without its version.
const PROVIDER: &str = "understudy:provider/provider";

/// The longest version quoted from a file, in bytes.
const VERSION_BYTES_MAX: usize = 100;

/// The contract version a component was built for, when it is one of ours.
pub(crate) fn contract_of(component: &Component) -> Result<String, LoadError> {
    let component_type = component.component_type();
    let versions: Vec<&str> = component_type
        .exports(component.engine())
        .filter_map(|(name, _)| match name.split_once('@') {
            Some((PROVIDER, version)) => Some(version),
            None if name == PROVIDER => Some(""),
            _ => None,
        })
        .collect();
    match versions.as_slice() {
        [] => Err(LoadError::WrongWorld { missing: format!("{PROVIDER}@{}", v1::VERSION) }),
        versions if versions.contains(&v1::VERSION) => Ok(v1::VERSION.to_owned()),
        [version, ..] => Err(LoadError::UnknownContract { version: bounded(version, VERSION_BYTES_MAX) }),
    }
}
