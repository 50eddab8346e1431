//! Fresh databases and events to put into them.

use domain::{
    AccountId, ClientAddress, Duration, Method, Moment, ProjectId, RequestEvent, StatusCode, Timestamp,
    Username, Zone,
};
use storage::{DatabaseUrl, Storage};

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

pub(crate) fn sqlite() -> Database {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db").to_str().unwrap().to_owned());
    Database { storage: Storage::open(&url).unwrap(), url, _place: Place::Folder(folder) }
}

pub(crate) fn postgres() -> Option<Database> {
    let server = tests::postgres::database()?;
    let url: DatabaseUrl = server.url().parse().unwrap();
    Some(Database { storage: Storage::open(&url).unwrap(), url, _place: Place::Server(server) })
}

pub(crate) fn at(text: &str) -> Timestamp {
    Moment::parse(text).unwrap().first(Zone::UTC)
}

pub(crate) fn account(storage: &Storage, name: &str) -> AccountId {
    let name = Username::parse(name).unwrap();
    storage.create_account(&name, "hash", at("2025-01-01")).unwrap().unwrap()
}

/// A project of a new account; `number` makes both distinct.
pub(crate) fn project(storage: &Storage, number: u8) -> ProjectId {
    let owner = account(storage, &format!("owner {number}"));
    storage.create_key(owner, &[number; 32], at("2025-01-01")).unwrap().id
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
