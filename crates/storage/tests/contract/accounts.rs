//! Accounts: names, passwords, rank, and how they go.

use domain::{AccountId, Role, SessionId, Username};
use storage::{AccountRemoval, MemberChange, Registration};

use crate::fixture::{Database, account, actor, at, at_once, by, project_of};
use crate::on_each_backend;

on_each_backend!(
    finds_accounts_by_their_exact_name_and_by_number,
    gives_a_name_to_one_of_many_at_once,
    the_first_account_is_administrator_and_no_other,
    one_of_many_first_accounts_is_administrator,
    lists_accounts_page_by_page,
    a_new_password_ends_other_sessions_and_tokens,
    a_password_hash_is_renewed_only_if_it_is_still_the_one,
    an_account_goes_unless_it_is_the_last_owner,
    of_two_owners_that_go_at_once_one_stays,
);

fn finds_accounts_by_their_exact_name_and_by_number(database: &Database) {
    let storage = &database.storage;
    assert!(!storage.has_accounts().unwrap());
    let id = account(storage, "Ann");
    assert!(storage.has_accounts().unwrap());
    let found = |name: &str| storage.account_by_name(&Username::parse(name).unwrap()).unwrap();
    let ann = found("Ann").unwrap();
    assert_eq!((ann.id, ann.username.as_str(), ann.password_hash.as_str()), (id, "Ann", "hash"));
    assert_eq!((ann.created_at, ann.token_generation), (at("2025-01-01"), 0));
    assert!(found("ann").is_none());
    assert!(found("Ann'; --").is_none());
    assert_eq!(storage.account(id).unwrap(), Some(ann));
    assert_eq!(storage.account(AccountId(id.0 + 1)).unwrap(), None);
}

fn gives_a_name_to_one_of_many_at_once(database: &Database) {
    let storage = &database.storage;
    account(storage, "first");
    let name = Username::parse("ann").unwrap();
    let outcomes = at_once(&database.processes(6), |storage, _| {
        storage.create_account(&name, "hash", None, &actor("ann")).unwrap()
    });
    let created = outcomes.iter().filter(|outcome| **outcome != Registration::NameTaken);
    assert_eq!((created.count(), storage.accounts(None, 10).unwrap().len()), (1, 2));
}

fn the_first_account_is_administrator_and_no_other(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let is_admin = |id| storage.account(id).unwrap().unwrap().is_admin;
    assert!(is_admin(ann) && !is_admin(bob));
    assert!(storage.set_admin(bob, true, &actor("command line")).unwrap());
    assert!(storage.set_admin(ann, false, &actor("command line")).unwrap());
    assert!(!is_admin(ann) && is_admin(bob));
    assert!(!storage.set_admin(AccountId(bob.0 + 1), true, &actor("command line")).unwrap());
}

fn one_of_many_first_accounts_is_administrator(database: &Database) {
    at_once(&database.processes(6), |storage, number| account(storage, &format!("user {number}")));
    let accounts = database.storage.accounts(None, 10).unwrap();
    assert_eq!(accounts.len(), 6);
    assert_eq!(accounts.iter().filter(|account| account.is_admin).count(), 1);
}

fn lists_accounts_page_by_page(database: &Database) {
    let storage = &database.storage;
    let ids: Vec<_> = ["ann", "bob", "eve"].map(|name| account(storage, name)).to_vec();
    let page = |after, limit| -> Vec<_> {
        storage.accounts(after, limit).unwrap().into_iter().map(|account| account.id).collect()
    };
    assert_eq!(page(None, 2), ids[..2]);
    assert_eq!(page(Some(ids[1]), 2), ids[2..]);
    assert_eq!(page(Some(ids[2]), 2), []);
}

