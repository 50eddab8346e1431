//! What lies in the tables of a service's database. Not for changing it.

use std::collections::BTreeMap;

use postgres::NoTls;

use crate::server::Setup;

impl Setup {
    /// The number that a statement gives, in the database of either kind.
    ///
    /// # Panics
    /// When the database refuses it.
    #[must_use]
    pub fn count(&self, sql: &str) -> i64 {
        match self.postgres_url() {
            Some(url) => std::thread::scope(|scope| {
                let count = || postgres::Client::connect(url, NoTls)?.query_one(sql, &[])?.try_get(0);
                scope.spawn(count).join().expect("the database thread").expect("a number")
            }),
            None => {
                let file = self.data_dir().join("analytics.db");
                let database = rusqlite::Connection::open(file).expect("the database");
                database.query_row(sql, (), |row| row.get(0)).expect("a number")
            }
        }
    }

    /// How many rows of each table are those of a project. Tables of which there are none are left out.
    ///
    /// # Panics
    /// When the database cannot be read.
    #[must_use]
    pub fn rows_of_project(&self, project: &str) -> BTreeMap<String, i64> {
        let project: i64 = project.parse().expect("ids are numbers here");
        let mut rows = match self.postgres_url() {
            Some(url) => postgres_rows(url, project),
            None => sqlite_rows(&self.data_dir().join("analytics.db"), project),
        };
        rows.retain(|_, count| *count > 0);
        rows
    }
}

fn count_rows(table: &str, column: &str, project: i64) -> String {
    format!("SELECT count(*) FROM {table} WHERE {column} = {project}")
}

fn postgres_rows(url: &str, project: i64) -> BTreeMap<String, i64> {
    let mut client = postgres::Client::connect(url, NoTls).expect("the test's database");
    let tables = "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = 'public' AND (column_name = 'project_id' OR table_name = 'projects' AND column_name = 'id')";
    let mut rows = BTreeMap::new();
    for row in client.query(tables, &[]).expect("the tables") {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let count = client.query_one(&count_rows(&table, &column, project), &[]).expect("a count").get(0);
        rows.insert(table, count);
    }
    rows
}

fn sqlite_rows(file: &std::path::Path, project: i64) -> BTreeMap<String, i64> {
    let connection = rusqlite::Connection::open(file).expect("the service's file");
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a timeout");
    let tables = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND (c.name = 'project_id' OR m.name = 'projects' AND c.name = 'id')";
    let mut statement = connection.prepare(tables).expect("the tables");
    let tables = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let mut rows = BTreeMap::new();
    for table in tables.expect("the tables") {
        let (table, column) = table.expect("a table");
        let count = connection.query_row(&count_rows(&table, &column, project), [], |row| row.get(0));
        rows.insert(table, count.expect("a count"));
    }
    rows
}
