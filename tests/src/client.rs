//! A client with one verb for each operation. Checks on every answer what holds for all of them:
//! request id, problem details, and that the OpenAPI document names the status.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::connection::Connection;

/// A password that the service accepts.
pub const PASSWORD: &str = "correct horse";

/// Talks to one server; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    connection: Connection,
}

/// A registered user with a token and one API key.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The user's name.
    pub username: String,
    /// A bearer token.
    pub token: String,
    /// An API key of this user.
    pub key: String,
}

impl Client {
    /// A client of the server at `http://host:port`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { connection: Connection::new(base) }
    }

    /// `host:port`, for raw connections.
    #[must_use]
    pub fn address(&self) -> &str {
        self.connection.base.trim_start_matches("http://")
    }

    /// Any request.
    #[must_use]
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        Call::new(&self.connection, method, path)
    }

    /// `GET` of a path that may carry a query.
    #[must_use]
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    /// `POST /register` with any JSON.
    #[must_use]
    pub fn register(&self, body: &Value) -> Answer {
        self.call("POST", "/register").json(body).send()
    }

    /// `POST /token` with a user name and a password.
    #[must_use]
    pub fn token(&self, username: &str, password: &str) -> Answer {
        let form = format!("username={}&password={}", encode(username), encode(password));
        self.call("POST", "/token").form(&form).send()
    }

    /// `GET /me/`.
    #[must_use]
    pub fn me(&self, token: &str) -> Answer {
        self.get("/me/").bearer(token).send()
    }

    /// `POST /generate_key`.
    #[must_use]
    pub fn generate_key(&self, token: &str) -> Answer {
        self.call("POST", "/generate_key").bearer(token).send()
    }

    /// `POST /track` with any JSON.
    #[must_use]
    pub fn track(&self, key: &str, event: &Value) -> Answer {
        self.call("POST", "/track").key(key).json(event).send()
    }

    /// `POST /track/batch`, to be given a body.
    #[must_use]
    pub fn batch(&self, key: &str) -> Call<'_> {
        self.call("POST", "/track/batch").key(key)
    }

    /// `POST /track/batch` with a JSON array of any JSON.
    #[must_use]
    pub fn track_batch(&self, key: &str, events: &[Value]) -> Answer {
        self.batch(key).json(&Value::from(events)).send()
    }

    /// `GET /ingest/ledger`; the query without its question mark.
    #[must_use]
    pub fn ledger(&self, tenant: &Tenant, query: &str) -> Answer {
        self.read(tenant, "/ingest/ledger", query)
    }

    /// `GET /raw_logs`; the query without its question mark.
    #[must_use]
    pub fn raw_logs(&self, tenant: &Tenant, query: &str) -> Answer {
        self.read(tenant, "/raw_logs", query)
    }

    /// `GET /dashboard`; the query without its question mark.
    #[must_use]
    pub fn dashboard(&self, tenant: &Tenant, query: &str) -> Answer {
        self.read(tenant, "/dashboard", query)
    }

    /// `GET /report`; the query without its question mark.
    #[must_use]
    pub fn report(&self, tenant: &Tenant, query: &str) -> Answer {
        self.read(tenant, "/report", query)
    }

    /// A new user with a token and a key.
    ///
    /// # Panics
    /// When the service refuses one of the steps.
    #[must_use]
    pub fn tenant(&self, username: &str) -> Tenant {
        self.register(&json!({"username": username, "password": PASSWORD})).assert_status(200);
        let token = self.token(username, PASSWORD).expect(200).json()["access_token"].clone();
        let token = token.as_str().expect("a token").to_owned();
        let key = self.generate_key(&token).expect(200).json();
        let key = key.as_str().expect("a key").to_owned();
        Tenant { username: username.to_owned(), token, key }
    }

    /// Stores all events, one request each.
    pub fn track_all(&self, tenant: &Tenant, events: &[Value]) {
        for event in events {
            self.track(&tenant.key, event).assert_status(200);
        }
    }

    /// All events of a tenant, page by page, in order of time.
    ///
    /// # Panics
    /// When a page is not a list.
    #[must_use]
    pub fn all_logs(&self, tenant: &Tenant) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = self.raw_logs(tenant, &format!("limit=100&offset={}", all.len())).expect(200).json();
            let page = page.as_array().expect("a list");
            all.extend(page.iter().cloned());
            if page.len() < 100 {
                return all;
            }
        }
    }

    /// The served OpenAPI document, fetched once.
    pub fn document(&self) -> &Value {
        self.connection.document()
    }

    fn read(&self, tenant: &Tenant, path: &str, query: &str) -> Answer {
        self.get(&format!("{path}?{query}")).bearer(&tenant.token).key(&tenant.key).send()
    }
}

/// Percent-encodes a value of a query or a form.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
