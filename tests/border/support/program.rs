//! The program as a person runs it: arguments in, exit code, output and files out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The program built with these tests.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_understudy-under-test"))
}

/// Compiled plugins, shared by every test so that each is compiled once.
fn cache() -> PathBuf {
    binary().parent().expect("it lies in a folder").join("border-cache")
}

/// A run that has ended, and the folder it ran in.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) folder: TempDir,
}

impl Outcome {
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.stderr))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.file(name)).expect("it is text")
    }

    pub(crate) fn stdout_json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.stderr))
    }

    /// The names of the files it left behind, but for what it keeps at home.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path())
            .expect("the folder can be read")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| name != ".local")
            .collect();
        names.sort();
        names
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }
}

/// A command that finds no configuration but the tests' own, in an empty folder.
pub(crate) fn command(folder: &Path) -> Command {
    settled(Command::new(binary()), folder)
}

/// The same among mounts of its own, which `script` makes in the folder: nobody else sees them, and they
/// go with it. Nothing where the kernel lets nobody have any.
pub(crate) fn command_among(script: &str, folder: &Path) -> Option<Command> {
    let unshared = || Command::new("unshare");
    let trial = unshared().args(["-rm", "mount", "-t", "tmpfs", "none"]).arg(folder.join("store")).status();
    trial.ok().filter(std::process::ExitStatus::success)?;
    let mut command = unshared();
    command.args(["-rm", "sh", "-c", &format!("{script} && exec \"$0\" \"$@\"")]).arg(binary());
    Some(settled(command, folder))
}

fn settled(mut command: Command, folder: &Path) -> Command {
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("XDG_CACHE_HOME", cache());
    command
}

/// Runs the program with `arguments` to its end.
pub(crate) fn understudy<A: AsRef<OsStr>>(arguments: &[A]) -> Outcome {
    understudy_with(arguments, &[], |_| ())
}

/// The same with standard input, in a folder `prepare` has filled.
pub(crate) fn understudy_with<A: AsRef<OsStr>>(
    arguments: &[A],
    stdin: &[u8],
    prepare: impl FnOnce(&Path),
) -> Outcome {
    let folder = TempDir::new().expect("a temporary folder");
    prepare(folder.path());
    let mut child = command(folder.path())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    // The program may end without reading its input; that is its right.
    let _ = std::io::Write::write_all(&mut pipe, stdin);
    drop(pipe);
    let output = child.wait_with_output().expect("the program ends");
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        folder,
    }
}
