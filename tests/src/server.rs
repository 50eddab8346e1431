//! The service as a child process with data of its own. Not for talking to it: see `client`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::{fs, thread};

use tempfile::TempDir;

use crate::binary::binary;
use crate::client::Client;
use crate::old_database;
use crate::postgres::{self, TestDatabase};
use crate::running::{PATIENCE, Running, wait};

/// The secret every server under test signs its tokens with.
pub const SECRET_KEY: &str = "only-for-tests-0123456789abcdef0123456789abcdef";

/// Where the service keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file in the data directory.
    Sqlite,
    /// A database on the test process's PostgreSQL server.
    Postgres,
}

/// Everything a server is started from; stays the same when it is restarted.
#[derive(Debug)]
pub struct Setup {
    dir: TempDir,
    database: Option<TestDatabase>,
    env: Vec<(String, Option<String>)>,
    args: Vec<String>,
}

impl Setup {
    /// Empty data on that back end; `None` where this machine does not have it.
    #[must_use]
    pub fn on(backend: Backend) -> Option<Self> {
        let database = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(postgres::database()?),
        };
        let dir =
            tempfile::Builder::new().prefix("api-analytics-test-").tempdir().expect("temporary directory");
        Some(Self { dir, database, env: Vec::new(), args: Vec::new() })
    }

    /// One more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// One environment variable less than tests pass in.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.env.push((name.to_owned(), None));
        self
    }

    /// One more argument after `serve`; a later one wins over the ones given by default.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// The data of the version before projects in the place of none.
    #[must_use]
    pub fn with_old_database(self) -> Self {
        match &self.database {
            Some(database) => old_database::fill_postgres(database.url()),
            None => old_database::fill_sqlite(&self.data_dir().join("analytics.db")),
        }
        self
    }

    /// Runs statements on the database, beside a service or without one.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn execute(&self, statements: &str) {
        match &self.database {
            Some(database) => old_database::execute_postgres(database.url(), statements),
            None => old_database::execute_sqlite(&self.data_dir().join("analytics.db"), statements),
        }
    }

    /// Starts the service and waits for its ready line.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    pub fn start(self) -> Server {
        let running = self.spawn_service();
        Server { setup: self, running }
    }

    /// Runs the service where it is expected to end by itself, and gives what it said.
    ///
    /// # Panics
    /// When it is still running after a minute.
    #[must_use]
    pub fn run_to_exit(&self) -> Output {
        let mut child = self.serve().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("spawned");
        if wait(&mut child).is_none() {
            let _ = child.kill();
            panic!("the service was expected to refuse to start, but it is running");
        }
        child.wait_with_output().expect("its output")
    }

    /// The data directory, which the service may not have made yet.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Runs another command on the same data to its end.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn run(&self, command: &str, args: &[&str]) -> Output {
        self.program(command).args(args).output().expect("the program runs")
    }

    fn serve(&self) -> Command {
        let mut command = self.program("serve");
        command.args(["--host", "127.0.0.1"]);
        if !self.args.iter().any(|arg| arg == "--port") {
            command.args(["--port", "0"]);
        }
        command.args(&self.args);
        command
    }

    pub(crate) fn postgres_url(&self) -> Option<&str> {
        self.database.as_ref().map(TestDatabase::url)
    }

    /// The program on this data, unless arguments of the setup name other data.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(binary());
        command.arg(name);
        if !self.args.iter().any(|arg| arg == "--data-dir") {
            command.arg("--data-dir").arg(self.data_dir());
        }
        if let Some(database) = &self.database
            && !self.args.iter().any(|arg| arg == "--database-url")
        {
            command.args(["--database-url", database.url()]);
        }
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command.env_remove("DATABASE_URL").env("SECRET_KEY", SECRET_KEY).env("RUST_LOG", "warn");
        command.env("API_ANALYTICS_BCRYPT_COST", "4");
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("stderr.log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn spawn_service(&self) -> Running {
        let log = File::options().create(true).append(true).open(self.log_path()).expect("a log file");
        let mut child = self.serve().stdout(Stdio::piped()).stderr(log).spawn().expect("spawned");
        let stdout = child.stdout.take().expect("piped");
        let (sender, ready) = mpsc::channel();
        // Goes on reading after the first line, so that the service never meets a closed pipe.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let line = ready.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("the service did not get ready: {}", self.log())
        });
        let Some(base) = line.strip_prefix("listening on ") else {
            let _ = child.kill();
            panic!("expected `listening on http://…`, got {line:?}");
        };
        Running { client: Client::new(base.trim()), child }
    }
}

/// A running service; dropping it kills it and removes its data.
#[derive(Debug)]
pub struct Server {
    // Declared first: the process ends before its data goes away.
    running: Running,
    setup: Setup,
}

impl Server {
    /// A service with default settings; `None` where this machine lacks the back end.
    #[must_use]
    pub fn start(backend: Backend) -> Option<Self> {
        Setup::on(backend).map(Setup::start)
    }

    /// The client of this server.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.running.client
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.setup.log()
    }

    /// What it was started from, for other commands on the same data.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Asks it to end (SIGTERM) and checks that it ends well; the data stays.
    ///
    /// # Panics
    /// When it does not end, or ends with another exit code than 0.
    #[must_use]
    pub fn stop(mut self) -> Setup {
        self.terminate();
        let status = wait(&mut self.running.child);
        let log = self.setup.log();
        assert_eq!(
            status.and_then(|status| status.code()),
            Some(0),
            "exit after SIGTERM ({status:?}): {log}"
        );
        self.setup
    }

    /// Sends SIGTERM and does not wait.
    ///
    /// # Panics
    /// When there is no `kill` program.
    pub fn terminate(&self) {
        let pid = self.running.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    }

    /// Ends it without warning (SIGKILL); the data stays.
    ///
    /// # Panics
    /// When it cannot be killed.
    #[must_use]
    pub fn kill(mut self) -> Setup {
        self.running.child.kill().expect("killed");
        self.running.child.wait().expect("reaped");
        self.setup
    }

    /// Another process on the same data, which must be on PostgreSQL: a SQLite file is for one service.
    #[must_use]
    pub fn twin(&self) -> Twin {
        Twin(self.setup.spawn_service())
    }

    /// Stops it and starts it again on the same data.
    #[must_use]
    pub fn restart(self) -> Self {
        self.stop().start()
    }
}

/// A second process on a server's data; dropping it kills it.
#[derive(Debug)]
pub struct Twin(Running);

impl Twin {
    /// The client of this process.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }
}
