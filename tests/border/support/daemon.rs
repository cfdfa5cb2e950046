//! A running `understudy serve`, stopped when the test ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::{command, command_among};

/// How long a debug build may take to come up, a cold compile of the offline voice included.
const START_SECONDS: u64 = 120;

pub(crate) struct Daemon {
    child: Child,
    base: String,
    client: Client,
    log: Arc<Mutex<String>>,
    folder: TempDir,
}

impl Daemon {
    /// Starts with the defaults and waits until it is ready.
    pub(crate) async fn start() -> Self {
        Self::start_with("", |_| ()).await
    }

    /// Starts with a configuration, in a folder `prepare` has filled.
    pub(crate) async fn start_with(config: &str, prepare: impl FnOnce(&Path)) -> Self {
        let folder = filled(config, prepare);
        let command = command(folder.path());
        Self::run(command, folder).await
    }

    /// Starts among mounts of its own, see [`command_among`].
    pub(crate) async fn start_among(script: &str, config: &str, prepare: impl FnOnce(&Path)) -> Option<Self> {
        let folder = filled(config, prepare);
        let command = command_among(script, folder.path())?;
        Some(Self::run(command, folder).await)
    }

    async fn run(mut command: Command, folder: TempDir) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = collect(child.stderr.take().expect("a pipe"));
        let mut daemon = Self { child, base: String::new(), client: client(), log, folder };
        let ready = timeout(Duration::from_secs(START_SECONDS), daemon.wait_until_ready()).await;
        assert!(ready.is_ok(), "it was not ready in {START_SECONDS} s:\n{}", daemon.log());
        daemon
    }

    async fn wait_until_ready(&mut self) {
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                panic!("it ended with {status}:\n{}", self.log());
            }
            if let Some(address) = bound_address(&self.log()) {
                self.base = format!("http://{address}");
                let answer = self.client.get(self.url("/readyz")).send().await;
                if answer.is_ok_and(|response| response.status().is_success()) {
                    return;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.url(path)).json(body)
    }

    /// A GET that must answer 200 with JSON.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let response = self.get(path).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }

    /// A POST that must answer 200.
    pub(crate) async fn ok(&self, path: &str, body: &Value) -> Response {
        let response = self.post(path, body).send().await.expect("an answer");
        let status = response.status();
        if !status.is_success() {
            panic!("{path}: {status}: {}\n{}", response.text().await.unwrap_or_default(), self.log());
        }
        response
    }

    /// Everything it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its folder as it sees it, mounts of its own included.
    pub(crate) fn folder_within(&self) -> PathBuf {
        let folder = self.folder().strip_prefix("/").expect("it is absolute");
        Path::new("/proc").join(self.pid().to_string()).join("root").join(folder)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end in good order, as a service manager does.
    pub(crate) fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        assert!(told.expect("kill runs").success());
    }

    /// Waits for it to end by itself.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        for _ in 0..1500 {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                return status;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("it did not end:\n{}", self.log());
    }
}

/// A folder with a configuration, and what `prepare` puts into it.
fn filled(config: &str, prepare: impl FnOnce(&Path)) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("understudy.toml"), config).expect("the configuration is written");
    prepare(folder.path());
    folder
}

/// A client for the daemon. It only speaks plain HTTP, but the program under test has `reqwest` built
/// with a TLS that has to be told its cryptography.
pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the log of the daemon at {}:\n{}", self.base, self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Collects a child's standard error for as long as it lives.
fn collect(pipe: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let writer = Arc::clone(&log);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut log = writer.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
    log
}

/// The first address it says it listens on.
fn bound_address(log: &str) -> Option<&str> {
    let line = log.lines().find(|line| line.contains("listening") && line.contains("127.0.0.1:"))?;
    let start = line.find("127.0.0.1:")?;
    let address = line.get(start..)?;
    let end = address.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(address.len());
    address.get(..end)
}
