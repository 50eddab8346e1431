//! Invitations: good once, for a time.

use domain::{AccountId, InvitationId, ProjectId, Role, Username};
use storage::{Actor, Creation, Registration, Storage};

use crate::fixture::{Database, account, actor, actor_at, at, at_once, by, created, project_of};
use crate::on_each_backend;

on_each_backend!(
    lists_open_invitations_with_every_field,
    an_invitation_makes_a_member_once,
    many_that_accept_at_once_make_one_member,
    an_invitation_never_lowers_a_role,
    an_invitation_ends_by_itself,
    withdraws_invitations_of_the_project_only,
    a_project_has_a_bounded_number_of_open_invitations,
    places_of_members_are_kept_for_who_is_invited,
    an_invitation_to_the_service_makes_an_account,
    an_invitation_to_a_project_makes_an_account_that_is_a_member,
    many_that_register_with_one_invitation_make_one_account,
    a_name_that_is_taken_uses_up_no_invitation,
);

const END: &str = "2025-02-01";

fn invite(storage: &Storage, project: ProjectId, role: Role, hash: u8) -> InvitationId {
    let by = actor("ann");
    created(storage.create_invitation(Some((project, role)), &[hash; 32], at(END), &by).unwrap()).id
}

fn register(storage: &Storage, name: &str, hash: u8, by: &Actor) -> Registration {
    storage.create_account(&Username::parse(name).unwrap(), "hash", Some(&[hash; 32]), by).unwrap()
}

fn open(storage: &Storage, project: Option<ProjectId>) -> Vec<InvitationId> {
    let open = storage.invitations(project, at("2025-01-01")).unwrap();
    open.into_iter().map(|invitation| invitation.id).collect()
}

fn lists_open_invitations_with_every_field(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    let to = Some((project, Role::Editor));
    let invitation = created(storage.create_invitation(to, &[1; 32], at(END), &by(ann)).unwrap());
    assert_eq!((invitation.project, invitation.created_by), (to, Some(ann)));
    assert_eq!((invitation.created_at, invitation.expires_at), (at("2025-01-01"), at(END)));
    let service = created(storage.create_invitation(None, &[2; 32], at(END), &by(ann)).unwrap());
    assert_eq!(service.project, None);
    assert_eq!(storage.invitations(Some(project), at("2025-01-01")).unwrap(), [invitation]);
    assert_eq!(storage.invitations(None, at("2025-01-01")).unwrap(), [service]);
    let unknown = Some((ProjectId(project.0 + 1), Role::Viewer));
    let unknown = storage.create_invitation(unknown, &[3; 32], at(END), &by(ann)).unwrap();
    assert_eq!(unknown, Creation::Unknown);
}

fn an_invitation_makes_a_member_once(database: &Database) {
    let storage = &database.storage;
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| account(storage, name));
    let project = project_of(storage, ann, "a");
    invite(storage, project, Role::Editor, 1);
    let accept = |hash: u8, account| storage.accept_invitation(&[hash; 32], account, &by(account)).unwrap();
    assert_eq!(accept(2, bob), None);
    assert_eq!(accept(1, AccountId(eve.0 + 1)), None);
    assert_eq!(accept(1, bob), Some((project, Role::Editor)));
    assert_eq!(accept(1, bob), None);
    assert_eq!(accept(1, eve), None);
    assert_eq!(storage.membership(project, bob).unwrap(), Some(Role::Editor));
    assert_eq!(storage.membership(project, eve).unwrap(), None);
    assert_eq!(open(storage, Some(project)), []);
}

fn many_that_accept_at_once_make_one_member(database: &Database) {
    let storage = &database.storage;
    let processes = database.processes(6);
    let ann = account(storage, "ann");
    let guests: Vec<_> = (0..6).map(|number| account(storage, &format!("guest {number}"))).collect();
    for round in 0..5 {
        let project = project_of(storage, ann, "a");
        invite(storage, project, Role::Viewer, round);
        let accepted = at_once(&processes, |storage, number| {
            storage.accept_invitation(&[round; 32], guests[number], &by(guests[number])).unwrap()
        });
        assert_eq!(accepted.iter().flatten().count(), 1);
        assert_eq!(storage.members(project).unwrap().len(), 2);
    }
}

fn an_invitation_never_lowers_a_role(database: &Database) {
    let storage = &database.storage;
    let [ann, bob] = ["ann", "bob"].map(|name| account(storage, name));
    let project = project_of(storage, ann, "a");
    for (hash, role, expected) in
        [(1, Role::Editor, Role::Editor), (2, Role::Viewer, Role::Editor), (3, Role::Owner, Role::Owner)]
    {
        invite(storage, project, role, hash);
        let accepted = storage.accept_invitation(&[hash; 32], bob, &by(bob)).unwrap();
        assert_eq!(accepted, Some((project, expected)));
        assert_eq!(storage.membership(project, bob).unwrap(), Some(expected));
    }
}

fn an_invitation_ends_by_itself(database: &Database) {
    let storage = &database.storage;
    let [ann, bob] = ["ann", "bob"].map(|name| account(storage, name));
    let project = project_of(storage, ann, "a");
    invite(storage, project, Role::Viewer, 1);
    assert_eq!(storage.accept_invitation(&[1; 32], bob, &actor_at("bob", END)).unwrap(), None);
    assert_eq!(register(storage, "eve", 1, &actor_at("eve", END)), Registration::InvalidInvitation);
    assert_eq!(storage.invitations(Some(project), at(END)).unwrap(), []);
    let just_before = actor_at("bob", "2025-01-31T23:59:59.999999Z");
    assert!(storage.accept_invitation(&[1; 32], bob, &just_before).unwrap().is_some());
}

