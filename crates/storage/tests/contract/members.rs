//! Members and their roles: a project keeps an owner.

use domain::{AccountId, ProjectId, Role};
use storage::{MemberChange, Storage, StorageError};

use crate::fixture::{Database, account, actor_at, at, at_once, by, project_of};
use crate::on_each_backend;

on_each_backend!(
    lists_members_with_their_names_and_roles,
    roles_change_but_for_the_last_owner,
    members_go_but_for_the_last_owner,
    of_two_owners_that_demote_each_other_one_stays,
    a_role_that_cannot_be_read_is_damage,
);

/// Makes an account a member.
fn add(storage: &Storage, project: ProjectId, account: AccountId, role: Role) {
    let hash = [u8::try_from(account.0).unwrap(); 32];
    let invitation = storage.create_invitation(Some((project, role)), &hash, at("2026-01-01"), &by(account));
    invitation.unwrap();
    assert_eq!(storage.accept_invitation(&hash, account, &by(account)).unwrap(), Some((project, role)));
}

fn lists_members_with_their_names_and_roles(database: &Database) {
    let storage = &database.storage;
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| account(storage, name));
    let (one, other) = (project_of(storage, ann, "a"), project_of(storage, eve, "b"));
    add(storage, one, bob, Role::Viewer);
    let members = storage.members(one).unwrap();
    let texts: Vec<_> = members.iter().map(|member| (member.username.as_str(), member.role)).collect();
    assert_eq!(texts, [("ann", Role::Owner), ("bob", Role::Viewer)]);
    assert_eq!(members[1].created_at, at("2025-01-01"));
    let roles = [ann, bob, eve].map(|account| storage.membership(one, account).unwrap());
    assert_eq!(roles, [Some(Role::Owner), Some(Role::Viewer), None]);
    assert_eq!(storage.membership(other, ann).unwrap(), None);
    assert_eq!(storage.membership(ProjectId(other.0 + 1), ann).unwrap(), None);
}

fn roles_change_but_for_the_last_owner(database: &Database) {
    let storage = &database.storage;
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| account(storage, name));
    let project = project_of(storage, ann, "a");
    add(storage, project, bob, Role::Editor);
    let set = |account, role| storage.set_role(project, account, role, &by(ann)).unwrap();
    assert_eq!(set(ann, Role::Viewer), MemberChange::LastOwner);
    assert_eq!(set(ann, Role::Owner), MemberChange::Changed);
    assert_eq!(set(bob, Role::Owner), MemberChange::Changed);
    assert_eq!(set(ann, Role::Viewer), MemberChange::Changed);
    assert_eq!(set(bob, Role::Viewer), MemberChange::LastOwner);
    assert_eq!(set(eve, Role::Owner), MemberChange::Unknown);
    assert_eq!(set(AccountId(eve.0 + 1), Role::Owner), MemberChange::Unknown);
    let roles = [ann, bob, eve].map(|account| storage.membership(project, account).unwrap());
    assert_eq!(roles, [Some(Role::Viewer), Some(Role::Owner), None]);
    let unknown = storage.set_role(ProjectId(project.0 + 1), ann, Role::Owner, &by(ann)).unwrap();
    assert_eq!(unknown, MemberChange::Unknown);
}

fn members_go_but_for_the_last_owner(database: &Database) {
    let storage = &database.storage;
    let [ann, bob] = ["ann", "bob"].map(|name| account(storage, name));
    let project = project_of(storage, ann, "a");
    add(storage, project, bob, Role::Viewer);
    let remove = |account| storage.remove_member(project, account, &by(ann)).unwrap();
    assert_eq!(remove(ann), MemberChange::LastOwner);
    assert_eq!(remove(bob), MemberChange::Changed);
    assert_eq!(remove(bob), MemberChange::Unknown);
    assert_eq!(storage.members(project).unwrap().len(), 1);
}

fn of_two_owners_that_demote_each_other_one_stays(database: &Database) {
    let storage = &database.storage;
    let processes = database.processes(2);
    let owners = ["ann", "bob"].map(|name| account(storage, name));
    let [ann, bob] = owners;
    for round in 0..20 {
        let project = project_of(storage, ann, "a");
        add(storage, project, bob, Role::Owner);
        let outcomes = at_once(&processes, |storage, number| {
            let (other, by) = (owners[1 - number], by(owners[number]));
            match round % 2 {
                0 => storage.set_role(project, other, Role::Viewer, &by).unwrap(),
                _ => storage.remove_member(project, other, &by).unwrap(),
            }
        });
        let refused = outcomes.iter().filter(|outcome| **outcome == MemberChange::LastOwner).count();
        assert_eq!(refused, 1, "{outcomes:?}");
        let members = storage.members(project).unwrap();
        assert_eq!(members.iter().filter(|member| member.role == Role::Owner).count(), 1);
        assert!(storage.delete_project(project, &actor_at("ann", "2025-01-02")).unwrap());
    }
}

fn a_role_that_cannot_be_read_is_damage(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    database.execute("UPDATE members SET role = 'Owner'");
    let is_damage =
        |error| matches!(error, StorageError::DamagedRow { table: "members", column: "role", .. });
    assert!(is_damage(storage.membership(project, ann).unwrap_err()));
    assert!(is_damage(storage.members(project).unwrap_err()));
    assert!(is_damage(storage.projects_of(ann, None, 9).unwrap_err()));
}