fn a_new_password_ends_other_sessions_and_tokens(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let session =
        |account, hash: u8| storage.create_session(account, 0, &[hash; 32], None, &by(account)).unwrap();
    let kept = session(ann, 1).unwrap().id;
    session(ann, 2);
    session(bob, 3);
    assert_eq!(storage.set_password(ann, "new", Some(kept), &by(ann)).unwrap(), Some(1));
    let account = storage.account(ann).unwrap().unwrap();
    assert_eq!((account.password_hash.as_str(), account.token_generation), ("new", 1));
    let sessions = |account| -> Vec<SessionId> {
        storage.sessions(account).unwrap().into_iter().map(|session| session.id).collect()
    };
    assert_eq!(sessions(ann), [kept]);
    assert_eq!(sessions(bob).len(), 1);
    // Somebody has signed in with the old password, and it took until now.
    assert_eq!(session(ann, 4), None);
    assert_eq!(sessions(ann), [kept]);
    assert_eq!(storage.set_password(ann, "newer", None, &actor("command line")).unwrap(), Some(2));
    assert_eq!(sessions(ann), []);
    assert_eq!(storage.account(bob).unwrap().unwrap().token_generation, 0);
    assert_eq!(storage.set_password(AccountId(bob.0 + 1), "x", None, &by(ann)).unwrap(), None);
}

fn a_password_hash_is_renewed_only_if_it_is_still_the_one(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    storage.create_session(ann, 0, &[1; 32], None, &by(ann)).unwrap().unwrap();
    assert!(storage.renew_password_hash(ann, "hash", "stronger").unwrap());
    assert!(!storage.renew_password_hash(ann, "hash", "late").unwrap());
    let account = storage.account(ann).unwrap().unwrap();
    assert_eq!((account.password_hash.as_str(), account.token_generation), ("stronger", 0));
    assert_eq!(storage.sessions(ann).unwrap().len(), 1);
}

fn an_account_goes_unless_it_is_the_last_owner(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let alone = project_of(storage, ann, "alone");
    let shared = project_of(storage, bob, "shared");
    storage.create_invitation(Some((shared, Role::Owner)), &[1; 32], at("2026-01-01"), &by(bob)).unwrap();
    storage.accept_invitation(&[1; 32], ann, &by(ann)).unwrap().unwrap();
    storage.create_session(ann, 0, &[2; 32], None, &by(ann)).unwrap().unwrap();

    let refused = storage.delete_account(ann, &by(ann)).unwrap();
    assert_eq!(refused, AccountRemoval::LastOwnerOf(vec![(alone, "alone".to_owned())]));
    assert!(storage.session(&[2; 32]).unwrap().is_some());

    assert!(storage.delete_project(alone, &by(ann)).unwrap());
    assert_eq!(storage.delete_account(ann, &by(ann)).unwrap(), AccountRemoval::Deleted);
    assert_eq!(storage.account(ann).unwrap(), None);
    assert_eq!(storage.session(&[2; 32]).unwrap(), None);
    let members: Vec<_> = storage.members(shared).unwrap().iter().map(|member| member.account).collect();
    assert_eq!(members, [bob]);
    assert_eq!(storage.delete_account(ann, &by(ann)).unwrap(), AccountRemoval::Unknown);
    assert!(account(storage, "ann") > bob, "its number is not used again");
    assert_eq!(
        storage.delete_account(bob, &by(bob)).unwrap(),
        AccountRemoval::LastOwnerOf(vec![(shared, "shared".to_owned())])
    );
}

fn of_two_owners_that_go_at_once_one_stays(database: &Database) {
    let storage = &database.storage;
    let processes = database.processes(2);
    for round in 0..10_u8 {
        let owners = ["ann", "bob"].map(|name| account(storage, &format!("{name} {round}")));
        let [ann, bob] = owners;
        let shared = project_of(storage, ann, "shared");
        let invited = Some((shared, Role::Owner));
        storage.create_invitation(invited, &[round; 32], at("2026-01-01"), &by(ann)).unwrap();
        storage.accept_invitation(&[round; 32], bob, &by(bob)).unwrap().unwrap();
        at_once(&processes, |storage, number| {
            let account = owners[number];
            if number == 0 || round % 2 == 0 {
                assert_ne!(storage.delete_account(account, &by(account)).unwrap(), AccountRemoval::Unknown);
            } else {
                let change = storage.remove_member(shared, account, &by(ann)).unwrap();
                assert_ne!(change, MemberChange::Unknown);
            }
        });
        let members = storage.members(shared).unwrap();
        assert_eq!(members.len(), 1, "{members:?}");
    }
}
