//! What can be done next with what an answer names, as links of the document.

use utoipa::Modify;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

/// Which parameter takes which value of the request or the answer.
type Parameters = &'static [(&'static str, &'static str)];

const PROJECT: (&str, &str) = ("project", "$request.path.project");
const KEY: (&str, &str) = ("key", "$response.body#/id");

/// The operation and the status of its answer, the operations that take up what it names, and how.
const LINKS: [(&str, &str, &[&str], Parameters); 8] = [
    (
        "create_project",
        "201",
        &[
            "show_project",
            "rename_project",
            "delete_project",
            "show_settings",
            "replace_settings",
            "list_keys",
            "create_key",
            "list_members",
            "list_invitations",
            "create_invitation",
            "list_links",
            "create_link",
            "project_audit",
        ],
        &[("project", "$response.body#/id")],
    ),
    ("show_settings", "200", &["replace_settings"], &[PROJECT, ("If-Match", "$response.header.ETag")]),
    ("create_key", "201", &["show_key", "update_key", "revoke_key", "rotate_key"], &[PROJECT, KEY]),
    ("rotate_key", "201", &["show_key", "update_key", "revoke_key"], &[PROJECT, KEY]),
    (
        "create_invitation",
        "201",
        &["show_invitation", "delete_invitation"],
        &[PROJECT, ("invitation", "$response.body#/id")],
    ),
    ("create_link", "201", &["show_link", "delete_link"], &[PROJECT, ("link", "$response.body#/id")]),
    (
        "list_members",
        "200",
        &["update_member", "remove_member"],
        &[PROJECT, ("account", "$response.body#/items/0/account")],
    ),
    (
        "create_service_invitation",
        "201",
        &["show_service_invitation", "delete_service_invitation"],
        &[("invitation", "$response.body#/id")],
    ),
];

/// Adds the links.
pub(crate) struct Links;

impl Modify for Links {
    fn modify(&self, document: &mut OpenApi) {
        let mut operations: Vec<_> = document.paths.paths.values_mut().flat_map(operations).collect();
        for (from, status, targets, parameters) in LINKS {
            let from =
                operations.iter_mut().find(|operation| operation.operation_id.as_deref() == Some(from));
            let Some(RefOr::T(answer)) = from.and_then(|from| from.responses.responses.get_mut(status))
            else {
                continue;
            };
            for target in targets {
                let link = parameters
                    .iter()
                    .fold(LinkBuilder::new().operation_id(*target), |link, (name, value)| {
                        link.parameter(*name, *value)
                    });
                answer.links.insert((*target).to_owned(), link.build().into());
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
