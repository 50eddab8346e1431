//! A service in this process. It ends with the process: nothing but a signal stops it.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Answer, Client};

use crate::clock::ManualClock;
use crate::config::Config;
use crate::random::Random;
use crate::startup;

/// A running service on a SQLite file of its own.
pub(super) struct Service {
    pub(super) clock: ManualClock,
    pub(super) client: Client,
    _folder: tempfile::TempDir,
}

/// An account that owns a project.
pub(super) struct Owner {
    pub(super) token: String,
    /// `/projects/ID`
    pub(super) project: String,
}

impl Service {
    /// A service with default settings but for those that `configure` changes.
    pub(super) fn start(configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            port: 0,
            data_dir: folder.path().join("data"),
            bcrypt_cost: 4,
            workers: 1,
            ..Config::default()
        };
        configure(&mut config);
        crate::files::make_data_dir(&config.data_dir).unwrap();
        let storage = storage::Storage::open(&config.database().unwrap()).unwrap();
        let clock = ManualClock::new();
        let (sender, ready) = mpsc::channel();
        let passed_in = clock.clock();
        std::thread::spawn(move || {
            startup::serve(&config, storage, passed_in, Random::system(), |address| Ok(sender.send(address)?))
        });
        let address = ready.recv_timeout(Duration::from_secs(60)).unwrap();
        Self { clock, client: Client::new(&format!("http://{address}")), _folder: folder }
    }

    /// A new account that owns a new project.
    pub(super) fn owner(&self, name: &str) -> Owner {
        self.client.register(&json!({"username": name, "password": PASSWORD})).assert_status(200);
        let mut owner = Owner { token: self.token(name), project: String::new() };
        let id = self.post(&owner, "/projects", &json!({"name": "API"})).expect(201).json()["id"].clone();
        owner.project = format!("/projects/{}", id.as_str().unwrap());
        owner
    }

    /// A new access token.
    pub(super) fn token(&self, name: &str) -> String {
        let token = self.client.token(name, PASSWORD).expect(200).json()["access_token"].clone();
        token.as_str().unwrap().to_owned()
    }

    /// `POST` of a JSON document.
    pub(super) fn post(&self, owner: &Owner, path: &str, body: &Value) -> Answer {
        self.client.call("POST", path).bearer(&owner.token).json(body).send()
    }

    /// Lets time go by.
    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}
