//! Fresh databases and events to put into them.

use std::sync::Barrier;

use domain::{
    AccountId, ClientAddress, Duration, Method, Moment, Name, ProjectId, RequestEvent, StatusCode, Timestamp,
    Username, Zone,
};
use postgres::{Client, NoTls};
use storage::{Actor, Creation, DatabaseUrl, Registration, Storage};

/// An empty database that goes away with the value.
pub(crate) struct Database {
    pub(crate) storage: Storage,
    pub(crate) url: DatabaseUrl,
    _place: Place,
}

enum Place {
    Folder(#[expect(dead_code, reason = "removed when dropped")] tempfile::TempDir),
    Server(#[expect(dead_code, reason = "removed when dropped")] tests::postgres::TestDatabase),
}

impl Database {
    pub(crate) const fn is_sqlite(&self) -> bool {
        matches!(self.url, DatabaseUrl::Sqlite(_))
    }

    /// Several of it, each with connections of its own, as several processes have them.
    pub(crate) fn processes(&self, number: usize) -> Vec<Storage> {
        (0..number).map(|_| Storage::open(&self.url).unwrap()).collect()
    }

    /// Runs statements that no method has, such as those that do damage.
    pub(crate) fn execute(&self, statements: &str) {
        execute(&self.url, statements);
    }

    /// The text that a query finds.
    pub(crate) fn text(&self, query: &str) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.query_row(query, [], |row| row.get(0)).unwrap()
            }
            DatabaseUrl::Postgres(url) => {
                Client::connect(url, NoTls).unwrap().query_one(query, &[]).unwrap().get(0)
            }
        }
    }
}

/// What comes of work that all processes do at the same moment; each is told its number.
pub(crate) fn at_once<T: Send>(processes: &[Storage], work: impl Fn(&Storage, usize) -> T + Sync) -> Vec<T> {
    let all_ready = Barrier::new(processes.len());
    std::thread::scope(|scope| {
        let start = |(number, storage)| {
            let (work, all_ready) = (&work, &all_ready);
            scope.spawn(move || {
                all_ready.wait();
                work(storage, number)
            })
        };
        let threads: Vec<_> = processes.iter().enumerate().map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Runs statements on a database, which need not have any table yet.
pub(crate) fn execute(url: &DatabaseUrl, statements: &str) {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.execute_batch(statements).unwrap();
        }
        DatabaseUrl::Postgres(url) => {
            Client::connect(url, NoTls).unwrap().batch_execute(statements).unwrap();
        }
    }
}

pub(crate) fn sqlite() -> Database {
    sqlite_after(|_| {})
}

/// A SQLite database that is opened after something was made of the new file.
pub(crate) fn sqlite_after(prepare: impl FnOnce(&DatabaseUrl)) -> Database {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db").to_str().unwrap().to_owned());
    prepare(&url);
    Database { storage: Storage::open(&url).unwrap(), url, _place: Place::Folder(folder) }
}

pub(crate) fn postgres() -> Option<Database> {
    postgres_after(|_| {})
}

/// The same on PostgreSQL.
pub(crate) fn postgres_after(prepare: impl FnOnce(&DatabaseUrl)) -> Option<Database> {
    let server = tests::postgres::database()?;
    let url: DatabaseUrl = server.url().parse().unwrap();
    prepare(&url);
    Some(Database { storage: Storage::open(&url).unwrap(), url, _place: Place::Server(server) })
}

pub(crate) fn at(text: &str) -> Timestamp {
    Moment::parse(text).unwrap().first(Zone::UTC)
}

/// Somebody who changes something, at the beginning of 2025.
pub(crate) fn actor(name: &str) -> Actor {
    actor_at(name, "2025-01-01")
}

pub(crate) fn actor_at(name: &str, time: &str) -> Actor {
    let address = Some("192.0.2.1".parse().unwrap());
    Actor { account: None, name: name.to_owned(), address, at: at(time) }
}

/// The account, as what changes something.
pub(crate) fn by(account: AccountId) -> Actor {
    Actor { account: Some(account), ..actor("somebody") }
}

pub(crate) fn account(storage: &Storage, name: &str) -> AccountId {
    let username = Username::parse(name).unwrap();
    match storage.create_account(&username, "hash", None, &actor(name)).unwrap() {
        Registration::Created(account) => account.id,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse("name", text).unwrap()
}

/// What was made.
pub(crate) fn created<T: std::fmt::Debug>(creation: Creation<T>) -> T {
    match creation {
        Creation::Created(made) => made,
        other => panic!("{other:?}"),
    }
}

/// A project of a new account; `number` makes both distinct.
pub(crate) fn project(storage: &Storage, number: u8) -> ProjectId {
    let owner = account(storage, &format!("owner {number}"));
    project_of(storage, owner, &format!("project {number}"))
}

pub(crate) fn project_of(storage: &Storage, owner: AccountId, text: &str) -> ProjectId {
    created(storage.create_project(&name(text), Some(owner), &by(owner)).unwrap()).id
}

pub(crate) fn event(
    time: &str,
    method: Method,
    endpoint: &str,
    ip: &str,
    us: u64,
    status: u16,
) -> RequestEvent {
    let ip: Option<ClientAddress> = (!ip.is_empty()).then(|| ip.parse().unwrap());
    let status = StatusCode::new(status).unwrap();
    RequestEvent::new(at(time), method, endpoint, ip, Duration::from_micros(us).unwrap(), status).unwrap()
}
