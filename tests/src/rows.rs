//! What is stored, counted in the database itself: for what no answer of the service can show.

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
}
