//! The audit log.

use domain::{AccountId, ProjectId, Role, Scopes};
use storage::{Actor, AuditEntry, KeyChanges, NewKey, NewSecret, Storage, action};

use crate::fixture::{Database, account, actor, actor_at, at, by, created, name, project_of};
use crate::on_each_backend;

on_each_backend!(
    every_change_of_a_project_is_entered,
    every_change_of_an_account_is_entered,
    an_entry_says_who_did_what_when_from_where,
    pages_go_from_the_newest_to_the_oldest,
    of_failed_sign_ins_the_newest_hundred_stay,
    texts_of_strangers_are_cut,
    forgets_the_oldest_entries_in_bounded_steps,
    a_change_that_is_refused_is_not_entered,
);

fn entries(storage: &Storage, project: ProjectId) -> Vec<AuditEntry> {
    storage.audit(project, None, 100).unwrap().into_iter().map(|(_, entry)| entry).rev().collect()
}

fn entries_of(storage: &Storage, account: AccountId) -> Vec<AuditEntry> {
    storage.audit_of(account, None, 1000).unwrap().into_iter().map(|(_, entry)| entry).rev().collect()
}

fn new_key(hash: u8) -> NewKey {
    NewKey {
        name: name("deploy"),
        hash: [hash; 32],
        prefix: String::new(),
        scopes: Scopes::INGEST,
        expires_at: None,
    }
}

fn every_change_of_a_project_is_entered(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let by = by(ann);
    let project = created(storage.create_project(&name("Shop"), Some(ann), &by).unwrap()).id;
    storage.rename_project(project, &name("Store"), &by).unwrap();
    storage.put_settings(project, &domain::ProjectSettings::default(), None, &by).unwrap();
    let key = created(storage.create_key(project, &new_key(1), &by).unwrap()).id;
    storage
        .update_key(project, key, &KeyChanges { name: Some(name("new")), ..KeyChanges::default() }, &by)
        .unwrap();
    let secret = NewSecret { hash: [2; 32], prefix: String::new() };
    storage.rotate_key(project, key, &secret, at("2025-02-01"), &by).unwrap();
    storage.revoke_key(project, key, &by).unwrap();
    let to = Some((project, Role::Viewer));
    let withdrawn = created(storage.create_invitation(to, &[1; 32], at("2026-01-01"), &by).unwrap()).id;
    storage.delete_invitation(Some(project), withdrawn, &by).unwrap();
    storage.create_invitation(to, &[2; 32], at("2026-01-01"), &by).unwrap();
    storage.accept_invitation(&[2; 32], bob, &Actor { account: Some(bob), ..actor("bob") }).unwrap();
    storage.set_role(project, bob, Role::Editor, &by).unwrap();
    storage.remove_member(project, bob, &by).unwrap();
    let link = storage::NewLink {
        name: name("press"),
        hash: [1; 32],
        filters: Vec::new(),
        hidden: domain::Hidden::NOTHING,
        expires_at: None,
    };
    let link = created(storage.create_link(project, &link, &by).unwrap()).id;
    storage.delete_link(project, link, &by).unwrap();

    let entries = entries(storage, project);
    let done: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
    let (shop, successor) = (format!("Shop ({project})"), format!("new ({}) in place of {key}", key.0 + 1));
    let (deploy, new, press) = (format!("deploy ({key})"), format!("new ({key})"), format!("press ({link})"));
    let (first, second) = (format!("viewer ({withdrawn})"), format!("viewer ({})", withdrawn.0 + 1));
    assert_eq!(
        done,
        [
            (action::PROJECT_CREATE, shop.as_str()),
            (action::PROJECT_RENAME, "Store"),
            (action::SETTINGS_CHANGE, "version 1"),
            (action::KEY_CREATE, &deploy),
            (action::KEY_CHANGE, &new),
            (action::KEY_ROTATE, &successor),
            (action::KEY_REVOKE, &new),
            (action::INVITATION_CREATE, &first),
            (action::INVITATION_DELETE, &first),
            (action::INVITATION_CREATE, &second),
            (action::MEMBER_JOIN, "bob: viewer"),
            (action::MEMBER_ROLE, "bob: editor"),
            (action::MEMBER_REMOVE, "bob: editor"),
            (action::LINK_CREATE, &press),
            (action::LINK_DELETE, &press),
        ]
    );
    let of_bob = entries.iter().filter(|entry| entry.account == Some(bob));
    assert_eq!(of_bob.count(), 3, "what concerns bob");
    assert!(entries.iter().all(|entry| entry.project == Some(project)));
}

fn every_change_of_an_account_is_entered(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let (by, operator) = (by(ann), actor("command line"));
    let session = storage.create_session(ann, 0, &[1; 32], None, &by).unwrap().unwrap().id;
    storage.end_session_of(ann, session, &by).unwrap();
    storage.set_password(ann, "new", None, &by).unwrap();
    storage.set_admin(ann, false, &operator).unwrap();
    let project = project_of(storage, ann, "a");
    storage.delete_project(project, &by).unwrap();
    let entries = entries_of(storage, ann);
    let done: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
    let (session, project) = (session.to_string(), format!("a ({project})"));
    assert_eq!(
        done,
        [
            (action::ACCOUNT_CREATE, "ann"),
            (action::SIGN_IN, session.as_str()),
            (action::SESSION_END, &session),
            (action::ACCOUNT_PASSWORD, "ann"),
            (action::ACCOUNT_ADMIN, "ann: no administrator"),
            (action::PROJECT_DELETE, &project),
        ]
    );
    assert_eq!((entries[4].actor.as_str(), entries[4].account), ("command line", Some(ann)));
    // What it did for its own eyes goes with it.
    storage.delete_account(ann, &by).unwrap();
    let done: Vec<_> = entries_of(storage, ann).into_iter().map(|entry| entry.action).collect();
    assert_eq!(done, [action::ACCOUNT_DELETE]);
}

