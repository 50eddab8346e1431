//! A database of the version before projects, opened by this one: nothing is lost, nothing is changed, and whoever had
//! an API key has a project with it.

mod old;

use std::collections::BTreeSet;

use domain::{
    AccountId, Extras, KeyId, Ledger, Name, ProjectId, ProjectSettings, RequestEvent, Role, Scopes,
    StoredEvent, Tally, TimeRange, Timestamp, Username, Verdict,
};
use storage::{Batch, DatabaseUrl, Delivery, Incoming, Once, Outcome, SegmentEntry, TokenHash};
use tests::old_database;

use self::old::{before, old_keys};
use crate::fixture::{Database, account, at, event, execute, postgres_after, project_of, sqlite_after};

/// Makes of each function one test for SQLite and one for PostgreSQL. It is given the database after the upgrade.
macro_rules! after_the_upgrade {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&super::sqlite_after(super::fill)); })+
        }
        mod postgres {
            $(#[test] fn $test() {
                if let Some(database) = super::postgres_after(super::fill) { super::$test(&database); }
            })+
        }
    };
}

after_the_upgrade!(
    every_key_becomes_a_project_with_that_key,
    the_account_of_every_key_owns_its_project,
    accounts_keep_their_passwords_and_nobody_is_administrator,
    every_event_is_as_it_was,
    segments_hold_the_same_bytes,
    the_ledger_counts_the_same,
    batches_are_known_still,
    numbers_go_on_where_they_were,
);

fn fill(url: &DatabaseUrl) {
    match url {
        DatabaseUrl::Sqlite(path) => old_database::fill_sqlite(path.as_ref()),
        DatabaseUrl::Postgres(url) => old_database::fill_postgres(url),
    }
}

fn every_key_becomes_a_project_with_that_key(database: &Database) {
    let storage = &database.storage;
    let old = old_keys();
    assert_eq!(old.iter().filter(|key| key.revoked_at.is_some()).count(), 1);
    assert_eq!(storage.projects(None, 100).unwrap().len(), old.len());
    let mut ids = BTreeSet::new();
    for old in old {
        let id = ProjectId(old.id);
        let name = Name::parse("name", &format!("API {id}")).unwrap();
        let project = storage.project(id).unwrap().unwrap();
        assert_eq!((&project.name, project.created_at), (&name, old.created_at));
        assert_eq!(project.last_event_id, old.last_event_id);
        let newest =
            format!("SELECT created_at FROM events WHERE key_id = {id} AND id = {}", old.last_event_id);
        let newest = before(&newest, |row| row.get::<_, i64>(0)).pop();
        assert_eq!(project.last_event_at.map(Timestamp::as_micros), newest);
        assert_eq!(storage.settings(id).unwrap(), Some((ProjectSettings::default(), 0)));

        let keys = storage.keys(id, None, 10).unwrap();
        let [key] = keys.as_slice() else { panic!("{keys:?}") };
        assert_eq!((&key.name, key.scopes, &key.prefix), (&name, Scopes::INGEST, &None));
        assert_eq!((key.created_at, key.created_by), (old.created_at, Some(old.account)));
        assert_eq!((key.revoked_at, key.expires_at, key.last_used_at), (old.revoked_at, None, None));
        ids.insert(key.id);
        let granted: Vec<(ProjectId, KeyId)> = storage
            .grants(&[old.hash])
            .unwrap()
            .into_iter()
            .map(|(_, grant)| grant.unwrap())
            .map(|grant| (grant.project, grant.key))
            .collect();
        assert_eq!(granted, if old.revoked_at.is_none() { vec![(id, key.id)] } else { vec![] });
    }
    assert_eq!(ids.len(), 4);
}

fn the_account_of_every_key_owns_its_project(database: &Database) {
    for old in old_keys() {
        let members = database.storage.members(ProjectId(old.id)).unwrap();
        let [owner] = members.as_slice() else { panic!("{members:?}") };
        assert_eq!((owner.account, owner.role), (old.account, Role::Owner));
        assert_eq!(owner.created_at, old.created_at);
    }
}

