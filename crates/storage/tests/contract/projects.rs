//! Projects: how they come, what they are called, whose they are.

use domain::{AccountId, Method, ProjectId, Role, Scopes};
use storage::{Creation, NewKey};

use crate::fixture::{Database, account, actor, at, by, created, event, name, project_of};
use crate::on_each_backend;

on_each_backend!(
    makes_projects_with_and_without_an_owner,
    a_generated_project_is_named_by_its_number_and_has_a_key,
    lists_the_projects_of_an_account_page_by_page,
    lists_all_projects_page_by_page,
    knows_the_newest_event,
    renames_projects,
    an_account_owns_a_bounded_number_of_projects,
);

fn makes_projects_with_and_without_an_owner(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let owned = created(storage.create_project(&name("Shop"), Some(ann), &by(ann)).unwrap());
    assert_eq!((owned.name.as_str(), owned.created_at), ("Shop", at("2025-01-01")));
    assert_eq!((owned.last_event_id, owned.last_event_at), (0, None));
    assert_eq!(storage.project(owned.id).unwrap(), Some(owned.clone()));
    assert_eq!(storage.membership(owned.id, ann).unwrap(), Some(Role::Owner));
    // Names need not be unique.
    let other = created(storage.create_project(&name("Shop"), None, &actor("command line")).unwrap());
    assert_ne!(other.id, owned.id);
    assert_eq!(storage.members(other.id).unwrap(), []);
    assert_eq!(storage.project(ProjectId(other.id.0 + 1)).unwrap(), None);
    let unknown = storage.create_project(&name("Shop"), Some(AccountId(ann.0 + 1)), &by(ann)).unwrap();
    assert_eq!(unknown, Creation::Unknown);
}

fn a_generated_project_is_named_by_its_number_and_has_a_key(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let key = NewKey {
        name: name("first"),
        hash: [1; 32],
        prefix: "abc".to_owned(),
        scopes: Scopes::INGEST,
        expires_at: None,
    };
    let (project, key) = created(storage.generate_project(ann, &key, &by(ann)).unwrap());
    assert_eq!(project.name.as_str(), format!("API {}", project.id));
    assert_eq!(storage.project(project.id).unwrap(), Some(project.clone()));
    assert_eq!(storage.keys(project.id, None, 10).unwrap(), [key]);
    assert_eq!(storage.projects_of(ann, None, 10).unwrap(), [(project, Role::Owner)]);
}

fn lists_the_projects_of_an_account_page_by_page(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let ids = ["a", "b", "c"].map(|text| project_of(storage, ann, text));
    project_of(storage, bob, "d");
    let page = |after, limit| -> Vec<_> {
        storage.projects_of(ann, after, limit).unwrap().into_iter().map(|(project, _)| project.id).collect()
    };
    assert_eq!(page(None, 2), ids[..2]);
    assert_eq!(page(Some(ids[1]), 2), ids[2..]);
    assert_eq!(page(Some(ids[2]), 2), []);
}

fn lists_all_projects_page_by_page(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let ids = ["a", "b", "c"].map(|text| project_of(storage, ann, text));
    let page = |after, limit| -> Vec<_> {
        storage.projects(after, limit).unwrap().into_iter().map(|project| project.id).collect()
    };
    assert_eq!(page(None, 2), ids[..2]);
    assert_eq!(page(Some(ids[1]), 2), ids[2..]);
}

fn knows_the_newest_event(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    let event = |time| (project, event(time, Method::Get, "/a", "::1", 1, 200));
    // The one that came last, not the one that happened last.
    storage.append(&[event("2025-03-01"), event("2025-02-01")]).unwrap();
    let found = storage.project(project).unwrap().unwrap();
    assert_eq!((found.last_event_id, found.last_event_at), (2, Some(at("2025-02-01"))));
}

fn renames_projects(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "old");
    assert!(storage.rename_project(project, &name("new"), &by(ann)).unwrap());
    assert_eq!(storage.project(project).unwrap().unwrap().name, name("new"));
    assert!(!storage.rename_project(ProjectId(project.0 + 1), &name("new"), &by(ann)).unwrap());
}

fn an_account_owns_a_bounded_number_of_projects(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    database.execute(&format!(
        "INSERT INTO projects (id, name, created_at)
             WITH RECURSIVE numbers (n) AS (SELECT 1001 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1999)
             SELECT n, 'many', 0 FROM numbers;
         INSERT INTO members (project_id, account_id, role, created_at)
             SELECT id, {ann}, 'owner', 0 FROM projects WHERE id > 1000;
         UPDATE members SET role = 'viewer' WHERE project_id = 1999"
    ));
    let create = |owner| storage.create_project(&name("more"), Some(owner), &by(ann)).unwrap();
    created(create(ann));
    created(create(ann));
    assert_eq!(create(ann), Creation::Full);
    created(create(bob));
}
