//! Shared links.

use domain::{Hidden, LinkId, ProjectId};
use storage::{Creation, Link, NewLink, Storage, StorageError};

use crate::fixture::{Database, account, actor, at, by, created, name, project, project_of};
use crate::on_each_backend;

on_each_backend!(
    keeps_every_field_of_a_link,
    withdraws_links_of_the_project_only,
    a_project_has_a_bounded_number_of_links,
    what_cannot_be_read_is_damage,
);

fn new_link(hash: u8) -> NewLink {
    NewLink {
        name: name("for the press"),
        hash: [hash; 32],
        filters: Vec::new(),
        hidden: Hidden::NOTHING,
        expires_at: None,
    }
}

fn link(storage: &Storage, project: ProjectId, hash: u8) -> Link {
    created(storage.create_link(project, &new_link(hash), &actor("ann")).unwrap())
}

fn keeps_every_field_of_a_link(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "a");
    let filters = [("endpoint", "/a=b\n\0\\"), ("endpoint", "/ж"), ("method", "GET")];
    let filters: Vec<_> = filters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let hidden = Hidden { ip: true, consumer: false, user_agent: true };
    let new = NewLink { filters: filters.clone(), hidden, expires_at: Some(at("2026-01-01")), ..new_link(1) };
    let link = created(storage.create_link(project, &new, &by(ann)).unwrap());
    assert_eq!((link.project, link.name.clone()), (project, new.name));
    assert_eq!((&link.filters, link.hidden), (&filters, hidden));
    assert_eq!((link.created_at, link.created_by), (at("2025-01-01"), Some(ann)));
    assert_eq!(link.expires_at, Some(at("2026-01-01")));
    assert_eq!(storage.link(&[1; 32]).unwrap(), Some(link.clone()));
    assert_eq!(storage.link(&[2; 32]).unwrap(), None);
    let plain = self::link(storage, project, 2);
    assert_eq!((&plain.filters, plain.hidden, plain.expires_at), (&vec![], Hidden::NOTHING, None));
    assert_eq!(storage.links(project).unwrap(), [link, plain]);
    let unknown = storage.create_link(ProjectId(project.0 + 1), &new_link(3), &by(ann)).unwrap();
    assert_eq!(unknown, Creation::Unknown);
}

fn withdraws_links_of_the_project_only(database: &Database) {
    let storage = &database.storage;
    let (one, other) = (project(storage, 1), project(storage, 2));
    let link = link(storage, one, 1).id;
    assert!(!storage.delete_link(other, link, &actor("ann")).unwrap());
    assert!(!storage.delete_link(one, LinkId(link.0 + 1), &actor("ann")).unwrap());
    assert!(storage.link(&[1; 32]).unwrap().is_some());
    assert!(storage.delete_link(one, link, &actor("ann")).unwrap());
    assert_eq!(storage.link(&[1; 32]).unwrap(), None);
    assert!(self::link(storage, one, 1).id > link, "its number is not used again");
}

fn a_project_has_a_bounded_number_of_links(database: &Database) {
    let storage = &database.storage;
    let (one, other) = (project(storage, 1), project(storage, 2));
    let all: Vec<_> = (0..100).map(|hash| link(storage, one, hash)).collect();
    let create = |project| storage.create_link(project, &new_link(100), &actor("ann")).unwrap();
    assert_eq!(create(one), Creation::Full);
    assert_eq!(storage.links(one).unwrap(), all);
    created(create(other));
}

fn what_cannot_be_read_is_damage(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    link(storage, project, 1);
    for (column, value) in [("hidden", "ip secret"), ("filters", "method"), ("name", " ")] {
        let good = database.text(&format!("SELECT {column} FROM links"));
        database.execute(&format!("UPDATE links SET {column} = '{value}'"));
        let error = storage.link(&[1; 32]).unwrap_err();
        assert!(matches!(error, StorageError::DamagedRow { table: "links", column: c, .. } if c == column));
        database.execute(&format!("UPDATE links SET {column} = '{good}'"));
        assert!(storage.link(&[1; 32]).unwrap().is_some());
    }
}