fn accounts_keep_their_passwords_and_nobody_is_administrator(database: &Database) {
    let accounts = before("SELECT username, id, password_hash, created_at FROM accounts", |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?))
    });
    assert_eq!(database.storage.accounts(None, 100).unwrap().len(), accounts.len());
    for (username, id, hash, created_at) in accounts {
        let account =
            database.storage.account_by_name(&Username::parse(&username).unwrap()).unwrap().unwrap();
        assert_eq!((account.id, account.password_hash), (AccountId(id), hash));
        assert_eq!((account.created_at.as_micros(), account.token_generation), (created_at, 0));
        assert!(!account.is_admin);
    }
    let new = account(&database.storage, "new");
    assert!(!database.storage.account(new).unwrap().unwrap().is_admin, "it is not the first");
}

/// An event as its row has it.
type Fields = (i64, i64, String, String, Option<[u8; 16]>, u64, u16, Extras);

fn fields(StoredEvent { id, event }: StoredEvent) -> Fields {
    let event: RequestEvent = event;
    (
        id,
        event.created_at().as_micros(),
        event.method().as_str().to_owned(),
        event.endpoint().to_owned(),
        event.ip().map(|ip| *ip.as_bytes()),
        event.process_time().as_micros(),
        event.status_code().get(),
        event.extras().cloned().unwrap_or_default(),
    )
}

fn every_event_is_as_it_was(database: &Database) {
    let mut all = 0;
    for key in old_keys() {
        let query = format!("SELECT * FROM events WHERE key_id = {} ORDER BY id", key.id);
        let old: Vec<Fields> = before(&query, |row| {
            let extras = Extras {
                route: row.get("route")?,
                user_agent: row.get("user_agent")?,
                hostname: row.get("hostname")?,
                consumer: row.get("consumer")?,
                request_bytes: row.get::<_, Option<i64>>("request_bytes")?.map(i64::unsigned_abs),
                response_bytes: row.get::<_, Option<i64>>("response_bytes")?.map(i64::unsigned_abs),
            };
            Ok((
                row.get("id")?,
                row.get("created_at")?,
                row.get("method")?,
                row.get("endpoint")?,
                row.get("ip")?,
                row.get::<_, i64>("process_time_us")?.unsigned_abs(),
                row.get("status_code")?,
                extras,
            ))
        });
        let mut new = Vec::new();
        let visit = |stored| new.push(fields(stored));
        database.storage.events(ProjectId(key.id), 1..=i64::MAX, visit).unwrap();
        assert_eq!(new, old);
        all += new.len();
    }
    assert!(all >= 300, "{all}");
}

fn segments_hold_the_same_bytes(database: &Database) {
    let storage = &database.storage;
    let mut partly_sealed = 0;
    for key in old_keys() {
        let project = ProjectId(key.id);
        let query = format!("SELECT * FROM segments WHERE key_id = {project} ORDER BY first_id");
        let old: Vec<(SegmentEntry, Vec<u8>)> = before(&query, |row| {
            let entry = SegmentEntry {
                first_id: row.get("first_id")?,
                last_id: row.get("last_id")?,
                first_time: row.get("first_time")?,
                last_time: row.get("last_time")?,
                size_bytes: row.get("size_bytes")?,
            };
            Ok((entry, row.get("data")?))
        });
        let mut unsealed = 0;
        let (seal, entries) = storage.news(project, None, 0, |_| unsealed += 1).unwrap();
        assert_eq!((seal.version, seal.sealed_id), (key.segments_version, key.sealed_id));
        assert_eq!(seal.last_id, key.last_event_id);
        assert_eq!(unsealed, key.last_event_id - key.sealed_id);
        assert_eq!(entries.unwrap(), old.iter().map(|(entry, _)| *entry).collect::<Vec<_>>());
        for (entry, data) in old {
            assert_eq!(storage.segment(project, entry.first_id).unwrap(), Some(data));
        }
        partly_sealed += usize::from(unsealed > 0 && key.sealed_id > 0);
    }
    assert_eq!(partly_sealed, 3);
}

