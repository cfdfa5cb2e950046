//! Waiting, and how long it has been.
//!
//! A component has the real clock of WASI; the time it waits costs it no processor time. In the test
//! harness time is played: a wait is over at once and moves the clock, so a test of a job that takes
//! a minute takes none.
//!
//! ```
//! use std::time::Duration;
//! use understudy_plugin::clock;
//!
//! let begun = clock::now();
//! clock::wait(Duration::from_secs(2));
//! assert!(clock::now() - begun >= Duration::from_secs(2));
//! ```

use std::time::Duration;

use crate::host;

/// The time on a clock that never runs backwards and begins anywhere.
#[must_use]
pub fn now() -> Duration {
    host::now()
}

/// Waits. The host ends the call at its deadline, in the middle of a wait too.
pub fn wait(duration: Duration) {
    host::wait(duration);
}
