//! Ctrl-c, while a command waits for its text.

use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::command;

/// Long enough for a busy machine, and nothing to somebody who wants to go on.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(unix)]
#[test]
fn a_command_that_waits_for_its_text_is_interrupted() {
    // Who is asked first, the command or the signal, is drawn by lot.
    for round in 0..6 {
        for arguments in [["say", "-f", "text"], ["explain", "-f", "text"]] {
            let folder = TempDir::new().expect("a temporary folder");
            let text = folder.path().join("text");
            assert!(Command::new("mkfifo").arg(&text).status().expect("mkfifo runs").success());
            let mut child = command(folder.path())
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program starts");
            // This waits until the program waits for the text.
            let _unwritten = std::fs::File::create(&text).expect("it is opened");
            let pid = child.id().to_string();
            assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
            let (ended, end) = mpsc::channel();
            let waiting = std::thread::spawn(move || ended.send(child.wait()));
            let is_gone = end.recv_timeout(PATIENCE).is_ok();
            if !is_gone {
                let _ = Command::new("kill").args(["-KILL", &pid]).status();
            }
            let _ = waiting.join();
            assert!(is_gone, "round {round}: {arguments:?} goes on");
        }
    }
}