fn an_entry_says_who_did_what_when_from_where(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    let address = "2001:db8::1".parse().unwrap();
    let by =
        Actor { account: Some(ann), name: "ann".to_owned(), address: Some(address), at: at("2025-03-01") };
    let with = by.did("export.csv", "all of it").in_project(project);
    let without = Actor { address: None, ..by.clone() }.did("export.csv", "").in_project(project);
    storage.note(&with).unwrap();
    storage.note(&without).unwrap();
    assert_eq!(entries(storage, project)[1..], [with.clone(), without]);
    let expected = AuditEntry {
        at: at("2025-03-01"),
        project: Some(project),
        account: Some(ann),
        actor: "ann".to_owned(),
        action: "export.csv".to_owned(),
        subject: "all of it".to_owned(),
        address: Some(address),
    };
    assert_eq!(with, expected);
    assert_eq!(storage.audit_of(ann, None, 9).unwrap().len(), 4);
}

fn pages_go_from_the_newest_to_the_oldest(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let (one, other) = (project_of(storage, ann, "a"), project_of(storage, ann, "b"));
    for number in 0..5 {
        storage.note(&by(ann).did("test", number.to_string()).in_project(one)).unwrap();
        storage.note(&by(ann).did("test", "other").in_project(other)).unwrap();
    }
    let page = |before| {
        let page = storage.audit(one, before, 2).unwrap();
        let subjects: Vec<_> = page.iter().map(|(_, entry)| entry.subject.clone()).collect();
        (page.last().map(|(id, _)| *id), subjects)
    };
    let (next, first) = page(None);
    let (next, second) = page(next);
    let (next, third) = page(next);
    assert_eq!((first, second), (vec!["4".to_owned(), "3".to_owned()], vec!["2".to_owned(), "1".to_owned()]));
    assert_eq!(third, ["0".to_owned(), format!("a ({one})")]);
    assert_eq!(page(next).1, Vec::<String>::new());
}

fn of_failed_sign_ins_the_newest_hundred_stay(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let fail = |account, number: i32| {
        let by = Actor { account, ..actor("somebody") };
        storage.note(&by.did(action::SIGN_IN_FAIL, number.to_string())).unwrap();
    };
    fail(Some(bob), 0);
    for number in 0..105 {
        fail(Some(ann), number);
        fail(None, number);
    }
    let failed: Vec<_> = storage
        .audit_of(ann, None, 1000)
        .unwrap()
        .into_iter()
        .filter(|(_, entry)| entry.action == action::SIGN_IN_FAIL)
        .map(|(_, entry)| entry.subject)
        .collect();
    assert_eq!((failed.len(), failed[0].as_str(), failed[99].as_str()), (100, "104", "5"));
    assert_eq!(entries_of(storage, ann)[0].action, action::ACCOUNT_CREATE);
    assert_eq!(entries_of(storage, bob).len(), 2);
    let unknown = database.text("SELECT CAST(count(*) AS TEXT) FROM audit WHERE account_id IS NULL");
    assert_eq!(unknown, "100");
}

fn texts_of_strangers_are_cut(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let by = Actor { account: Some(ann), ..actor(&format!("a\0{}", "ж".repeat(100))) };
    storage.note(&by.did("test", format!("\n{}", "x".repeat(1000)))).unwrap();
    let entry = entries_of(storage, ann).pop().unwrap();
    assert_eq!((entry.actor, entry.subject), (format!("a{}", "ж".repeat(59)), "x".repeat(200)));
}

fn forgets_the_oldest_entries_in_bounded_steps(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    for day in 2..=6 {
        let by = Actor { account: Some(ann), ..actor_at("ann", &format!("2025-01-0{day}")) };
        storage.note(&by.did("test", day.to_string())).unwrap();
    }
    let forget = |limit| storage.forget_audit(at("2025-01-04"), limit).unwrap();
    assert_eq!([forget(2), forget(2), forget(2)], [2, 1, 0]);
    let left: Vec<_> = entries_of(storage, ann).into_iter().map(|entry| entry.subject).collect();
    assert_eq!(left, ["4", "5", "6"]);
}

fn a_change_that_is_refused_is_not_entered(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    let before = entries(storage, project);
    storage.put_settings(project, &domain::ProjectSettings::default(), Some(9), &by(ann)).unwrap();
    storage.set_role(project, ann, Role::Viewer, &by(ann)).unwrap();
    storage.remove_member(project, ann, &by(ann)).unwrap();
    storage.delete_account(ann, &by(ann)).unwrap();
    assert_eq!(entries(storage, project), before);
}
