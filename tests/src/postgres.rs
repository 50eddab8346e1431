//! Fresh, empty PostgreSQL databases for tests, on a server that ends with the test process.
//! Not for SQLite, which needs no server, and not for anything that must outlive a test.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use postgres::{Client, NoTls};

/// An empty database of its own, dropped together with this value.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    name: String,
    admin_url: &'static str,
}

impl TestDatabase {
    /// The `postgres://` URL of this database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A server that is already gone has taken the database with it.
        let _ = execute(self.admin_url, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// A fresh database, or `None` (said loudly on stderr) where the machine has no PostgreSQL.
///
/// `TEST_POSTGRES_URL` names a server to use instead of starting one.
///
/// # Panics
/// When a server exists but does not work, or when there is none and `REQUIRE_POSTGRES=1`.
#[must_use]
pub fn database() -> Option<TestDatabase> {
    static ADMIN_URL: OnceLock<Option<String>> = OnceLock::new();
    let found = ADMIN_URL.get_or_init(|| env::var("TEST_POSTGRES_URL").ok().or_else(start_server));
    let Some(admin_url) = found else {
        assert!(
            env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"),
            "REQUIRE_POSTGRES=1, but this machine has no PostgreSQL (initdb, pg_ctl)"
        );
        eprintln!(
            "SKIPPED: no PostgreSQL (initdb, pg_ctl) on this machine; set TEST_POSTGRES_URL or install it"
        );
        return None;
    };
    let name = unique_name();
    execute(admin_url, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        .unwrap_or_else(|error| panic!("no test database on {admin_url}: {error}"));
    Some(TestDatabase { url: with_database(admin_url, &name), name, admin_url })
}

/// Holds the server's pipe open; the kernel closes it however this process ends.
static KEEPER: OnceLock<Child> = OnceLock::new();

/// Starts the server, waits until it answers, and on end of input stops it and removes its files.
const KEEPER_SCRIPT: &str = r#"
trap '' INT TERM HUP
dir=$1 options=$2
shift 2
if "$@" -w -t 60 -l "$dir/log" -o "$options" start >"$dir/start" 2>&1
then echo ready
else cat "$dir/start" "$dir/log"; echo failed
fi
exec >/dev/null 2>&1
cat
"$@" -m immediate -w stop
rm -rf "$dir"
"#;

fn start_server() -> Option<String> {
    let bin = find_binaries()?;
    let as_root = command_output("id", &["-u"]) == "0";
    let dir =
        tempfile::Builder::new().prefix("test-postgres-").tempdir().expect("temporary directory").keep();
    if as_root {
        run(Command::new("chown").arg("postgres").arg(&dir));
    }
    let data = dir.join("data");
    let mut initdb = as_postgres(as_root, &bin.join("initdb"));
    initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]);
    run(initdb.arg("--no-sync").current_dir("/"));

    let port = free_port();
    let options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=400 \
         -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    );
    let control = as_postgres(as_root, &bin.join("pg_ctl"));
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER_SCRIPT, "postgres-keeper"]).arg(&dir).arg(options);
    keeper.arg(control.get_program()).args(control.get_args()).arg("-D").arg(&data);
    // A group of its own: a signal to the group of the tests must not stop the tidying up.
    keeper.process_group(0).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = keeper.spawn().expect("sh");

    let mut answer = BufReader::new(keeper.stdout.take().expect("piped"));
    let mut line = String::new();
    answer.read_line(&mut line).expect("the keeper's answer");
    if line.trim() != "ready" {
        drop(keeper.stdin.take());
        let _ = answer.read_to_string(&mut line);
        panic!("PostgreSQL does not start: {line}");
    }
    KEEPER.set(keeper).expect("one server per process");
    Some(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

/// The directory of the newest installed server, or else of the one on the `PATH`.
fn find_binaries() -> Option<PathBuf> {
    let complete = |dir: &PathBuf| dir.join("initdb").is_file() && dir.join("pg_ctl").is_file();
    let version_of = |dir: &PathBuf| dir.parent()?.file_name()?.to_str()?.parse::<f32>().ok();
    let installed = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten();
    let mut dirs: Vec<PathBuf> =
        installed.flatten().map(|entry| entry.path().join("bin")).filter(complete).collect();
    dirs.sort_by(|a, b| version_of(b).partial_cmp(&version_of(a)).unwrap_or(std::cmp::Ordering::Equal));
    let path = env::var_os("PATH").unwrap_or_default();
    dirs.into_iter().chain(env::split_paths(&path)).find(complete)
}

/// The program as a user that PostgreSQL accepts: it refuses to run as root.
fn as_postgres(as_root: bool, program: &Path) -> Command {
    if !as_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn command_output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().expect("a standard program");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("bound").port()
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros();
    format!("test_{}_{micros}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The same server and parameters, another database.
fn with_database(url: &str, name: &str) -> String {
    let (location, parameters) = url.split_once('?').map_or((url, ""), |(left, right)| (left, right));
    let (scheme, rest) = location.split_once("://").expect("a URL with a scheme");
    let server = rest.split('/').next().unwrap_or(rest);
    let separator = if parameters.is_empty() { "" } else { "?" };
    format!("{scheme}://{server}/{name}{separator}{parameters}")
}

/// Runs on a thread of its own: the client blocks, which an async test's thread forbids.
fn execute(url: &str, sql: &str) -> Result<(), postgres::Error> {
    std::thread::scope(|scope| {
        let work = scope.spawn(|| Client::connect(url, NoTls)?.batch_execute(sql));
        work.join().expect("the database thread")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_new_and_empty() {
        let (Some(first), Some(second)) = (database(), database()) else {
            return;
        };
        assert_ne!(first.url(), second.url());
        execute(first.url(), "CREATE TABLE t (x INT)").expect("a usable database");
        execute(second.url(), "CREATE TABLE t (x INT)").expect("a database of its own");
    }

    #[test]
    fn keeps_the_server_and_the_parameters_of_a_url() {
        let url = with_database("postgres://u:p@host:1/old?sslmode=disable", "new");
        assert_eq!(url, "postgres://u:p@host:1/new?sslmode=disable");
        assert_eq!(with_database("postgres://host", "new"), "postgres://host/new");
    }
}
