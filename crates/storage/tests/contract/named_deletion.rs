//! Projects go under their own name only.

use domain::ProjectId;
use storage::ProjectRemoval;

use crate::fixture::{Database, account, by, name, project_of};
use crate::on_each_backend;

on_each_backend!(a_project_goes_under_its_present_name_only);

fn a_project_goes_under_its_present_name_only(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "old name");
    let delete = |project, text| storage.delete_project_named(project, &name(text), &by(ann)).unwrap();
    assert!(storage.rename_project(project, &name("new name"), &by(ann)).unwrap());
    for other in ["old name", "New name", "new"] {
        assert_eq!(delete(project, other), ProjectRemoval::OtherName, "{other}");
    }
    assert!(storage.project(project).unwrap().is_some());
    assert_eq!(delete(project, "new name"), ProjectRemoval::Deleted);
    assert_eq!(delete(project, "new name"), ProjectRemoval::Unknown);
    assert_eq!(delete(ProjectId(999), "new name"), ProjectRemoval::Unknown);
    assert!(storage.project(project).unwrap().is_none());
    let (_, entry) = storage.audit_of(ann, None, 1).unwrap().remove(0);
    assert_eq!((entry.action.as_str(), entry.subject.as_str()), ("project.delete", "new name (1)"));
}
