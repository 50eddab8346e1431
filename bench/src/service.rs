//! The service as a child process with data of its own, and an account on it. Not for measuring.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, thread};

use anyhow::Context;
use tests::postgres::TestDatabase;

use crate::http::{self, Connection};

const PASSWORD: &str = "benchmarks only";

/// The release build of the service: that of `API_ANALYTICS_BIN`, else the one of this build folder.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let path = match env::var_os("API_ANALYTICS_BIN") {
        Some(path) => PathBuf::from(path),
        None => {
            let own = env::current_exe()?;
            own.ancestors().nth(2).unwrap_or(Path::new("target")).join("release/api-analytics")
        }
    };
    anyhow::ensure!(
        path.is_file(),
        "{} is missing: run `cargo build --release -p api`, or name the program in API_ANALYTICS_BIN",
        path.display()
    );
    Ok(path.canonicalize()?)
}

/// Where a service keeps its data.
pub(crate) struct Place {
    program: PathBuf,
    data_dir: PathBuf,
    database: Option<TestDatabase>,
    settings: Vec<(String, &'static str)>,
}

impl Place {
    /// Data in that folder, in the given database or else in a SQLite file.
    pub(crate) fn new(
        program: &Path,
        data_dir: PathBuf,
        database: Option<TestDatabase>,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(&data_dir)?;
        Ok(Self { program: program.to_owned(), data_dir, database, settings: Vec::new() })
    }

    /// Gives the commands a setting, by the name of its environment variable.
    pub(crate) fn set(&mut self, name: String, value: &'static str) {
        self.settings.push((name, value));
    }

    /// A command of the program on this data.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).arg("--data-dir").arg(&self.data_dir);
        if let Some(database) = &self.database {
            command.args(["--database-url", database.url()]);
        }
        command.stdin(Stdio::null()).env_remove("DATABASE_URL");
        // Tokens outlive the longest run.
        command.env("API_ANALYTICS_TOKEN_MINUTES", "1440");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The SQLite file.
    pub(crate) fn database_file(&self) -> PathBuf {
        self.data_dir.join("analytics.db")
    }

    /// Bytes of all files in the data folder, but the log.
    pub(crate) fn bytes_on_disk(&self) -> anyhow::Result<u64> {
        let mut bytes = 0;
        let mut folders = vec![self.data_dir.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if entry.path() != self.log_file() {
                    bytes += entry.metadata()?.len();
                }
            }
        }
        Ok(bytes)
    }

    /// Starts the service and waits for its ready line.
    pub(crate) fn start(&self) -> anyhow::Result<Service> {
        let log = File::create(self.log_file())?;
        let spawned = Instant::now();
        let mut command = self.command("serve");
        command.args(["--host", "127.0.0.1", "--port", "0"]).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().context("cannot start the service")?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let millis_to_listening = spawned.elapsed().as_secs_f64() * 1000.0;
        let address = line.trim().strip_prefix("listening on http://").map(str::parse);
        let Some(Ok(address)) = address else {
            let _ = child.kill();
            let _ = child.wait();
            anyhow::bail!("the service did not start: {}", fs::read_to_string(self.log_file())?);
        };
        // Goes on reading, so that the service never meets a closed pipe.
        thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Ok(Service { child, address, millis_to_listening, spawned })
    }

    fn log_file(&self) -> PathBuf {
        self.data_dir.join("service.log")
    }
}

/// A running service; it ends with this value.
pub(crate) struct Service {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From the start of the process to its ready line.
    pub(crate) millis_to_listening: f64,
    spawned: Instant,
}

impl Service {
    /// Ends it as an operator would (SIGTERM).
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status().context("kill")?;
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the service ended with {status}");
        Ok(())
    }

    /// Waits for the first answer to `GET /`; gives the milliseconds from the start of the process to that.
    pub(crate) fn first_answer_millis(&self) -> anyhow::Result<f64> {
        self.connect()?.send(&http::get("/", ""))?.ok()?;
        Ok(self.spawned.elapsed().as_secs_f64() * 1000.0)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.address)
    }

    /// A figure of `/proc/PID/status`, in MiB: `VmRSS`, `VmHWM`.
    pub(crate) fn memory_mib(&self, field: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such figure")?;
        let kib: u32 = line.trim_matches([':', ' ', '\t', 'k', 'B']).parse()?;
        Ok(f64::from(kib) / 1024.0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An account with a token and a key.
#[derive(Clone)]
pub(crate) struct Tenant {
    /// The account's name.
    pub(crate) username: String,
    /// Its API key.
    pub(crate) key: String,
    token: String,
}

impl Tenant {
    /// Registers the account and makes a key.
    pub(crate) fn register(service: &Service, username: &str) -> anyhow::Result<Self> {
        let mut connection = service.connect()?;
        let account = format!(r#"{{"username":"{username}","password":"{PASSWORD}"}}"#);
        let json = "Content-Type: application/json\r\n";
        connection.send(&http::post("/register", json, account.as_bytes()))?.ok()?;
        let form = format!("username={username}&password={}", PASSWORD.replace(' ', "+"));
        let form_type = "Content-Type: application/x-www-form-urlencoded\r\n";
        let token = connection.send(&http::post("/token", form_type, form.as_bytes()))?.ok()?.json();
        let token = token.get("access_token").and_then(|token| token.as_str()).context("no token")?;
        let bearer = format!("Authorization: Bearer {token}\r\n");
        let key = connection.send(&http::post("/generate_key", &bearer, b""))?.ok()?.json();
        let key = key.as_str().context("no key")?.to_owned();
        Ok(Self { username: username.to_owned(), key, token: token.to_owned() })
    }

    /// A `GET` request with token and key.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        let Self { token, key, .. } = self;
        http::get(path, &format!("Authorization: Bearer {token}\r\nX-API-Key: {key}\r\n"))
    }

    /// A `POST` request with the key.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        http::post(path, &format!("X-API-Key: {}\r\n{headers}", self.key), body)
    }
}