fn withdraws_invitations_of_the_project_only(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let (one, other) = (project_of(storage, ann, "a"), project_of(storage, ann, "b"));
    let invitation = invite(storage, one, Role::Viewer, 1);
    let delete = |project| storage.delete_invitation(project, invitation, &by(ann)).unwrap();
    assert!(!delete(Some(other)) && !delete(None));
    assert!(delete(Some(one)) && !delete(Some(one)));
    assert_eq!(storage.accept_invitation(&[1; 32], ann, &by(ann)).unwrap(), None);
    let next = invite(storage, one, Role::Viewer, 1);
    assert!(next > invitation, "its number is not used again");
    storage.accept_invitation(&[1; 32], ann, &by(ann)).unwrap().unwrap();
    assert!(!storage.delete_invitation(Some(one), next, &by(ann)).unwrap(), "it is used");
    let service = created(storage.create_invitation(None, &[2; 32], at(END), &by(ann)).unwrap()).id;
    assert!(!storage.delete_invitation(Some(one), service, &by(ann)).unwrap());
    assert!(storage.delete_invitation(None, service, &by(ann)).unwrap());
}

fn a_project_has_a_bounded_number_of_open_invitations(database: &Database) {
    let storage = &database.storage;
    let [ann, bob] = ["ann", "bob"].map(|name| account(storage, name));
    let project = project_of(storage, ann, "a");
    let all: Vec<_> = (0..100).map(|hash| invite(storage, project, Role::Viewer, hash)).collect();
    let to = Some((project, Role::Viewer));
    let create = |to, by: &Actor| storage.create_invitation(to, &[200; 32], at("2025-03-01"), by).unwrap();
    assert_eq!(create(to, &by(ann)), Creation::Full);
    assert_eq!(open(storage, Some(project)), all);
    // One that is used makes room, and so do those that have expired.
    storage.accept_invitation(&[0; 32], bob, &by(bob)).unwrap().unwrap();
    created(create(to, &by(ann)));
    let late = actor_at("ann", END);
    let another = storage.create_invitation(to, &[201; 32], at("2025-03-01"), &late).unwrap();
    created(another);
    assert_eq!(storage.invitations(Some(project), at(END)).unwrap().len(), 2);
    for hash in 0..100 {
        created(storage.create_invitation(None, &[hash; 32], at("2025-03-01"), &late).unwrap());
    }
    assert_eq!(storage.create_invitation(None, &[202; 32], at("2025-03-01"), &late).unwrap(), Creation::Full);
}

fn places_of_members_are_kept_for_who_is_invited(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    database.execute(&format!(
        "INSERT INTO accounts (id, username, password_hash, created_at)
             WITH RECURSIVE numbers (n) AS (SELECT 1001 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1997)
             SELECT n, 'member ' || n, '', 0 FROM numbers;
         INSERT INTO members (project_id, account_id, role, created_at)
             SELECT {project}, id, 'viewer', 0 FROM accounts WHERE id > 1000"
    ));
    assert_eq!(storage.members(project).unwrap().len(), 998);
    invite(storage, project, Role::Viewer, 1);
    invite(storage, project, Role::Viewer, 2);
    let to = Some((project, Role::Viewer));
    let create = || storage.create_invitation(to, &[3; 32], at(END), &by(ann)).unwrap();
    assert_eq!(create(), Creation::Full);
    register(storage, "bob", 1, &actor("bob"));
    assert_eq!(create(), Creation::Full);
    storage.remove_member(project, AccountId(1001), &by(ann)).unwrap();
    created(create());
}

fn an_invitation_to_the_service_makes_an_account(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    created(storage.create_invitation(None, &[1; 32], at(END), &by(ann)).unwrap());
    assert_eq!(storage.accept_invitation(&[1; 32], ann, &by(ann)).unwrap(), None, "it is to no project");
    let Registration::Created(bob) = register(storage, "bob", 1, &actor("bob")) else { panic!("bob") };
    assert!(!bob.is_admin);
    assert_eq!(storage.projects_of(bob.id, None, 9).unwrap(), []);
    assert_eq!(register(storage, "eve", 1, &actor("eve")), Registration::InvalidInvitation);
    assert_eq!(storage.accounts(None, 9).unwrap().len(), 2);
}

fn an_invitation_to_a_project_makes_an_account_that_is_a_member(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    invite(storage, project, Role::Editor, 1);
    let Registration::Created(bob) = register(storage, "bob", 1, &actor("bob")) else { panic!("bob") };
    assert_eq!(storage.membership(project, bob.id).unwrap(), Some(Role::Editor));
    assert_eq!(register(storage, "eve", 1, &actor("eve")), Registration::InvalidInvitation);
    invite(storage, project, Role::Editor, 2);
    assert!(storage.delete_project(project, &by(ann)).unwrap());
    assert_eq!(register(storage, "eve", 2, &actor("eve")), Registration::InvalidInvitation);
}

fn many_that_register_with_one_invitation_make_one_account(database: &Database) {
    let storage = &database.storage;
    let processes = database.processes(6);
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    for round in 0..5 {
        invite(storage, project, Role::Editor, round);
        at_once(&processes, |storage, number| {
            register(storage, &format!("guest {round} {number}"), round, &actor("guest"))
        });
        let expected = usize::from(round) + 2;
        assert_eq!(storage.accounts(None, 9).unwrap().len(), expected);
        assert_eq!(storage.members(project).unwrap().len(), expected);
    }
}

fn a_name_that_is_taken_uses_up_no_invitation(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    let invitation = invite(storage, project, Role::Editor, 1);
    assert_eq!(register(storage, "ann", 1, &actor("ann")), Registration::NameTaken);
    assert_eq!(open(storage, Some(project)), [invitation]);
    assert_eq!(storage.membership(project, ann).unwrap(), Some(Role::Owner));
}
