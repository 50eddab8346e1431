use std::time::Duration;

use domain::{Name, ProjectId, Scopes};
use storage::{Actor, Creation, DatabaseUrl, NewKey, Storage};

use super::{KeyDirectory, MAX_REMEMBERED};
use crate::clock::ManualClock;
use crate::random::{Random, RandomToken};

/// A database whose keys are changed behind the directory's back, as another process does it.
struct Keys {
    storage: Storage,
    directory: KeyDirectory,
    clock: ManualClock,
    project: ProjectId,
    by: Actor,
    _folder: tempfile::TempDir,
}

impl Keys {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db").to_str().unwrap().to_owned();
        let storage = Storage::open(&DatabaseUrl::Sqlite(path)).unwrap();
        let manual = ManualClock::new();
        let clock = manual.clock();
        let by = Actor { account: None, name: "tests".to_owned(), address: None, at: clock.now() };
        let name = Name::parse("name", "API").unwrap();
        let Ok(Creation::Created(project)) = storage.create_project(&name, None, &by) else { panic!() };
        let (directory, _) = KeyDirectory::start(storage.clone(), clock).unwrap();
        Self { storage, directory, clock: manual, project: project.id, by, _folder: folder }
    }

    fn create(&self, token: &RandomToken) -> domain::KeyId {
        let name = Name::parse("name", "servers").unwrap();
        let prefix = String::new();
        let key = NewKey { name, hash: token.hash, prefix, scopes: Scopes::INGEST, expires_at: None };
        let Ok(Creation::Created(key)) = self.storage.create_key(self.project, &key, &self.by) else {
            panic!()
        };
        key.id
    }

    async fn is_known(&self, token: &RandomToken) -> bool {
        self.directory.find(token.hash).await.unwrap().is_some()
    }
}

#[actix_web::test]
async fn an_unknown_key_is_looked_up_once() {
    let (keys, token) = (Keys::start(), Random::seeded(1).token().unwrap());
    assert!(!keys.is_known(&token).await);
    keys.create(&token);
    assert!(!keys.is_known(&token).await, "it was looked up again");
    keys.directory.forget();
    assert!(keys.is_known(&token).await);
}

#[actix_web::test]
async fn a_good_key_is_looked_up_once_and_forgotten_on_demand() {
    let (keys, token) = (Keys::start(), Random::seeded(1).token().unwrap());
    let id = keys.create(&token);
    assert!(keys.is_known(&token).await);
    assert!(keys.storage.revoke_key(keys.project, id, &keys.by).unwrap());
    assert!(keys.is_known(&token).await, "it was looked up again");
    keys.directory.forget();
    assert!(!keys.is_known(&token).await);
}

#[actix_web::test]
async fn made_up_keys_take_no_place_of_good_ones_and_not_much_of_their_own() {
    let (keys, random) = (Keys::start(), Random::seeded(1));
    let good = random.token().unwrap();
    let id = keys.create(&good);
    assert!(keys.is_known(&good).await);
    for _ in 0..MAX_REMEMBERED + 50_000 {
        keys.directory.known.unknown.insert(random.token().unwrap().hash, Duration::ZERO);
    }
    assert!(keys.directory.known.unknown.len() <= MAX_REMEMBERED);
    assert!(keys.storage.revoke_key(keys.project, id, &keys.by).unwrap());
    assert!(keys.is_known(&good).await, "it was looked up again");
}

#[actix_web::test]
async fn an_unknown_key_is_looked_up_again_after_a_while() {
    let (keys, token) = (Keys::start(), Random::seeded(1).token().unwrap());
    let seconds = Duration::from_secs;
    keys.clock.advance(seconds(100));
    assert!(!keys.is_known(&token).await);
    keys.create(&token);
    keys.clock.advance(seconds(4));
    // Others come and go meanwhile.
    assert!(!keys.is_known(&Random::seeded(2).token().unwrap()).await);
    assert!(!keys.is_known(&token).await, "it was looked up again");
    keys.clock.advance(seconds(2));
    assert!(!keys.is_known(&Random::seeded(3).token().unwrap()).await);
    assert!(!keys.is_known(&token).await, "it was looked up again");
    keys.clock.advance(seconds(4));
    assert!(keys.is_known(&token).await);
}

#[actix_web::test]
async fn many_who_ask_at_once_all_get_their_own_answer() {
    let (keys, random) = (Keys::start(), Random::seeded(1));
    let tokens: Vec<_> = (0..500).map(|_| random.token().unwrap()).collect();
    for token in tokens.iter().step_by(7) {
        keys.create(token);
    }
    let asked: Vec<_> = tokens
        .iter()
        .map(|token| {
            let (directory, hash) = (keys.directory.clone(), token.hash);
            actix_web::rt::spawn(async move { directory.find(hash).await })
        })
        .collect();
    for (place, answer) in asked.into_iter().enumerate() {
        let found = answer.await.unwrap().unwrap();
        assert_eq!(found.is_some(), place % 7 == 0, "{place}");
    }
}

#[actix_web::test]
async fn the_use_of_a_key_is_noted() {
    let (keys, token) = (Keys::start(), Random::seeded(1).token().unwrap());
    let (id, uses) = (keys.create(&token), keys.directory.uses());
    assert!(uses.take().is_empty());
    assert!(keys.is_known(&token).await);
    assert_eq!(uses.take(), [(id, keys.by.at)]);
    assert!(uses.take().is_empty());
}
