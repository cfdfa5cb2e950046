//! The program under test: the daemon's own `main`.

use std::process::ExitCode;

fn main() -> ExitCode {
    understudy::cli::main()
}