fn the_ledger_counts_the_same(database: &Database) {
    for key in old_keys() {
        let query = "SELECT hour, verdict, events FROM ingest_ledger WHERE key_id =";
        let old = before(&format!("{query} {} ORDER BY hour, verdict", key.id), |row| {
            let verdict: Verdict = row.get::<_, String>("verdict")?.parse().unwrap();
            Ok((
                Timestamp::from_micros(row.get("hour")?).unwrap(),
                verdict,
                row.get::<_, i64>("events")?.unsigned_abs(),
            ))
        });
        let new = database.storage.ledger(ProjectId(key.id), TimeRange::ALL).unwrap();
        assert_eq!(new, Ledger::of(old));
        assert_eq!(i64::try_from(new.total.stored), Ok(if key.id == 1 { 259 } else { key.last_event_id }));
    }
}

fn batches_are_known_still(database: &Database) {
    let old: Vec<(i64, TokenHash, TokenHash, String)> =
        before("SELECT key_id, name_hash, body_hash, answer FROM idempotency_keys", |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        });
    assert_eq!(old.len(), 2);
    for (key, name_hash, body_hash, answer) in old {
        let project = ProjectId(key);
        let commit = |body_hash| {
            let once =
                Once { name_hash, body_hash, answer: String::new(), forgotten_before: at("2025-01-01") };
            let event = event("2025-01-01", domain::Method::Get, "/a", "::1", 1, 200);
            let batch = Batch { events: vec![event], once: Some(once), ..Batch::default() };
            let delivery = Delivery::Batch(Box::new(batch));
            let incoming = [Incoming { project, delivery, events_per_day: None }];
            database.storage.commit(&incoming, &Tally::default(), at("2027-01-01")).unwrap().remove(0)
        };
        assert_eq!(commit(body_hash), Outcome::Replayed(answer));
        assert_eq!(commit([0; 32]), Outcome::Conflict);
    }
}

fn numbers_go_on_where_they_were(database: &Database) {
    let storage = &database.storage;
    let accounts = storage.accounts(None, 100).unwrap();
    let new = account(storage, "new");
    assert_eq!(new, AccountId(accounts.last().unwrap().id.0 + 1));
    let keys = old_keys();
    let last = keys.last().unwrap().id;
    assert_eq!(project_of(storage, new, "new"), ProjectId(last + 1));
    let first = &keys[0];
    let event = event("2025-01-01", domain::Method::Get, "/a", "::1", 1, 200);
    storage.append(&[(ProjectId(first.id), event)]).unwrap();
    let mut ids = Vec::new();
    let visit = |stored: StoredEvent| ids.push(stored.id);
    storage.events(ProjectId(first.id), first.last_event_id..=i64::MAX, visit).unwrap();
    assert_eq!(ids, [first.last_event_id, first.last_event_id + 1]);
}

/// Their events may still be there.
#[test]
fn numbers_of_rows_that_were_deleted_by_hand_are_not_given_again() {
    let prepare = |url: &DatabaseUrl| {
        fill(url);
        execute(url, "DELETE FROM api_keys; DELETE FROM accounts");
    };
    for database in [Some(sqlite_after(prepare)), postgres_after(prepare)].into_iter().flatten() {
        let new = account(&database.storage, "new");
        assert_eq!((new, project_of(&database.storage, new, "new")), (AccountId(3), ProjectId(5)));
        assert!(database.storage.account(new).unwrap().unwrap().is_admin, "nobody else is there");
    }
}

#[test]
fn a_database_without_data_is_upgraded_too() {
    let prepare = |url: &DatabaseUrl| {
        fill(url);
        let tables = ["api_keys", "accounts", "events", "segments", "ingest_ledger", "idempotency_keys"];
        tables.iter().for_each(|table| execute(url, &format!("DELETE FROM {table}")));
        if let DatabaseUrl::Sqlite(_) = url {
            execute(url, "DELETE FROM sqlite_sequence");
        }
    };
    for database in [Some(sqlite_after(prepare)), postgres_after(prepare)].into_iter().flatten() {
        assert!(!database.storage.has_accounts().unwrap());
        let new = account(&database.storage, "new");
        project_of(&database.storage, new, "new");
    }
}
