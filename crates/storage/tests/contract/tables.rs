//! The tables of both databases, as the databases themselves describe them.

use std::collections::{BTreeMap, BTreeSet};

use postgres::NoTls;
use storage::DatabaseUrl;

use crate::fixture::{Database, postgres, sqlite};

/// What a table is, whichever database holds it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, Column>,
    primary_key: Vec<String>,
    /// The columns of each further constraint.
    unique: BTreeSet<Vec<String>>,
    /// The columns of each index that is there for speed only, by its name.
    indexes: BTreeMap<String, Vec<String>>,
    /// The tables that columns refer to.
    references: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    family: String,
    is_required: bool,
    has_default: bool,
}

#[test]
fn tables_are_the_same_in_both_databases() {
    let of_sqlite = sqlite_tables(&sqlite());
    let members = &of_sqlite["members"];
    assert_eq!(members.primary_key, ["project_id", "account_id"]);
    assert_eq!((members.columns.len(), members.references.len()), (4, 2));
    assert!(of_sqlite["api_keys"].unique.contains(&vec!["key_hash".to_owned()]));
    let Some(database) = postgres() else { return };
    let of_postgres = postgres_tables(&database);
    assert_eq!(of_sqlite.keys().collect::<Vec<_>>(), of_postgres.keys().collect::<Vec<_>>());
    for (name, table) in &of_sqlite {
        assert_eq!(table, &of_postgres[name], "{name}");
    }
}

#[test]
fn sqlite_gives_numbers_of_what_can_go_once_only() {
    let database = sqlite();
    let names = "SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name";
    let names = texts(&sqlite_connection(&database), names);
    assert_eq!(names, ["accounts", "api_keys", "audit", "invitations", "links", "projects", "sessions"]);
}

#[test]
fn names_on_postgres_are_those_of_their_tables_and_texts_are_compared_by_bytes() {
    let Some(database) = postgres() else { return };
    let mut client = postgres_client(&database);
    let misnamed = "SELECT c.conname::text FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
        WHERE t.relnamespace = 'public'::regnamespace AND NOT starts_with(c.conname, t.relname || '_')
        UNION ALL SELECT pg_get_serial_sequence(quote_ident(table_name), column_name)
        FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES'
        AND pg_get_serial_sequence(quote_ident(table_name), column_name)
            <> 'public.' || table_name || '_' || column_name || '_seq'";
    let unordered = "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'";
    for query in [misnamed, unordered] {
        let faults: Vec<String> = client.query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect();
        assert_eq!(faults, Vec::<String>::new());
    }
}

fn sqlite_connection(database: &Database) -> rusqlite::Connection {
    let DatabaseUrl::Sqlite(path) = &database.url else { panic!("{:?}", database.url) };
    rusqlite::Connection::open(path).unwrap()
}

fn postgres_client(database: &Database) -> postgres::Client {
    let DatabaseUrl::Postgres(url) = &database.url else { panic!("{:?}", database.url) };
    postgres::Client::connect(url, NoTls).unwrap()
}

fn texts(connection: &rusqlite::Connection, query: &str) -> Vec<String> {
    let mut query = connection.prepare(query).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn sqlite_tables(database: &Database) -> BTreeMap<String, Table> {
    let connection = sqlite_connection(database);
    let names = texts(
        &connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    );
    names.into_iter().map(|name| (name.clone(), sqlite_table(&connection, &name))).collect()
}

fn sqlite_table(connection: &rusqlite::Connection, name: &str) -> Table {
    let mut table = Table::default();
    let mut query = connection.prepare("SELECT * FROM pragma_table_info(?1) ORDER BY pk").unwrap();
    let mut rows = query.query([name]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let column: String = row.get("name").unwrap();
        let family = match row.get::<_, String>("type").unwrap().as_str() {
            "INTEGER" => "bigint".to_owned(),
            "BLOB" => "bytea".to_owned(),
            family => family.to_lowercase(),
        };
        let default: Option<String> = row.get("dflt_value").unwrap();
        if row.get::<_, i64>("pk").unwrap() > 0 {
            table.primary_key.push(column.clone());
        }
        let is_required = row.get("notnull").unwrap();
        table.columns.insert(column, Column { family, is_required, has_default: default.is_some() });
    }
    let indexes =
        "SELECT l.name, l.\"unique\", i.name FROM pragma_index_list(?1) l, pragma_index_info(l.name) i
        WHERE l.origin <> 'pk' ORDER BY l.name, i.seqno";
    let mut query = connection.prepare(indexes).unwrap();
    let mut rows = query.query([name]).unwrap();
    let mut unique: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let (index, is_unique, column): (String, bool, String) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        if is_unique { &mut unique } else { &mut table.indexes }.entry(index).or_default().push(column);
    }
    table.unique = unique.into_values().collect();
    let mut query =
        connection.prepare("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1)").unwrap();
    let pairs = query.query_map([name], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    table.references = pairs.map(Result::unwrap).collect();
    table
}

fn postgres_tables(database: &Database) -> BTreeMap<String, Table> {
    let mut client = postgres_client(database);
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let columns = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO',
        column_default IS NOT NULL FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";
    for row in client.query(columns, &[]).unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let column_of = Column { family: row.get(2), is_required: row.get(3), has_default: row.get(4) };
        tables.entry(table).or_default().columns.insert(column, column_of);
    }
    let indexes = "SELECT t.relname::text, i.relname::text, x.indisprimary, x.indisunique, a.attname::text
        FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
        CROSS JOIN LATERAL unnest(x.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
        WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%'
        ORDER BY i.relname, k.place";
    let mut unique: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in client.query(indexes, &[]).unwrap() {
        let (name, index, column): (String, String, String) = (row.get(0), row.get(1), row.get(4));
        let table = tables.get_mut(&name).unwrap();
        if row.get(2) {
            table.primary_key.push(column);
        } else if row.get(3) {
            unique.entry((name, index)).or_default().push(column);
        } else {
            table.indexes.entry(index).or_default().push(column);
        }
    }
    for ((name, _), columns) in unique {
        tables.get_mut(&name).unwrap().unique.insert(columns);
    }
    let references = "SELECT c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f'";
    for row in client.query(references, &[]).unwrap() {
        let (name, column, other): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        tables.get_mut(&name).unwrap().references.insert(column, other);
    }
    tables
}
